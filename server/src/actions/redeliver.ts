import type { Command } from "./command.ts";
import type { OrderAsk } from "./order-step.ts";
import { orderStep, plainStep } from "./order-step.ts";
import { acceptingOffer } from "./offer.ts";

/** The buyer accepts the seller's offer of a second delivery; there is only ever one. */
export function redeliver(ask: OrderAsk, input: { readonly offerId: number }): Command {
  return orderStep("redeliver", ask, { offerId: input.offerId }, (writer, order, row) => {
    acceptingOffer(writer, order.id);
    return writer.stepOrder(order, row, { redeliveries: 1, deliveredAt: null });
  });
}

/** Under a replacement policy the seller sends the goods again without asking. */
export function replace(ask: OrderAsk): Command {
  return plainStep("replace", ask, {}, () => ({ redeliveries: 1, deliveredAt: null }));
}
