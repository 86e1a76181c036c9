import type { FaultSet } from "../core/faults.ts";
import type { Parts } from "../core/rail-server.ts";

export interface Quote {
  readonly id: string;
  readonly source: string;
  readonly target: string;
  readonly sourceAmount: bigint;
  readonly targetAmount: bigint;
  readonly fee: bigint;
  readonly expiresAt: Date;
}

export interface Account {
  readonly id: number;
  readonly name: string;
  readonly currency: string;
  readonly type: string;
  readonly details: object;
}

export type TransferState =
  | "incoming_payment_waiting"
  | "processing"
  | "funds_converted"
  | "outgoing_payment_sent"
  | "bounced_back"
  | "funds_refunded"
  | "cancelled";

export interface Transfer {
  readonly id: number;
  readonly customerId: string;
  readonly quote: Quote;
  readonly account: Account;
  readonly reference: string;
  readonly at: Date;
  /** Those of the transfer, and of its funding. */
  faults: FaultSet;
  /** Its money left the balance. The state that says so comes a moment later. */
  funded: boolean;
  state: TransferState;
}

export interface Wise extends Parts {
  readonly profile: number;
  readonly quotes: Map<string, Quote>;
  readonly accounts: Map<number, Account>;
  /** By customerTransactionId. */
  readonly transfers: Map<string, Transfer>;
  last: number;
}

export function newWise(parts: Parts): Wise {
  return {
    ...parts,
    profile: 16_000_000 + parts.chance.below(900_000),
    quotes: new Map(),
    accounts: new Map(),
    transfers: new Map(),
    last: 50_000_000,
  };
}

export function clearWise(on: Wise): void {
  for (const all of [on.quotes, on.accounts, on.transfers]) all.clear();
}

export function nextId(on: Wise): number {
  on.last += 1 + on.chance.below(97);
  return on.last;
}

/** Amounts are decimals of the major unit; every currency here has two. */
export function toMajor(amount: bigint): number {
  const digits = (amount < 0n ? -amount : amount).toString().padStart(3, "0");
  return Number(`${amount < 0n ? "-" : ""}${digits.slice(0, -2)}.${digits.slice(-2)}`);
}

/** Undefined where the number has more than two decimals. */
export function toMinor(amount: number): bigint | undefined {
  const [, units, part = ""] = /^(\d{1,13})(?:\.(\d{1,2}))?$/.exec(String(amount)) ?? [];
  return units === undefined ? undefined : BigInt(units + part.padEnd(2, "0"));
}
