import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { Pool, PoolClient } from "pg";
import type { RailEvent, RailEventType, RailHeaders } from "../rail.ts";
import { RailEventRejected, railEventTypes } from "../rail.ts";

/** Hex HMAC-SHA256 over the raw body, under the secret shared with the rail. */
export const signatureHeader = "x-sandbox-signature";

export type Deliver = (raw: Buffer, headers: Record<string, string>) => Promise<void>;

/** The signature the sandbox rail puts on a body. */
export function signSandboxBody(secret: string, raw: Buffer): string {
  return createHmac("sha256", secret).update(raw).digest("hex");
}

/** An event before it is written down: the rail adds its id. */
export type EventToTell = Omit<RailEvent, "eventId">;

/** Writes an event in the transaction of its cause and gives its id; it is handed over after commit. */
export async function storeEvent(db: PoolClient, event: EventToTell): Promise<string> {
  const eventId = `evt_${randomBytes(12).toString("hex")}`;
  const body = JSON.stringify({
    id: eventId,
    type: event.type,
    occurred_at: event.occurredAt.toISOString(),
    data: {
      reference: event.reference,
      rail_reference: event.railReference,
      amount: event.amount === undefined ? undefined : Number(event.amount),
      currency: event.currency,
      fee: event.fee === undefined ? undefined : Number(event.fee),
      reason: event.reason,
      fault: event.fault,
      money_taken: event.moneyTaken,
      method: event.method,
    },
  });
  await db.query(`INSERT INTO sandbox_rail.events (event_id, type, reference, body, occurred_at) VALUES ($1, $2, $3, $4, $5)`, [
    eventId,
    event.type,
    event.reference,
    body,
    event.occurredAt,
  ]);
  return eventId;
}

/** Hands stored events over, signed, in the given order. One that is not taken stays undelivered and can be handed over again. */
export async function handOver(
  pool: Pool,
  secret: string,
  deliver: Deliver,
  clock: () => Date,
  eventIds: readonly string[],
): Promise<void> {
  if (eventIds.length === 0) return;
  const { rows } = await pool.query<{ event_id: string; body: string }>(
    `SELECT event_id, body FROM sandbox_rail.events WHERE event_id = ANY ($1::text[])`,
    [[...eventIds]],
  );
  const bodies = new Map(rows.map((row) => [row.event_id, row.body]));
  for (const eventId of eventIds) {
    const body = bodies.get(eventId);
    if (body === undefined) continue;
    const raw = Buffer.from(body, "utf8");
    try {
      await deliver(raw, { "content-type": "application/json", [signatureHeader]: signSandboxBody(secret, raw) });
    } catch {
      // A receiver that is down must not undo what happened at the rail; `redeliver` tries again.
      await pool.query(`UPDATE sandbox_rail.events SET deliveries = deliveries + 1 WHERE event_id = $1`, [eventId]);
      continue;
    }
    await pool.query(
      `UPDATE sandbox_rail.events SET deliveries = deliveries + 1, delivered_at = coalesce(delivered_at, $2) WHERE event_id = $1`,
      [eventId, clock()],
    );
  }
}

/** The ids of events that nobody took yet, oldest first. */
export async function undelivered(pool: Pool): Promise<string[]> {
  const { rows } = await pool.query<{ event_id: string }>(
    `SELECT event_id FROM sandbox_rail.events WHERE delivered_at IS NULL ORDER BY position LIMIT 1000`,
  );
  return rows.map((r) => r.event_id);
}

/** Checks the signature, in constant time, and reads the event; throws {@link RailEventRejected} otherwise. */
export function parseSandboxEvent(secret: string, rawBody: Buffer, headers: RailHeaders): RailEvent {
  const given = headers[signatureHeader];
  if (typeof given !== "string" || !/^[0-9a-f]{64}$/.test(given))
    throw new RailEventRejected("the sandbox signature is missing or malformed");
  const expected = Buffer.from(signSandboxBody(secret, rawBody), "hex");
  if (!timingSafeEqual(expected, Buffer.from(given, "hex"))) throw new RailEventRejected("the sandbox signature does not fit the body");
  return readEvent(rawBody);
}

function readEvent(rawBody: Buffer): RailEvent {
  const body = object(parseJson(rawBody), "body");
  const data = object(body["data"], "data");
  const occurredAt = new Date(text(body["occurred_at"], "occurred_at"));
  if (Number.isNaN(occurredAt.getTime())) throw new RailEventRejected("occurred_at is no time");
  const amount = optionalAmount(data["amount"], "amount");
  const fee = optionalAmount(data["fee"], "fee");
  const fault = data["fault"];
  return {
    eventId: text(body["id"], "id"),
    type: eventType(text(body["type"], "type")),
    reference: text(data["reference"], "reference"),
    occurredAt,
    ...(amount === undefined ? {} : { amount }),
    ...(fee === undefined ? {} : { fee }),
    ...(typeof data["rail_reference"] === "string" ? { railReference: data["rail_reference"] } : {}),
    ...(typeof data["currency"] === "string" ? { currency: data["currency"] } : {}),
    ...(typeof data["reason"] === "string" ? { reason: data["reason"] } : {}),
    ...(fault === "payee" || fault === "rail" ? { fault } : {}),
    ...(typeof data["money_taken"] === "boolean" ? { moneyTaken: data["money_taken"] } : {}),
    ...(typeof data["method"] === "string" ? { method: data["method"] } : {}),
  };
}

function eventType(type: string): RailEventType {
  return railEventTypes.find((known) => known === type) ?? "unknown";
}

function parseJson(rawBody: Buffer): unknown {
  try {
    return JSON.parse(rawBody.toString("utf8"));
  } catch {
    throw new RailEventRejected("the body is not JSON");
  }
}

function object(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new RailEventRejected(`${what} is not an object`);
  return { ...value };
}

function text(value: unknown, what: string): string {
  if (typeof value !== "string" || value === "") throw new RailEventRejected(`${what} is missing`);
  return value;
}

function optionalAmount(value: unknown, what: string): bigint | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) throw new RailEventRejected(`${what} is not a whole number`);
  return BigInt(value);
}
