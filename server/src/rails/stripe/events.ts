import type { Stripe } from "stripe";
import { RailEventRejected } from "../rail.ts";
import type { RailEvent, RailHeaders } from "../rail.ts";
import { Piece } from "../read.ts";
import { currencyOf, fromStripe } from "./amounts.ts";
import { timeOf } from "./api.ts";
import { isInquiry, signatureLife } from "./from-memory.ts";

/**
 * Reads an event: the signature is an HMAC-SHA256 of its time and the raw body, and good for five minutes. What money did is asked for, not
 * read from the event; only disputes are told by nothing else.
 */
export function parseEvent(client: Stripe, secret: string, rawBody: Buffer, headers: RailHeaders, now: Date): RailEvent {
  const given = headers["stripe-signature"];
  if (typeof given !== "string") throw new RailEventRejected("The header stripe-signature is missing.");
  let body: unknown;
  try {
    body = client.webhooks.constructEvent(rawBody, given, secret, signatureLife, undefined, now.getTime());
  } catch {
    throw new RailEventRejected("The signature in stripe-signature does not fit the body, or is too old.");
  }
  let eventId = "";
  try {
    const event = new Piece(body, "the event");
    eventId = event.text("id");
    return read(event, eventId, event.piece("data").piece("object"));
  } catch {
    if (eventId === "") throw new RailEventRejected("The event has no id.");
    // It is Stripe's own, and says something we do not read yet: it is kept for somebody to look at.
    return { eventId, type: "unknown", reference: "", occurredAt: now };
  }
}

function read(event: Piece, eventId: string, object: Piece): RailEvent {
  const name = event.text("type");
  const occurredAt = timeOf(event, "created");
  const hint = (type: "payment.changed" | "send.changed" | "refund.changed", reference: string): RailEvent => ({
    eventId,
    type,
    reference,
    occurredAt,
  });
  if (name === "charge.dispute.created" || name === "charge.dispute.closed") return dispute(name, object, eventId, occurredAt);
  if (name.startsWith("checkout.session.")) return hint("payment.changed", object.text("client_reference_id"));
  if (name === "charge.refunded") return hint("refund.changed", ours(object));
  // An updated refund carries the reference of its send: an end that changes is asked about too.
  if (name.startsWith("refund.") || name === "charge.refund.updated" || name.startsWith("transfer."))
    return hint("send.changed", ours(object));
  if (name.startsWith("payment_intent.") || (name.startsWith("charge.") && !name.startsWith("charge.dispute.")))
    return hint("payment.changed", ours(object));
  return { eventId, type: "unknown", reference: "", occurredAt };
}

/** Every object that we make carries our reference. */
function ours(object: Piece): string {
  return object.piece("metadata").text("reference");
}

/**
 * A dispute names its charge and nothing of ours. Its money and its fee are taken when it opens, and the fee is not given back; of an inquiry,
 * which may become a dispute, nothing is taken.
 */
function dispute(name: string, object: Piece, eventId: string, occurredAt: Date): RailEvent {
  const charge = object.text("charge");
  const currency = currencyOf(object.text("currency"));
  const status = object.text("status");
  const about = {
    eventId,
    reference: charge,
    railReference: charge,
    disputeId: object.text("id"),
    amount: fromStripe(object.whole("amount"), currency),
    currency,
    occurredAt,
  };
  const moneyTaken = !isInquiry(status);
  if (name === "charge.dispute.created")
    return { ...about, type: "payment.dispute_opened", moneyTaken, reason: object.textOr("reason", "general") };
  const ends = { lost: "payment.dispute_lost", won: "payment.dispute_won", warning_closed: "payment.dispute_won" } as const;
  // Any other end (`prevented`) is kept for somebody to look at, and what is disputed stays held.
  const type = ends[status as keyof typeof ends] ?? "unknown";
  return { ...about, type, moneyTaken, ...feeOf(object, currency) };
}

/** What the dispute cost, where it was booked in the payment's currency. */
function feeOf(object: Piece, currency: string): { readonly fee?: bigint } {
  const booked = object.list("balance_transactions").filter((one) => currencyOf(one.text("currency")) === currency);
  return booked.length === 0
    ? {}
    : {
        fee: fromStripe(
          booked.reduce((sum, one) => sum + one.whole("fee"), 0n),
          currency,
        ),
      };
}
