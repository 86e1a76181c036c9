import { accounts, courseOf, hour } from "../core/flow.ts";
import type { Answer, Call } from "../core/rail-server.ts";
import { flutterwaveNo, list, ok } from "./answers.ts";
import { toMajor, toMinor } from "./decimals.ts";
import { blockedAccount, returnedStatus, transferFee, unknownAccount } from "./from-memory.ts";
import { findTransaction } from "./payments.ts";
import type { RefundBody, TransferBody } from "./schemas.ts";
import type { Flutterwave, Refund, Transfer } from "./state.ts";
import { later, nextId } from "./state.ts";

/** `POST /v3/transfers`: new, then on its way, then there or not. The reference is good once. */
export function createTransfer(on: Flutterwave, call: Call): Answer {
  const body = call.body as TransferBody;
  const { currency, account_number: accountNumber } = body;
  if (body.debit_currency !== undefined && body.debit_currency !== currency)
    throw flutterwaveNo("debit_currency must be the currency here");
  const reference = body.reference ?? on.chance.text(16);
  if (on.transfers.has(reference)) throw flutterwaveNo("Transfer with that Ref already exists. Please use a different ref");
  if (accountNumber === blockedAccount || call.faults.has("blocked_recipient"))
    throw flutterwaveNo("This recipient is not allowed to receive transfers");
  const amount = toMinor(body.amount, currency);
  const fee = transferFee(amount, currency);
  const taken = amount + fee.booked;
  if (call.faults.has("insufficient_balance") || on.books.balance(accounts.balance, currency) < taken) {
    throw flutterwaveNo("Insufficient funds in customer wallet");
  }
  const transfer: Transfer = {
    id: nextId(on),
    reference,
    accountNumber,
    bank: body.account_bank,
    name: body.beneficiary_name ?? nameOf(accountNumber),
    amount,
    currency,
    fee,
    narration: body.narration ?? "",
    meta: body.meta ?? null,
    at: on.clock.now(),
    faults: call.faults,
    status: "NEW",
    completeMessage: "",
  };
  on.transfers.set(reference, transfer);
  on.books.move({ what: "transfer", from: accounts.balance, to: accounts.inTransit, amount: taken, currency, reference });
  const answer = ok("Transfer Queued Successfully", transferObject(transfer));
  const course = courseOf(call.faults, on.pace);
  later(on, 0, () => {
    transfer.status = "PENDING";
  });
  later(on, course.wait, () => end(on, transfer, course.fails));
  if (course.comesBack) later(on, course.wait + hour, () => comeBack(on, transfer));
  return answer;
}

function end(on: Flutterwave, transfer: Transfer, fails: boolean): void {
  const { amount, currency, fee, reference } = transfer;
  const from = accounts.inTransit;
  if (fails) on.books.move({ what: "transfer failed", from, to: accounts.balance, amount: amount + fee.booked, currency, reference });
  else {
    on.books.move({ what: "transfer paid", from, to: accounts.banks, amount, currency, reference });
    if (fee.booked > 0n) on.books.move({ what: "transfer fee", from, to: accounts.fees, amount: fee.booked, currency, reference });
  }
  tell(on, transfer, fails ? "FAILED" : "SUCCESSFUL", fails ? "DISBURSE FAILED: Invalid account" : "Transaction was successful");
}

function comeBack(on: Flutterwave, transfer: Transfer): void {
  const { amount, currency, reference } = transfer;
  on.books.move({ what: "transfer reversed", from: accounts.banks, to: accounts.balance, amount, currency, reference });
  tell(on, transfer, returnedStatus, "The bank returned it");
}

function tell(on: Flutterwave, transfer: Transfer, status: Transfer["status"], message: string): void {
  transfer.status = status;
  transfer.completeMessage = message;
  on.webhooks.send({ event: "transfer.completed", "event.type": "Transfer", data: transferObject(transfer) }, transfer.faults);
}

/** `GET /v3/transfers/:id` */
export function fetchTransfer(on: Flutterwave, call: Call): Answer {
  const transfer = [...on.transfers.values()].find((one) => String(one.id) === call.params["id"]);
  if (transfer === undefined) throw flutterwaveNo("Transfer not found", 404);
  return ok("Transfer fetched", transferObject(transfer));
}

/** `GET /v3/transfers`, by reference where only that is known. */
export function listTransfers(on: Flutterwave, call: Call): Answer {
  const { reference, status } = call.query;
  const fits = (one: Transfer) =>
    (reference === undefined || one.reference === reference) && (status === undefined || one.status === status.toUpperCase());
  return list("Transfers fetched", [...on.transfers.values()].filter(fits).toReversed().map(transferObject), call.query);
}

