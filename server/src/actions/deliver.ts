import type { Command } from "./command.ts";
import type { OrderAsk } from "./order-step.ts";
import { plainStep } from "./order-step.ts";

/** The seller says that goods or work were delivered; the buyer is asked to accept or reject. */
export function deliver(ask: OrderAsk): Command {
  return plainStep("deliver", ask, {}, (_order, now) => ({ deliveredAt: now }));
}
