import type { BreakKind, LineState } from "../domain/reconciliation.ts";
import type { Query, Queryable } from "./connect.ts";
import { run } from "./connect.ts";

export type LineKind = "payment" | "refund" | "payout" | "dispute" | "fee" | "other";

/** A line as it is stored, with its settlement's currency and time. */
export interface StoredLine {
  readonly rail: string;
  readonly settlementId: string;
  readonly lineId: string;
  readonly kind: LineKind;
  readonly reference: string | null;
  readonly railReference: string | null;
  readonly gross: bigint;
  readonly fee: bigint;
  readonly net: bigint;
  readonly state: LineState;
  readonly currency: string;
  readonly settledAt: Date;
}

export const settlementQueries = {
  insert: {
    name: "insert_settlement",
    text: `INSERT INTO settlements (rail, settlement_id, currency, amount, settled_at, source, digest, raw, imported_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (rail, settlement_id) DO NOTHING`,
  },
  digest: { name: "settlement_digest", text: "SELECT digest FROM settlements WHERE rail = $1 AND settlement_id = $2" },
  insertLines: {
    name: "insert_settlement_lines",
    text: `INSERT INTO settlement_lines (rail, settlement_id, line_id, position, kind, reference, rail_reference, gross, fee, net, at, state)
           SELECT $1, $2, l->>'id', i, l->>'kind', l->>'reference', l->>'railReference', (l->>'gross')::bigint, (l->>'fee')::bigint,
             (l->>'net')::bigint, (l->>'at')::timestamptz, 'new' FROM jsonb_array_elements($3::jsonb) WITH ORDINALITY AS e (l, i)`,
  },
  notAgreed: {
    name: "lines_not_agreed",
    text: `SELECT l.*, s.currency, s.settled_at FROM settlement_lines l JOIN settlements s USING (rail, settlement_id)
           WHERE l.rail = $1 AND (l.state = 'new' OR l.state = 'open' AND NOT EXISTS (SELECT 1 FROM breaks b WHERE b.rail = l.rail
             AND b.settlement_id = l.settlement_id AND b.line_id = l.line_id AND b.kind = 'twice'))
           ORDER BY s.settled_at, l.settlement_id, l.position`,
  },
  setLine: {
    name: "set_settlement_line",
    text: `UPDATE settlement_lines SET state = $4, seller_id = $5, payment_id = $6, attempt_id = $7, note = $8
           WHERE rail = $1 AND settlement_id = $2 AND line_id = $3`,
  },
  // Of several lines of one payment the one that agreed keeps it; of those that did not, the one that came first.
  otherLine: {
    name: "other_line_of_payment",
    text: `SELECT l.settlement_id, l.line_id FROM settlement_lines l WHERE l.seller_id = $1 AND l.payment_id = $2 AND l.kind = 'payment'
             AND l.state IN ('matched', 'explained', 'open', 'closed') AND (l.settlement_id, l.line_id) <> ($3, $4) AND NOT EXISTS (SELECT 1 FROM breaks b
               WHERE b.rail = l.rail AND b.settlement_id = l.settlement_id AND b.line_id = l.line_id AND b.kind = 'twice') LIMIT 1`,
  },
  matchedAttempt: {
    name: "other_line_of_attempt",
    text: `SELECT l.settlement_id FROM settlement_lines l WHERE l.seller_id = $1 AND l.attempt_id = $2 AND l.state IN ('matched', 'open', 'closed')
             AND (l.settlement_id, l.line_id) <> ($3, $4) AND NOT EXISTS (SELECT 1 FROM breaks b
               WHERE b.rail = l.rail AND b.settlement_id = l.settlement_id AND b.line_id = l.line_id AND b.kind = 'twice')
           UNION ALL SELECT e.settlement_id FROM explained_refunds e WHERE e.seller_id = $1 AND e.attempt_id = $2 LIMIT 1`,
  },
  attempt: {
    name: "attempt_for_settlement",
    text: `SELECT a.kind, a.amount, a.currency, a.state,
             array(SELECT DISTINCT d.order_id FROM disbursements d WHERE d.seller_id = a.seller_id AND d.attempt_id = a.id AND d.order_id IS NOT NULL) AS orders
           FROM attempts a WHERE a.seller_id = $1 AND a.id = $2`,
  },
  // Refunds that the rail may have taken off this settlement: asked for before it, at most four months, and not taken from money that was
  // settled before.
  refunds: {
    name: "refunds_for_deductions",
    text: `SELECT a.seller_id, a.id, a.amount, a.state FROM attempts a JOIN books b ON b.seller_id = a.seller_id
           WHERE a.rail = $1 AND a.currency = $2 AND a.kind = 'refund' AND a.started_at - b.clock_offset_ms * interval '1 millisecond' <= $3
             AND a.started_at > $3::timestamptz - interval '120 days'
             AND NOT EXISTS (SELECT 1 FROM explained_refunds e WHERE e.seller_id = a.seller_id AND e.attempt_id = a.id)
             AND NOT EXISTS (SELECT 1 FROM settlement_lines l WHERE l.seller_id = a.seller_id AND l.attempt_id = a.id AND l.state = 'matched')
             AND NOT EXISTS (SELECT 1 FROM disbursements d JOIN settlement_lines l ON l.seller_id = d.seller_id AND l.payment_id = d.payment_id
               JOIN settlements s ON s.rail = l.rail AND s.settlement_id = l.settlement_id
               WHERE d.seller_id = a.seller_id AND d.attempt_id = a.id AND l.kind = 'payment' AND s.settlement_id <> $4 AND s.settled_at <= $3)
           ORDER BY a.started_at, a.id LIMIT 200`,
  },
  explain: {
    name: "explain_by_refunds",
    text: `INSERT INTO explained_refunds (seller_id, attempt_id, rail, settlement_id, line_id)
           SELECT x.seller_id, x.attempt_id, $3, $4, $5 FROM unnest($1::bigint[], $2::bigint[]) AS x (seller_id, attempt_id)`,
  },
  doNotAddUp: {
    name: "settlements_that_do_not_add_up",
    text: `SELECT s.settlement_id, s.currency, s.amount, coalesce(sum(l.net), 0)::bigint AS lines,
             coalesce(bool_and(l.net = l.gross - l.fee), true) AS nets_hold
           FROM settlements s LEFT JOIN settlement_lines l USING (rail, settlement_id) WHERE s.rail = $1
             AND NOT EXISTS (SELECT 1 FROM breaks b WHERE b.rail = s.rail AND b.kind = 'sum' AND b.about = s.settlement_id)
           GROUP BY s.settlement_id, s.currency, s.amount HAVING coalesce(sum(l.net), 0) <> s.amount OR NOT coalesce(bool_and(l.net = l.gross - l.fee), true)`,
  },
  ordersOf: {
    name: "orders_of_settlement",
    text: `SELECT DISTINCT p.seller_id, p.order_id FROM settlement_lines l JOIN payments p ON p.seller_id = l.seller_id AND p.id = l.payment_id
           WHERE l.rail = $1 AND l.settlement_id = $2 AND p.order_id IS NOT NULL`,
  },
  // In the book's own time, as `received_at` is.
  missing: {
    name: "payments_missing_in_settlements",
    text: `SELECT p.seller_id, p.id, p.order_id, p.reference, p.received, p.received_currency, p.received_at FROM payments p JOIN books b ON b.seller_id = p.seller_id
           WHERE p.rail = $1 AND NOT p.settled AND p.state IN ('received', 'disputed', 'charged_back')
             AND p.received_at <= $2::timestamptz + b.clock_offset_ms * interval '1 millisecond' - $3::bigint * interval '1 millisecond'
             AND NOT EXISTS (SELECT 1 FROM settlement_lines l WHERE l.seller_id = p.seller_id AND l.payment_id = p.id)
             AND NOT EXISTS (SELECT 1 FROM breaks k WHERE k.rail = p.rail AND k.kind = 'missing' AND k.about = p.seller_id || ' ' || p.id AND k.state <> 'healed')
           ORDER BY p.received_at LIMIT 1000`,
  },
  missingNoMore: {
    name: "missing_payments_that_came",
    text: `SELECT b.id, p.settled FROM breaks b JOIN payments p ON p.seller_id = b.seller_id AND p.id = b.payment_id
           WHERE b.rail = $1 AND b.kind = 'missing' AND b.state = 'open' AND (p.settled OR p.state = 'handed_over' OR EXISTS (SELECT 1 FROM settlement_lines l
             WHERE l.seller_id = p.seller_id AND l.payment_id = p.id))`,
  },
  latest: { name: "latest_settlement", text: "SELECT max(settled_at) AS at FROM settlements WHERE rail = $1 AND source = 'rail'" },
  rails: { name: "rails_with_settlements", text: "SELECT DISTINCT rail FROM settlements" },
  claim: {
    name: "claim_reconciliation",
    text: `INSERT INTO rail_reconciliations (rail, asked_at) VALUES ($1, $2)
           ON CONFLICT (rail) DO UPDATE SET asked_at = $2, ended_at = NULL, outcome = NULL WHERE $3
             OR rail_reconciliations.asked_at < $2::timestamptz - interval '1 day'
             OR rail_reconciliations.ended_at IS NULL AND rail_reconciliations.asked_at < $2::timestamptz - interval '10 minutes'`,
  },
  // A rail that was silent is asked again within the hour. `runs` shows when it was asked in truth.
  ended: {
    name: "end_reconciliation",
    text: `UPDATE rail_reconciliations SET ended_at = $2, outcome = $3,
             asked_at = CASE WHEN $4 THEN $2::timestamptz - interval '23 hours' ELSE asked_at END WHERE rail = $1`,
  },
  takeTurn: { name: "reconcile_turn", text: "SELECT pg_try_advisory_lock(hashtext('reconcile ' || $1)) AS mine" },
  endTurn: { name: "reconcile_turn_over", text: "SELECT pg_advisory_unlock(hashtext('reconcile ' || $1))" },
  cash: {
    name: "cash_at_rail",
    text: `SELECT currency, sum(CASE WHEN account = 'rail:' || $1 || ':cash' THEN amount ELSE 0 END)::bigint AS cash,
             sum(CASE WHEN account = 'rail:' || $1 || ':outgoing' THEN -amount ELSE 0 END)::bigint AS outgoing
           FROM (SELECT debit AS account, currency, amount FROM postings WHERE debit IN ('rail:' || $1 || ':cash', 'rail:' || $1 || ':outgoing')
             UNION ALL SELECT credit, currency, -amount FROM postings WHERE credit IN ('rail:' || $1 || ':cash', 'rail:' || $1 || ':outgoing')) p GROUP BY currency`,
  },
  // Whatever a settlement brought or took that no step of the books has taken in.
  unbooked: {
    name: "unbooked_at_rail",
    text: `SELECT s.currency, (sum(CASE WHEN l.state IN ('new', 'open', 'closed') OR l.kind IN ('fee', 'other') THEN coalesce(l.net, 0) ELSE 0 END)
             + (SELECT coalesce(sum(t.amount - coalesce(n.net, 0)), 0) FROM settlements t
                LEFT JOIN LATERAL (SELECT sum(i.net) AS net FROM settlement_lines i WHERE i.rail = t.rail AND i.settlement_id = t.settlement_id) n ON true
                WHERE t.rail = $1 AND t.currency = s.currency))::bigint AS unbooked
           FROM settlements s LEFT JOIN settlement_lines l USING (rail, settlement_id) WHERE s.rail = $1 GROUP BY s.currency`,
  },
  // Refunds of payments that are not settled yet; and sums that were taken off for refunds without a name, of which nobody can say whether they are
  // those that the books have, or others.
  deducted: {
    name: "refunds_to_be_deducted",
    text: `SELECT x.currency, sum(x.amount)::bigint AS deducted FROM (
             SELECT a.currency, a.amount FROM attempts a
             WHERE a.rail = $1 AND a.kind = 'refund' AND a.state IN ('succeeded', 'in_flight', 'outcome_unknown', 'sending')
               AND NOT EXISTS (SELECT 1 FROM explained_refunds e WHERE e.seller_id = a.seller_id AND e.attempt_id = a.id)
               AND EXISTS (SELECT 1 FROM disbursements d JOIN payments p ON p.seller_id = d.seller_id AND p.id = d.payment_id
                 WHERE d.seller_id = a.seller_id AND d.attempt_id = a.id AND NOT p.settled)
             UNION ALL
             SELECT s.currency, -l.net FROM settlement_lines l JOIN settlements s USING (rail, settlement_id)
             WHERE l.rail = $1 AND l.kind = 'refund' AND l.reference IS NULL AND l.rail_reference IS NULL AND l.net < 0
               AND l.state IN ('new', 'open', 'closed')) x GROUP BY x.currency`,
  },
  unheard: { name: "unheard_rail_events", text: "SELECT count(*) AS n FROM rail_events WHERE rail = $1 AND due_at IS NOT NULL" },
  saveBalance: {
    name: "save_rail_balance",
    text: `INSERT INTO rail_balances (rail, currency, available, cash, outgoing, unbooked, deducted, judged, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
           ON CONFLICT (rail, currency) DO UPDATE SET available = $3, cash = $4, outgoing = $5, unbooked = $6, deducted = $7, judged = $8, at = $9`,
  },
} satisfies Record<string, Query>;

