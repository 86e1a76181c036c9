import type { Attempt, Buyer, Disbursement, Hold, Offer, Payment, Provider } from "../domain/facts.ts";
import type { Order } from "../domain/order.ts";
import type { Query, Queryable } from "./connect.ts";
import { run, runCells } from "./connect.ts";
import type { Table } from "./table.ts";
import { attempts, buyers, disbursements, holds, offers, orders, payments, providers } from "./tables.ts";

function where<Row>(name: string, table: Table<Row>, condition: string): Query {
  return { name, text: `SELECT ${table.select("t")} FROM ${table.name} t WHERE ${condition}` };
}

export const orderQueries = {
  one: where("read_order", orders, "t.seller_id = $1 AND t.id = $2"),
  ofOperator: {
    name: "read_order_of_operator",
    text: `SELECT ${orders.select("t")} FROM operator_orders o JOIN orders t ON t.seller_id = o.seller_id AND t.id = o.order_id
           WHERE o.operator_id = $1 AND o.order_id = $2`,
  },
  list: where(
    "list_orders",
    orders,
    // Not "$3 IS NULL OR …", with which a plan that serves both would begin each page at the newest order.
    "t.seller_id = $1 AND ($2::text IS NULL OR t.state = $2) AND t.id < coalesce($3::bigint, 9223372036854775807) ORDER BY t.id DESC LIMIT $4",
  ),
  ofProjects: where("list_milestones", orders, "t.seller_id = $1 AND t.project_id = ANY($2::bigint[]) ORDER BY t.project_id, t.position"),
  payments: where("read_payments", payments, "t.seller_id = $1 AND t.order_id = $2 ORDER BY t.id"),
  disbursements: where("read_disbursements", disbursements, "t.seller_id = $1 AND t.order_id = $2 ORDER BY t.id"),
  holds: where(
    "read_holds",
    holds,
    "t.seller_id = $1 AND t.state = 'standing' AND (t.order_id = $2 OR t.scope IN ('seller', 'payee') OR t.project_id = $3) ORDER BY t.id",
  ),
  paymentsOfMany: where("read_payments_of_orders", payments, "t.seller_id = $1 AND t.order_id = ANY($2::bigint[]) ORDER BY t.id"),
  disbursementsOfMany: where(
    "read_disbursements_of_orders",
    disbursements,
    "t.seller_id = $1 AND t.order_id = ANY($2::bigint[]) ORDER BY t.id",
  ),
  // One look-up a buyer. Where most sellers have few, the planner would else read all of a seller's by another index, also of one that has many.
  buyersOfMany: {
    name: "read_buyers",
    text: `SELECT ${buyers.select("t")} FROM unnest($2::bigint[]) i, LATERAL (SELECT * FROM buyers WHERE seller_id = $1 AND id = i LIMIT 1) t`,
  },
  offer: where("read_open_offer", offers, "t.seller_id = $1 AND t.order_id = $2 AND t.state = 'open'"),
  buyer: where("read_buyer", buyers, "t.seller_id = $1 AND t.id = $2"),
  provider: where("read_provider", providers, "t.seller_id = $1 AND t.id = $2"),
  siblings: where(
    "read_siblings",
    orders,
    "t.seller_id = $1 AND t.project_id = $2 AND t.id <> $3 AND t.state <> 'expired' AND t.discharged_at IS NULL",
  ),
  escrow: {
    name: "read_escrow",
    text: "SELECT balance FROM accounts WHERE seller_id = $1 AND account = 'order:' || $2::bigint || ':escrow' AND currency = $3",
  },
  attempts: {
    name: "read_attempts",
    text: `SELECT ${attempts.select("a")} FROM attempts a WHERE a.seller_id = $1
           AND a.id IN (SELECT (t.note->>'attempt')::bigint FROM transitions t WHERE t.seller_id = $1 AND t.order_id = $2 AND t.object = 'disbursement' AND t.action = 'send')
           ORDER BY a.id`,
  },
  history: {
    name: "read_history",
    text: `SELECT seq, object, object_id, action, from_state, to_state, party, actor, event, at, note
           FROM transitions WHERE seller_id = $1 AND order_id = $2 ORDER BY seq LIMIT 500`,
  },
} satisfies Record<string, Query>;

async function rows<Row>(client: Queryable, query: Query, table: Table<Row>, values: readonly unknown[]): Promise<Row[]> {
  return (await runCells(client, query, values)).map((row) => table.readCells(row));
}

/** An order of this seller; undefined for another's. */
export async function readOrder(client: Queryable, sellerId: number, id: number): Promise<Order | undefined> {
  return (await rows(client, orderQueries.one, orders, [sellerId, id]))[0];
}

