import type { Order } from "../domain/order.ts";
import type { Command } from "./command.ts";
import { endOrder } from "./end-order.ts";
import type { OrderAsk } from "./order-step.ts";
import { orderStep } from "./order-step.ts";

/** The goods came back in order (or the time to say otherwise is over): the buyer is refunded, less the fee if the terms list the reason. */
export function confirmReturn(ask: OrderAsk): Command {
  return orderStep("confirm_return", ask, {}, (writer, order, row) =>
    endOrder(writer, order, row, { buyerGets: order.amount, cancellationFee: feeForReason(order) }),
  );
}

/** The cancellation fee, if the rejection's reason is one the terms list; never for goods that did not arrive. */
export function feeForReason(order: Pick<Order, "reason" | "terms">): bigint {
  const listed = order.reason !== null && order.reason !== "not_received" && order.terms.reasonsWithFee.includes(order.reason);
  return listed ? order.terms.cancellationFee : 0n;
}
