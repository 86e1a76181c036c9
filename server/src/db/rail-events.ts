import type { Query, Queryable } from "./connect.ts";
import { run } from "./connect.ts";
import { toJson } from "./table.ts";

/**
 * Reports for which nothing was done, as the index has it: of unknown types or about unknown references, those that fail and are tried again, and those
 * that the tables refused; that a payment failed or waits, told after it came, is old news.
 */
const unexplained = `outcome IN ('unknown_type', 'unknown_reference', 'failed', 'refused') AND (outcome <> 'refused' OR type NOT IN ('payment.failed', 'payment.pending'))`;

export const railEventQueries = {
  store: {
    name: "store_rail_event",
    text: `INSERT INTO rail_events (rail, event_id, type, reference, body, parsed, received_at, due_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $7)
           ON CONFLICT (rail, event_id) DO UPDATE SET times = rail_events.times + 1 RETURNING id, times`,
  },
  // A lease: whoever claims an event has it for 15 seconds before another process may try it, and renews that for those still waiting. Of some
  // rails ($2), or of all but those. A hint, of which only its rail can say more, waits while that rail is to be left alone ($4): asking it would
  // fail, and each failure makes the next try later.
  claim: {
    name: "claim_rail_events",
    text: `UPDATE rail_events SET due_at = $1::timestamptz + interval '15 seconds', tries = tries + 1
           WHERE id IN (SELECT id FROM rail_events WHERE due_at <= $1 AND ($2::text[] IS NULL OR (rail = ANY ($2::text[])) = $3::boolean)
                        AND NOT (rail = ANY ($4::text[]) AND type IN ('payment.changed', 'send.changed', 'refund.changed'))
                      ORDER BY id LIMIT 32 FOR UPDATE SKIP LOCKED)
           RETURNING id, rail, event_id, type, reference, parsed, tries`,
  },
  renew: {
    name: "renew_rail_events",
    text: "UPDATE rail_events SET due_at = $1::timestamptz + interval '15 seconds' WHERE id = ANY ($2::bigint[])",
  },
  finish: { name: "finish_rail_event", text: "UPDATE rail_events SET due_at = $2, outcome = $3, note = $4 WHERE id = $1" },
  // The newest first; the next page begins before the event $1.
  unexplained: {
    name: "unexplained_rail_events",
    text: `SELECT id, rail, type, reference, received_at, times, tries, due_at, outcome, note FROM rail_events
           WHERE ${unexplained} AND ($1::bigint IS NULL OR id < $1) ORDER BY id DESC LIMIT $2`,
  },
  count: { name: "count_unexplained_rail_events", text: `SELECT count(*) AS n FROM rail_events WHERE ${unexplained}` },
  tryAgain: { name: "try_rail_event_again", text: `UPDATE rail_events SET due_at = $2 WHERE id = $1 AND ${unexplained}` },
  // What still fails is not set aside: it goes on being tried.
  setAside: {
    name: "set_rail_event_aside",
    text: `UPDATE rail_events SET outcome = 'set_aside', due_at = NULL WHERE id = $1 AND ${unexplained} AND outcome <> 'failed'`,
  },
  // Events may overtake each other: a dispute that was decided before its opening is heard of must not be opened again.
  overtaken: {
    name: "dispute_was_decided_later",
    text: `SELECT 1 AS one FROM rail_events WHERE rail = $1 AND reference = $2 AND type IN ('payment.dispute_won', 'payment.dispute_lost')
             AND (parsed->>'occurredAt')::timestamptz > $3 AND parsed->>'railReference' IS NOT DISTINCT FROM $4
             AND coalesce(parsed->>'disputeId' = $5, true) LIMIT 1`,
  },
  paymentOf: {
    name: "payment_of_reference",
    text: "SELECT seller_id, payment_id, order_id FROM payment_references WHERE rail = $1 AND reference = $2",
  },
  attemptOf: {
    name: "attempt_of_reference",
    text: "SELECT seller_id, attempt_id FROM attempt_references WHERE rail = $1 AND reference = $2",
  },
  // Where a rail names only the payment, its refunds are found by it: those that are not decided, and those that may still come back.
  refundsOf: {
    name: "refunds_of_reference",
    text: `SELECT DISTINCT d.seller_id, d.attempt_id FROM payment_references p
           JOIN disbursements d ON d.seller_id = p.seller_id AND d.payment_id = p.payment_id AND d.kind = 'refund'
           WHERE p.rail = $1 AND p.reference = $2 AND d.attempt_id IS NOT NULL AND d.state IN ('sending', 'in_flight', 'outcome_unknown', 'succeeded')`,
  },
} satisfies Record<string, Query>;

/** Stores what a rail told us, before anything is done about it. Told again, it is only counted. */
export async function storeRailEvent(
  client: Queryable,
  event: { rail: string; eventId: string; type: string; reference: string; body: Buffer; parsed: object; at: Date },
): Promise<{ id: number; times: number }> {
  const values = [event.rail, event.eventId, event.type, event.reference, event.body, toJson(event.parsed), event.at.toISOString()];
  const { rows } = await run<{ id: bigint; times: number }>(client, railEventQueries.store, values);
  return { id: Number(rows[0]?.id), times: rows[0]?.times ?? 1 };
}

export interface UnexplainedEvent {
  readonly id: number;
  readonly rail: string;
  readonly type: string;
  readonly reference: string;
  readonly receivedAt: Date;
  /** How often the rail told it, and how often it was handled. */
  readonly times: number;
  readonly tries: number;
  /** When it is tried again by itself; null: it is not. */
  readonly dueAt: Date | null;
  /** `unknown_type`, `unknown_reference`, `failed` or `refused`. */
  readonly outcome: string;
  readonly note: string | null;
}

/** A page of the reports for which nothing was done, before the event `before`, with how many there are in all; `next` asks for the next page. */
export async function unexplainedEvents(
  client: Queryable,
  before: number | null,
  most: number,
): Promise<{ readonly events: UnexplainedEvent[]; readonly count: number; readonly next: number | null }> {
  const [list, counted] = await Promise.all([
    run(client, railEventQueries.unexplained, [before, most + 1]),
    run<{ n: bigint }>(client, railEventQueries.count),
  ]);
  const events = list.rows.slice(0, most).map((row) => ({
    id: Number(row["id"]),
    rail: String(row["rail"]),
    type: String(row["type"]),
    reference: String(row["reference"]),
    receivedAt: row["received_at"] as Date,
    times: Number(row["times"]),
    tries: Number(row["tries"]),
    dueAt: row["due_at"] as Date | null,
    outcome: String(row["outcome"]),
    note: row["note"] === null ? null : String(row["note"]),
  }));
  return { events, count: Number(counted.rows[0]?.n ?? 0n), next: list.rows.length > most ? (events.at(-1)?.id ?? null) : null };
}
