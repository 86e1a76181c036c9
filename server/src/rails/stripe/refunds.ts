import { NoAnswer } from "../rail.ts";
import type { BackToPayment, SendLookUp, SendOutcome, SendRequest } from "../rail.ts";
import type { Piece } from "../read.ts";
import { Fault } from "../../domain/fault.ts";
import { currencyOf, fromStripe, toStripe } from "./amounts.ts";
import type { StripeParts } from "./api.ts";
import { answerTo, everyOne } from "./api.ts";
import { lacksMoney } from "./from-memory.ts";
import type { Keyed } from "./once.ts";
import { lookUpOnce, sendOnce } from "./once.ts";
import { receiptsOf } from "./payments.ts";

/** Gives money back along its charge. Transfers made from it stay where they are. */
export function refund(stripe: StripeParts, request: SendRequest, to: BackToPayment): Promise<SendOutcome> {
  return sendOnce(stripe, request, keyed(stripe, request, to));
}

export function lookUpRefund(stripe: StripeParts, request: SendRequest, to: BackToPayment): Promise<SendLookUp> {
  return lookUpOnce(stripe, request.reference, keyed(stripe, request, to));
}

function keyed(stripe: StripeParts, request: SendRequest, to: BackToPayment): Keyed {
  return {
    to: `${to.paymentReference} ${to.railReference ?? ""}`,
    find: () => find(stripe, request, to),
    ask: () => ask(stripe, request, to),
  };
}

async function chargeOf(stripe: StripeParts, to: BackToPayment): Promise<string> {
  const id = to.railReference ?? (await receiptsOf(stripe, to.paymentReference))[0]?.railReference;
  if (id === undefined) throw new NoAnswer("Stripe does not know the payment that is refunded.");
  return id;
}

async function ask(stripe: StripeParts, request: SendRequest, to: BackToPayment): Promise<SendOutcome> {
  const { reference } = request;
  const said = toStripe(request.amount, request.currency);
  if ("refused" in said) return { status: "failed", fault: "rail", reason: said.refused };
  const params = { charge: await chargeOf(stripe, to), amount: said.amount, metadata: { reference } };
  const answer = await answerTo("the refund", stripe.client.refunds.create(params, { idempotencyKey: reference }));
  if ("refused" in answer)
    return { status: "failed", fault: lacksMoney(answer.refused) ? "rail" : "payee", reason: answer.refused.message };
  const outcome = await outcomeOf(stripe, answer.data, reference);
  return outcome.status === "reversed" || outcome.status === "never_seen" ? { status: "pending" } : { ...outcome, status: outcome.status };
}

/** The refund of the charge that carries our reference. */
async function find(stripe: StripeParts, request: SendRequest, to: BackToPayment): Promise<SendLookUp | undefined> {
  const { reference, amount, currency } = request;
  const charge = await chargeOf(stripe, to);
  for await (const one of everyOne("the refunds", (page) => stripe.client.refunds.list({ ...page, charge }))) {
    if (!one.has("metadata") || one.piece("metadata").textOr("reference", "") !== reference) continue;
    const sent = currencyOf(one.text("currency"));
    if (sent !== currency || fromStripe(one.whole("amount"), sent) !== amount)
      throw new Fault(`refund ${reference} was asked for other money`);
    return outcomeOf(stripe, one, reference);
  }
  return undefined;
}

/**
 * A refund that has succeeded may still fail, days later, when the payer's bank sends it back. Its object does not say what it was before, so
 * a success that was told is written down: the same word is then `reversed` and no longer `failed`.
 */
async function outcomeOf({ memory, clock }: StripeParts, refund: Piece, reference: string): Promise<SendLookUp> {
  const status = refund.text("status");
  switch (status) {
    case "succeeded":
      await memory.keep("refund-succeeded", reference, {}, clock());
      return { status: "succeeded", cost: 0n };
    case "failed":
    case "canceled": {
      const reason = `Stripe could not refund the payment (${refund.textOr("failure_reason", status)}).`;
      const succeeded = (await memory.recall("refund-succeeded", reference)) !== undefined;
      return succeeded ? { status: "reversed", cost: 0n, reason } : { status: "failed", fault: "payee", reason };
    }
    case "pending":
      return { status: "pending" };
    case "requires_action":
      return { status: "pending", reason: "Stripe has asked the payer, by mail, where the money shall go." };
    default:
      throw new NoAnswer(`Stripe names a status that is not known: ${status}`);
  }
}
