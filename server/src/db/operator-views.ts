import type { Disbursement, Hold, Payment } from "../domain/facts.ts";
import type { Order } from "../domain/order.ts";
import type { Query, Queryable } from "./connect.ts";
import { run } from "./connect.ts";
import { disbursements, holds, orders, payments } from "./tables.ts";

const unapplied = `payments t LEFT JOIN orders o ON o.seller_id = t.seller_id AND o.id = t.order_id
           WHERE t.unapplied > 0 AND NOT EXISTS (SELECT 1 FROM disbursements d WHERE d.seller_id = t.seller_id AND d.payment_id = t.id
             AND d.source = 'payment:' || t.id || ':unapplied' AND d.state IN ('succeeded', 'sending', 'in_flight'))`;
const owed = `accounts a JOIN sellers s ON s.id = a.seller_id
           WHERE a.account LIKE 'seller:%:receivable' AND a.account = 'seller:' || a.seller_id || ':receivable' AND a.balance > 0`;

// Each list goes on after what $1 names ($2 too, where one name is not enough), and ends after the last number of lines.
export const operatorQueries = {
  disputes: {
    name: "list_disputes",
    text: `SELECT ${orders.select("t")}, coalesce(s.business_name, s.first_name || ' ' || s.last_name) AS seller_name,
             EXISTS (SELECT 1 FROM offers f WHERE f.seller_id = t.seller_id AND f.order_id = t.id AND f.state = 'open' AND f.kind = 'ruling') AS proposed
           FROM orders t JOIN sellers s ON s.id = t.seller_id
           WHERE t.state = 'disputed' AND ($1::timestamptz IS NULL OR (t.updated_at, t.id) > ($1, $2::bigint)) ORDER BY t.updated_at, t.id LIMIT $3`,
  },
  unapplied: {
    name: "list_unapplied",
    text: `SELECT ${payments.select("t")}, o.state AS order_state, o.book_currency AS order_currency, o.pay_by,
             (SELECT d.state FROM disbursements d WHERE d.seller_id = t.seller_id AND d.payment_id = t.id
                AND d.source = 'payment:' || t.id || ':unapplied' AND d.state <> 'cancelled' LIMIT 1) AS refund_state
           FROM ${unapplied} AND ($1::bigint IS NULL OR t.id < $1) ORDER BY t.id DESC LIMIT $2`,
  },
  parked: {
    name: "list_parked",
    text: `SELECT ${disbursements.select("t")} FROM disbursements t WHERE t.state = 'parked' AND ($1::bigint IS NULL OR t.id < $1) ORDER BY t.id DESC LIMIT $2`,
  },
  holds: {
    name: "list_holds",
    text: `SELECT ${holds.select("t")} FROM holds t WHERE t.state = 'standing' AND ($1::bigint IS NULL OR t.id < $1) ORDER BY t.id DESC LIMIT $2`,
  },
  receivables: {
    name: "list_receivables",
    text: `SELECT a.seller_id, a.currency, a.balance, coalesce(s.business_name, s.first_name || ' ' || s.last_name) AS seller_name
           FROM ${owed} AND ($1::bigint IS NULL OR (a.seller_id, a.currency) > ($1, $2::text)) ORDER BY a.seller_id, a.currency LIMIT $3`,
  },
  counts: {
    name: "count_what_waits_for_an_operator",
    text: `SELECT (SELECT count(*) FROM orders WHERE state = 'disputed') AS disputes, (SELECT count(*) FROM ${unapplied}) AS unapplied,
             (SELECT count(*) FROM disbursements WHERE state = 'parked') AS parked, (SELECT count(*) FROM holds WHERE state = 'standing') AS holds,
             (SELECT count(*) FROM ${owed}) AS receivables`,
  },
} satisfies Record<string, Query>;

export interface Dispute {
  readonly order: Order;
  readonly sellerName: string;
  readonly proposed: boolean;
}