export const breakQueries = {
  // Found again while it stands it changes nothing; one that healed opens again; one that was closed stays closed.
  open: {
    name: "open_break",
    text: `INSERT INTO breaks (rail, kind, about, settlement_id, line_id, seller_id, payment_id, says, suggestion, state, found_at, raw)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'open', $10, $11)
           ON CONFLICT (rail, kind, about) DO UPDATE SET state = 'open', note = NULL, ended_by = NULL, ended_at = NULL, says = $8, suggestion = $9, found_at = $10
             WHERE breaks.state = 'healed' RETURNING id`,
  },
  touch: {
    name: "touch_orders_of_break",
    text: `INSERT INTO break_orders (break_id, seller_id, order_id) SELECT $1, x.seller_id, x.order_id FROM unnest($2::bigint[], $3::bigint[]) AS x (seller_id, order_id)
           ON CONFLICT DO NOTHING`,
  },
  end: {
    name: "end_break",
    text: "UPDATE breaks SET state = $2, note = $3, ended_by = $4, ended_at = $5 WHERE id = $1 AND state = 'open' RETURNING rail, settlement_id, line_id",
  },
  endOfLine: {
    name: "heal_breaks_of_line",
    text: `UPDATE breaks SET state = 'healed', note = $4, ended_by = 'reconcile', ended_at = $5
           WHERE rail = $1 AND settlement_id = $2 AND line_id = $3 AND state = 'open' AND kind <> $6 RETURNING id`,
  },
  closeLine: {
    name: "close_settlement_line",
    text: "UPDATE settlement_lines SET state = $5, note = $4 WHERE rail = $1 AND settlement_id = $2 AND line_id = $3 AND state = 'open'",
  },
  one: {
    name: "break_to_close",
    text: `SELECT b.state, b.kind, b.rail, b.settlement_id, b.line_id, b.seller_id, b.payment_id, p.order_id, p.settled, p.received, l.kind AS line_kind, l.fee, l.net FROM breaks b
           LEFT JOIN payments p ON p.seller_id = b.seller_id AND p.id = b.payment_id
           LEFT JOIN settlement_lines l ON l.rail = b.rail AND l.settlement_id = b.settlement_id AND l.line_id = b.line_id WHERE b.id = $1`,
  },
  healBalance: {
    name: "heal_balance_breaks",
    text: `UPDATE breaks SET state = 'healed', note = $3, ended_by = 'reconcile', ended_at = $4
           WHERE rail = $1 AND kind = 'balance' AND split_part(about, ' ', 1) = $2 AND state = 'open' AND about <> $5 RETURNING id`,
  },
  // The hold stands beside the order; `hold_id` is null where it is still to be placed.
  toHold: {
    name: "orders_to_hold",
    text: `SELECT DISTINCT ON (o.seller_id, o.order_id) o.seller_id, o.order_id, b.rail, b.id, b.says FROM break_orders o JOIN breaks b ON b.id = o.break_id
           WHERE b.state = 'open' AND NOT EXISTS (SELECT 1 FROM holds h WHERE h.seller_id = o.seller_id AND h.order_id = o.order_id
             AND h.reason = 'reconciliation' AND h.state = 'standing') ORDER BY o.seller_id, o.order_id, b.id`,
  },
  toLift: {
    name: "holds_without_break",
    text: `SELECT h.seller_id, h.id, h.order_id FROM holds h WHERE h.reason = 'reconciliation' AND h.state = 'standing'
             AND NOT EXISTS (SELECT 1 FROM break_orders o JOIN breaks b ON b.id = o.break_id
               WHERE o.seller_id = h.seller_id AND o.order_id = h.order_id AND b.state = 'open')`,
  },
  balances: { name: "list_rail_balances", text: "SELECT * FROM rail_balances ORDER BY rail, currency" },
  // No asking takes that long: a time so far before the end was put back for the next one to come soon.
  runs: {
    name: "list_reconciliations",
    text: `SELECT rail, CASE WHEN asked_at <= ended_at - interval '23 hours' THEN ended_at ELSE asked_at END AS asked_at, ended_at, outcome
           FROM rail_reconciliations ORDER BY rail`,
  },
} satisfies Record<string, Query>;

