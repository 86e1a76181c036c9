import type { Command } from "./command.ts";
import type { OrderAsk } from "./order-step.ts";
import { plainStep } from "./order-step.ts";

/** The seller says that the goods which came back are not in order. */
export function contestReturn(ask: OrderAsk, input: { readonly comment?: string | undefined } = {}): Command {
  return plainStep("contest_return", ask, {}, () => ({ comment: input.comment ?? null }));
}

/** The seller does not want the buyer's silence after a delivery to end in a refund. */
export function contestSilence(ask: OrderAsk, input: { readonly comment?: string | undefined } = {}): Command {
  return plainStep("contest_silence", ask, {}, () => ({ comment: input.comment ?? null }));
}

/** A party, or the clock, asks the operator to decide. */
export function escalate(ask: OrderAsk, input: { readonly comment?: string | undefined } = {}): Command {
  return plainStep("escalate", ask, {}, (order) => ({ comment: input.comment ?? order.comment }));
}
