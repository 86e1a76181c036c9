import type { Disbursement, PayeeDetails, PayeeKind } from "../domain/facts.ts";
import { decide } from "../domain/machine.ts";
import { disbursementMachine } from "../domain/money-out-table.ts";
import { isRefusal, refuse } from "../domain/refusals.ts";
import { disbursementNeeds, waitsForPayee } from "../domain/side-needs.ts";
import type { Book } from "./book.ts";
import type { Command } from "./command.ts";
import { command } from "./command.ts";
import { theOrder } from "./order-step.ts";
import type { OrderAsk } from "./order-step.ts";
import { railThatPaysOut } from "./rail-choice.ts";
import { parkedUntil, refsOf, vouched } from "./send.ts";
import type { DisbursementAsk } from "./send.ts";
import type { Writer } from "./writer.ts";

/** What a parked disbursement waited for may be there now: it is queued again, or refused with what is still missing. */
export function requeue(ask: DisbursementAsk): Command {
  return command("disbursement.requeue", ask, refsOf(ask), (book) => {
    const one = book.disbursements.get(ask.disbursementId);
    if (one === undefined) return refuse("not_yours");
    // The operator vouches for details that a rail refused once; everybody else must give new ones.
    const judged = ask.actor.party === "operator" ? { ...one, fault: null } : one;
    const facts = book.factsOfDisbursement(judged);
    const row = decide(disbursementMachine, one.state, "requeue", ask.actor.party, (need) => disbursementNeeds[need].judge(facts));
    if (isRefusal(row) && ask.actor.party === "clock" && one.state === "parked") {
      // Nothing to do yet: the clock looks again when the last hold that has a time is over, or never by itself. What it waits for may have
      // changed: a cooling-off is over, and now it is too little to be sent.
      const reason = waitsForPayee(facts) ?? one.reason;
      return (writer) => ({
        disbursement: one.id,
        state: writer.book.disbursements.change(one.id, { dueAt: parkedUntil(book, one), reason }).state,
      });
    }
    if (isRefusal(row)) return row;
    // Said once, it holds for this payout: whatever spoke against the account is not asked for again.
    const change = ask.actor.party === "operator" && one.fault === "payee" ? { reason: vouched } : {};
    return (writer) => ({ disbursement: one.id, state: again(writer, one, change).state });
  });
}

/** The buyer of a refund that the card no longer takes names an account for it. */
export function giveRefundAccount(ask: OrderAsk, input: { readonly details: PayeeDetails }): Command {
  return command("disbursement.give_account", ask, { orders: [ask.orderId] }, (book) => {
    const order = theOrder(book, ask);
    if (isRefusal(order)) return order;
    const parked = refundsWaiting(book, order.id);
    if (parked.length === 0) return refuse("not_now", "No refund of this order waits for an account.");
    return (writer) => {
      // Along a card it left by the rail that holds the payment; to an account it leaves by the one that pays out.
      for (const one of parked)
        again(writer, one, { details: input.details, rail: railThatPaysOut(book.settings.rails, one.currency, one.rail) });
      return { order: order.id, refunds: parked.length };
    };
  });
}

/** Refunds of an order that wait for the buyer's account, those of late or second payments included. */
export function refundsWaiting(book: Book, orderId: number): Disbursement[] {
  return book.disbursements.where((one) => one.orderId === orderId && one.kind === "refund" && one.state === "parked");
}

/** Something about its payee has changed: a parked disbursement is queued again, to be judged anew. Any other stays as it is. */
export function wake(ask: DisbursementAsk): Command {
  return command("disbursement.wake", ask, refsOf(ask), (book) => {
    const one = book.disbursements.get(ask.disbursementId);
    if (one === undefined) return refuse("not_yours");
    return (writer) => ({ disbursement: one.id, state: one.state === "parked" ? again(writer, one).state : one.state });
  });
}

/** New details of a payee set free what waited for them; a cooling-off hold then parks it again until its time is over. */
export function requeuePayee(writer: Writer, payeeKind: PayeeKind, payeeId: number): void {
  const parked = writer.book.disbursements.where((one) => one.state === "parked" && one.payeeKind === payeeKind && one.payeeId === payeeId);
  for (const one of parked) again(writer, one);
}

/**
 * A job wakes what waits beyond what a batch reads, and what waits for a marketplace operator, who is paid from the books of others: they are not
 * locked here. `providerId`: the seller's service provider; 0: the seller itself.
 */
export function noteChangedPayee(writer: Writer, providerId: number, version: number): void {
  const { sellerId } = writer.book;
  writer.effects.changedPayees.set(`${sellerId} ${providerId}`, { sellerId, providerId, version });
}

function again(writer: Writer, one: Disbursement, change: Partial<Disbursement> = {}): Disbursement {
  // The rail that pays it out abroad may be named only now, and the payee may be paid at home from now on.
  const way = one.kind === "payout" && one.payeeKind === "service_provider" ? writer.book.wayOut(one) : {};
  return writer.stepDisbursement(one, "requeue", { fault: null, reason: null, ...way, ...change, dueAt: writer.now });
}
