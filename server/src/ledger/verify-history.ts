import type { Query, Queryable } from "../db/connect.ts";
import { run } from "../db/connect.ts";
import { orderEscrow } from "../domain/ledger-accounts.ts";
import { firstOrderDigest, nextOrderDigest } from "./chain.ts";
import { holdingStates } from "../domain/order-table.ts";
import type { Replay } from "./replay.ts";
import type { BookRow } from "./verify-chain.ts";
import type { Findings } from "./verify-report.ts";

/** The last recorded step of a thing must have led to the state and version its row has. */
function lastStep(object: string, table: string): Query {
  return {
    name: `verify_last_step_of_${table}`,
    text: `SELECT t.id, t.state, t.version, s.to_state, s.version AS steps
           FROM ${table} t LEFT JOIN LATERAL (
             SELECT to_state, version FROM transitions
             WHERE seller_id = t.seller_id AND object = '${object}' AND object_id = t.id ORDER BY version DESC LIMIT 1) s ON true
           WHERE t.seller_id = $1 AND (s.to_state IS DISTINCT FROM t.state OR s.version IS DISTINCT FROM t.version) ORDER BY t.id LIMIT 20`,
  };
}

export const historyQueries = {
  events: { name: "verify_events", text: "SELECT count(*) AS events, max(seq) AS last FROM transitions WHERE seller_id = $1" },
  firstGap: {
    name: "verify_first_gap",
    text: `SELECT seq - 1 AS missing FROM (SELECT seq, lag(seq, 1, 0::bigint) OVER (ORDER BY seq) AS before FROM transitions WHERE seller_id = $1) s
           WHERE seq <> before + 1 ORDER BY seq LIMIT 1`,
  },
  orders: {
    name: "verify_orders",
    text: `SELECT id, state, version, encode(digest, 'hex') AS digest, amount, lost, book_currency FROM orders WHERE seller_id = $1 AND id > $2 ORDER BY id LIMIT $3`,
  },
  orderSteps: {
    name: "verify_order_steps",
    text: `SELECT object_id, version, action, from_state, to_state, party, at FROM transitions
           WHERE seller_id = $1 AND object = 'order' AND object_id = ANY($2::bigint[]) ORDER BY object_id, version`,
  },
  orderEntries: {
    name: "verify_order_entries",
    text: "SELECT seq, order_id, encode(order_digest, 'hex') AS order_digest FROM entries WHERE seller_id = $1 AND order_id = ANY($2::bigint[]) ORDER BY seq",
  },
  strayEntries: {
    name: "verify_stray_entries",
    text: `SELECT e.seq, e.order_id FROM entries e
           WHERE e.seller_id = $1 AND ((e.order_id IS NULL) <> (e.order_digest IS NULL)
             OR (e.order_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM orders o WHERE o.seller_id = e.seller_id AND o.id = e.order_id)))
           ORDER BY e.seq LIMIT 20`,
  },
  straySteps: {
    name: "verify_stray_steps",
    text: `SELECT t.seq, t.object_id FROM transitions t WHERE t.seller_id = $1 AND t.object = 'order' AND (t.order_id IS DISTINCT FROM t.object_id
             OR NOT EXISTS (SELECT 1 FROM orders o WHERE o.seller_id = t.seller_id AND o.id = t.object_id)) ORDER BY t.seq LIMIT 20`,
  },
  otherSteps: {
    name: "verify_other_steps",
    text: `SELECT object, object_id, version, from_state, to_state FROM transitions
           WHERE seller_id = $1 AND object <> 'order' AND (object, object_id, version) > ($2, $3, $4) ORDER BY object, object_id, version LIMIT $5`,
  },
  payments: lastStep("payment", "payments"),
  disbursements: lastStep("disbursement", "disbursements"),
  offers: lastStep("offer", "offers"),
  holds: lastStep("hold", "holds"),
  projects: lastStep("project", "projects"),
  providers: lastStep("provider", "providers"),
} satisfies Record<string, Query>;

const things = ["payments", "disbursements", "offers", "holds", "projects", "providers"] as const;

type OrderRow = { id: bigint; state: string; version: number; digest: string; amount: bigint; lost: bigint; book_currency: string };
type StepRow = { object_id: bigint; version: number; action: string; from_state: string; to_state: string; party: string; at: Date };
type EntryRow = { seq: bigint; order_id: bigint; order_digest: string | null };
type OtherStep = { object: string; object_id: bigint; version: number; from_state: string; to_state: string };

/** Checks a book's history: its event sequence, every thing's steps, and each order's running digest, state and escrow. */
export async function checkHistory(client: Queryable, book: BookRow, replay: Replay, findings: Findings, pageSize: number): Promise<void> {
  await checkEvents(client, book, findings);
  await checkStrays(client, book, findings);
  const ordersAtOnce = Math.max(1, Math.floor(pageSize / 10));
  for (let after = 0n; ; ) {
    const { rows } = await run<OrderRow>(client, historyQueries.orders, [book.sellerId, after, ordersAtOnce]);
    await checkOrders(client, book.sellerId, rows, replay, findings);
    const last = rows.at(-1);
    if (last === undefined || rows.length < ordersAtOnce) break;
    after = last.id;
  }
  await checkOtherSteps(client, book.sellerId, findings, pageSize);
  for (const thing of things) {
    const { rows } = await run<{ id: bigint; state: string; version: number; to_state: string | null; steps: number | null }>(
      client,
      historyQueries[thing],
      [book.sellerId],
    );
    for (const { id, state, version, to_state, steps } of rows) {
      findings.add(
        `${thing} ${id} is ${state} (version ${version}), but its last step led to ${to_state ?? "nothing"} (version ${steps ?? 0})`,
      );
    }
  }
}

