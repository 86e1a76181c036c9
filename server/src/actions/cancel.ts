import type { Order } from "../domain/order.ts";
import { later } from "../domain/deadlines.ts";
import type { Command } from "./command.ts";
import { endOrder } from "./end-order.ts";
import type { OrderAsk } from "./order-step.ts";
import { orderStep } from "./order-step.ts";

/**
 * Seller or buyer cancels; the buyer is refunded. A buyer who cancels after the free time owes the cancellation fee. Where the seller's
 * own key spoke for the buyer, a fee it causes waits behind a hold, so that the real buyer can object.
 */
export function cancel(ask: OrderAsk, input: { readonly comment?: string | undefined } = {}): Command {
  return orderStep("cancel", ask, {}, (writer, order, row) => {
    const fee = ask.actor.party === "buyer" && isLate(order, writer.now) ? order.terms.cancellationFee : 0n;
    if (fee > 0n && ask.actor.name === "seller_for_buyer") {
      writer.placeHold({
        reason: "buyer_objection",
        scope: "order",
        orderId: order.id,
        projectId: null,
        payeeKind: null,
        payeeId: null,
        note: "The seller's key cancelled in the buyer's name; the buyer may say otherwise.",
        liftsAt: later(writer.now, writer.book.settings.objectionHold),
      });
    }
    return endOrder(writer, order, row, { buyerGets: order.amount, cancellationFee: fee }, { comment: input.comment ?? null });
  });
}

/** After the time in which cancelling is free; without such a time it always is. */
export function isLate(order: Pick<Order, "freeCancelUntil">, now: Date): boolean {
  return order.freeCancelUntil !== null && now > order.freeCancelUntil;
}
