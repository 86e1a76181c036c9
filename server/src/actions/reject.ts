import type { Command } from "./command.ts";
import type { OrderAsk } from "./order-step.ts";
import { plainStep } from "./order-step.ts";

/** The buyer rejects the delivery, saying why. `reason` is one of the known reasons or free text. */
export function reject(ask: OrderAsk, input: { readonly reason: string; readonly comment?: string | undefined }): Command {
  return plainStep("reject", ask, { reason: input.reason }, () => ({ reason: input.reason.trim(), comment: input.comment ?? null }));
}