async function checkEvents(client: Queryable, book: BookRow, findings: Findings): Promise<void> {
  const { rows } = await run<{ events: bigint; last: bigint | null }>(client, historyQueries.events, [book.sellerId]);
  const last = Number(rows[0]?.last ?? 0);
  if (last !== book.eventSeq) findings.add(`the book counts ${book.eventSeq} events, but the last one stored is ${last}`);
  if (Number(rows[0]?.events ?? 0) === last) return;
  const gap = await run<{ missing: bigint }>(client, historyQueries.firstGap, [book.sellerId]);
  for (const { missing } of gap.rows) findings.add(`event ${missing} is missing`);
}

async function checkStrays(client: Queryable, book: BookRow, findings: Findings): Promise<void> {
  const entries = await run<{ seq: bigint; order_id: bigint | null }>(client, historyQueries.strayEntries, [book.sellerId]);
  for (const { seq, order_id } of entries.rows) {
    const says =
      order_id === null ? `entry ${seq} has an order's digest but no order` : `entry ${seq} names order ${order_id} without knowing it`;
    findings.add(says, { entry: Number(seq) });
  }
  const steps = await run<{ seq: bigint; object_id: bigint }>(client, historyQueries.straySteps, [book.sellerId]);
  for (const { seq, object_id } of steps.rows) findings.add(`event ${seq} is a step of order ${object_id}, but not filed under it`);
}

async function checkOrders(
  client: Queryable,
  sellerId: number,
  orders: readonly OrderRow[],
  replay: Replay,
  findings: Findings,
): Promise<void> {
  if (orders.length === 0) return;
  const ids = orders.map((order) => order.id);
  const [steps, entries] = await Promise.all([
    run<StepRow>(client, historyQueries.orderSteps, [sellerId, ids]),
    run<EntryRow>(client, historyQueries.orderEntries, [sellerId, ids]),
  ]);
  const stepsOf = Map.groupBy(steps.rows, (step) => step.object_id);
  const entriesOf = Map.groupBy(entries.rows, (entry) => entry.order_id);
  for (const order of orders) checkOrder(order, stepsOf.get(order.id) ?? [], entriesOf.get(order.id) ?? [], replay, findings);
}

function checkOrder(order: OrderRow, steps: readonly StepRow[], entries: readonly EntryRow[], replay: Replay, findings: Findings): void {
  const about = { order: Number(order.id) };
  let digest = firstOrderDigest;
  const digests = new Set([digest]);
  for (const step of steps) {
    digest = nextOrderDigest(digest, { ...step, from: step.from_state, to: step.to_state });
    digests.add(digest);
  }
  for (const says of brokenSteps(steps)) findings.add(`order ${order.id}: ${says}`, about);
  const last = steps.at(-1);
  if (last?.to_state !== order.state || last.version !== order.version) {
    const led = last === undefined ? "it has no steps" : `its last step led to ${last.to_state} (version ${last.version})`;
    findings.add(`order ${order.id} is ${order.state} (version ${order.version}), but ${led}`, about);
  }
  // A step that was changed shows first in the entry that was posted after it.
  const strange = entries.find((entry) => !digests.has(entry.order_digest ?? ""));
  if (strange !== undefined) {
    const entry = Number(strange.seq);
    findings.add(`entry ${entry} was posted for a history of order ${order.id} that is not the stored one: a step was changed`, {
      entry,
      ...about,
    });
  }
  if (digest !== order.digest) findings.add(`order ${order.id}: its steps do not give its digest`, about);
  const holds = holdingStates.some((state) => state === order.state);
  const due = holds ? order.amount - order.lost : 0n;
  const held = replay.balance(orderEscrow(Number(order.id)), order.book_currency);
  if (held !== due)
    findings.add(`order ${order.id} is ${order.state} and its escrow holds ${held} ${order.book_currency} instead of ${due}`, about);
}

function brokenSteps(steps: readonly { readonly version: number; readonly from_state: string; readonly to_state: string }[]): string[] {
  const wrong: string[] = [];
  let before = { version: 0, to_state: "none" };
  for (const step of steps) {
    if (step.version !== before.version + 1) wrong.push(`step ${before.version + 1} is missing`);
    else if (step.from_state !== before.to_state)
      wrong.push(`step ${step.version} starts from ${step.from_state}, not from ${before.to_state}`);
    before = step;
  }
  return wrong;
}

async function checkOtherSteps(client: Queryable, sellerId: number, findings: Findings, pageSize: number): Promise<void> {
  let after: readonly [string, bigint, number] = ["", 0n, 0];
  let before: OtherStep | undefined;
  for (;;) {
    const { rows } = await run<OtherStep>(client, historyQueries.otherSteps, [sellerId, ...after, pageSize]);
    for (const step of rows) {
      const same = before !== undefined && before.object === step.object && before.object_id === step.object_id;
      const says = brokenStep(step, same ? before : undefined);
      if (says !== undefined) findings.add(`${step.object} ${step.object_id}: ${says}`);
      before = step;
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < pageSize) return;
    after = [last.object, last.object_id, last.version];
  }
}

function brokenStep(step: OtherStep, before: OtherStep | undefined): string | undefined {
  // A book has one state and takes its versions from the event sequence; a seller is there before its first step.
  if (step.object === "book" || (step.object === "seller" && before === undefined)) return undefined;
  const version = (before?.version ?? 0) + 1;
  if (step.version !== version) return `step ${version} is missing`;
  const state = before?.to_state ?? "none";
  return step.from_state === state ? undefined : `step ${version} starts from ${step.from_state}, not from ${state}`;
}
