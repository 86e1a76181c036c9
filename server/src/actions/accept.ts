import type { Command } from "./command.ts";
import { endOrder } from "./end-order.ts";
import type { OrderAsk } from "./order-step.ts";
import { orderStep } from "./order-step.ts";

/** The buyer accepts (or, where the terms say so, the clock does): the net is released to the seller's side. */
export function accept(ask: OrderAsk): Command {
  return orderStep("accept", ask, {}, (writer, order, row) => endOrder(writer, order, row, { buyerGets: 0n }));
}
