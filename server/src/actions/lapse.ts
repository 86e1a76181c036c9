import type { Command } from "./command.ts";
import { endOrder } from "./end-order.ts";
import type { OrderAsk } from "./order-step.ts";
import { orderStep } from "./order-step.ts";

/** Nobody delivered, or nobody answered a delivery: the buyer is refunded less the escrow fee. */
export function lapse(ask: OrderAsk): Command {
  return orderStep("lapse", ask, {}, (writer, order, row) =>
    endOrder(writer, order, row, { buyerGets: order.amount, keepsEscrowFee: true }),
  );
}
