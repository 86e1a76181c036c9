import type { Disbursement } from "../domain/facts.ts";
import { must } from "../domain/fault.ts";
import { parseAccount, paymentUnapplied, platformLosses } from "../domain/ledger-accounts.ts";
import type { Writer } from "./writer.ts";

/** What a chargeback took of a waiting disbursement no longer goes out: it is cancelled, and what is left of it queued anew. */
export function takeUnsent(writer: Writer, one: Disbursement, part: bigint): void {
  writer.stepDisbursement(one, "cancel", { dueAt: null, borne: 0n }, { taken_for: "charge_back" });
  if (part === one.amount) return;
  const { kind, orderId, paymentId, payeeKind, payeeId, source, currency, rail, details, fault, attemptId, attempts } = one;
  const same = { kind, orderId, paymentId, payeeKind, payeeId, source, currency, rail, details };
  // The rail is asked about its last attempt before it is sent, like about that of the whole.
  const rest = writer.queue({ ...same, attemptId, attempts, amount: one.amount - part });
  // What waited for its payee goes on waiting.
  if (one.state === "parked") writer.stepDisbursement(rest, "park", { fault, reason: one.reason, dueAt: one.dueAt });
}

/**
 * A refund has failed or come back, of which the platform bore a part when the buyer's bank took the payment back: the buyer has that part from the
 * bank, so it is not sent again, and the platform has its loss back.
 */
export function takeBackLoss(writer: Writer, disbursementId: number): void {
  const { book } = writer;
  const one = must(book.disbursements.get(disbursementId), `disbursement ${disbursementId}`);
  if (one.borne === 0n || (one.state !== "queued" && one.state !== "parked")) return;
  const { borne: amount, currency, paymentId } = one;
  const debit = parseAccount(one.source).id;
  takeUnsent(writer, one, amount);
  const order = book.orders.get(one.orderId) ?? null;
  writer.post("disbursement.take_back_loss", order, [{ debit, credit: platformLosses, amount, currency }]);
  if (paymentId === null || debit !== paymentUnapplied(paymentId)) return;
  const payment = must(book.payments.get(paymentId), `payment ${paymentId}`);
  book.payments.change(paymentId, { unapplied: payment.unapplied - amount });
}
