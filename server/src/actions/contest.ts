import type { Command } from "./command.ts";
import type { OrderAsk } from "./order-step.ts";
import { plainStep } from "./order-step.ts";

/** The seller says that the goods which came back are not in order. */
export function contestReturn(ask: OrderAsk, input: { readonly comment?: string | undefined } = {}): Command {
  return plainStep("contest_return", ask, {}, () => said(input));
}

/** The seller does not want the buyer's silence after a delivery to end in a refund. */
export function contestSilence(ask: OrderAsk, input: { readonly comment?: string | undefined } = {}): Command {
  return plainStep("contest_silence", ask, {}, () => said(input));
}

/** A party, or the clock, asks the operator to decide. */
export function escalate(ask: OrderAsk, input: { readonly comment?: string | undefined } = {}): Command {
  return plainStep("escalate", ask, {}, () => said(input));
}

/** Who says nothing does not wipe out what the other said before. */
function said(input: { readonly comment?: string | undefined }): { comment?: string } {
  return input.comment === undefined ? {} : { comment: input.comment };
}
