import type { FaultSet } from "./faults.ts";

/** Accounts of every rail's books. */
export const accounts = {
  payers: "outside:payers",
  banks: "outside:banks",
  operator: "outside:operator",
  /** Paid, and not yet settled. */
  unsettled: "unsettled",
  /** What transfers and refunds are taken from. */
  balance: "balance",
  /** On its way to a bank or to a card. */
  inTransit: "in_transit",
  fees: "fees",
} as const;

export const hour = 3_600_000;

/** What the payer really pays: less, or another currency, where that is the fault. */
export function arriving(faults: FaultSet, asked: bigint, currency: string): { readonly amount: bigint; readonly currency: string } {
  const short = asked >= 200n ? 100n : 1n;
  return {
    amount: faults.has("wrong_amount") && asked > 1n ? asked - short : asked,
    currency: faults.has("wrong_currency") ? (currency === "USD" ? "NGN" : "USD") : currency,
  };
}

/** What becomes of money that is sent: how long it takes, whether it arrives, and whether it comes back an hour later; only what arrived can. */
export function courseOf(faults: FaultSet, pace: number): { readonly wait: number; readonly fails: boolean; readonly comesBack: boolean } {
  const fails = faults.has("failed");
  return { wait: faults.has("pending") ? 6 * hour : pace, fails, comesBack: !fails && faults.has("reversed") };
}