export interface Receivable {
  readonly sellerId: number;
  readonly sellerName: string;
  readonly currency: string;
  readonly amount: bigint;
}

/** Money that fits nothing, with the order it came for and the refund that takes it back; null: there is none. */
export interface Unapplied extends Payment {
  readonly orderState: string | null;
  readonly orderCurrency: string | null;
  readonly payBy: Date | null;
  readonly refundState: string | null;
}

/** A page of a list: its lines, how many there are in all, and from where the next page goes on; null on the last. */
export interface Listed<Line> {
  readonly lines: readonly Line[];
  readonly count: number;
  readonly next: string | null;
}

/** All that waits for an operator, over all sellers. */
export interface OperatorRows {
  readonly disputes: Listed<Dispute>;
  readonly unapplied: Listed<Unapplied>;
  readonly parked: Listed<Disbursement>;
  readonly holds: Listed<Hold>;
  readonly receivables: Listed<Receivable>;
}

/** From where each list goes on: what its `next` said, or nothing for its beginning. What fits no list begins it anew. */
export type OperatorFrom = Readonly<Partial<Record<keyof OperatorRows, string>>>;

/** Reads a page of what waits for an operator, at most `most` lines of each list. */
export async function readOperatorRows(client: Queryable, from: OperatorFrom, most: number): Promise<OperatorRows> {
  const more = most + 1;
  const id = (name: keyof OperatorRows) => (/^\d{1,15}$/.test(from[name] ?? "") ? from[name] : null);
  const dispute = /^(\d{1,14})-(\d{1,15})$/.exec(from.disputes ?? "");
  const receivable = /^(\d{1,15})-([A-Z]{3})$/.exec(from.receivables ?? "");
  const since = dispute === null ? null : new Date(Number(dispute[1])).toISOString();
  const [disputed, fitless, parked, standing, debts, counted] = await Promise.all([
    run(client, operatorQueries.disputes, [since, dispute?.[2] ?? null, more]),
    run(client, operatorQueries.unapplied, [id("unapplied"), more]),
    run(client, operatorQueries.parked, [id("parked"), more]),
    run(client, operatorQueries.holds, [id("holds"), more]),
    run(client, operatorQueries.receivables, [receivable?.[1] ?? null, receivable?.[2] ?? null, more]),
    run(client, operatorQueries.counts),
  ]);
  const listed = <Line>(
    name: keyof OperatorRows,
    { rows }: { readonly rows: readonly Record<string, unknown>[] },
    read: (row: Record<string, unknown>) => Line,
    cursor: (line: Line) => string,
  ): Listed<Line> => {
    const lines = rows.slice(0, most).map(read);
    const last = lines.at(-1);
    return { lines, count: Number(counted.rows[0]?.[name] ?? 0), next: rows.length > most && last !== undefined ? cursor(last) : null };
  };
  const byId = (line: { readonly id: number }) => String(line.id);
  return {
    disputes: listed(
      "disputes",
      disputed,
      (row) => ({ order: orders.read(row), sellerName: String(row["seller_name"]), proposed: row["proposed"] === true }),
      ({ order }) => `${order.updatedAt.getTime()}-${order.id}`,
    ),
    unapplied: listed(
      "unapplied",
      fitless,
      (row) => ({
        ...payments.read(row),
        orderState: row["order_state"] as string | null,
        orderCurrency: row["order_currency"] as string | null,
        payBy: row["pay_by"] as Date | null,
        refundState: row["refund_state"] as string | null,
      }),
      byId,
    ),
    parked: listed("parked", parked, (row) => disbursements.read(row), byId),
    holds: listed("holds", standing, (row) => holds.read(row), byId),
    receivables: listed(
      "receivables",
      debts,
      (row) => ({
        sellerId: Number(row["seller_id"]),
        sellerName: String(row["seller_name"]),
        currency: String(row["currency"]),
        amount: row["balance"] as bigint,
      }),
      (line) => `${line.sellerId}-${line.currency}`,
    ),
  };
}
