import { appendOnly, balanced, chained, oneCurrency, ordered, replayed, reversed } from "./checks-of-form.ts";
import { collapsed, conserved, exact, guarded, honest, hot, projected, recovered } from "./checks-of-money.ts";
import type { Check, Finding } from "./harness.ts";
import { broke, drawFrom } from "./harness.ts";
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

export interface Told extends Finding {
  readonly id: string;
  readonly title: string;
}

/** Asks all fifteen, each of an empty ledger. A call that fails breaks its check: nobody can tell it from a crash. */
export async function askAll(ledger: Ledger, seed: number, onTold: (told: Told) => void = () => undefined): Promise<Told[]> {
  const all: Told[] = [];
  for (const [i, check] of fifteen.entries()) {
    const { id, title } = check;
    await ledger.reset();
    const finding = await check.run(ledger, drawFrom(seed * 100 + i)).catch((error: unknown) => broke(`it failed: ${String(error)}`));
    all.push({ id, title, ...finding });
    onTold({ id, title, ...finding });
  }
  return all;
}
