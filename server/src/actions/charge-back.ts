import { postponed } from "../domain/deadlines.ts";
import type { Disbursement, Payment } from "../domain/facts.ts";
import { must } from "../domain/fault.ts";
import { parseAccount, paymentUnapplied, platformLosses, railDisputed } from "../domain/ledger-accounts.ts";
import { least } from "../domain/money.ts";
import { sentStates } from "../domain/money-out-table.ts";
import { disputeFee, disputeOpened, disputeWon, lostAfterEnding, lostFromEscrow, succeeded } from "../domain/movements.ts";
import type { Posting } from "../domain/movements.ts";
import type { Order } from "../domain/order.ts";
import { decideOrder } from "../domain/order-decide.ts";
import type { OrderAction } from "../domain/order-table.ts";
import { hasEnded, isHolding } from "../domain/order-table.ts";
import { isRefusal, refuse } from "../domain/refusals.ts";
import { Fault } from "../domain/fault.ts";
import type { Command } from "./command.ts";
import { command } from "./command.ts";
import { conclude, payEnding, unpayEnding } from "./end-order.ts";
import { wakeBehind } from "./holds.ts";
import type { PaymentAsk } from "./payment-steps.ts";
import { fundFromShort, refundUnapplied } from "./receive-payment.ts";
import { takeUnsent } from "./take-unsent.ts";
import type { Writer } from "./writer.ts";

/** The rail's number of a dispute; undefined: it gives none. */
interface Numbered {
  readonly disputeId?: string | undefined;
}

/**
 * The books have one dispute of a payment at a time: the one that runs, or that was lost. Told of another one they answer the number of theirs, as
 * `other_dispute`, and change nothing.
 */
function another(payment: Payment, { disputeId }: Numbered): { readonly other_dispute: string } | undefined {
  const ours = payment.disputeId;
  return ours === null || disputeId === undefined || ours === disputeId ? undefined : { other_dispute: ours };
}

/** The buyer's bank disputes a payment: sending stops and the order's clock stands still until the rail has decided. */
export function openDispute(ask: PaymentAsk, input: Numbered & { readonly amount: bigint; readonly takenAtOnce: boolean }): Command {
  return command("payment.dispute", ask, refsOf(ask), (book) => {
    const payment = book.payments.get(ask.paymentId);
    if (payment === undefined) return refuse("not_yours");
    if (payment.state !== "received") return () => ({ payment: payment.id, state: payment.state, again: true, ...another(payment, input) });
    return (writer) => {
      const { amount, takenAtOnce, disputeId = null } = input;
      const note = { amount: Number(amount), taken_at_once: takenAtOnce };
      writer.stepPayment(payment, "dispute", { disputed: amount, takenAtOnce, disputeId }, note);
      const order = book.orders.get(payment.orderId) ?? null;
      if (takenAtOnce) writer.post("payment.dispute", order, disputeOpened({ ...atRail(payment), amount }));
      const scope = order === null ? ({ scope: "seller" } as const) : ({ scope: "order" } as const);
      const about = { orderId: payment.orderId, projectId: null, payeeKind: null, payeeId: null };
      if (book.sellerId !== 0) {
        writer.placeHold({ ...about, ...scope, reason: "chargeback", note: "The buyer's bank disputes the payment.", liftsAt: null });
      }
      return { payment: payment.id, state: "disputed" };
    };
  });
}

