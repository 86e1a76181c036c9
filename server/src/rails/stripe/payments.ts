import { Fault, must } from "../../domain/fault.ts";
import { NoAnswer } from "../rail.ts";
import type { OpenPayment, RailNote, RailPayment, RailPaymentStatus, RailReceipt } from "../rail.ts";
import type { Piece } from "../read.ts";
import { currencyOf, fromStripe, toStripe } from "./amounts.ts";
import type { StripeParts } from "./api.ts";
import { answerTo, dataOf, everyOne, timeOf } from "./api.ts";
import { sessionLife } from "./from-memory.ts";

/**
 * Opens a Checkout Session. What is asked for is written down first: every try asks for the very same under the same key, so that tries whose
 * answer was lost give one page; a reference that was never written down names nothing at Stripe.
 */
export async function openPayment(stripe: StripeParts, asked: OpenPayment): Promise<{ readonly url: string }> {
  const { memory, clock } = stripe;
  const said = toStripe(asked.amount, asked.currency);
  if ("refused" in said) throw new Fault(`payment ${asked.reference}: ${said.refused}`);
  const { description, returnUrl, payerEmail, currency } = asked;
  const claim = { amount: String(asked.amount), currency, description, returnUrl, payerEmail, session: null, url: null };
  const kept = await memory.keep("page", asked.reference, claim, clock());
  if (kept.value["amount"] !== claim.amount || kept.value["currency"] !== currency)
    throw new Fault(`payment ${asked.reference} was opened for other money`);
  const known = kept.value["url"];
  if (typeof known === "string") return { url: known };
  const answer = await answerTo("the session", create(stripe, asked.reference, kept.value, said.amount));
  if ("refused" in answer) throw new NoAnswer(`Stripe opened no page: ${answer.refused.message}`);
  const page = { ...kept.value, session: answer.data.text("id"), url: answer.data.text("url") };
  if (await memory.replace("page", asked.reference, page, clock(), kept.at)) return { url: page.url };
  // Somebody else opened it at the same time, and has written down the same page.
  const theirs = must(await memory.recall("page", asked.reference), "the page that was just written down").value["url"];
  return { url: typeof theirs === "string" ? theirs : page.url };
}

function create({ client }: StripeParts, reference: string, asked: RailNote, amount: number): Promise<unknown> {
  const description = String(asked["description"]) || reference;
  const back = String(asked["returnUrl"]);
  return client.checkout.sessions.create(
    {
      mode: "payment",
      line_items: [
        {
          quantity: 1,
          price_data: { currency: String(asked["currency"]).toLowerCase(), unit_amount: amount, product_data: { name: description } },
        },
      ],
      client_reference_id: reference,
      customer_email: String(asked["payerEmail"]),
      success_url: back,
      cancel_url: back,
      metadata: { reference },
      // Captured at once, so that the fee is known as soon as the payment is.
      payment_intent_data: { capture_method: "automatic", description, metadata: { reference }, transfer_group: reference },
    },
    { idempotencyKey: reference },
  );
}

/** Money first: charges are found by their group, whatever we remember. Only then what became of the page. */
export async function lookUpPayment(stripe: StripeParts, reference: string): Promise<RailPayment> {
  const receipts = await receiptsOf(stripe, reference);
  const [first] = receipts;
  if (first !== undefined) return { reference, status: "succeeded", ...first, receipts };
  return { reference, status: await pageStatus(stripe, reference), receipts };
}

async function pageStatus({ client, memory, clock }: StripeParts, reference: string): Promise<RailPaymentStatus> {
  const page = await memory.recall("page", reference);
  if (page === undefined) return "unknown_reference";
  const id = page.value["session"];
  if (typeof id !== "string") {
    // Asked for, and no answer seen: whoever asks again gets the page. After a day there is none any more that somebody could pay.
    if (clock().getTime() - page.at.getTime() > sessionLife) return "abandoned";
    throw new NoAnswer("Stripe did not yet say which page it opened.");
  }
  const session = await dataOf("the session", client.checkout.sessions.retrieve(id));
  const status = session.text("status");
  if (status === "open") return "open";
  const ended = status === "expired" ? "abandoned" : "failed";
  if (!session.has("payment_intent")) return ended;
  // A page that is done with or has lapsed may still wait for the payer's bank.
  const intent = await dataOf("the payment intent", client.paymentIntents.retrieve(session.text("payment_intent")));
  const waits = ["processing", "requires_action", "requires_confirmation", "requires_capture", "succeeded"];
  return waits.includes(intent.text("status")) ? "pending" : ended;
}

/** Everything that arrived on this reference, oldest first. */
export async function receiptsOf({ client }: StripeParts, reference: string): Promise<RailReceipt[]> {
  const receipts: RailReceipt[] = [];
  const list = (page: object) => client.charges.list({ ...page, transfer_group: reference, expand: ["data.balance_transaction"] });
  for await (const charge of everyOne("the charges", list)) {
    if (charge.text("status") === "succeeded" && charge.raw("captured") === true) receipts.unshift(receiptOf(charge));
  }
  return receipts;
}

function receiptOf(charge: Piece): RailReceipt {
  // It comes a moment after the charge. A receipt without its fee would be booked as free.
  if (!charge.has("balance_transaction")) throw new NoAnswer("Stripe has not booked the charge yet.");
  const booked = charge.piece("balance_transaction");
  const currency = currencyOf(charge.text("currency"));
  // Changed into another currency, what Stripe kept cannot be said in the payer's.
  const fee = currencyOf(booked.text("currency")) === currency ? { fee: fromStripe(booked.whole("fee"), currency) } : {};
  return {
    railReference: charge.text("id"),
    amount: fromStripe(charge.whole("amount_captured"), currency),
    currency,
    ...fee,
    paidAt: timeOf(charge, "created"),
    method: charge.has("payment_method_details") ? charge.piece("payment_method_details").textOr("type", "unknown") : "unknown",
  };
}