/** Lines of a rail that are new or still disagree, in the order in which they were settled. */
export async function linesNotAgreed(client: Queryable, rail: string): Promise<StoredLine[]> {
  const { rows } = await run(client, settlementQueries.notAgreed, [rail]);
  return rows.map((row) => ({
    rail: String(row["rail"]),
    settlementId: String(row["settlement_id"]),
    lineId: String(row["line_id"]),
    kind: row["kind"] as LineKind,
    reference: textOrNull(row["reference"]),
    railReference: textOrNull(row["rail_reference"]),
    gross: row["gross"] as bigint,
    fee: row["fee"] as bigint,
    net: row["net"] as bigint,
    state: row["state"] as LineState,
    currency: String(row["currency"]),
    settledAt: row["settled_at"] as Date,
  }));
}

function textOrNull(value: unknown): string | null {
  return value === null || value === undefined ? null : String(value);
}

export interface OrderOfBreak {
  readonly sellerId: number;
  readonly orderId: number;
}

export interface NewBreak {
  readonly rail: string;
  readonly kind: BreakKind;
  readonly about: string;
  readonly settlementId?: string | null;
  readonly lineId?: string | null;
  readonly sellerId?: number | null;
  readonly paymentId?: number | null;
  readonly says: string;
  readonly suggestion: string;
  readonly orders: readonly OrderOfBreak[];
  /** What came and was not stored, as JSON text. */
  readonly raw?: string | null;
  readonly at: Date;
}

/** Writes down a break with the orders it touches. Answers its number, or undefined where it stands already or was closed. Wants a transaction. */
export async function openBreak(client: Queryable, one: NewBreak): Promise<number | undefined> {
  const { rail, kind, about, settlementId = null, lineId = null, sellerId = null, paymentId = null, says, suggestion, raw = null } = one;
  const values = [rail, kind, about, settlementId, lineId, sellerId, paymentId, says, suggestion, one.at.toISOString(), raw];
  const { rows } = await run<{ id: bigint }>(client, breakQueries.open, values);
  const id = rows[0]?.id;
  if (id === undefined) return undefined;
  const orders = one.orders;
  if (orders.length > 0) await run(client, breakQueries.touch, [id, orders.map((o) => o.sellerId), orders.map((o) => o.orderId)]);
  return Number(id);
}