/** The rail decided for us: what it took comes back and the hold is lifted. What it charges all the same (`fee`) the platform bears: nobody was in the wrong. */
export function winDispute(ask: PaymentAsk, input: Numbered & { readonly fee: bigint }): Command {
  return command("payment.win", ask, refsOf(ask), (book) => {
    const payment = book.payments.get(ask.paymentId);
    if (payment === undefined) return refuse("not_yours");
    const other = another(payment, input);
    if (payment.state !== "disputed" || other !== undefined)
      return () => ({ payment: payment.id, state: payment.state, again: true, ...other });
    return (writer) => {
      writer.stepPayment(payment, "win", { disputed: 0n, takenAtOnce: false, disputeId: null });
      const order = book.orders.get(payment.orderId) ?? null;
      const at = atRail(payment);
      writer.post("payment.win", order, [
        ...(payment.takenAtOnce ? disputeWon({ ...at, amount: payment.disputed }) : []),
        ...succeeded({ ...at, amount: 0n, cost: input.fee }),
      ]);
      endStandstill(writer, payment);
      wakeGivenBack(writer, payment);
      fundFromShort(writer, payment);
      // Short money that its checkout ended without while it was disputed goes back now.
      if (book.sellerId !== 0 && book.orders.get(payment.orderId)?.state !== "awaiting_payment") refundUnapplied(writer, payment.id);
      return { payment: payment.id, state: "received" };
    };
  });
}

/**
 * The rail decided against us: `amount` is lost for good. Who bears it depends on where the money is: escrow while it is there; what was
 * not sent yet; then the platform for what the buyer already got back, and the seller for the rest. `fee` is what the rail charges for it.
 */
export function loseDispute(ask: PaymentAsk, input: Numbered & { readonly amount: bigint; readonly fee: bigint }): Command {
  return command("payment.lose", ask, refsOf(ask), (book) => {
    const payment = book.payments.get(ask.paymentId);
    if (payment === undefined) return refuse("not_yours");
    const other = another(payment, input);
    if ((payment.state !== "received" && payment.state !== "disputed") || other !== undefined)
      return () => ({ payment: payment.id, state: payment.state, again: true, ...other });
    const amount = least(input.amount, payment.received);
    return (writer) => {
      writer.stepPayment(
        payment,
        "lose",
        { chargedBack: amount, disputed: 0n, takenAtOnce: false, disputeId: input.disputeId ?? payment.disputeId, dueAt: null },
        { amount: Number(amount) },
      );
      const order = book.orders.get(payment.orderId);
      const taken = payment.takenAtOnce ? payment.disputed : 0n;
      const missing = amount > taken ? amount - taken : 0n;
      const at = atRail(payment);
      writer.post("payment.lose", order ?? null, [
        ...disputeOpened({ ...at, amount: missing }),
        ...disputeWon({ ...at, amount: taken > amount ? taken - amount : 0n }),
        // In the house's book nobody else can bear what the rail charges for it.
        ...(book.sellerId === 0
          ? succeeded({ ...at, amount: 0n, cost: input.fee })
          : disputeFee({ ...at, sellerId: book.sellerId, fee: input.fee })),
      ]);
      endStandstill(writer, payment);
      const fromUnapplied = loseUnapplied(writer, payment, order ?? null, amount);
      // What is left of it completes no order any more.
      if (book.sellerId !== 0) refundUnapplied(writer, payment.id);
      if (order !== undefined && amount > fromUnapplied) loseFromOrder(writer, order.id, payment, amount - fromUnapplied);
      if (order !== undefined) holdForRefundUnderWay(writer, payment, order, amount);
      return { payment: payment.id, state: "charged_back", order: payment.orderId };
    };
  });
}

function refsOf(ask: PaymentAsk) {
  return { payments: [ask.paymentId], ...(ask.orderId === null ? {} : { orders: [ask.orderId] }) };
}

function atRail(payment: Payment): { rail: string; currency: string } {
  return { rail: payment.rail, currency: payment.receivedCurrency ?? payment.currency };
}

/**
 * The last of an order's disputes is over: its holds are lifted, and its clock, which stood still since the first one, goes on. What had
 * not come due when that began moves by its length.
 */
function endStandstill(writer: Writer, payment: Payment): void {
  const { book, now } = writer;
  const { orderId } = payment;
  if (book.payments.where((one) => one.orderId === orderId && one.id !== payment.id && one.state === "disputed").length > 0) return;
  const holds = book.standingHolds({ orderId, projectId: null }).filter((hold) => hold.reason === "chargeback" && hold.orderId === orderId);
  const order = book.orders.get(orderId);
  const first = holds.toSorted((a, b) => a.placedAt.getTime() - b.placedAt.getTime())[0];
  if (order !== undefined && first !== undefined && isHolding(order.state)) {
    book.orders.change(order.id, postponed(order, first.placedAt, now.getTime() - first.placedAt.getTime()));
  }
  for (const hold of holds) {
    writer.stepHold(hold, "lift", { liftedAt: now });
    wakeBehind(writer, hold);
  }
}

