import type { Query, Queryable } from "./connect.ts";
import { run } from "./connect.ts";

/**
 * Work is found by reading when rows are due, in each book's own time. The comparison with the furthest book's time lets the index on the
 * due column narrow the rows before each book's own offset is looked at.
 */
function due(name: string, table: string, column: string, select: string, also = ""): Query {
  return {
    name: `due_${name}`,
    text: `SELECT t.seller_id, t.id, t.${column} AS due_at${select} FROM ${table} t JOIN books b ON b.seller_id = t.seller_id
           WHERE t.${column} IS NOT NULL ${also}
             AND t.${column} <= $1::timestamptz + (SELECT coalesce(max(clock_offset_ms), 0) FROM books) * interval '1 millisecond'
             AND t.${column} <= $1::timestamptz + b.clock_offset_ms * interval '1 millisecond'
             AND ($2::bigint IS NULL OR t.seller_id = $2)
           ORDER BY t.${column}, t.id LIMIT $3`,
  };
}

/** Of some rails ($4), or of all but those; null: of all. */
const ofRails = "AND ($4::text[] IS NULL OR (t.rail = ANY ($4::text[])) = $5::boolean)";

export const dueQueries = {
  orders: due("orders", "orders", "due_at", ", t.state, t.agreed_beforehand"),
  offers: due("offers", "offers", "expires_at", ", t.order_id", "AND t.state = 'open'"),
  holds: due("holds", "holds", "lifts_at", ", t.reason, t.order_id, t.payee_kind, t.payee_id", "AND t.state = 'standing'"),
  disbursements: due(
    "disbursements",
    "disbursements",
    "due_at",
    ", t.state, t.order_id, t.payee_kind, t.payee_id, t.kind, t.attempts, t.rail, t.currency, t.out_currency",
    ofRails,
  ),
  attempts: due("attempts", "attempts", "due_at", ", t.reference, t.rail, t.kind, t.amount, t.currency, t.sent_to, t.state", ofRails),
  payments: due("payments", "payments", "due_at", ", t.reference, t.rail, t.order_id, t.state", ofRails),
  messages: due("messages", "messages", "due_at", ""),
} satisfies Record<string, Query>;

export type DueKind = keyof typeof dueQueries;

export interface DueRow {
  readonly sellerId: number;
  readonly id: number;
  readonly row: Readonly<Record<string, unknown>>;
}

/** Kinds of work that a rail is called for. */
export type DueAtRails = "disbursements" | "attempts" | "payments";

/** Work at these rails, or at all but these. */
export interface OfRails {
  readonly rails: readonly string[];
  readonly only: boolean;
}

/** Rows of a kind that are due at `now` (real time), the oldest first; of one seller if named. */
export async function readDue(
  client: Queryable,
  kind: Exclude<DueKind, DueAtRails>,
  now: Date,
  sellerId: number | null,
  most: number,
): Promise<DueRow[]> {
  return rowsOf(await run(client, dueQueries[kind], [now.toISOString(), sellerId, most]));
}

/** The same of work that a rail is called for, at the rails named. */
export async function readDueAtRails(
  client: Queryable,
  kind: DueAtRails,
  at: { readonly now: Date; readonly sellerId: number | null; readonly most: number; readonly of: OfRails | null },
): Promise<DueRow[]> {
  const { now, sellerId, most, of } = at;
  return rowsOf(
    await run(client, dueQueries[kind], [now.toISOString(), sellerId, most, of === null ? null : [...of.rails], of?.only ?? true]),
  );
}

function rowsOf({ rows }: { readonly rows: readonly Record<string, unknown>[] }): DueRow[] {
  return rows.map((row) => ({ sellerId: Number(row["seller_id"]), id: Number(row["id"]), row }));
}

export const nextDue: Query = {
  name: "next_due",
  text: `SELECT min(at) AS at FROM (
           SELECT min(due_at) AS at FROM orders WHERE seller_id = $1 AND due_at > $2
           UNION ALL SELECT min(lifts_at) FROM holds WHERE seller_id = $1 AND state = 'standing' AND lifts_at > $2
           UNION ALL SELECT min(expires_at) FROM offers WHERE seller_id = $1 AND state = 'open' AND expires_at > $2
           UNION ALL SELECT min(due_at) FROM messages WHERE seller_id = $1 AND due_at > $2) next`,
};

export const attemptOrders: Query = {
  name: "orders_of_attempt",
  text: "SELECT DISTINCT order_id FROM disbursements WHERE seller_id = $1 AND attempt_id = $2 AND order_id IS NOT NULL",
};
