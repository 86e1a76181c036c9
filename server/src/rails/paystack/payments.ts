import { Fault } from "../../domain/fault.ts";
import { NoAnswer } from "../rail.ts";
import type { OpenPayment, RailPayment, RailPaymentStatus } from "../rail.ts";
import type { Piece } from "../read.ts";
import type { Paystack } from "./api.ts";
import { dataOf } from "./api.ts";
import { isNotFound } from "./from-memory.ts";

/** Opens a transaction. Paystack takes a reference once, so the page it was given is remembered. */
export async function openPayment(paystack: Paystack, asked: OpenPayment): Promise<{ readonly url: string }> {
  const known = await paystack.memory.recall("page", asked.reference);
  if (known !== undefined) return samePage(asked, known.value);
  const answered = await paystack.api.call("POST", "/transaction/initialize", {
    email: asked.payerEmail,
    amount: Number(asked.amount),
    currency: asked.currency,
    reference: asked.reference,
    callback_url: asked.returnUrl,
    metadata: { description: asked.description, cancel_action: asked.returnUrl },
  });
  const read = dataOf(answered, "the transaction");
  if ("refused" in read) {
    // Somebody else opened it a moment ago, and may have written down where.
    const meanwhile = await paystack.memory.recall("page", asked.reference);
    if (meanwhile !== undefined) return samePage(asked, meanwhile.value);
    throw new NoAnswer(`Paystack opened no page: ${read.refused.message}`);
  }
  const note = { url: read.data.text("authorization_url"), amount: String(asked.amount), currency: asked.currency };
  const kept = await paystack.memory.keep("page", asked.reference, note, paystack.clock());
  return samePage(asked, kept.value);
}

function samePage(asked: OpenPayment, page: Readonly<Record<string, unknown>>): { readonly url: string } {
  if (page["amount"] !== String(asked.amount) || page["currency"] !== asked.currency)
    throw new Fault(`payment ${asked.reference} was opened for other money`);
  return { url: String(page["url"]) };
}

/** A transaction that nobody has paid verifies as `abandoned` and may still succeed; `reversed` one was paid and then refunded. */
const statuses: Readonly<Record<string, RailPaymentStatus>> = {
  abandoned: "open",
  success: "succeeded",
  reversed: "succeeded",
  failed: "failed",
  pending: "pending",
  ongoing: "pending",
  processing: "pending",
  queued: "pending",
};

export async function lookUpPayment(paystack: Paystack, reference: string): Promise<RailPayment> {
  const transaction = await verify(paystack, reference);
  if (transaction === undefined) return { reference, status: "unknown_reference", receipts: [] };
  const said = transaction.text("status");
  const status = statuses[said];
  if (status === undefined) throw new NoAnswer(`Paystack names a status that is not known: ${said}`);
  if (status !== "succeeded") return { reference, status, receipts: [] };
  const receipt = {
    railReference: transaction.text("id"),
    amount: transaction.whole("amount"),
    currency: transaction.text("currency"),
    fee: transaction.wholeOr("fees", 0n),
    paidAt: transaction.date("paid_at"),
    method: transaction.textOr("channel", "unknown"),
  };
  return { reference, status, ...receipt, receipts: [receipt] };
}

/** The transaction of a reference; undefined where Paystack knows none. */
export async function verify(paystack: Paystack, reference: string): Promise<Piece | undefined> {
  const answered = await paystack.api.call("GET", `/transaction/verify/${encodeURIComponent(reference)}`);
  const read = dataOf(answered, "the transaction");
  if ("data" in read) return read.data;
  if (isNotFound(read.refused)) return undefined;
  throw new NoAnswer(`Paystack did not say what became of a payment: ${read.refused.message}`);
}