/** What was to go back of money that belongs to no order waited without a hold. */
function wakeGivenBack({ book, now }: Writer, payment: Payment): void {
  const waiting = book.disbursements.where((one) => one.orderId === null && one.paymentId === payment.id && one.state === "queued");
  for (const one of waiting) book.disbursements.change(one.id, { dueAt: now });
}

/**
 * A refund along it that is under way may fail yet, and the buyer has the money from the bank by then. What the platform bore of it is then taken back;
 * where somebody else bore what was lost (`amount`), it waits for the operator.
 */
function holdForRefundUnderWay(writer: Writer, payment: Payment, order: Order, amount: bigint): void {
  const underWay = writer.book.disbursements.where(
    (one) => one.paymentId === payment.id && one.kind === "refund" && ["sending", "in_flight", "outcome_unknown"].includes(one.state),
  );
  const sum = (amounts: readonly bigint[]) => amounts.reduce((total, one) => total + one, 0n);
  const hadTwice = least(sum(underWay.map((one) => one.amount)), amount);
  if (sum(underWay.map((one) => one.borne)) >= hadTwice) return;
  const about = { orderId: order.id, projectId: null, payeeKind: null, payeeId: null } as const;
  const note = "The buyer's bank took the payment back while a refund of it was under way: if that fails, the buyer has the money already.";
  writer.placeHold({ ...about, scope: "order", reason: "operator", note, liftsAt: null });
}

/** Money of the payment that fitted nothing bears the loss first: unsent, from its account; already refunded, by the platform. */
function loseUnapplied(writer: Writer, payment: Payment, order: Order | null, amount: bigint): bigint {
  const lost = least(payment.unapplied, amount);
  if (lost === 0n) return 0n;
  const source = paymentUnapplied(payment.id);
  const refund = writer.book.disbursements.all().find((one) => one.source === source && one.state !== "cancelled");
  const sent = refund !== undefined && sentStates.includes(refund.state);
  if (refund !== undefined && (refund.state === "queued" || refund.state === "parked")) takeUnsent(writer, refund, lost);
  const at = atRail(payment);
  const debit = sent ? platformLosses : source;
  writer.post("payment.lose.unapplied", order, [{ debit, credit: railDisputed(at.rail), amount: lost, currency: at.currency }]);
  if (sent) writer.book.disbursements.change(refund.id, { borne: refund.borne + lost });
  else writer.book.payments.change(payment.id, { unapplied: payment.unapplied - lost });
  return lost;
}

function loseFromOrder(writer: Writer, orderId: number, payment: Payment, amount: bigint): void {
  const order = must(writer.book.orders.get(orderId), `order ${orderId}`);
  const total = order.chargedBack + amount;
  if (isHolding(order.state)) return loseFromEscrow(writer, order, payment, amount, total);
  if (hasEnded(order.state)) return loseAfterEnd(writer, order, payment, amount, total);
}

function loseFromEscrow(writer: Writer, order: Order, payment: Payment, amount: bigint, chargedBack: bigint): void {
  const held = writer.book.escrow(order);
  const all = amount >= held;
  const row = rowOf(writer, order, all ? "charge_back" : "charge_back_part", amount);
  const change = { lost: order.lost + least(amount, held), chargedBack };
  const stepped = writer.stepOrder(order, row, all ? { ...change, endedAt: writer.now } : change, { lost: Number(amount) });
  writer.post(`order.${row.action}`, stepped, lostFromEscrow({ ...lossOf(order, payment), amount: least(amount, held) }));
  if (all) conclude(writer, order.id);
}

