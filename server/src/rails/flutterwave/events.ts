import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { RailEventRejected } from "../rail.ts";
import type { RailEvent, RailHeaders } from "../rail.ts";
import { Piece } from "../read.ts";
import type { WebhookSignature } from "./from-memory.ts";

export interface Signed {
  /** The secret hash of Flutterwave's dashboard. */
  readonly hash: string;
  readonly signature: WebhookSignature;
}

/**
 * Reads an event. In the manner of v3 it carries the secret hash and nothing binds its body: whoever has seen one can write another. So
 * nothing in it is believed but where to look, and the rail is asked. It has no id and is repeated byte for byte: its own hash names it.
 */
export function parseEvent(signed: Signed, rawBody: Buffer, headers: RailHeaders, now: Date): RailEvent {
  refuseForeign(signed, rawBody, headers);
  const eventId = createHash("sha256").update(rawBody).digest("hex");
  try {
    const event = new Piece(JSON.parse(rawBody.toString("utf8")), "the event");
    const name = event.textOr("event", "") || event.textOr("type", "");
    return { eventId, ...read(name.toLowerCase(), event.piece("data")), occurredAt: now };
  } catch {
    // It is Flutterwave's own, and says something we do not read yet: it is kept for somebody to look at.
    return { eventId, type: "unknown", reference: "", occurredAt: now };
  }
}

function refuseForeign({ hash, signature }: Signed, rawBody: Buffer, headers: RailHeaders): void {
  const name = signature === "v3" ? "verif-hash" : "flutterwave-signature";
  const given = headers[name];
  const wanted = signature === "v3" ? hash : createHmac("sha256", hash).update(rawBody).digest("base64");
  if (typeof given !== "string" || !sameText(given, wanted)) throw new RailEventRejected(`The header ${name} is not Flutterwave's.`);
}

/** In the same time whatever is given, its length included. */
function sameText(a: string, b: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

function read(name: string, data: Piece): Pick<RailEvent, "type" | "reference"> {
  if (name.startsWith("charge.")) return { type: "payment.changed", reference: data.textOr("tx_ref", "") || data.text("reference") };
  if (name.startsWith("transfer.")) return { type: "send.changed", reference: data.text("reference") };
  // A refund names its transaction alone, which is a receipt of ours.
  if (name.startsWith("refund.")) return { type: "refund.changed", reference: data.textOr("tx_id", "") || data.text("TransactionId") };
  return { type: "unknown", reference: data.textOr("tx_ref", "") };
}
