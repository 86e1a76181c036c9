import { Fault } from "../../domain/fault.ts";
import { NoAnswer } from "../rail.ts";
import type { OpenPayment, RailPayment, RailReceipt } from "../rail.ts";
import type { Piece } from "../read.ts";
import type { Flutterwave } from "./api.ts";
import { dataOf } from "./api.ts";
import { majorOf, minorOf } from "./decimals.ts";
import { isNotFound, paymentStatuses } from "./from-memory.ts";

/** Opens a hosted page. Flutterwave may refuse a `tx_ref` that it has seen, so the page it was given is remembered. */
export async function openPayment(flutterwave: Flutterwave, asked: OpenPayment): Promise<{ readonly url: string }> {
  const known = await flutterwave.memory.recall("page", asked.reference);
  if (known !== undefined) return samePage(asked, known.value);
  const answered = await flutterwave.api.call("POST", "/v3/payments", {
    tx_ref: asked.reference,
    amount: majorOf(asked.amount, asked.currency),
    currency: asked.currency,
    redirect_url: asked.returnUrl,
    customer: { email: asked.payerEmail },
    customizations: { description: asked.description },
  });
  const read = dataOf(answered, "the payment");
  if ("refused" in read) {
    // Somebody else opened it a moment ago, and may have written down where.
    const meanwhile = await flutterwave.memory.recall("page", asked.reference);
    if (meanwhile !== undefined) return samePage(asked, meanwhile.value);
    throw new NoAnswer(`Flutterwave opened no page: ${read.refused.message}`);
  }
  const note = { url: read.data.text("link"), amount: String(asked.amount), currency: asked.currency };
  const kept = await flutterwave.memory.keep("page", asked.reference, note, flutterwave.clock());
  return samePage(asked, kept.value);
}

function samePage(asked: OpenPayment, page: Readonly<Record<string, unknown>>): { readonly url: string } {
  if (page["amount"] !== String(asked.amount) || page["currency"] !== asked.currency)
    throw new Fault(`payment ${asked.reference} was opened for other money`);
  return { url: String(page["url"]) };
}

/** Flutterwave knows a reference only once the payer has tried: before that our own memory says whether a page was opened. */
export async function lookUpPayment(flutterwave: Flutterwave, reference: string): Promise<RailPayment> {
  const transaction = await verify(flutterwave, { reference });
  if (transaction === undefined) {
    const opened = await flutterwave.memory.recall("page", reference);
    return { reference, status: opened === undefined ? "unknown_reference" : "open", receipts: [] };
  }
  const said = transaction.text("status");
  const status = paymentStatuses[said];
  if (status === undefined) throw new NoAnswer(`Flutterwave names a status that is not known: ${said}`);
  if (status !== "succeeded") return { reference, status, receipts: [] };
  const receipt = receiptOf(transaction);
  return { reference, status, ...receipt, receipts: [receipt] };
}

function receiptOf(transaction: Piece): RailReceipt {
  const currency = transaction.text("currency");
  const amount = minorOf(transaction.raw("amount"), currency);
  return {
    railReference: transaction.text("id"),
    amount,
    currency,
    fee: feeOf(transaction, amount, currency),
    paidAt: transaction.date("created_at"),
    method: transaction.textOr("payment_type", "unknown"),
  };
}

/**
 * What Flutterwave kept of the amount. `app_fee` alone would be wrong where the payer pays it on top: then it is no part of the amount, and
 * all of that is settled.
 */
function feeOf(transaction: Piece, amount: bigint, currency: string): bigint {
  if (transaction.has("amount_settled")) {
    const settled = minorOf(transaction.raw("amount_settled"), currency, "down");
    if (settled >= 0n && settled <= amount) return amount - settled;
  }
  return transaction.has("app_fee") ? minorOf(transaction.raw("app_fee"), currency, "up") : 0n;
}

/** A transaction by our reference or by its own number; undefined where Flutterwave knows none. */
export async function verify(
  flutterwave: Flutterwave,
  by: { readonly reference: string } | { readonly id: string },
): Promise<Piece | undefined> {
  const path =
    "id" in by
      ? `/v3/transactions/${encodeURIComponent(by.id)}/verify`
      : `/v3/transactions/verify_by_reference?tx_ref=${encodeURIComponent(by.reference)}`;
  const read = dataOf(await flutterwave.api.call("GET", path), "the transaction");
  if ("data" in read) return read.data;
  if (isNotFound(read.refused)) return undefined;
  throw new NoAnswer(`Flutterwave did not say what became of a payment: ${read.refused.message}`);
}
