import type { EmulatedRail } from "../../../emulator/start.ts";
import type { Calls } from "../setup/over-rail.ts";

/** How often each goes wrong, of all calls of its kind. */
const chances = {
  calls: { timeout_before: 0.02, timeout_after: 0.02, error_500: 0.02, error_500_after: 0.02, rate_limit: 0.02 },
  payments: { pending: 0.05, failed: 0.03, wrong_amount: 0.03, wrong_currency: 0.02 },
  sends: { pending: 0.06, failed: 0.06, reversed: 0.05, insufficient_balance: 0.03 },
  notices: { webhook_duplicate: 0.1, webhook_reordered: 0.05, webhook_late: 0.05, webhook_forged: 0.05, webhook_never: 0.1 },
} as const;

/** Which calls go wrong: all of them, and the money of those that send it. */
export interface Weather {
  readonly calls: readonly string[];
  readonly sends: readonly string[];
  /** Whether payers pay at this rail. */
  readonly pays: boolean;
}

export function weatherOf(calls: Calls): Weather {
  return { calls: [...new Set(Object.values(calls) as string[])], sends: [calls.payout, calls.refund], pays: true };
}

/** From now on everything goes wrong at that rail by chance: calls, money and notices. */
export function letItBlow({ script }: Pick<EmulatedRail, "script">, { calls, sends, pays }: Weather): void {
  const rule = script as (one: { fault: string; on?: string; chance: number }) => void;
  for (const [fault, chance] of Object.entries(chances.calls)) for (const on of calls) rule({ fault, on, chance });
  if (pays) for (const [fault, chance] of Object.entries(chances.payments)) rule({ fault, on: "pay", chance });
  for (const on of sends) for (const [fault, chance] of Object.entries(chances.sends)) rule({ fault, on, chance });
  for (const on of [...(pays ? ["pay"] : []), ...sends])
    for (const [fault, chance] of Object.entries(chances.notices)) rule({ fault, on, chance });
}

/** Nothing goes wrong any more. */
export async function letItRest({ url }: Pick<EmulatedRail, "url">): Promise<void> {
  await fetch(`${url}/_emulator/script`, { method: "DELETE" });
}
