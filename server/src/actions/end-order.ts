import type { Ending, ShareTerms } from "../domain/ending.ts";
import { exit } from "../domain/ending.ts";
import type { Disbursement, Payment } from "../domain/facts.ts";
import { must } from "../domain/fault.ts";
import { buyerRefundable, payeePayable } from "../domain/ledger-accounts.ts";
import { least } from "../domain/money.ts";
import type { EndingParties } from "../domain/movements.ts";
import { ending as endingPostings, payableToReceivable, reverse } from "../domain/movements.ts";
import type { Order, OrderChange } from "../domain/order.ts";
import { decideOrder } from "../domain/order-decide.ts";
import type { OrderRow } from "../domain/order-decide.ts";
import { hasEnded } from "../domain/order-table.ts";
import { concludedStates } from "../domain/money-out-table.ts";
import { isRefusal } from "../domain/refusals.ts";
import type { Json } from "./command.ts";
import { holdForIdentity } from "./holds.ts";
import type { Writer } from "./writer.ts";

/** How an order ends: the buyer's gross part, and the fees that this way of ending costs. */
export interface EndingTerms {
  readonly buyerGets: bigint;
  readonly keepsEscrowFee?: boolean;
  readonly cancellationFee?: bigint;
}

/** Who gets what: the same function for the preview a person is shown and for the effect. Amounts in kobo. */
export function previewEnding(order: Order, terms: EndingTerms): Ending {
  return exit({
    paid: order.amount,
    escrowFee: order.escrowFee,
    railFee: order.railFee,
    lost: order.lost,
    buyerGets: terms.buyerGets,
    keepsEscrowFee: terms.keepsEscrowFee ?? false,
    cancellationFee: terms.cancellationFee ?? 0n,
    exitRailFeeBearer: order.terms.exitRailFeeBearer,
    share: shareOf(order),
  });
}

function shareOf(order: Order): ShareTerms {
  const { nonSplit, payoutFee, providerFeeBearer } = order.terms;
  const payeeKind = order.operatorId !== null ? "operator" : order.providerId !== null ? "service_provider" : "none";
  const basisPoints = payeeKind === "none" || order.share === null ? (payeeKind === "operator" ? 0 : 10_000) : order.share;
  return { payeeKind, basisPoints, nonSplit, payoutFee, providerFeeBearer };
}

/** Takes the row, empties escrow by one journal entry, and queues what each party gets. */
export function endOrder(
  writer: Writer,
  order: Order,
  row: OrderRow,
  terms: EndingTerms,
  change: OrderChange = {},
  note: Json = null,
): Order {
  const stepped = writer.stepOrder(order, row, { ...change, endedAt: writer.now }, note);
  payEnding(writer, stepped, terms, `order.${row.action}`);
  return conclude(writer, stepped.id);
}

/** Empties an ended order's escrow as `terms` say, remembers it, and queues payouts and refunds. */
export function payEnding(writer: Writer, order: Order, terms: EndingTerms, cause: string): void {
  const ended = previewEnding(order, terms);
  const entry = writer.post(cause, order, endingPostings(ended, partiesOf(order)));
  const repaid = queueEnding(writer, order, ended);
  writer.book.orders.change(order.id, {
    ending: {
      buyer: ended.buyer,
      seller: ended.seller,
      provider: ended.provider,
      operator: ended.operator,
      escrowFee: ended.escrowFeeKept,
      payoutFee: ended.payoutFee,
      railFee: ended.railFeeRecovered,
      buyerGets: terms.buyerGets,
      cancellationFee: terms.cancellationFee ?? 0n,
      keepsEscrowFee: terms.keepsEscrowFee ?? false,
      repaid,
      entry,
    },
  });
}

function partiesOf(order: Order): EndingParties {
  return {
    rail: order.rail,
    currency: order.bookCurrency,
    orderId: order.id,
    sellerId: order.sellerId,
    buyerId: order.buyerId,
    ...(order.providerId === null ? {} : { serviceProviderId: order.providerId }),
    ...(order.operatorId === null ? {} : { operatorId: order.operatorId }),
  };
}

/**
 * Turns an ending round while nothing of it was sent: escrow holds again what it held before, and its queued payouts are cancelled.
 * The postings come from the ending's own record, which is what they were made from.
 */
