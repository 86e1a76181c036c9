import { accounts, hour } from "../core/flow.ts";
import type { Answer, Call } from "../core/rail-server.ts";
import { no, ok } from "./answers.ts";
import { bankName, isBank, nameOf } from "./banks.ts";
import { blockedAccount, otpLapse, transferFee } from "./from-memory.ts";
import type { RecipientBody, TransferBody } from "./schemas.ts";
import type { Paystack, Recipient, Transfer, TransferStatus } from "./state.ts";
import { later, nextId } from "./state.ts";

/** `POST /transferrecipient`. The same account again is the same recipient. */
export function createRecipient(paystack: Paystack, call: Call): Answer {
  const body = call.body as RecipientBody;
  const currency = body.currency ?? { ghipss: "GHS", mobile_money: "GHS", basa: "ZAR" }[body.type] ?? "NGN";
  const { account_number: accountNumber, bank_code: bankCode = "" } = body;
  if (accountNumber === undefined) {
    throw no(
      body.authorization_code === undefined
        ? "Either authorization_code or account_number must be passed."
        : "Account details not found for this authorization",
    );
  }
  if (bankCode === "") throw no("bank_code is required");
  if (!isBank(bankCode, currency)) throw no("Unknown bank code");
  if (body.type === "nuban" && !/^\d{10}$/.test(accountNumber)) throw no("Account number is invalid");
  const known = [...paystack.recipients.values()].find(
    (one) => one.accountNumber === accountNumber && one.bankCode === bankCode && one.currency === currency,
  );
  if (known !== undefined) return ok("Transfer recipient created successfully", recipientObject(known), 201);
  const recipient: Recipient = {
    id: nextId(paystack),
    code: `RCP_${paystack.chance.text(15)}`,
    type: body.type,
    name: body.name,
    accountNumber,
    bankCode,
    currency,
    description: body.description,
    metadata: body.metadata,
    createdAt: paystack.clock.now(),
  };
  paystack.recipients.set(recipient.code, recipient);
  return ok("Transfer recipient created successfully", recipientObject(recipient), 201);
}

/** `POST /transfer`. The reference is the handle: used again it is refused, whatever became of the first. */
export function createTransfer(paystack: Paystack, call: Call): Answer {
  const body = call.body as TransferBody;
  const { reference } = body;
  if (!/^[a-z0-9_-]+$/.test(reference)) throw no("Your reference contains illegal special characters");
  if (reference.length < 16 || reference.length > 50) throw no("reference must have 16 to 50 characters");
  if (paystack.transfers.has(reference))
    throw no("Please provide a unique reference. Reference already exists on a transfer", "Create a new reference for the new transfer");
  const recipient = paystack.recipients.get(body.recipient);
  if (recipient === undefined) throw no("Recipient specified is invalid");
  const currency = body.currency ?? "NGN";
  if (currency !== recipient.currency) throw no("currency is not that of the recipient");
  if (recipient.accountNumber === blockedAccount || call.faults.has("blocked_recipient")) {
    throw no("Sorry, we can't make the transfer to this recipient at the moment");
  }
  const amount = BigInt(body.amount);
  const fee = transferFee(amount, currency);
  if (call.faults.has("insufficient_balance") || paystack.books.balance(accounts.balance, currency) < amount + fee) {
    throw no("Your balance is not enough to fulfil this request", "Top up your balance and try again.");
  }
  const now = paystack.clock.now();
  const transfer: Transfer = {
    id: nextId(paystack),
    code: `TRF_${paystack.chance.text(15)}`,
    reference,
    amount,
    fee,
    currency,
    reason: body.reason,
    recipient,
    createdAt: now,
    updatedAt: now,
    faults: call.faults,
    status: "pending",
    failure: undefined,
  };
  paystack.transfers.set(reference, transfer);
  paystack.books.move({ what: "transfer", from: accounts.balance, to: accounts.inTransit, amount: amount + fee, currency, reference });
  begin(paystack, transfer);
  const message = transfer.status === "otp" ? "Transfer requires OTP to continue" : "Transfer has been queued";
  return ok(message, { ...transferObject(transfer), recipient: recipient.id });
}

/** What becomes of it, as its faults say. */
function begin(paystack: Paystack, transfer: Transfer): void {
  const { faults } = transfer;
  const then = (ms: number, act: (paystack: Paystack, transfer: Transfer) => void) => later(paystack, ms, () => act(paystack, transfer));
  const endsIn = (status: TransferStatus, failure: string) => (on: Paystack, one: Transfer) => giveBack(on, one, status, failure);
  if (faults.has("otp")) {
    transfer.status = "otp";
    return then(otpLapse, (on, one) => (one.status === "otp" ? giveBack(on, one, "abandoned", "OTP was not entered") : undefined));
  }
  if (faults.has("received")) transfer.status = "received";
  const wait = faults.has("pending") || faults.has("received") ? 6 * hour : paystack.pace;
  if (faults.has("failed")) return then(wait, endsIn("failed", "Account closed"));
  if (faults.has("abandoned")) return then(wait, endsIn("abandoned", "OTP was not entered"));
  if (faults.has("blocked")) return then(wait, endsIn("blocked", "The approval server could not be reached"));
  if (faults.has("rejected")) return then(wait, endsIn("rejected", "The approval server refused"));
  then(wait, succeed);
  if (faults.has("reversed")) then(wait + hour, reverse);
}

