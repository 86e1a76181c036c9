import type pg from "pg";
import { verifyBooks } from "../../src/ledger/verify.ts";
import type { SandboxRail } from "../../src/rails/sandbox/sandbox.ts";
import type { Checks } from "./checks.ts";
import type { Taken } from "./outside.ts";

/** What must hold when all has come to rest. */
export async function finalChecks(pool: pg.Pool, checks: Checks, rail: SandboxRail, taken: readonly Taken[]): Promise<string[]> {
  const broken: string[] = [];
  const report = await verifyBooks(pool);
  broken.push(...report.findings.slice(0, 10).map((finding) => `verify: book ${finding.sellerId}: ${finding.says}`));
  await checks.keptBalances();
  broken.push(...(await stuck(pool)));
  broken.push(...(await moreOutThanIn(pool)));
  broken.push(...(await toldInOrder(pool, taken)));
  const { rows } = await pool.query<{ currency: string; added: bigint }>(
    `SELECT p.currency, sum(p.amount)::bigint AS added FROM entries e JOIN postings p ON p.seller_id = e.seller_id AND p.entry_seq = e.seq
     WHERE e.cause = 'book.float_added' GROUP BY 1`,
  );
  for (const books of await rail.books()) {
    const { currency } = books;
    const added = rows.find((row) => row.currency === currency)?.added ?? 0n;
    // A dispute whose decision has not come yet stands apart; here every one was decided.
    const cash = checks.held("rail:sandbox:cash", currency) - added + checks.held("rail:sandbox:disputed", currency);
    if (cash !== books.cash) broken.push(`the rail holds ${books.cash} ${currency}, the books say ${cash}`);
    const incoming = checks.held("rail:sandbox:incoming", currency);
    if (incoming !== books.incoming) broken.push(`the rail expects ${books.incoming} ${currency}, the books say ${incoming}`);
    const outgoing = checks.held("rail:sandbox:outgoing", currency);
    if (outgoing !== 0n) broken.push(`${-outgoing} ${currency} is still on its way out`);
  }
  broken.push(...(await unsettled(pool)));
  return broken;
}

/** No state without a way out: every order has ended, and of what ended only money waits whose payee must mend something. */
async function stuck(pool: pg.Pool): Promise<string[]> {
  const orders = await pool.query<{ id: bigint; state: string; seller_id: bigint }>(
    `SELECT o.seller_id, o.id, o.state FROM orders o WHERE o.state NOT IN ('expired', 'completed')
       AND NOT EXISTS (SELECT 1 FROM disbursements d WHERE d.seller_id = o.seller_id AND d.order_id = o.id AND d.state = 'parked') LIMIT 5`,
  );
  const money = await pool.query<{ id: bigint; state: string; reason: string | null }>(
    `SELECT id, state, reason FROM disbursements WHERE state NOT IN ('succeeded', 'cancelled', 'parked') LIMIT 5`,
  );
  return [
    ...orders.rows.map((row) => `order ${row.id} of seller ${row.seller_id} never left ${row.state}`),
    ...money.rows.map((row) => `payout or refund ${row.id} never left ${row.state}: ${row.reason ?? ""}`),
  ];
}

/** By the rail's own record, no order's payouts and refunds are more than its payments. */
async function moreOutThanIn(pool: pg.Pool): Promise<string[]> {
  const { rows } = await pool.query<{ seller_id: bigint; order_id: bigint; paid: bigint; sent: bigint }>(
    `WITH paid AS (
       SELECT r.seller_id, r.order_id, sum(m.amount) AS amount FROM sandbox_rail.movements m
       JOIN payment_references r ON r.rail = 'sandbox' AND r.reference = m.rail_reference WHERE m.kind = 'payment' AND r.order_id IS NOT NULL GROUP BY 1, 2),
     sent AS (
       SELECT d.seller_id, d.order_id, sum(d.amount) AS amount FROM disbursements d WHERE d.state = 'succeeded' AND d.order_id IS NOT NULL GROUP BY 1, 2)
     SELECT s.seller_id, s.order_id, coalesce(p.amount, 0)::bigint AS paid, s.amount::bigint AS sent
     FROM sent s LEFT JOIN paid p USING (seller_id, order_id) WHERE s.amount > coalesce(p.amount, 0) LIMIT 5`,
  );
  return rows.map((row) => `order ${row.order_id} of seller ${row.seller_id} was paid ${row.paid} and sent ${row.sent}`);
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

/** Receipts that the rail has settled and the books have not, with what became of the event that said so. */
async function unsettled(pool: pg.Pool): Promise<string[]> {
  const { rows } = await pool.query<{ rail_reference: string; seller_id: bigint | null; state: string | null; told: string | null }>(
    `SELECT r.rail_reference, p.seller_id, p.state, (
       SELECT string_agg(coalesce(e.outcome, 'waiting') || ' ' || coalesce(e.note, ''), ', ') FROM rail_events e
       WHERE e.reference = r.reference AND e.type = 'payment.settled') AS told
     FROM sandbox_rail.receipts r LEFT JOIN payment_references n ON n.rail = 'sandbox' AND n.reference = r.rail_reference
     LEFT JOIN payments p ON p.seller_id = n.seller_id AND p.id = n.payment_id
     WHERE r.settled_at IS NOT NULL AND p.settled IS NOT TRUE LIMIT 5`,
  );
  return rows.map(
    (row) => `receipt ${row.rail_reference} (payment ${row.state}, seller ${row.seller_id}) was settled; the event: ${row.told}`,
  );
}
