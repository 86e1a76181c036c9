import { accounts, hour } from "../core/flow.ts";
import type { Answer, Call } from "../core/rail-server.ts";
import { list, no, ok } from "./answers.ts";
import { transactionObject } from "./transaction-object.ts";
import type { RefundBody } from "./schemas.ts";
import type { Paystack, Refund, RefundStatus, Transaction } from "./state.ts";
import { later, nextId } from "./state.ts";

/**
 * `POST /refund`. Paystack takes no reference of ours here: the same request twice is two refunds, as far as the payment goes. The fee of the
 * payment is not given back.
 */
export function createRefund(paystack: Paystack, call: Call): Answer {
  const body = call.body as RefundBody;
  const transaction = findTransaction(paystack, String(body.transaction));
  if (transaction?.paid === undefined) throw no("Transaction not found");
  const { paid, reference } = transaction;
  const left = paid.amount - transaction.refunded;
  if (left === 0n) throw no("Transaction has been fully reversed");
  const amount = body.amount === undefined ? left : BigInt(body.amount);
  if (amount > left) throw no("Refund amount cannot be more than the amount left of the transaction");
  if (body.currency !== undefined && body.currency !== paid.currency) throw no("currency is not that of the transaction");
  if (call.faults.has("insufficient_balance")) throw no("Insufficient balance to fulfill this refund. Please top up.");
  take(paystack, transaction, amount);
  transaction.refunded += amount;
  const refund: Refund = {
    id: nextId(paystack),
    transaction,
    amount,
    currency: paid.currency,
    merchantNote: body.merchant_note ?? `Refund for transaction ${reference}`,
    customerNote: body.customer_note,
    createdAt: paystack.clock.now(),
    updatedAt: paystack.clock.now(),
    faults: call.faults,
    status: "pending",
  };
  paystack.refunds.push(refund);
  const { pace } = paystack;
  later(paystack, 0, () => tell(paystack, refund));
  const wait = call.faults.has("pending") ? 6 * hour : pace;
  later(paystack, wait, () => step(paystack, refund, "processing"));
  if (call.faults.has("needs_attention")) later(paystack, wait + pace, () => step(paystack, refund, "needs-attention"));
  else if (call.faults.has("failed") || call.faults.has("reversed")) later(paystack, wait + pace, () => fail(paystack, refund));
  else later(paystack, wait + pace, () => succeed(paystack, refund));
  return ok("Refund has been queued for processing", { ...refundObject(refund), transaction: transactionObject(transaction) });
}

/** `GET /refund?transaction=`, newest first. */
export function listRefunds(paystack: Paystack, call: Call): Answer {
  const { transaction, currency } = call.query;
  const fits = (one: Refund) =>
    (transaction === undefined || isNamed(one.transaction, transaction)) && (currency === undefined || one.currency === currency);
  return list("Refunds retrieved", paystack.refunds.filter(fits).toReversed().map(refundObject), call.query);
}

/** `GET /refund/:id` */
export function fetchRefund(paystack: Paystack, call: Call): Answer {
  return ok("Refund retrieved", refundObject(find(paystack, call)));
}

/** `POST /refund/retry_with_customer_details/:id`: a refund that the card no longer takes goes to an account. */
export function retryRefund(paystack: Paystack, call: Call): Answer {
  const refund = find(paystack, call);
  if (refund.status !== "needs-attention") throw no("Refund does not need attention");
  step(paystack, refund, "processing");
  later(paystack, paystack.pace, () => succeed(paystack, refund));
  return ok("Refund retried and has been queued for processing", refundObject(refund));
}

function find(paystack: Paystack, call: Call): Refund {
  const refund = paystack.refunds.find((one) => String(one.id) === call.params["id"]);
  if (refund === undefined) throw no("Refund not found");
  return refund;
}

function findTransaction(paystack: Paystack, named: string): Transaction | undefined {
  return [...paystack.transactions.values()].find((one) => isNamed(one, named));
}

function isNamed(transaction: Transaction, name: string): boolean {
  return transaction.reference === name || String(transaction.id) === name;
}

/** A refund is taken from what waits for its settlement, or from the balance once the payment is settled. */
function take(paystack: Paystack, transaction: Transaction, amount: bigint): void {
  const { books } = paystack;
  const currency = transaction.paid?.currency ?? transaction.currency;
  const unsettled = transaction.settlement === undefined && books.balance(accounts.unsettled, currency) >= amount;
  if (!unsettled && books.balance(accounts.balance, currency) < amount)
    throw no("Insufficient balance to fulfill this refund. Please top up.");
  const from = unsettled ? accounts.unsettled : accounts.balance;
  if (unsettled) paystack.deductions.set(currency, (paystack.deductions.get(currency) ?? 0n) + amount);
  books.move({ what: "refund", from, to: accounts.inTransit, amount, currency, reference: transaction.reference });
}

function succeed(paystack: Paystack, refund: Refund): void {
  const { amount, currency } = refund;
  paystack.books.move({
    what: "refund paid",
    from: accounts.inTransit,
    to: accounts.payers,
    amount,
    currency,
    reference: refund.transaction.reference,
  });
  step(paystack, refund, "processed");
}

function fail(paystack: Paystack, refund: Refund): void {
  const { amount, currency } = refund;
  paystack.books.move({
    what: "refund failed",
    from: accounts.inTransit,
    to: accounts.balance,
    amount,
    currency,
    reference: refund.transaction.reference,
  });
  refund.transaction.refunded -= amount;
  step(paystack, refund, "failed");
}

function step(paystack: Paystack, refund: Refund, status: RefundStatus): void {
  refund.status = status;
  refund.updatedAt = paystack.clock.now();
  tell(paystack, refund);
}

function tell(paystack: Paystack, refund: Refund): void {
  const { transaction } = refund;
  const data = {
    status: refund.status,
    transaction_reference: transaction.reference,
    refund_reference: refund.status === "processed" ? `RF${refund.id}` : null,
    amount: Number(refund.amount),
    currency: refund.currency,
    processor: "mpgs_zen",
    customer: { first_name: null, last_name: null, email: transaction.email },
    integration: 100_043,
    domain: "test",
    id: refund.id,
  };
  paystack.webhooks.send({ event: `refund.${refund.status}`, data }, refund.faults);
}

function refundObject(refund: Refund): object {
  return {
    id: refund.id,
    integration: 100_043,
    domain: "test",
    transaction: refund.transaction.id,
    transaction_reference: refund.transaction.reference,
    dispute: null,
    amount: Number(refund.amount),
    deducted_amount: refund.status === "processed" ? Number(refund.amount) : 0,
    fully_deducted: refund.status === "processed",
    currency: refund.currency,
    channel: "card",
    status: refund.status,
    refunded_by: "operator@emulator.test",
    refunded_at: refund.status === "processed" ? refund.updatedAt.toISOString() : null,
    expected_at: new Date(refund.createdAt.getTime() + 10 * 24 * hour).toISOString(),
    settlement: null,
    customer_note: refund.customerNote ?? null,
    merchant_note: refund.merchantNote ?? null,
    createdAt: refund.createdAt.toISOString(),
    updatedAt: refund.updatedAt.toISOString(),
  };
}
