import type { Payment } from "../domain/facts.ts";
import { must } from "../domain/fault.ts";
import { paymentUnapplied } from "../domain/ledger-accounts.ts";
import type { Posting } from "../domain/movements.ts";
import { applyUnapplied, payIn, railFee } from "../domain/movements.ts";
import type { Order } from "../domain/order.ts";
import { decideOrder } from "../domain/order-decide.ts";
import { Fault } from "../domain/fault.ts";
import { isRefusal } from "../domain/refusals.ts";
import type { Book } from "./book.ts";
import type { Ask, Command } from "./command.ts";
import { command } from "./command.ts";
import { holdSelfDealing } from "./holds.ts";
import { newPayment } from "./new-payment.ts";
import type { Writer } from "./writer.ts";

export interface Receipt {
  /** The payment we opened; null: the rail tells of one that we did not open (a second one, or one that fits nothing). */
  readonly paymentId: number | null;
  readonly orderId: number | null;
  readonly rail: string;
  readonly reference: string;
  readonly railReference: string;
  readonly amount: bigint;
  readonly currency: string;
  /** What the rail kept, in the same currency. */
  readonly fee: bigint;
}

/**
 * Money arrived. A receipt is a fact and never refused. If the order waits for payment in this currency, and this with what came before
 * reaches what it asks, exactly that goes to escrow and funds it; whatever fits nothing is unapplied, and goes back at once unless a
 * top-up can still complete it.
 */
export function receivePayment(ask: Ask, receipt: Receipt): Command {
  const refs = {
    ...(receipt.orderId === null ? {} : { orders: [receipt.orderId] }),
    ...(receipt.paymentId === null ? {} : { payments: [receipt.paymentId] }),
    // Nothing else would bring up what the house book had of it before.
    ...(receipt.paymentId === null && receipt.orderId === null ? { receipts: [receipt] } : {}),
  };
  return command("payment.receive", ask, refs, (book) => {
    const opened = book.payments.get(receipt.paymentId);
    const known = book.payments.all().find((one) => one.rail === receipt.rail && one.railReference === receipt.railReference);
    // The same receipt told twice changes nothing.
    if (known !== undefined) return () => ({ payment: known.id, order: known.orderId, state: known.state, again: true });
    return (writer) => {
      // A second receipt under one reference is a payment of its own.
      const fresh = opened === undefined || opened.railReference !== null;
      const payment = fresh ? insertPayment(writer, receipt, opened) : opened;
      const order = book.orders.get(payment.orderId);
      const received = writer.stepPayment(
        payment,
        "receive",
        {
          received: receipt.amount,
          receivedCurrency: receipt.currency,
          railReference: receipt.railReference,
          unapplied: receipt.amount,
          railFee: receipt.fee,
          receivedAt: writer.now,
          dueAt: null,
        },
        { amount: Number(receipt.amount), currency: receipt.currency },
        fresh,
      );
      writer.effects.paymentReferences.push({
        rail: receipt.rail,
        reference: receipt.railReference,
        sellerId: book.sellerId,
        paymentId: received.id,
        orderId: received.orderId,
      });
      const after = apply(writer, received, order, receipt);
      return { payment: received.id, order: received.orderId, state: "received", order_state: after?.state ?? null };
    };
  });
}

/** A payment nobody opened a page for; of a second one under a known reference the payer is whoever opened the first. */
function insertPayment(writer: Writer, receipt: Receipt, opened: Payment | undefined): Payment {
  return newPayment(writer, {
    orderId: receipt.orderId,
    rail: receipt.rail,
    reference: receipt.reference,
    asked: receipt.amount,
    currency: receipt.currency,
    contactEmail: opened?.contactEmail ?? null,
    contactPhone: opened?.contactPhone ?? null,
    dueAt: null,
  });
}

function apply(writer: Writer, payment: Payment, order: Order | undefined, receipt: Receipt): Order | undefined {
  const { rail, currency, amount } = receipt;
  const fee = railFee({ rail, currency, fee: receipt.fee });
  const waits = order !== undefined && order.state === "awaiting_payment" && order.bookCurrency === currency;
  const earlier = waits ? topUps(writer.book, order.id, payment.id, currency) : [];
  const held = earlier.reduce((sum, one) => sum + one.unapplied, 0n);
  if (!waits || held + amount < order.amount) {
    writer.post("payment.receive", order ?? null, [...payIn({ rail, currency, paymentId: payment.id, received: amount }), ...fee]);
    // Short money waits for a top-up until the checkout closes; what fits nothing goes back at once. The house's is the operator's to place.
    if (!waits && writer.book.sellerId !== 0) refundUnapplied(writer, payment.id);
    return order;
  }
  const funded = fund(writer, order, rail, [...earlier, payment]);
  writer.post("payment.receive", funded, [...fundingPostings(writer, funded, payment, earlier, receipt), ...fee]);
  holdSelfDealing(writer, funded);
  for (const one of [...earlier, payment]) refundUnapplied(writer, one.id);
  return funded;
}

