import { appendOnly, balanced, chained, oneCurrency, ordered, replayed, reversed } from "./checks-of-form.ts";
import { collapsed, conserved, exact, guarded, honest, hot, projected, recovered } from "./checks-of-money.ts";
import type { Capability, Check } from "./harness.ts";
import { capabilities, drawFrom } from "./harness.ts";
import type { Ledger } from "./ledger.ts";

/** The fifteen questions, in their order. */
export const fifteen: readonly Check[] = [
  balanced,
  appendOnly,
  chained,
  replayed,
  collapsed,
  hot,
  conserved,
  projected,
  guarded,
  exact,
  oneCurrency,
  reversed,
  recovered,
  ordered,
  honest,
];

export type Verdict = "held" | "broke" | "not applicable";

export interface Told {
  readonly id: string;
  readonly title: string;
  readonly verdict: Verdict;
  readonly says: string;
}

export interface Asking {
  /** What the ledger says that it has; all of it where nothing else is said. */
  readonly has?: readonly Capability[];
  /** Told after each check, while what it wrote still stands. */
  readonly onTold?: (told: Told) => Promise<void> | void;
}

/** Asks all fifteen, each of an empty ledger. A call that fails breaks its check: nobody can tell it from a crash. */
export async function askAll(ledger: Ledger, seed: number, asking: Asking = {}): Promise<Told[]> {
  const all: Told[] = [];
  for (const [i, check] of fifteen.entries()) {
    const told = await ask(check, ledger, seed * 100 + i, asking.has ?? capabilities);
    all.push(told);
    await asking.onTold?.(told);
  }
  return all;
}

async function ask({ id, title, needs, run }: Check, ledger: Ledger, seed: number, has: readonly Capability[]): Promise<Told> {
  if (needs !== undefined && !has.includes(needs))
    return { id, title, verdict: "not applicable", says: `the ledger does not claim ${needs}` };
  try {
    await ledger.reset();
    const { held, says } = await run(ledger, drawFrom(seed));
    return { id, title, verdict: held ? "held" : "broke", says };
  } catch (error) {
    return { id, title, verdict: "broke", says: `it failed: ${String(error)}` };
  }
}

/** How many of the answers are this one. */
export function tally(told: readonly Told[], verdict: Verdict): number {
  return told.filter((one) => one.verdict === verdict).length;
}
