import type { Query, Queryable } from "./connect.ts";
import { run } from "./connect.ts";

/** How many lines of a list are read at once. */
export const pageLength = 100;

/**
 * Money that a rail does not have although the books count on it: what its balance lacks, and what it sent away or took off that the books know
 * nothing of. Of other breaks the orders are known, and those are held.
 */
const short = `CASE WHEN b.kind = 'balance' AND b.about ~ '^[A-Z]{3} -[0-9]{1,18}$' THEN substr(b.about, 6)::bigint
             WHEN b.kind IN ('extra', 'unexplained', 'twice') AND l.net < 0 THEN -l.net ELSE 0 END`;
const currency = "coalesce(s.currency, split_part(b.about, ' ', 1))";
const withLine = `breaks b LEFT JOIN settlements s ON s.rail = b.rail AND s.settlement_id = b.settlement_id
           LEFT JOIN settlement_lines l ON l.rail = b.rail AND l.settlement_id = b.settlement_id AND l.line_id = b.line_id`;

export const breakListQueries = {
  // The oldest first; the next page begins after the last number of this one. `stopped`: nothing leaves the rail in that currency.
  open: {
    name: "list_open_breaks",
    text: `SELECT b.id, b.rail, b.kind, b.says, b.suggestion, b.found_at, ${currency} AS currency,
             array(SELECT o.seller_id || '/' || o.order_id FROM break_orders o WHERE o.break_id = b.id ORDER BY 1) AS orders,
             ${short} > 0 AND EXISTS (SELECT 1 FROM rail_stops r WHERE r.rail = b.rail AND r.currency = ${currency}) AS stopped
           FROM ${withLine} WHERE b.state = 'open' AND b.id > $1 ORDER BY b.id LIMIT $2`,
  },
  counts: { name: "count_open_breaks", text: "SELECT rail, count(*) AS n FROM breaks WHERE state = 'open' GROUP BY rail" },
  ended: {
    name: "list_ended_breaks",
    text: `SELECT id, rail, kind, about, says, state, note, ended_by, ended_at FROM breaks WHERE state <> 'open'
             AND ($1::bigint IS NULL OR (ended_at, id) < (SELECT x.ended_at, x.id FROM breaks x WHERE x.id = $1))
           ORDER BY ended_at DESC, id DESC LIMIT $2`,
  },
  settlements: {
    name: "list_settlements",
    text: `SELECT s.rail, s.settlement_id, s.currency, s.amount, s.settled_at, s.source, n.lines, n.agreed, n.open FROM settlements s,
             LATERAL (SELECT count(*) AS lines, count(*) FILTER (WHERE l.state IN ('matched', 'explained')) AS agreed,
               count(*) FILTER (WHERE l.state IN ('new', 'open')) AS open FROM settlement_lines l WHERE l.rail = s.rail AND l.settlement_id = s.settlement_id) n
           WHERE $1::text IS NULL OR (s.settled_at, s.rail, s.settlement_id) <
             (SELECT x.settled_at, x.rail, x.settlement_id FROM settlements x WHERE x.rail = $1 AND x.settlement_id = $2)
           ORDER BY s.settled_at DESC, s.rail DESC, s.settlement_id DESC LIMIT $3`,
  },
  lines: {
    name: "lines_of_settlement",
    text: `SELECT position, line_id, kind, reference, rail_reference, gross, fee, net, at, state, seller_id, payment_id, attempt_id, note
           FROM settlement_lines WHERE rail = $1 AND settlement_id = $2 AND position > $3 ORDER BY position LIMIT $4`,
  },
  oneSettlement: {
    name: "settlement_head",
    text: `SELECT s.currency, (SELECT count(*) FROM settlement_lines l WHERE l.rail = s.rail AND l.settlement_id = s.settlement_id) AS lines
           FROM settlements s WHERE s.rail = $1 AND s.settlement_id = $2`,
  },
  short: {
    name: "money_that_rails_lack",
    text: `SELECT rail, currency, sum(short)::bigint AS short FROM (SELECT b.rail, ${currency} AS currency, ${short} AS short
           FROM ${withLine} WHERE b.state = 'open') x WHERE short > 0 GROUP BY rail, currency ORDER BY rail, currency`,
  },
  stops: { name: "list_rail_stops", text: "SELECT rail, currency, short, since FROM rail_stops ORDER BY rail, currency" },
  // Answers those that were not stopped before.
  stop: {
    name: "stop_rails",
    text: `INSERT INTO rail_stops (rail, currency, short, since) SELECT x.rail, x.currency, x.short, $4 FROM unnest($1::text[], $2::text[], $3::bigint[]) AS x (rail, currency, short)
           ON CONFLICT (rail, currency) DO UPDATE SET short = excluded.short RETURNING rail, currency, since = $4 AS new`,
  },
  goOn: {
    name: "let_rails_go_on",
    text: "DELETE FROM rail_stops r WHERE NOT EXISTS (SELECT 1 FROM unnest($1::text[], $2::text[]) AS x (rail, currency) WHERE x.rail = r.rail AND x.currency = r.currency)",
  },
} satisfies Record<string, Query>;

export interface OpenBreak {
  readonly id: number;
  readonly rail: string;
  readonly kind: string;
  readonly says: string;
  readonly suggestion: string;
  readonly foundAt: Date;
  /** Orders that are held, as `seller/order`. */
  readonly orders: readonly string[];
  /** The currency in which nothing leaves the rail meanwhile. */
  readonly stops: string | null;
}

/** A page of the breaks that are open, those after the number `after`, and the number to ask with for the next page; null: it is the last. */
export async function openBreaks(
  client: Queryable,
  after = 0,
  most = pageLength,
): Promise<{ readonly breaks: OpenBreak[]; readonly next: number | null }> {
  const { rows } = await run(client, breakListQueries.open, [after, most + 1]);
  const breaks = rows.slice(0, most).map((row) => ({
    id: Number(row["id"]),
    rail: String(row["rail"]),
    kind: String(row["kind"]),
    says: String(row["says"]),
    suggestion: String(row["suggestion"]),
    foundAt: row["found_at"] as Date,
    orders: row["orders"] as string[],
    stops: row["stopped"] === true ? String(row["currency"]) : null,
  }));
  return { breaks, next: rows.length > most ? (breaks.at(-1)?.id ?? null) : null };
}

/** How many breaks are open, of a rail or of all. */
export async function countOpenBreaks(client: Queryable, rail?: string): Promise<number> {
  const { rows } = await run<{ rail: string; n: bigint }>(client, breakListQueries.counts);
  return rows.filter((row) => rail === undefined || row.rail === rail).reduce((sum, row) => sum + Number(row.n), 0);
}

/** Money that the rails lack in each currency although the books count on it, in minor units; only currencies in which some is lacking. */
export async function shortIn(client: Queryable): Promise<ReadonlyMap<string, bigint>> {
  const { rows } = await run<{ currency: string; short: bigint }>(client, breakListQueries.short);
  const all = new Map<string, bigint>();
  for (const row of rows) all.set(row.currency, (all.get(row.currency) ?? 0n) + row.short);
  return all;
}
