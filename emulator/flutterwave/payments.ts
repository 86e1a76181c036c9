import type { FaultSet } from "../core/faults.ts";
import { accounts, arriving, hour } from "../core/flow.ts";
import type { PayerAct } from "../core/payer-page.ts";
import { payerPage, sendTo } from "../core/payer-page.ts";
import type { Answer, Call } from "../core/rail-server.ts";
import { flutterwaveNo, ok } from "./answers.ts";
import { toMajor, toMinor } from "./decimals.ts";
import { paymentFee, settleAfter } from "./from-memory.ts";
import type { PaymentBody } from "./schemas.ts";
import { settle } from "./settlements.ts";
import type { Flutterwave, Payment, Transaction } from "./state.ts";
import { later, nextId } from "./state.ts";

/** `POST /v3/payments`: a link for the payer. A `tx_ref` that was paid is not good again. */
export function createPayment(on: Flutterwave, call: Call): Answer {
  const body = call.body as PaymentBody;
  if (on.payments.has(body.tx_ref))
    throw flutterwaveNo("Duplicate transaction reference, please generate a new reference for this transaction");
  const link = on.chance.text(20);
  on.payments.set(body.tx_ref, {
    txRef: body.tx_ref,
    link,
    asked: toMinor(body.amount, body.currency),
    currency: body.currency,
    redirectUrl: body.redirect_url,
    email: body.customer.email,
    name: body.customer.name ?? "Anonymous customer",
    meta: body.meta ?? null,
    faults: call.faults,
    transaction: undefined,
  });
  return ok("Hosted Link", { link: `${on.address()}/v3/hosted/pay/${link}` });
}

/** The payer's page: `?act=pay|fail|abandon`, with `&fault=…`. */
export function hostedPage(on: Flutterwave, call: Call): Answer {
  const payment = [...on.payments.values()].find((one) => one.link === call.params["link"]);
  if (payment === undefined) throw flutterwaveNo("No payment was found for this link", 404);
  const act = call.query["act"] as PayerAct | undefined;
  const status = payment.transaction?.status;
  const bill = { rail: "Flutterwave", amount: `${payment.currency} ${toMajor(payment.asked, payment.currency)}`, reference: payment.txRef };
  const over = status === "successful" || status === "pending";
  if (over && act !== "abandon") return payerPage({ ...bill, done: `This payment is ${status}.` });
  if (act === undefined) return payerPage(bill);
  if (act === "pay") pay(on, payment, new Set([...payment.faults, ...call.faults]));
  if (act === "fail") attempt(on, payment, new Set(), "failed");
  const back = new URL(payment.redirectUrl);
  back.searchParams.set("status", act === "abandon" ? "cancelled" : (payment.transaction?.status ?? "pending"));
  back.searchParams.set("tx_ref", payment.txRef);
  if (payment.transaction !== undefined && act !== "abandon") back.searchParams.set("transaction_id", String(payment.transaction.id));
  return sendTo(back.href);
}

function pay(on: Flutterwave, payment: Payment, faults: FaultSet): void {
  if (faults.has("failed")) return void attempt(on, payment, faults, "failed");
  const transaction = attempt(on, payment, faults, "pending");
  if (faults.has("pending")) later(on, 6 * hour, () => receive(on, payment, transaction, faults));
  else receive(on, payment, transaction, faults);
}

function attempt(on: Flutterwave, payment: Payment, faults: FaultSet, status: "pending" | "failed"): Transaction {
  const { amount, currency } = arriving(faults, payment.asked, payment.currency);
  const fee = paymentFee(amount, currency);
  payment.transaction = {
    id: nextId(on),
    flwRef: `FLW-MOCK-${on.chance.text(24)}`,
    amount,
    currency,
    fee: fee < amount ? fee : amount,
    at: on.clock.now(),
    status,
    refunded: 0n,
    settled: false,
    chargeback: undefined,
  };
  return payment.transaction;
}

function receive(on: Flutterwave, payment: Payment, transaction: Transaction, faults: FaultSet): void {
  const { amount, currency, fee } = transaction;
  const reference = payment.txRef;
  on.books.move({ what: "payment", from: accounts.payers, to: accounts.unsettled, amount, currency, reference });
  if (fee > 0n) on.books.move({ what: "fee", from: accounts.unsettled, to: accounts.fees, amount: fee, currency, reference });
  transaction.status = "successful";
  later(on, settleAfter, () => void settle(on, currency));
  on.webhooks.send({ event: "charge.completed", data: transactionObject(payment, transaction), "event.type": "CARD_TRANSACTION" }, faults);
}

/** `GET /v3/transactions/:id/verify` */
export function verify(on: Flutterwave, call: Call): Answer {
  const found = findTransaction(on, call.params["id"]);
  if (found === undefined) throw flutterwaveNo("No transaction was found for this id");
  return ok("Transaction fetched successfully", transactionObject(...found));
}

/** `GET /v3/transactions/verify_by_reference?tx_ref=`. A payment that nobody attempted is not found. */
export function verifyByReference(on: Flutterwave, call: Call): Answer {
  const payment = on.payments.get(call.query["tx_ref"] ?? "");
  if (payment?.transaction === undefined) throw flutterwaveNo("No transaction was found for this id", 404);
  return ok("Transaction fetched successfully", transactionObject(payment, payment.transaction));
}

export function findTransaction(on: Flutterwave, id: string | undefined): [Payment, Transaction] | undefined {
  for (const payment of on.payments.values()) {
    if (payment.transaction !== undefined && String(payment.transaction.id) === id) return [payment, payment.transaction];
  }
  return undefined;
}

export function transactionObject(payment: Payment, transaction: Transaction): object {
  const { amount, currency, fee } = transaction;
  return {
    id: transaction.id,
    tx_ref: payment.txRef,
    flw_ref: transaction.flwRef,
    device_fingerprint: "N/A",
    amount: toMajor(amount, currency),
    currency,
    charged_amount: toMajor(amount, currency),
    app_fee: toMajor(fee, currency),
    merchant_fee: 0,
    processor_response: transaction.status === "failed" ? "Declined" : "Approved by Financial Institution",
    auth_model: "PIN",
    ip: "127.0.0.1",
    narration: "Emulated payment",
    status: transaction.status,
    payment_type: "card",
    created_at: transaction.at.toISOString(),
    account_id: 17_321,
    card: { first_6digits: "553188", last_4digits: "2950", issuer: "TEST BANK", country: "NG", type: "MASTERCARD", expiry: "09/32" },
    meta: payment.meta,
    amount_settled: toMajor(amount - fee, currency),
    customer: {
      id: transaction.id + 1,
      name: payment.name,
      phone_number: "N/A",
      email: payment.email,
      created_at: transaction.at.toISOString(),
    },
  };
}
