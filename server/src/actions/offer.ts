import type { Offer } from "../domain/facts.ts";
import { later } from "../domain/deadlines.ts";
import { decide } from "../domain/machine.ts";
import { must } from "../domain/fault.ts";
import { isRefusal, refuse } from "../domain/refusals.ts";
import { offerNeeds } from "../domain/side-needs.ts";
import { offerMachine } from "../domain/side-tables.ts";
import type { Command } from "./command.ts";
import { command } from "./command.ts";
import { theOrder } from "./order-step.ts";
import type { OrderAsk } from "./order-step.ts";
import type { Writer } from "./writer.ts";

/**
 * Proposes a second delivery, or a split that gives the buyer `buyerGets` kobo; replaces an open offer, but not an operator's ruling that waits for
 * its second. The other party accepts it by number.
 */
export function makeOffer(
  ask: OrderAsk,
  input: { readonly kind: "redelivery" | "split"; readonly buyerGets?: bigint | undefined },
): Command {
  return command("offer.make", ask, { orders: [ask.orderId] }, (book) => {
    const order = theOrder(book, ask);
    if (isRefusal(order)) return order;
    const { party, name } = ask.actor;
    const offer = {
      kind: input.kind,
      party,
      partyName: name,
      buyerGets: input.kind === "split" ? (input.buyerGets ?? null) : null,
      expiresAt: later(book.now, order.terms.offerFor),
    };
    const facts = {
      offer,
      orderState: order.state,
      redeliveries: order.redeliveries,
      amount: order.amount,
      by: party,
      byName: name,
      now: book.now,
    };
    const row = decide(offerMachine, "none", "make", party, (need) => offerNeeds[need].judge(facts));
    if (isRefusal(row)) return row;
    // Else either party could keep a dispute undecided: each offer would take the proposal away before a second operator has ruled the same.
    const open = book.openOffer(order.id);
    if (open?.kind === "ruling" && book.now < open.expiresAt)
      return refuse("not_now", "An operator has proposed a ruling, which waits for a second one; no offer takes its place meanwhile.");
    return (writer) => {
      replaceOpen(writer, order.id);
      const made = writer.makeOffer({ ...offer, orderId: order.id });
      return { offer: made.id, kind: made.kind, order: order.id, expires_at: made.expiresAt.toISOString() };
    };
  });
}

/** An offer nobody accepted in time. */
export function expireOffer(ask: OrderAsk, input: { readonly offerId: number }): Command {
  return command("offer.expire", ask, { orders: [ask.orderId] }, (book) => {
    const offer = book.openOffer(ask.orderId);
    if (offer === undefined || offer.id !== input.offerId) return () => ({ offer: input.offerId, done: false });
    const order = must(book.orders.get(ask.orderId), "the offer's order");
    const facts = {
      offer,
      orderState: order.state,
      redeliveries: 0,
      amount: order.amount,
      by: ask.actor.party,
      byName: ask.actor.name,
      now: book.now,
    };
    const row = decide(offerMachine, offer.state, "expire", ask.actor.party, (need) => offerNeeds[need].judge(facts));
    return isRefusal(row) ? row : (writer) => ({ offer: writer.stepOffer(offer, "expire").id, done: true });
  });
}

/** A new offer of either side takes the open one's place. */
export function replaceOpen(writer: Writer, orderId: number): void {
  const open = writer.book.openOffer(orderId);
  if (open !== undefined) writer.stepOffer(open, "replace");
}

/** Marks the open offer accepted, before the order's own step would void it. */
export function acceptingOffer(writer: Writer, orderId: number): Offer {
  return writer.stepOffer(must(writer.book.openOffer(orderId), "an open offer"), "accept");
}
