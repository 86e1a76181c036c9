import type { KeyObject } from "node:crypto";
import { createHash, createPublicKey, verify } from "node:crypto";
import { isCurrency } from "../../domain/currency.ts";
import { RailEventRejected } from "../rail.ts";
import type { RailEvent, RailHeaders } from "../rail.ts";
import { Piece } from "../read.ts";
import { toMinor } from "./api.ts";

/** Wise's public key for its notices, as PEM or as the base64 between its lines. Undefined where it is no RSA key. */
export function webhookKey(text: string): KeyObject | undefined {
  const body = text.replace(/-----[A-Z ]+-----/g, "").replace(/\s|\\n/g, "");
  try {
    const key = createPublicKey({ key: Buffer.from(body, "base64"), format: "der", type: "spki" });
    return key.asymmetricKeyType === "rsa" ? key : undefined;
  } catch {
    return undefined;
  }
}

/** What a notice of a refund says was given back. One that says it in another way is a hint all the same. */
function refundIn(resource: Piece): Pick<RailEvent, "amount" | "currency"> {
  const currency = resource.raw("refund_currency");
  const amount = isCurrency(currency) ? toMinor(resource.raw("refund_amount"), currency) : undefined;
  return amount === undefined || !isCurrency(currency) ? {} : { amount, currency };
}

/**
 * Reads a notice: signed with Wise's RSA key over the raw body. It names Wise's number of the transfer and nothing of ours, so
 * {@link RailEvent.railReference} is all it has; whose send that is stands in the rail's memory.
 */
export function parseEvent(key: KeyObject | undefined, rawBody: Buffer, headers: RailHeaders, now: Date): RailEvent {
  const given = headers["x-signature-sha256"];
  if (key === undefined) throw new RailEventRejected("No public key of Wise is set, so its notices cannot be believed.");
  if (typeof given !== "string" || !verify("RSA-SHA256", rawBody, key, Buffer.from(given, "base64")))
    throw new RailEventRejected("The signature in x-signature-sha256 does not fit the body.");
  const delivery = headers["x-delivery-id"];
  const eventId = typeof delivery === "string" && delivery !== "" ? delivery : createHash("sha256").update(rawBody).digest("hex");
  const nothing: RailEvent = { eventId, type: "unknown", reference: "", occurredAt: now };
  if (headers["x-test-notification"] === "true") return nothing;
  try {
    const event = new Piece(JSON.parse(rawBody.toString("utf8")), "the event");
    const data = event.piece("data");
    const resource = data.piece("resource");
    if (!event.text("event_type").startsWith("transfers#") || resource.text("type") !== "transfer") return nothing;
    const railReference = resource.text("id");
    return { eventId, type: "send.changed", reference: "", railReference, occurredAt: data.date("occurred_at"), ...refundIn(resource) };
  } catch {
    // It is Wise's own, and says something we do not read yet: it is kept for somebody to look at.
    return nothing;
  }
}