function succeed(paystack: Paystack, transfer: Transfer): void {
  const { amount, fee, currency, reference } = transfer;
  paystack.books.move({ what: "transfer paid", from: accounts.inTransit, to: accounts.banks, amount, currency, reference });
  if (fee > 0n)
    paystack.books.move({ what: "transfer fee", from: accounts.inTransit, to: accounts.fees, amount: fee, currency, reference });
  step(paystack, transfer, "success");
}

/** It had been paid, and the bank sent it back. The fee stays. */
function reverse(paystack: Paystack, transfer: Transfer): void {
  const { amount, currency, reference } = transfer;
  paystack.books.move({ what: "transfer reversed", from: accounts.banks, to: accounts.balance, amount, currency, reference });
  transfer.failure = "The bank returned it";
  step(paystack, transfer, "reversed");
}

function giveBack(paystack: Paystack, transfer: Transfer, status: TransferStatus, failure: string): void {
  const { amount, fee, currency, reference } = transfer;
  paystack.books.move({
    what: `transfer ${status}`,
    from: accounts.inTransit,
    to: accounts.balance,
    amount: amount + fee,
    currency,
    reference,
  });
  transfer.failure = failure;
  step(paystack, transfer, status);
}

/** Only three ends are told; of the others one hears by asking. */
function step(paystack: Paystack, transfer: Transfer, status: TransferStatus): void {
  transfer.status = status;
  transfer.updatedAt = paystack.clock.now();
  if (status === "success" || status === "failed" || status === "reversed") {
    paystack.webhooks.send({ event: `transfer.${status}`, data: transferObject(transfer) }, transfer.faults);
  }
}

/** `POST /transfer/finalize_transfer`: any OTP of six digits is right. */
export function finalizeTransfer(paystack: Paystack, call: Call): Answer {
  const body = call.body as { readonly transfer_code: string; readonly otp: string };
  const transfer = [...paystack.transfers.values()].find((one) => one.code === body.transfer_code);
  if (transfer === undefined) throw no("Transfer ID/code specified is invalid.");
  if (transfer.status !== "otp") throw no("Transfer is not currently awaiting OTP");
  if (!/^\d{6}$/.test(body.otp)) throw no("OTP provided is not correct");
  transfer.status = "pending";
  later(paystack, paystack.pace, () => succeed(paystack, transfer));
  return ok("Transfer has been queued", { ...transferObject(transfer), recipient: transfer.recipient.id });
}

/** `GET /transfer/verify/:reference`: the authority before anything is tried again. */
export function verifyTransfer(paystack: Paystack, call: Call): Answer {
  const transfer = paystack.transfers.get(call.params["reference"] ?? "");
  if (transfer === undefined) throw no("Transfer not found");
  return ok("Transfer retrieved", transferObject(transfer));
}

/** `GET /balance` */
export function balances(paystack: Paystack): Answer {
  const used = new Set(paystack.books.audit().map((one) => one.currency));
  const data = [...used.add("NGN")].map((currency) => ({ currency, balance: Number(paystack.books.balance(accounts.balance, currency)) }));
  return ok("Balances retrieved", data);
}

function transferObject(transfer: Transfer): object {
  return {
    id: transfer.id,
    integration: 100_043,
    domain: "test",
    amount: Number(transfer.amount),
    currency: transfer.currency,
    reference: transfer.reference,
    source: "balance",
    source_details: null,
    reason: transfer.reason ?? "",
    status: transfer.status,
    failures: transfer.failure === undefined ? null : { reason: transfer.failure },
    gateway_response: transfer.failure ?? null,
    transfer_code: transfer.code,
    titan_code: null,
    transferred_at: transfer.status === "success" ? transfer.updatedAt.toISOString() : null,
    fee_charged: Number(transfer.fee),
    session: { provider: null, id: null },
    recipient: recipientObject(transfer.recipient),
    createdAt: transfer.createdAt.toISOString(),
    updatedAt: transfer.updatedAt.toISOString(),
  };
}

function recipientObject(recipient: Recipient): object {
  const at = recipient.createdAt.toISOString();
  return {
    id: recipient.id,
    active: true,
    createdAt: at,
    updatedAt: at,
    currency: recipient.currency,
    description: recipient.description ?? null,
    domain: "test",
    email: null,
    integration: 100_043,
    metadata: recipient.metadata ?? null,
    name: recipient.name,
    recipient_code: recipient.code,
    type: recipient.type,
    is_deleted: false,
    isDeleted: false,
    details: {
      authorization_code: null,
      account_number: recipient.accountNumber,
      account_name: recipient.type === "nuban" ? nameOf(recipient.accountNumber) : null,
      bank_code: recipient.bankCode,
      bank_name: bankName(recipient.bankCode),
    },
  };
}