/** An order that a marketplace operator may read, in its own seller's book. */
export async function readOrderOfOperator(client: Queryable, operatorId: number, id: number): Promise<Order | undefined> {
  return (await rows(client, orderQueries.ofOperator, orders, [operatorId, id]))[0];
}

/** A seller's orders, newest first, of one state if named, from below an id. */
export function listOrders(
  client: Queryable,
  sellerId: number,
  page: { state: string | null; before: number | null; most: number },
): Promise<Order[]> {
  return rows(client, orderQueries.list, orders, [sellerId, page.state, page.before, page.most]);
}

export function readMilestones(client: Queryable, sellerId: number, projectIds: readonly number[]): Promise<Order[]> {
  return rows(client, orderQueries.ofProjects, orders, [sellerId, projectIds]);
}

/** Everything that hangs on an order, for pages and the wire. */
export interface OrderView {
  readonly order: Order;
  readonly payments: readonly Payment[];
  readonly disbursements: readonly Disbursement[];
  /** Each try at the rail to send them, with the reference the rail knows it by. */
  readonly attempts: readonly Attempt[];
  readonly holds: readonly Hold[];
  readonly offer: Offer | undefined;
  readonly buyer: Buyer | undefined;
  readonly provider: Provider | undefined;
  readonly siblings: readonly Order[];
  readonly escrow: bigint;
  readonly history: readonly Step[];
}

export interface Step {
  readonly object: string;
  readonly objectId: number;
  readonly action: string;
  readonly fromState: string;
  readonly toState: string;
  readonly party: string;
  readonly actor: string;
  readonly event: string;
  readonly at: Date;
  readonly note: unknown;
}

/** Reads an order's whole surroundings. Reads go straight to queries: what is shown may be a moment old, what acts is judged under the lock. */
export async function readOrderView(client: Queryable, order: Order): Promise<OrderView> {
  const { sellerId, id, projectId } = order;
  const [paymentRows, disbursementRows, attemptRows, holdRows, offer, buyer, provider, siblings, escrow, history] = await Promise.all([
    rows(client, orderQueries.payments, payments, [sellerId, id]),
    rows(client, orderQueries.disbursements, disbursements, [sellerId, id]),
    rows(client, orderQueries.attempts, attempts, [sellerId, id]),
    rows(client, orderQueries.holds, holds, [sellerId, id, projectId]),
    rows(client, orderQueries.offer, offers, [sellerId, id]),
    rows(client, orderQueries.buyer, buyers, [sellerId, order.buyerId]),
    order.providerId === null ? [] : rows(client, orderQueries.provider, providers, [sellerId, order.providerId]),
    projectId === null ? [] : rows(client, orderQueries.siblings, orders, [sellerId, projectId, id]),
    run<{ balance: bigint | null }>(client, orderQueries.escrow, [sellerId, id, order.bookCurrency]),
    run(client, orderQueries.history, [sellerId, id]),
  ]);
  return {
    order,
    payments: paymentRows,
    disbursements: disbursementRows,
    attempts: attemptRows,
    holds: holdRows,
    offer: offer[0],
    buyer: buyer[0],
    provider: provider[0],
    siblings,
    escrow: escrow.rows[0]?.balance ?? 0n,
    history: history.rows.map((row) => ({
      object: String(row["object"]),
      objectId: Number(row["object_id"]),
      action: String(row["action"]),
      fromState: String(row["from_state"]),
      toState: String(row["to_state"]),
      party: String(row["party"]),
      actor: String(row["actor"]),
      event: String(row["event"]),
      at: row["at"] as Date,
      note: row["note"],
    })),
  };
}

/** What the wire shows of many orders of one seller: three statements, however many orders there are. */
export async function readOrdersForWire(
  client: Queryable,
  sellerId: number,
  list: readonly Order[],
): Promise<Pick<OrderView, "order" | "payments" | "disbursements" | "buyer">[]> {
  if (list.length === 0) return [];
  const ids = list.map((order) => order.id);
  const [paid, out, people] = await Promise.all([
    rows(client, orderQueries.paymentsOfMany, payments, [sellerId, ids]),
    rows(client, orderQueries.disbursementsOfMany, disbursements, [sellerId, ids]),
    rows(client, orderQueries.buyersOfMany, buyers, [sellerId, [...new Set(list.map((order) => order.buyerId))]]),
  ]);
  const paidOf = Map.groupBy(paid, (one) => one.orderId);
  const outOf = Map.groupBy(out, (one) => one.orderId);
  const buyerOf = new Map(people.map((buyer) => [buyer.id, buyer]));
  return list.map((order) => ({
    order,
    payments: paidOf.get(order.id) ?? [],
    disbursements: outOf.get(order.id) ?? [],
    buyer: buyerOf.get(order.buyerId),
  }));
}
