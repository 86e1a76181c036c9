import type pg from "pg";
import type { RailName } from "../../../emulator/start.ts";
import { startEmulator } from "../../../emulator/start.ts";
import { must } from "../../src/domain/fault.ts";
import { transactionIdOf } from "../../src/rails/wise/api.ts";
import { callsOf, settingsOver } from "../setup/over-rail.ts";
import { wise, wiseCalls } from "../setup/over-wise.ts";
import { booksAndRailPart, payoutsPart } from "../setup/rail-books.ts";

/** A rail's emulator beside the servers that are killed. It lives on, as a rail does, and remembers what it moved. */
export interface CrashRail {
  readonly name: RailName;
  /** What connects a server, as environment. */
  readonly settings: Readonly<Record<string, string>>;
  /** Whether orders are priced in dollars and a provider is paid in them. */
  readonly dollars: boolean;
  tell(servers: readonly string[]): void;
  /** The payer pays on the rail's page. */
  pay(page: string): Promise<void>;
  /** By the rail's own record: nothing that was asked for once has left twice. */
  twice(): string[];
  /** When all is done: rail and books say the same, to the kobo. */
  apart(pool: pg.Pool): Promise<string[]>;
  /** The rail's time goes on without us, so that it tells again what nobody took. */
  later(): Promise<void>;
  close(): Promise<void>;
}

/** Answers that get lost and notices that come twice, never, or from somebody else; nothing that lets money wait for a person. */
const weather = {
  calls: { timeout_before: 0.03, timeout_after: 0.03, error_500: 0.03, error_500_after: 0.03 },
  notices: { webhook_duplicate: 0.2, webhook_forged: 0.1 },
} as const;

const plenty = 100_000_000_000n;

/** Starts the emulator; `neverTold` is the share of notices that never come. Over Wise Paystack takes the payments, and beside Stripe it pays out. */
export async function startCrashRail(name: RailName, seed: number, neverTold: number): Promise<CrashRail> {
  const emulator = await startEmulator({ seed, hangMs: 500, magicAmounts: false });
  const takes: RailName = name === "wise" ? "paystack" : name;
  const beside: RailName | undefined = name === "wise" ? "wise" : name === "stripe" ? "paystack" : undefined;
  const names: readonly RailName[] = beside === undefined ? [takes] : [takes, beside];
  const settings = {
    TRANCHE_RAILS_NGN: takes,
    ...settingsOver(takes, emulator[takes]),
    ...(beside === "wise" ? wise.settings(emulator.wise) : {}),
    ...(beside === "paystack" ? { TRANCHE_PAYOUT_RAILS_NGN: beside, ...settingsOver(beside, emulator.paystack) } : {}),
  };
  const notices = rules({ ...weather.notices, webhook_never: neverTold });
  for (const one of names) {
    for (const currency of one === "wise" ? ["USD"] : ["NGN", "USD"]) emulator[one].levers.topUp(currency, plenty);
    const calls = one === "wise" ? Object.values(wiseCalls) : [...new Set(Object.values(callsOf(one) as object) as string[])];
    for (const on of calls) for (const [fault, chance] of rules(weather.calls)) emulator[one].script({ fault, on, chance });
    for (const on of [...calls, "pay"]) for (const [fault, chance] of notices) emulator[one].script({ fault, on, chance });
  }
  return {
    name,
    settings,
    dollars: beside === "wise",
    tell: (servers) => {
      for (const one of names) emulator[one].tell(...servers.map((url) => `${url}/rails/${one}/events`));
    },
    pay: async (page) => {
      const answer = await fetch(`${page}?act=pay`, { redirect: "manual" });
      if (answer.status >= 400) throw new Error(`the rail's page answered ${answer.status}: ${await answer.text()}`);
    },
    twice: () => names.flatMap((one) => [...sentTwice(one, emulator[one].movements())]),
    apart: async (pool) => {
      const all: string[] = [];
      for (const one of names) {
        // What the operator put in is in no book here; the orders' own money is what must agree.
        all.push(...(await booksAndRailPart(pool, one, withoutTopUps(emulator[one]))));
        all.push(
          ...(await payoutsPart(pool, one, emulator[one], one === "wise" ? { nameOf: transactionIdOf, feeWithin: true } : undefined)),
        );
      }
      return all;
    },
    later: async () => {
      await emulator.clock.advance(200_000);
    },
    close: () => emulator.stop(),
  };
}

function rules<Fault extends string>(chances: Readonly<Record<Fault, number>>): [Fault, number][] {
  return Object.entries(chances) as [Fault, number][];
}

interface Movement {
  readonly what: string;
  readonly from: string;
  readonly to: string;
  readonly amount: bigint;
  readonly currency: string;
  readonly reference: string;
}

/** One payment a reference, one arrival a payout, and no more back to a payer than was paid. */
function sentTwice(rail: string, movements: readonly Movement[]): string[] {
  const times = new Map<string, number>();
  const left = new Map<string, bigint>();
  for (const { what, from, to, amount, reference } of movements) {
    if (what === "payment" || to === "outside:banks") {
      const name = `${what} ${reference}`;
      times.set(name, (times.get(name) ?? 0) + 1);
    }
    if (from === "outside:payers") left.set(reference, (left.get(reference) ?? 0n) + amount);
    if (to === "outside:payers") left.set(reference, (left.get(reference) ?? 0n) - amount);
  }
  return [
    ...[...times].filter(([, n]) => n > 1).map(([name, n]) => `${rail}: ${name} moved money ${n} times`),
    ...[...left].filter(([, amount]) => amount < 0n).map(([name, amount]) => `${rail}: of ${name} ${-amount} more went back than was paid`),
  ];
}

function withoutTopUps(rail: { audit(): readonly { currency: string; in: bigint; out: bigint; held: Record<string, bigint> }[] }) {
  return {
    audit: () => rail.audit().map((one) => ({ ...one, held: { ...one.held, balance: (one.held["balance"] ?? 0n) - plenty } })),
  };
}

/** The page that a checkout sent the payer to. */
export function pageOf(location: string | null): string {
  return must(location ?? undefined, "the rail's page");
}