export function unpayEnding(writer: Writer, order: Order, cause: string): void {
  const { ending } = order;
  for (const one of writer.book.disbursementsOf(order.id)) {
    if (one.state === "queued" || one.state === "parked") writer.stepDisbursement(one, "cancel", { dueAt: null });
  }
  if (ending === null || ending.entry === 0) return;
  const repayment = { sellerId: order.sellerId, payable: ending.repaid, owed: ending.repaid, currency: order.bookCurrency };
  writer.post(`${cause}.repay`, order, reverse(payableToReceivable(repayment)));
  const paid = { ...ending, escrowFeeKept: ending.escrowFee, railFeeRecovered: ending.railFee, lost: order.lost };
  writer.post(cause, order, reverse(endingPostings(paid, partiesOf(order))), ending.entry);
  writer.book.orders.change(order.id, { ending: null });
}

/** Queues the buyer's refund and everybody's payout; what the seller owes for chargebacks is kept back first, and answered. */
function queueEnding(writer: Writer, order: Order, ended: Pick<Ending, "buyer" | "seller" | "provider" | "operator">): bigint {
  const currency = order.bookCurrency;
  refundBuyer(writer, order, ended.buyer);
  const repaid = repay(writer, order, ended.seller);
  const pay = (payeeKind: "seller" | "service_provider" | "operator", payeeId: number | null, amount: bigint) => {
    if (amount === 0n || payeeId === null) return;
    const source = payeePayable(payeeKind, payeeId);
    writer.queue({ kind: "payout", orderId: order.id, paymentId: null, payeeKind, payeeId, source, amount, currency });
  };
  if (ended.seller > repaid) holdForIdentity(writer);
  pay("seller", order.sellerId, ended.seller - repaid);
  pay("service_provider", order.providerId, ended.provider);
  pay("operator", order.operatorId, ended.operator);
  return repaid;
}

/** A release first pays back what the seller owes for chargebacks; answers how much of it. */
function repay(writer: Writer, order: Order, payable: bigint): bigint {
  const owed = writer.book.owed(order.bookCurrency);
  if (owed === 0n || payable === 0n) return 0n;
  writer.post("seller.repay", order, payableToReceivable({ sellerId: order.sellerId, payable, owed, currency: order.bookCurrency }));
  return least(owed, payable);
}

/** A refund goes back along the payments it came by, first come first. */
export function refundBuyer(writer: Writer, order: Order, amount: bigint): void {
  let left = amount;
  for (const payment of writer.book.paymentsOf(order.id)) {
    const part = least(left, refundable(payment, writer.book.disbursementsOf(order.id)));
    if (part === 0n) continue;
    left -= part;
    queueRefund(writer, order, payment.id, part);
  }
  // Payments that a chargeback has eaten into cannot carry a refund; the buyer is then asked for an account.
  if (left > 0n) queueRefund(writer, order, null, left);
}

function queueRefund(writer: Writer, order: Order, paymentId: number | null, amount: bigint): void {
  const source = buyerRefundable(order.buyerId);
  writer.queue({
    kind: "refund",
    orderId: order.id,
    paymentId,
    payeeKind: "buyer",
    payeeId: order.buyerId,
    source,
    amount,
    currency: order.bookCurrency,
  });
}

function refundable(payment: Payment, disbursements: readonly Disbursement[]): bigint {
  const gone = disbursements
    .filter((one) => one.paymentId === payment.id && one.state !== "cancelled")
    .reduce((sum, one) => sum + one.amount, 0n);
  const left = payment.received - payment.unapplied - payment.chargedBack - gone;
  return left > 0n ? left : 0n;
}

/** Marks an ended order discharged once its payouts and refunds each succeeded or wait only for their payee, and settles it once all succeeded. */
export function conclude(writer: Writer, orderId: number): Order {
  const { book } = writer;
  let order = must(book.orders.get(orderId), `order ${orderId}`);
  if (!hasEnded(order.state)) return order;
  const disbursements = book.disbursementsOf(orderId);
  const discharged = disbursements.every((one) => concludedStates.includes(one.state) || one.state === "parked");
  if (discharged && order.dischargedAt === null) order = book.orders.change(orderId, { dischargedAt: writer.now });
  if (order.state === "completed") return order;
  const row = decideOrder(book.factsOf(order, { party: "rail", name: "settlement" }, {}), "settle");
  return isRefusal(row) ? order : writer.stepOrder(order, row);
}
