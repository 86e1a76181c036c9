import { decide } from "../domain/machine.ts";
import { paymentMachine } from "../domain/money-in-table.ts";
import type { PaymentAction } from "../domain/money-in-table.ts";
import { later } from "../domain/deadlines.ts";
import { isRefusal, refuse } from "../domain/refusals.ts";
import type { Book } from "./book.ts";
import type { Ask, Command } from "./command.ts";
import { command } from "./command.ts";
import { newPayment } from "./new-payment.ts";
import type { Writer } from "./writer.ts";
import { isGoingBack } from "./receive-payment.ts";

/** A payment and the order it is for (null: the house's). */
export interface PaymentAsk extends Ask {
  readonly paymentId: number;
  readonly orderId: number | null;
}

function paymentRefs(ask: PaymentAsk) {
  return { payments: [ask.paymentId], ...(ask.orderId === null ? {} : { orders: [ask.orderId] }) };
}

/**
 * The payer is sent to the rail's page: from here on the rail may tell of money under this reference. The contacts
 * the payer confirmed stay with the payment: if it funds the order, they and nobody else get its links.
 */
export function openPayment(
  ask: Ask,
  input: { readonly orderId: number; readonly reference: string; readonly amount: bigint; readonly email: string; readonly phone: string },
): Command {
  return command("payment.open", ask, { orders: [input.orderId] }, (book) => {
    const order = book.orders.get(input.orderId);
    if (order === undefined) return refuse("not_yours");
    if (order.state !== "awaiting_payment")
      return refuse("not_now", `This order is ${order.state}; it takes no payment.`, { state: order.state });
    const due = order.amount - heldShort(book, order.id);
    if (input.amount !== due) return refuse("mismatch", "What is due has changed meanwhile; look at the page again.", { due: Number(due) });
    const doubtful = book.paymentsOf(order.id).find((one) => one.state === "pending");
    if (doubtful !== undefined)
      return refuse("payment_in_doubt", "A payment of this order is being decided at the rail; wait for it before paying again.");
    return (writer) => {
      const payment = newPayment(writer, {
        orderId: order.id,
        rail: order.rail,
        reference: input.reference,
        asked: input.amount,
        currency: order.bookCurrency,
        contactEmail: input.email,
        contactPhone: input.phone,
        // Events may get lost; the rail is asked after a while.
        dueAt: later(writer.now, 15 * 60_000),
      });
      writer.stepPayment(payment, "open", {}, { asked: Number(input.amount) }, true);
      writer.effects.paymentReferences.push({
        rail: order.rail,
        reference: input.reference,
        sellerId: book.sellerId,
        paymentId: payment.id,
        orderId: order.id,
      });
      return { payment: payment.id, reference: input.reference, order: order.id };
    };
  });
}

/** What arrived short for an order and waits for a top-up; what is on its way back does not count. */
export function heldShort(book: Book, orderId: number): bigint {
  const order = book.orders.get(orderId);
  return book
    .paymentsOf(orderId)
    .filter((one) => one.state === "received" && one.receivedCurrency === order?.bookCurrency && !isGoingBack(book, one.id))
    .reduce((sum, one) => sum + one.unapplied, 0n);
}

/** What the rail told beside a payment's state. */
export interface Told {
  readonly said?: string | undefined;
  /** How the payer pays, in the rail's word; a `bank_transfer` takes days, so the checkout stays open for it. */
  readonly method?: string | undefined;
}

/** What the rail says of a payment that brought no money: pending, failed, abandoned. Told twice, or too late to matter, it changes nothing. */
export function movePayment(ask: PaymentAsk, action: Extract<PaymentAction, "pend" | "fail" | "abandon">, told: Told = {}): Command {
  return command(`payment.${action}`, ask, paymentRefs(ask), (book) => {
    const payment = book.payments.get(ask.paymentId);
    if (payment === undefined) return refuse("not_yours");
    const silent = later(book.orders.get(payment.orderId)?.payBy ?? payment.openedAt, book.settings.railSilence);
    const row = decide(paymentMachine, payment.state, action, ask.actor.party, () =>
      book.now >= silent ? undefined : refuse("too_early", `The rail has until ${silent.toISOString()} to answer.`),
    );
    // An older event never overwrites what is known already.
    if (isRefusal(row)) return row.refused === "not_now" ? () => ({ payment: payment.id, state: payment.state, again: true }) : row;
    return (writer) => {
      const dueAt = action === "pend" ? later(writer.now, 5 * 60_000) : null;
      if (action === "pend" && told.method === "bank_transfer") keepOpen(writer, payment.orderId);
      return {
        payment: payment.id,
        state: writer.stepPayment(payment, action, { dueAt }, told.said === undefined ? null : { said: told.said }).state,
      };
    };
  });
}

/** A bank transfer may take longer than a card: the checkout of an order that waits for one closes later, never earlier. */
function keepOpen(writer: Writer, orderId: number | null): void {
  const order = writer.book.orders.get(orderId);
  if (order?.state !== "awaiting_payment" || order.payBy === null) return;
  const opened = later(order.payBy, -order.terms.payFor);
  const payBy = later(opened, writer.book.settings.bankTransferFor);
  if (payBy > order.payBy) writer.book.orders.change(order.id, { payBy, dueAt: payBy });
}

/** The rail was asked and knows nothing new: ask again later. */
export function askLater(ask: PaymentAsk, wait: number): Command {
  return command("payment.ask_later", ask, paymentRefs(ask), (book) => {
    const payment = book.payments.get(ask.paymentId);
    if (payment === undefined || (payment.state !== "open" && payment.state !== "pending")) return () => ({ payment: ask.paymentId });
    return (writer) => {
      book.payments.change(payment.id, { dueAt: later(writer.now, wait) });
      return { payment: payment.id };
    };
  });
}
