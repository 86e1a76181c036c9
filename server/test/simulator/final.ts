import type pg from "pg";
import { verifyBooks } from "../../src/ledger/verify.ts";
import type { Checks } from "./checks.ts";
import type { Taken } from "./outside.ts";
import type { RailRecord } from "./rail-side.ts";

/** What must hold when all has come to rest. */
export async function finalChecks(pool: pg.Pool, checks: Checks, record: RailRecord, taken: readonly Taken[]): Promise<string[]> {
  const broken: string[] = [];
  const report = await verifyBooks(pool);
  broken.push(...report.findings.slice(0, 10).map((finding) => `verify: book ${finding.sellerId}: ${finding.says}`));
  await checks.keptBalances();
  broken.push(...(await stuck(pool)));
  broken.push(...(await toldInOrder(pool, taken)));
  broken.push(...(await record.atTheEnd(checks, pool)));
  return broken;
}

/** What is too little to be sent waits for more to the same payee, which may never come. */
const tooLittle = "d.state = 'queued' AND d.reason IS NOT DISTINCT FROM 'Too little to be sent'";

/** No state without a way out: every order has ended, and of what ended only money waits whose payee must mend something. */
async function stuck(pool: pg.Pool): Promise<string[]> {
  const orders = await pool.query<{ id: bigint; state: string; seller_id: bigint }>(
    `SELECT o.seller_id, o.id, o.state FROM orders o WHERE o.state NOT IN ('expired', 'completed') AND NOT EXISTS (
       SELECT 1 FROM disbursements d WHERE d.seller_id = o.seller_id AND d.order_id = o.id AND (d.state = 'parked' OR ${tooLittle})) LIMIT 5`,
  );
  const money = await pool.query<{ says: string }>(
    `SELECT d.kind || ' ' || d.seller_id || '/' || d.id || ' of ' || d.out_amount || ' ' || d.out_currency || ' at ' || d.rail || ' never left ' || d.state
       || coalesce(', due ' || d.due_at, '') || coalesce(': ' || d.reason, '') AS says
     FROM disbursements d WHERE d.state NOT IN ('succeeded', 'cancelled', 'parked') AND NOT (${tooLittle}) LIMIT 5`,
  );
  // A time that has passed keeps nothing waiting, or is no longer the reason.
  const forgotten = await pool.query<{ says: string }>(
    `SELECT 'payout ' || d.seller_id || '/' || d.id || ' of ' || d.amount || ' is still parked: ' || d.reason AS says FROM disbursements d
     WHERE d.state = 'parked' AND substring(d.reason FROM 'goes there from (.*Z)')::timestamptz < clock_timestamp() LIMIT 5`,
  );
  return [
    ...orders.rows.map((row) => `order ${row.id} of seller ${row.seller_id} never left ${row.state}`),
    ...[...money.rows, ...forgotten.rows].map((row) => row.says),
  ];
}

/** Each notification was taken once, unless the shop's answer was lost; those of an order in the order of its steps. */
async function toldInOrder(pool: pg.Pool, taken: readonly Taken[]): Promise<string[]> {
  const broken: string[] = [];
  const { rows } = await pool.query<{ webhook_id: string; order_id: bigint; transition_seq: bigint; state: string }>(
    "SELECT webhook_id, order_id, transition_seq, state FROM notifications",
  );
  const known = new Map(rows.map((row) => [`msg_${row.webhook_id}`, row]));
  const heard = new Map<string, number>();
  const last = new Map<bigint, bigint>();
  for (const one of taken) {
    const row = known.get(one.webhookId);
    if (row === undefined) {
      broken.push(`a shop was told ${one.webhookId}, which nobody wrote`);
      continue;
    }
    if (one.heard) heard.set(one.webhookId, (heard.get(one.webhookId) ?? 0) + 1);
    if (row.transition_seq < (last.get(row.order_id) ?? 0n))
      broken.push(`order ${row.order_id}: step ${row.transition_seq} was told after ${last.get(row.order_id)}`);
    last.set(row.order_id, row.transition_seq);
  }
  for (const [id, times] of heard) if (times > 1) broken.push(`notification ${id} was taken and heard ${times} times`);
  for (const [id, row] of known)
    if (row.state === "delivered" && !heard.has(id)) broken.push(`notification ${id} counts as delivered and no shop took it`);
  return broken;
}