/** `GET /v3/transfers/fee` */
export function fee(_on: Flutterwave, call: Call): Answer {
  const { amount = "", currency = "NGN" } = call.query;
  return ok("Transfer fee fetched", [{ currency, fee_type: "value", fee: transferFee(toMinor(amount, currency), currency).written }]);
}

/** `POST /v3/accounts/resolve` */
export function resolveAccount(_on: Flutterwave, call: Call): Answer {
  const { account_number: number } = call.body as { readonly account_number: string };
  if (!/^\d{10}$/.test(number) || number === unknownAccount)
    throw flutterwaveNo("Sorry, that account number is invalid, please check and try again");
  return ok("Account details fetched", { account_number: number, account_name: nameOf(number) });
}

const nameOf = (number: string): string => `${["Ada", "Bayo", "Chidi", "Dupe", "Emeka"][Number(number.at(-1) ?? 0) % 5]} Okafor`;

/** `POST /v3/transactions/:id/refund`. Without a reference of ours, the same request twice is two refunds. */
export function createRefund(on: Flutterwave, call: Call): Answer {
  const body = (call.body ?? {}) as RefundBody;
  const found = findTransaction(on, call.params["id"]);
  if (found === undefined || found[1].status !== "successful") throw flutterwaveNo("No transaction was found for this id", 404);
  const [payment, transaction] = found;
  const { currency } = transaction;
  const left = transaction.amount - transaction.refunded;
  const amount = body.amount === undefined ? left : toMinor(body.amount, currency);
  if (left === 0n || amount > left) throw flutterwaveNo("Refund amount is more than what is left of the transaction");
  if (call.faults.has("insufficient_balance") || on.books.balance(accounts.balance, currency) < amount)
    throw flutterwaveNo("Insufficient balance to refund this transaction");
  on.books.move({ what: "refund", from: accounts.balance, to: accounts.inTransit, amount, currency, reference: payment.txRef });
  transaction.refunded += amount;
  const refund: Refund = {
    id: nextId(on),
    payment,
    transaction,
    amount,
    at: on.clock.now(),
    comments: body.comments,
    faults: call.faults,
    status: "pending",
  };
  on.refunds.push(refund);
  const course = courseOf(call.faults, on.pace);
  later(on, course.wait, () => endRefund(on, refund, course.fails || course.comesBack));
  return ok("Transaction refund initiated", refundObject(refund));
}

function endRefund(on: Flutterwave, refund: Refund, fails: boolean): void {
  const { amount, transaction, payment } = refund;
  const to = fails ? accounts.balance : accounts.payers;
  on.books.move({
    what: fails ? "refund failed" : "refund paid",
    from: accounts.inTransit,
    to,
    amount,
    currency: transaction.currency,
    reference: payment.txRef,
  });
  if (fails) transaction.refunded -= amount;
  refund.status = fails ? "failed" : "completed";
  on.webhooks.send({ event: "refund.completed", data: refundObject(refund), "event.type": "Refund" }, refund.faults);
}

/** `GET /v3/refunds/:id` */
export function fetchRefund(on: Flutterwave, call: Call): Answer {
  const refund = on.refunds.find((one) => String(one.id) === call.params["id"]);
  if (refund === undefined) throw flutterwaveNo("Refund not found", 404);
  return ok("Refund fetched", refundObject(refund));
}

/** `GET /v3/refunds`, newest first; `id` is that of the transaction. */
export function listRefunds(on: Flutterwave, call: Call): Answer {
  const { id } = call.query;
  return list(
    "Refunds fetched",
    on.refunds
      .filter((one) => id === undefined || String(one.transaction.id) === id)
      .toReversed()
      .map(refundObject),
    call.query,
  );
}

function refundObject(refund: Refund): object {
  return {
    id: refund.id,
    account_id: 17_321,
    tx_id: refund.transaction.id,
    flw_ref: refund.transaction.flwRef,
    wallet_id: 74_639,
    amount_refunded: toMajor(refund.amount, refund.transaction.currency),
    status: refund.status,
    destination: "payment_source",
    comments: refund.comments ?? null,
    meta: { source: "availablebalance" },
    created_at: refund.at.toISOString(),
  };
}

function transferObject(transfer: Transfer): object {
  return {
    id: transfer.id,
    account_number: transfer.accountNumber,
    bank_code: transfer.bank,
    full_name: transfer.name,
    created_at: transfer.at.toISOString(),
    currency: transfer.currency,
    debit_currency: transfer.currency,
    amount: toMajor(transfer.amount, transfer.currency),
    fee: transfer.fee.written,
    status: transfer.status,
    reference: transfer.reference,
    meta: transfer.meta,
    narration: transfer.narration,
    complete_message: transfer.completeMessage,
    requires_approval: 0,
    is_approved: 1,
    bank_name: "TEST BANK",
  };
}
