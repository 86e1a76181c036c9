import type { Disbursement, Hold, Payment } from "../domain/facts.ts";
import type { Order } from "../domain/order.ts";
import type { Query, Queryable } from "./connect.ts";
import { run } from "./connect.ts";
import { disbursements, holds, orders, payments } from "./tables.ts";

export const operatorQueries = {
  disputes: {
    name: "list_disputes",
    text: `SELECT ${orders.select("t")}, coalesce(s.business_name, s.first_name || ' ' || s.last_name) AS seller_name,
             EXISTS (SELECT 1 FROM offers f WHERE f.seller_id = t.seller_id AND f.order_id = t.id AND f.state = 'open' AND f.kind = 'ruling') AS proposed
           FROM orders t JOIN sellers s ON s.id = t.seller_id WHERE t.state = 'disputed' ORDER BY t.updated_at LIMIT 200`,
  },
  unapplied: {
    name: "list_unapplied",
    text: `SELECT ${payments.select("t")}, o.state AS order_state FROM payments t LEFT JOIN orders o ON o.seller_id = t.seller_id AND o.id = t.order_id
           WHERE t.unapplied > 0 AND NOT EXISTS (SELECT 1 FROM disbursements d WHERE d.seller_id = t.seller_id AND d.payment_id = t.id
             AND d.source = 'payment:' || t.id || ':unapplied' AND d.state IN ('succeeded', 'sending', 'in_flight')) ORDER BY t.id DESC LIMIT 200`,
  },
  parked: {
    name: "list_parked",
    text: `SELECT ${disbursements.select("t")} FROM disbursements t WHERE t.state = 'parked' ORDER BY t.id DESC LIMIT 200`,
  },
  holds: { name: "list_holds", text: `SELECT ${holds.select("t")} FROM holds t WHERE t.state = 'standing' ORDER BY t.id DESC LIMIT 200` },
  receivables: {
    name: "list_receivables",
    text: `SELECT a.seller_id, a.currency, a.balance, coalesce(s.business_name, s.first_name || ' ' || s.last_name) AS seller_name
           FROM accounts a JOIN sellers s ON s.id = a.seller_id WHERE a.account LIKE 'seller:%:receivable' AND a.account = 'seller:' || a.seller_id || ':receivable' AND a.balance > 0 LIMIT 200`,
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

/** All that waits for an operator, over all sellers. */
export interface OperatorRows {
  readonly disputes: readonly Dispute[];
  readonly unapplied: readonly (Payment & { readonly orderState: string | null })[];
  readonly parked: readonly Disbursement[];
  readonly holds: readonly Hold[];
  readonly receivables: readonly Receivable[];
}

/** Reads what waits for an operator. */
export async function readOperatorRows(client: Queryable): Promise<OperatorRows> {
  const [disputed, unapplied, parked, standing, receivables] = await Promise.all([
    run(client, operatorQueries.disputes),
    run(client, operatorQueries.unapplied),
    run(client, operatorQueries.parked),
    run(client, operatorQueries.holds),
    run(client, operatorQueries.receivables),
  ]);
  return {
    disputes: disputed.rows.map((row) => ({
      order: orders.read(row),
      sellerName: String(row["seller_name"]),
      proposed: row["proposed"] === true,
    })),
    unapplied: unapplied.rows.map((row) => ({
      ...payments.read(row),
      orderState: row["order_state"] === null ? null : String(row["order_state"]),
    })),
    parked: parked.rows.map((row) => disbursements.read(row)),
    holds: standing.rows.map((row) => holds.read(row)),
    receivables: receivables.rows.map((row) => ({
      sellerId: Number(row["seller_id"]),
      sellerName: String(row["seller_name"]),
      currency: String(row["currency"]),
      amount: row["balance"] as bigint,
    })),
  };
}
