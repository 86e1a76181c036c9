import { refuse } from "../domain/refusals.ts";
import { isRefusal } from "../domain/refusals.ts";
import { decideOrder } from "../domain/order-decide.ts";
import type { Command } from "./command.ts";
import { command } from "./command.ts";
import { holdSelfDealing } from "./holds.ts";
import type { OrderAsk } from "./order-step.ts";
import { summary, theOrder } from "./order-step.ts";

/** One provider per order: a second call replaces the first. `share` is the seller's, in hundredths of a percent. Refused once the order has ended. */
export function assignProvider(ask: OrderAsk, input: { readonly providerId: number; readonly share: number }): Command {
  return command("order.assign_provider", ask, { orders: [ask.orderId], providers: [input.providerId] }, (book) => {
    const order = theOrder(book, ask);
    if (isRefusal(order)) return order;
    const provider = book.providers.get(input.providerId);
    if (provider === undefined || provider.state === "removed") return refuse("provider_unknown");
    if (provider.type === 2 && order.currency === "NGN") {
      return refuse("invalid", "A service provider paid in USD can only take part in an order that is not in NGN.", { field: "sp_id" });
    }
    if (order.operatorId !== null)
      return refuse("invalid", "A marketplace order pays its own seller; it takes no other service provider.", { field: "sp_id" });
    const row = decideOrder(book.factsOf(order, ask.actor, { provider: true }), "assign_provider");
    if (isRefusal(row)) return row;
    return (writer) => {
      const to = { provider: provider.id, share: input.share };
      const assigned = writer.stepOrder(order, row, { providerId: provider.id, share: input.share }, to);
      // At its funding only those were looked at who were paid of it then.
      if (order.fundedAt !== null && order.providerId !== provider.id) holdSelfDealing(writer, assigned);
      return summary(assigned);
    };
  });
}

/** The marketplace operator's share of an order of one of its sellers, in hundredths of a percent. */
export function setOperatorShare(ask: OrderAsk, input: { readonly operatorId: number; readonly share: number }): Command {
  return command("order.assign_provider", ask, { orders: [ask.orderId] }, (book) => {
    const order = theOrder(book, ask);
    if (isRefusal(order)) return order;
    if (order.operatorId !== input.operatorId || !book.operators.has(input.operatorId)) return refuse("seller_not_associated");
    const row = decideOrder(book.factsOf(order, ask.actor, { provider: true }), "assign_provider");
    if (isRefusal(row)) return row;
    return (writer) => summary(writer.stepOrder(order, row, { share: input.share }, { operator: input.operatorId, share: input.share }));
  });
}
