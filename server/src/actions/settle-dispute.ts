import { later } from "../domain/deadlines.ts";
import { must } from "../domain/fault.ts";
import { decideOrder } from "../domain/order-decide.ts";
import { isRefusal } from "../domain/refusals.ts";
import type { Command } from "./command.ts";
import { command } from "./command.ts";
import { endOrder, unpayEnding } from "./end-order.ts";
import { acceptingOffer, replaceOpen } from "./offer.ts";
import type { OrderAsk } from "./order-step.ts";
import { orderStep, summary, theOrder } from "./order-step.ts";

/** A party gives up the dispute: the buyer's withdrawal releases the money, the seller's refunds it. */
export function withdrawDispute(ask: OrderAsk): Command {
  return orderStep("withdraw_dispute", ask, {}, (writer, order, row) =>
    endOrder(writer, order, row, { buyerGets: ask.actor.party === "buyer" ? 0n : order.amount }),
  );
}

/** A party accepts the other's split, by the offer's number. */
export function agreeSplit(ask: OrderAsk, input: { readonly offerId: number }): Command {
  return orderStep("agree_split", ask, { offerId: input.offerId }, (writer, order, row) => {
    const offer = acceptingOffer(writer, order.id);
    return endOrder(writer, order, row, { buyerGets: must(offer.buyerGets, "the split's amount") });
  });
}

/**
 * The operator decides a dispute: the buyer gets `buyerGets` kobo of what was paid, gross. Payouts wait a day behind a `ruling` hold, so
 * that it can still be reopened. Above the limit the first operator's ruling is kept as a proposal, and takes effect when a second one
 * rules the same.
 */
export function rule(ask: OrderAsk, input: { readonly buyerGets: bigint; readonly comment?: string | undefined }): Command {
  return command("order.rule", ask, { orders: [ask.orderId] }, (book) => {
    const order = theOrder(book, ask);
    if (isRefusal(order)) return order;
    const row = decideOrder(book.factsOf(order, ask.actor, { buyerGets: input.buyerGets }), "rule");
    if (isRefusal(row) && row.refused !== "second_operator_needed") return row;
    return (writer) => {
      if (isRefusal(row)) {
        replaceOpen(writer, order.id);
        const { party, name } = ask.actor;
        const expiresAt = later(book.now, order.terms.offerFor);
        const proposal = writer.makeOffer({
          orderId: order.id,
          kind: "ruling",
          party,
          partyName: name,
          buyerGets: input.buyerGets,
          expiresAt,
        });
        return { ...summary(order), proposal: proposal.id, waits_for: "a second operator" };
      }
      const proposal = book.openOffer(order.id);
      if (proposal !== undefined && proposal.kind === "ruling") writer.stepOffer(proposal, "accept");
      if (book.settings.rulingHold > 0) {
        writer.placeHold({
          reason: "ruling",
          scope: "order",
          orderId: order.id,
          projectId: null,
          payeeKind: null,
          payeeId: null,
          note: "A ruling can be reopened while nothing was sent.",
          liftsAt: later(book.now, book.settings.rulingHold),
        });
      }
      const ended = endOrder(
        writer,
        order,
        row,
        { buyerGets: input.buyerGets },
        { comment: input.comment ?? null },
        { buyer_gets: Number(input.buyerGets) },
      );
      return summary(ended);
    };
  });
}

/** The operator takes a ruling back while nothing of it was sent: its entry is turned round and its queued payouts cancelled. */
export function reopen(ask: OrderAsk, input: { readonly comment?: string | undefined } = {}): Command {
  return orderStep("reopen", ask, {}, (writer, order, row) => {
    const again = writer.stepOrder(order, row, { endedAt: null, dischargedAt: null, comment: input.comment ?? null });
    unpayEnding(writer, again, "order.reopen");
    for (const hold of writer.book.standingHolds({ orderId: order.id, projectId: null })) {
      if (hold.reason === "ruling") writer.stepHold(hold, "lift", { liftedAt: writer.now });
    }
    return again;
  });
}
