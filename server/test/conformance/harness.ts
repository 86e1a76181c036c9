import type { Ledger, Leg, Post, Posted } from "./ledger.ts";

/** What a check found: it held, or it broke, with figures. */
export interface Finding {
  readonly held: boolean;
  readonly says: string;
}

/** What a ledger says that it has. A check of something it never claimed is not applicable. */
export const capabilities = ["OVERDRAFT_GUARD", "REPLAY", "COMPENSATION", "HASH_CHAIN"] as const;
export type Capability = (typeof capabilities)[number];

export interface Check {
  readonly id: string;
  readonly title: string;
  /** Without it the question is not put. */
  readonly needs?: Capability;
  /** Begins with an empty ledger. */
  run(ledger: Ledger, draw: Draw): Promise<Finding>;
}

export const held = (says: string): Finding => ({ held: true, says });
export const broke = (says: string): Finding => ({ held: false, says });

/** Everything random of a run comes from one seed. */
export interface Draw {
  /** A whole number from `from` to `to`, both included. */
  whole(from: number, to: number): number;
  /** A name that no other draw of this run gives. */
  name(): string;
}

/** mulberry32: small, and the same on every machine. */
export function drawFrom(seed: number): Draw {
  let state = seed >>> 0;
  let names = 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  return {
    whole: (from, to) => from + Math.floor(next() * (to - from + 1)),
    name: () => `${seed}-${(names += 1)}`,
  };
}

export const debit = (accountId: string, amountSubunits: number, currency = "USD"): Leg => ({
  accountId,
  type: "DEBIT",
  amountSubunits,
  currency,
});
export const credit = (accountId: string, amountSubunits: number, currency = "USD"): Leg => ({
  accountId,
  type: "CREDIT",
  amountSubunits,
  currency,
});

export function transaction(draw: Draw, legs: readonly Leg[], key: string = draw.name(), allowOverdraft = false): Post {
  return { idempotencyKey: key, transactionId: `t-${draw.name()}`, allowOverdraft, legs };
}

export function transfer(draw: Draw, from: string, to: string, amount: number, key?: string, currency = "USD"): Post {
  return transaction(draw, [debit(from, amount, currency), credit(to, amount, currency)], key);
}

/** Money from outside, so that an account has some. */
export async function fund(ledger: Ledger, draw: Draw, account: string, amount: number, currency = "USD"): Promise<void> {
  const post = transaction(draw, [debit("external:funding", amount, currency), credit(account, amount, currency)], draw.name(), true);
  const { status, reason } = await ledger.post(post);
  if (status !== "APPLIED") throw new Error(`funding ${account} was answered ${status}: ${reason ?? ""}`);
}

/** All at once: every call is made before any is awaited. */
export function atOnce(count: number, make: (i: number) => Post, ledger: Ledger): Promise<Posted[]> {
  const posts = Array.from({ length: count }, (_, i) => make(i));
  return Promise.all(posts.map((post) => ledger.post(post)));
}

export function count(answers: readonly Posted[], status: Posted["status"]): number {
  return answers.filter((answer) => answer.status === status).length;
}