function loseAfterEnd(writer: Writer, order: Order, payment: Payment, amount: bigint, chargedBack: bigint): void {
  const { book } = writer;
  const row = rowOf(writer, order, "charge_back", amount);
  const disbursements = book.disbursementsOf(order.id);
  const untouched = order.ending !== null && disbursements.every((one) => !sentStates.includes(one.state) && one.attempts === 0);
  const stepped = writer.stepOrder(order, row, { chargedBack }, { lost: Number(amount) });
  if (untouched && order.ending !== null && amount <= order.amount - order.lost) {
    const { buyerGets, cancellationFee, keepsEscrowFee } = order.ending;
    unpayEnding(writer, stepped, "order.charge_back");
    writer.post("order.charge_back.lost", stepped, lostFromEscrow({ ...lossOf(order, payment), amount }));
    const left = book.orders.change(order.id, { lost: order.lost + amount });
    if (left.lost < left.amount) payEnding(writer, left, { buyerGets, cancellationFee, keepsEscrowFee }, "order.charge_back.rest");
  } else {
    const waiting = disbursements.filter((one) => one.state === "queued" || one.state === "parked");
    // Those along this payment first: they are the ones that may come back for it.
    const sent = disbursements
      .filter((one) => one.kind === "refund" && sentStates.includes(one.state))
      .toSorted((a, b) => Number(b.paymentId === payment.id) - Number(a.paymentId === payment.id));
    // What the platform bore when another payment of the order was lost it does not bear twice.
    const refunded = sent.reduce((sum, one) => sum + one.amount - one.borne, 0n);
    // Refunds first, so that the buyer does not get the money twice.
    const inOrder = waiting.toSorted((a, b) => Number(b.kind === "refund") - Number(a.kind === "refund"));
    const unsent = inOrder.map((one) => ({ account: parseAccount(one.source).id, amount: one.amount }));
    const postings = lostAfterEnding({ ...lossOf(order, payment), unsent, refunded, amount });
    writer.post("order.charge_back", stepped, postings);
    takeAllUnsent(writer, inOrder, postings, payment);
    noteBorne(writer, sent, postings);
  }
  conclude(writer, order.id);
}

/** What was taken from waiting disbursements no longer goes out: each is cancelled, and what is left of it queued anew. */
function takeAllUnsent(writer: Writer, waiting: readonly Disbursement[], postings: readonly Posting[], payment: Payment): void {
  const disputed = railDisputed(payment.rail);
  const taken = new Map<string, bigint>();
  for (const posting of postings)
    if (posting.credit === disputed) taken.set(posting.debit, (taken.get(posting.debit) ?? 0n) + posting.amount);
  for (const one of waiting) {
    const part = least(taken.get(one.source) ?? 0n, one.amount);
    if (part === 0n) continue;
    taken.set(one.source, (taken.get(one.source) ?? 0n) - part);
    takeUnsent(writer, one, part);
  }
}

/** What the platform bore of refunds that were sent stands with them: if one of them fails or comes back, it is taken back. */
function noteBorne(writer: Writer, sent: readonly Disbursement[], postings: readonly Posting[]): void {
  let left = postings.filter(({ debit }) => debit === platformLosses).reduce((sum, one) => sum + one.amount, 0n);
  for (const one of sent) {
    const part = least(one.amount - one.borne, left);
    left -= part;
    if (part > 0n) writer.book.disbursements.change(one.id, { borne: one.borne + part });
  }
}

function rowOf(writer: Writer, order: Order, action: OrderAction, lost: bigint) {
  const row = decideOrder(writer.book.factsOf(order, { party: "rail", name: writer.command.actor.name }, { lost }), action);
  if (isRefusal(row)) throw new Fault(`a chargeback is a fact, but: ${row.detail}`);
  return row;
}

/** At the rail that took the disputed payment, which may be another than the order's. */
function lossOf(order: Order, payment: Payment) {
  return { rail: payment.rail, currency: order.bookCurrency, orderId: order.id, sellerId: order.sellerId };
}
