import { Fault } from "../../domain/fault.ts";
import type { PayeeDetails, SendLookUp, SendOutcome, SendRequest } from "../rail.ts";
import type { Piece } from "../read.ts";
import { currencyOf, fromStripe, toStripe } from "./amounts.ts";
import type { StripeParts } from "./api.ts";
import { answerTo, everyOne } from "./api.ts";
import { isPayeesFault } from "./from-memory.ts";
import type { Keyed } from "./once.ts";
import { lookUpOnce, sendOnce } from "./once.ts";

type StripeAccount = Extract<PayeeDetails, { kind: "stripe_account" }>;

/** Moves money from our balance to the payee's Stripe account. It needs money that is available; it is there at once, or refused. */
export function transfer(stripe: StripeParts, request: SendRequest, to: PayeeDetails): Promise<SendOutcome> {
  if (to.kind !== "stripe_account") return Promise.resolve(noAccount);
  return sendOnce(stripe, request, keyed(stripe, request, to));
}

export function lookUpTransfer(stripe: StripeParts, request: SendRequest, to: PayeeDetails): Promise<SendLookUp> {
  if (to.kind !== "stripe_account") return Promise.resolve(noAccount);
  return lookUpOnce(stripe, request.reference, keyed(stripe, request, to));
}

const noAccount = { status: "failed", fault: "payee", reason: "Stripe pays out to Stripe accounts alone." } as const;

function keyed(stripe: StripeParts, request: SendRequest, to: StripeAccount): Keyed {
  return { to: to.accountId, find: () => find(stripe, request, to), ask: () => ask(stripe, request, to) };
}

async function ask({ client }: StripeParts, request: SendRequest, to: StripeAccount): Promise<SendOutcome> {
  const { reference, currency } = request;
  const said = toStripe(request.amount, currency);
  if ("refused" in said) return { status: "failed", fault: "rail", reason: said.refused };
  const params = {
    amount: said.amount,
    currency: currency.toLowerCase(),
    destination: to.accountId,
    transfer_group: reference,
    metadata: { reference },
  };
  const answer = await answerTo("the transfer", client.transfers.create(params, { idempotencyKey: reference }));
  if ("refused" in answer) {
    const { refused } = answer;
    return { status: "failed", fault: isPayeesFault(refused) ? "payee" : "rail", reason: refused.message };
  }
  // A repeated key repeats the first answer, which may be older than what has become of the transfer since.
  return { status: "succeeded", cost: 0n };
}

async function find({ client }: StripeParts, request: SendRequest, to: StripeAccount): Promise<SendLookUp | undefined> {
  const { reference, amount, currency } = request;
  for await (const one of everyOne("the transfers", (page) => client.transfers.list({ ...page, transfer_group: reference }))) {
    const sent = currencyOf(one.text("currency"));
    if (sent !== currency || fromStripe(one.whole("amount"), sent) !== amount || one.text("destination") !== to.accountId)
      throw new Fault(`send ${reference} was asked for other money or another payee`);
    return outcomeOf(one);
  }
  return undefined;
}

/** A transfer has no state: it is there, or it was turned back. One that was turned back in part is left to whoever did so. */
function outcomeOf(transfer: Piece): SendLookUp {
  if (transfer.raw("reversed") === true) return { status: "reversed", cost: 0n, reason: "The transfer was reversed." };
  const back = transfer.whole("amount_reversed");
  return {
    status: "succeeded",
    cost: 0n,
    ...(back === 0n ? {} : { reason: `The transfer was reversed in part: ${back} as Stripe counts it.` }),
  };
}
