import type { Query } from "../db/connect.ts";
import { run } from "../db/connect.ts";
import type { Engine } from "./engine.ts";
import { lease, renewed } from "./renewed.ts";

const open = "a.state IN ('sending', 'in_flight', 'outcome_unknown')";
const inBookTime = "$3::timestamptz + b.clock_offset_ms * interval '1 millisecond'";

/** Written without the book's lock: they say only when an attempt is looked at next, never what became of it. */
export const attemptLeaseQueries = {
  take: {
    name: "take_attempt",
    text: `UPDATE attempts a SET due_at = ${inBookTime} + $4::bigint * interval '1 millisecond' FROM books b
           WHERE b.seller_id = a.seller_id AND a.seller_id = $1 AND a.id = $2 AND ${open} AND a.due_at <= ${inBookTime}`,
  },
  keep: {
    name: "keep_attempt",
    text: `UPDATE attempts a SET due_at = greatest(a.due_at, ${inBookTime} + $4::bigint * interval '1 millisecond') FROM books b
           WHERE b.seller_id = a.seller_id AND a.seller_id = $1 AND a.id = $2 AND ${open} AND a.due_at IS NOT NULL`,
  },
} satisfies Record<string, Query>;

/** Takes an open attempt that is due, for {@link lease}; false where somebody else has just taken it or it is decided. */
export async function takeAttempt(engine: Engine, sellerId: number, attemptId: number): Promise<boolean> {
  const { rowCount } = await run(engine.pool, attemptLeaseQueries.take, [sellerId, attemptId, engine.now().toISOString(), lease]);
  return rowCount === 1;
}

/**
 * Calls the rail about an attempt, however long that takes, and meanwhile nobody else asks about it or sends it again: two calls with one reference at
 * the same time can end in one that moves the money and one that is refused.
 */
export function underWay<T>(engine: Engine, sellerId: number, attemptId: number, call: () => Promise<T>): Promise<T> {
  const keep = () => run(engine.pool, attemptLeaseQueries.keep, [sellerId, attemptId, engine.now().toISOString(), lease]);
  return renewed(keep, call);
}
