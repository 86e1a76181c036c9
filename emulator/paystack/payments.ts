import type { FaultSet } from "../core/faults.ts";
import { accounts, arriving, hour } from "../core/flow.ts";
import type { PayerAct } from "../core/payer-page.ts";
import { payerPage, sendTo } from "../core/payer-page.ts";
import type { Answer, Call } from "../core/rail-server.ts";
import { no, ok } from "./answers.ts";
import { paymentFee, settleAfter } from "./from-memory.ts";
import type { InitializeBody } from "./schemas.ts";
import { settle } from "./settlements.ts";
import type { Paystack, Transaction } from "./state.ts";
import { later, nextId } from "./state.ts";
import { transactionObject } from "./transaction-object.ts";

/** `POST /transaction/initialize`: a page for the payer. A reference is good for one transaction. */
export function initialize(paystack: Paystack, call: Call): Answer {
  const body = call.body as InitializeBody;
  const reference = body.reference ?? paystack.chance.text(10);
  if (!/^[A-Za-z0-9.=-]+$/.test(reference)) throw no("Invalid character in transaction reference");
  if (paystack.transactions.has(reference)) throw no("Duplicate Transaction Reference", "Use a reference that was not used before.");
  const transaction: Transaction = {
    id: nextId(paystack),
    reference,
    accessCode: paystack.chance.text(15),
    email: body.email,
    requested: BigInt(body.amount),
    currency: body.currency ?? "NGN",
    callbackUrl: body.callback_url,
    metadata: readMetadata(body.metadata),
    createdAt: paystack.clock.now(),
    faults: call.faults,
    state: "unpaid",
    paid: undefined,
    refunded: 0n,
    settlement: undefined,
  };
  paystack.transactions.set(reference, transaction);
  const { accessCode } = transaction;
  return ok("Authorization URL created", {
    authorization_url: `${paystack.address()}/checkout/${accessCode}`,
    access_code: accessCode,
    reference,
  });
}

function readMetadata(given: string | object | undefined): unknown {
  if (typeof given !== "string") return given ?? "";
  try {
    return JSON.parse(given);
  } catch {
    return given;
  }
}

/** `GET /transaction/verify/:reference` */
export function verify(paystack: Paystack, call: Call): Answer {
  const transaction = paystack.transactions.get(call.params["reference"] ?? "");
  if (transaction === undefined)
    throw no(
      "Transaction reference not found",
      "Ensure that you're passing the reference of a transaction that exists on this integration",
    );
  return ok("Verification successful", transactionObject(transaction));
}

/** The payer's page, and what the payer does on it: `?act=pay|fail|abandon`, with `&fault=…` for this one payment. */
export function checkout(paystack: Paystack, call: Call): Answer {
  const transaction = [...paystack.transactions.values()].find((one) => one.accessCode === call.params["code"]);
  if (transaction === undefined) throw no("Transaction not found");
  const act = call.query["act"] as PayerAct | undefined;
  const bill = {
    rail: "Paystack",
    amount: `${transaction.currency} ${transaction.requested} (smallest units)`,
    reference: transaction.reference,
  };
  const over = transaction.state === "success" || transaction.state === "pending";
  if (act === undefined && !over) return payerPage(bill);
  if (over && act !== "abandon")
    return payerPage({ ...bill, done: `This payment is ${transaction.state === "success" ? "made" : "on its way"}.` });
  if (act === "pay") pay(paystack, transaction, new Set([...transaction.faults, ...call.faults]));
  if (act === "fail" && !over) transaction.state = "failed";
  const { callbackUrl, reference } = transaction;
  if (callbackUrl === undefined) return payerPage({ ...bill, done: act === "pay" ? "Paid." : act === "fail" ? "Declined." : "Left." });
  const back = new URL(callbackUrl);
  back.searchParams.set("trxref", reference);
  back.searchParams.set("reference", reference);
  return sendTo(back.href);
}

function pay(paystack: Paystack, transaction: Transaction, faults: FaultSet): void {
  if (faults.has("failed")) {
    transaction.state = "failed";
    return;
  }
  if (faults.has("pending")) {
    transaction.state = "pending";
    later(paystack, 6 * hour, () => receive(paystack, transaction, faults));
  } else receive(paystack, transaction, faults);
}

/** The money comes in, less or in another currency than asked where that is the fault. */
function receive(paystack: Paystack, transaction: Transaction, faults: FaultSet): void {
  const { requested, reference } = transaction;
  const { amount, currency } = arriving(faults, requested, transaction.currency);
  const fee = paymentFee(amount, currency);
  paystack.books.move({ what: "payment", from: accounts.payers, to: accounts.unsettled, amount, currency, reference });
  const kept = fee < amount ? fee : amount;
  if (kept > 0n) paystack.books.move({ what: "fee", from: accounts.unsettled, to: accounts.fees, amount: kept, currency, reference });
  transaction.paid = { amount, currency, fee: kept, at: paystack.clock.now() };
  transaction.state = "success";
  later(paystack, settleAfter, () => void settle(paystack, currency));
  paystack.webhooks.send({ event: "charge.success", data: transactionObject(transaction) }, faults);
}