function fund(writer: Writer, order: Order, rail: string, payments: readonly Payment[]): Order {
  const row = decideOrder(writer.book.factsOf(order, { party: "rail", name: `rail:${rail}` }, { applied: order.amount }), "fund");
  if (isRefusal(row)) throw new Fault(`an order that waits for payment cannot be funded: ${row.refused}`);
  const { contactEmail, contactPhone } = mainPayer(payments);
  return writer.stepOrder(order, row, { fundedAt: writer.now, contactEmail, contactPhone });
}

/** One of an order's short payments counts again, since its dispute is won: with those that came meanwhile they may be all that the order asks. */
export function fundFromShort(writer: Writer, { rail, orderId }: Payment): void {
  const order = writer.book.orders.get(orderId);
  if (order?.state !== "awaiting_payment") return;
  const all = topUps(writer.book, order.id, null, order.bookCurrency);
  if (all.reduce((sum, one) => sum + one.unapplied, 0n) < order.amount) return;
  const funded = fund(writer, order, rail, all);
  spend(writer, order, all);
  const from = all.map((one) => ({ paymentId: one.id, held: one.unapplied }));
  writer.post("payment.win.funds", funded, applyUnapplied({ orderId: order.id, due: order.amount, currency: order.bookCurrency, from }));
  holdSelfDealing(writer, funded);
  for (const one of all) refundUnapplied(writer, one.id);
}

/** Of several payments the largest one's payer is the buyer: who tops up a few kobo does not get the order's links. */
function mainPayer(payments: readonly Payment[]): Pick<Payment, "contactEmail" | "contactPhone"> {
  const known = payments.filter((one) => one.contactEmail !== null);
  const largest = known.toSorted((a, b) => Number(b.received - a.received))[0];
  return largest ?? { contactEmail: null, contactPhone: null };
}

/** Escrow takes exactly what the checkout asked, from earlier short payments first. */
function fundingPostings(writer: Writer, order: Order, payment: Payment, earlier: readonly Payment[], receipt: Receipt): Posting[] {
  const { rail, currency, amount } = receipt;
  const all = [...earlier, payment];
  spend(writer, order, all);
  if (earlier.length === 0)
    return payIn({ rail, currency, paymentId: payment.id, received: amount, funds: { orderId: order.id, due: order.amount } });
  const from = all.map((one) => ({ paymentId: one.id, held: one.unapplied }));
  return [
    ...payIn({ rail, currency, paymentId: payment.id, received: amount }),
    ...applyUnapplied({ orderId: order.id, due: order.amount, currency, from }),
  ];
}

/** What an order takes of its payments, the first ones first, fits nothing no more. */
function spend(writer: Writer, order: Order, payments: readonly Payment[]): void {
  let left = order.amount;
  for (const one of payments) {
    const taken = one.unapplied < left ? one.unapplied : left;
    left -= taken;
    writer.book.payments.change(one.id, { unapplied: one.unapplied - taken });
  }
}

/** Short payments of the order that a top-up can still complete: received, in its currency, and not on their way back. */
function topUps(book: Book, orderId: number, without: number | null, currency: string): Payment[] {
  return book
    .paymentsOf(orderId)
    .filter(
      (one) =>
        one.id !== without &&
        one.state === "received" &&
        one.receivedCurrency === currency &&
        one.unapplied > 0n &&
        !isGoingBack(book, one.id),
    );
}

/** True if its money that fitted nothing is on its way back, or gone. */
export function isGoingBack(book: Book, paymentId: number): boolean {
  return book.disbursements
    .all()
    .some((one) => one.paymentId === paymentId && one.source === paymentUnapplied(paymentId) && one.state !== "cancelled");
}

/** Queues the refund of what a payment brought and nothing took; nothing to do if it is on its way already. */
export function refundUnapplied(writer: Writer, paymentId: number): void {
  const payment = must(writer.book.payments.get(paymentId), `payment ${paymentId}`);
  if (payment.unapplied === 0n || payment.receivedCurrency === null || isGoingBack(writer.book, paymentId)) return;
  const order = writer.book.orders.get(payment.orderId);
  writer.queue({
    kind: "refund",
    orderId: payment.orderId,
    paymentId,
    payeeKind: "buyer",
    payeeId: order?.buyerId ?? 0,
    source: paymentUnapplied(paymentId),
    amount: payment.unapplied,
    currency: payment.receivedCurrency,
  });
}

/** When a checkout ends unpaid, short money goes back. */
export function refundShortPayments(writer: Writer, orderId: number): void {
  for (const payment of writer.book.paymentsOf(orderId)) if (payment.state === "received") refundUnapplied(writer, payment.id);
}
