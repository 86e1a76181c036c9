import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { RailEventRejected } from "../rail.ts";
import type { RailEvent, RailHeaders } from "../rail.ts";
import { Piece } from "../read.ts";

/**
 * Reads an event: the signature is an HMAC-SHA512 of the raw body with the secret key. Paystack gives events no id and repeats them byte for
 * byte, so the body's own hash names them. What money did is asked for, not read from the event; only disputes are told by nothing else.
 */
export function parseEvent(secretKey: string, rawBody: Buffer, headers: RailHeaders, now: Date): RailEvent {
  const given = headers["x-paystack-signature"];
  const wanted = createHmac("sha512", secretKey).update(rawBody).digest();
  const signature = Buffer.from(typeof given === "string" ? given : "", "hex");
  if (signature.length !== wanted.length || !timingSafeEqual(signature, wanted))
    throw new RailEventRejected("The signature in x-paystack-signature does not fit the body.");
  const eventId = createHash("sha256").update(rawBody).digest("hex");
  try {
    const event = new Piece(JSON.parse(rawBody.toString("utf8")), "the event");
    return read(event.text("event"), event.piece("data"), eventId, now);
  } catch {
    // It is Paystack's own, and says something we do not read yet: it is kept for somebody to look at.
    return { eventId, type: "unknown", reference: "", occurredAt: now };
  }
}

function read(name: string, data: Piece, eventId: string, now: Date): RailEvent {
  const hint = (type: "payment.changed" | "send.changed" | "refund.changed", reference: string): RailEvent => ({
    eventId,
    type,
    reference,
    occurredAt: now,
  });
  if (name === "charge.success") return hint("payment.changed", data.text("reference"));
  if (name.startsWith("transfer.")) return hint("send.changed", data.text("reference"));
  if (name.startsWith("refund.")) return hint("refund.changed", data.text("transaction_reference"));
  if (name === "charge.dispute.create" || name === "charge.dispute.resolve") return dispute(name, data, eventId);
  return { eventId, type: "unknown", reference: data.textOr("reference", ""), occurredAt: now };
}

/** A dispute takes no money before it is lost. `merchant-accepted` is lost; `declined`, by which the bank sided with the merchant, is won. */
function dispute(name: string, data: Piece, eventId: string): RailEvent {
  const transaction = data.piece("transaction");
  const about = {
    eventId,
    reference: transaction.text("reference"),
    railReference: transaction.text("id"),
    disputeId: data.text("id"),
    amount: data.whole("refund_amount"),
    currency: data.text("currency"),
  };
  if (name === "charge.dispute.create")
    return { ...about, type: "payment.dispute_opened", moneyTaken: false, occurredAt: data.date("createdAt") };
  const ends = { "merchant-accepted": "payment.dispute_lost", declined: "payment.dispute_won" } as const;
  // Any other word is kept for somebody to look at, and what is disputed stays held.
  const type = ends[data.text("resolution") as keyof typeof ends] ?? "unknown";
  return { ...about, type, occurredAt: data.date("resolvedAt") };
}
