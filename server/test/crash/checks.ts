import type pg from "pg";
import { verifyBooks } from "../../src/ledger/verify.ts";
import type { Random } from "../simulator/random.ts";
import type { Asked, Client } from "./client.ts";
import type { CrashRail } from "./rails.ts";

/** What the receiver was told, in the order in which it arrived. */
export interface Heard {
  readonly webhookId: string;
  readonly body: string;
}

/** Holds the client's memory, the rail's own record and the books against each other. Answers sentences; none means all is well. */
export async function check(pool: pg.Pool, client: Client, heard: readonly Heard[], rail?: CrashRail): Promise<string[]> {
  const books = await verifyBooks(pool);
  return [
    ...(await answersAreTrue(pool, client.asked)),
    ...(rail === undefined ? await nothingTwiceAtTheRail(pool) : rail.twice()),
    ...(await toldInOrder(pool, heard)),
    ...books.findings.map((one) => `verify: ${one.says}`),
    ...books.solvency.filter(({ surplus }) => surplus < 0n).map(({ currency, surplus }) => `verify: ${currency} is short by ${-surplus}`),
  ];
}

/** An answered call took effect once; an unanswered one at most once. */
async function answersAreTrue(pool: pg.Pool, asked: readonly Asked[]): Promise<string[]> {
  // Before the rows are read: what is answered afterwards may not be in them.
  const known = asked.map((one) => ({ one, must: one.answer !== undefined || one.foundDone }));
  const { rows } = await pool.query<{ name: string; times: bigint }>(
    `SELECT CASE WHEN key IS NULL THEN order_id || ' ' || action ELSE 'key ' || key END AS name, count(*) AS times FROM transitions
     WHERE key IS NOT NULL OR object = 'order' GROUP BY 1`,
  );
  const times = new Map(rows.map((row) => [row.name, Number(row.times)]));
  return known.flatMap(({ one, must }) => {
    const found = times.get(one.key === undefined ? `${one.order} ${one.action}` : `key ${one.key}`) ?? 0;
    if (must && found === 0) return [`${one.action} of order ${one.order} was answered and is not there`];
    if (found > 1) return [`${one.action} of order ${one.order} is there ${found} times`];
    return [];
  });
}

/** The rail keeps its own record of cash. A reference pays once, a payout or refund has one send that arrived, a page one receipt. */
async function nothingTwiceAtTheRail(pool: pg.Pool): Promise<string[]> {
  const { rows } = await pool.query<{ says: string }>(
    `SELECT kind || ' ' || reference || ' moved money ' || count(*) || ' times' AS says FROM sandbox_rail.movements
     WHERE kind IN ('payout', 'refund') GROUP BY kind, reference HAVING count(*) > 1
     UNION ALL
     SELECT 'disbursement ' || split_part(reference, '-', 2) || ' was sent under ' || count(*) || ' references' FROM sandbox_rail.sends
     WHERE status IN ('pending', 'succeeded') GROUP BY split_part(reference, '-', 2) HAVING count(*) > 1
     UNION ALL
     SELECT 'payment ' || reference || ' has ' || count(*) || ' receipts' FROM sandbox_rail.receipts GROUP BY reference HAVING count(*) > 1`,
  );
  return rows.map(({ says }) => says);
}

/** One webhook id is one event, and of an order nothing is first told before what happened earlier. */
async function toldInOrder(pool: pg.Pool, heard: readonly Heard[]): Promise<string[]> {
  const came = [...heard];
  const { rows } = await pool.query<{ id: string; order_id: bigint; transition_seq: bigint; envelope: string; state: string }>(
    "SELECT 'msg_' || webhook_id AS id, order_id, transition_seq, envelope, state FROM notifications",
  );
  const known = new Map(rows.map((row) => [row.id, row]));
  const findings: string[] = [];
  const bodies = new Map<string, string>();
  const last = new Map<bigint, bigint>();
  for (const { webhookId, body } of came) {
    const row = known.get(webhookId);
    if (row === undefined) {
      findings.push(`the shop was told ${webhookId}, which no row knows`);
      continue;
    }
    const before = bodies.get(webhookId);
    if (before !== undefined) {
      if (before !== body) findings.push(`${webhookId} was told with two different bodies`);
      continue;
    }
    bodies.set(webhookId, body);
    if (!body.includes(`"status":"${row.envelope}"`)) findings.push(`${webhookId} tells of something else than ${row.envelope}`);
    if (row.transition_seq < (last.get(row.order_id) ?? 0n)) findings.push(`order ${row.order_id}: ${row.envelope} was told out of order`);
    last.set(row.order_id, row.transition_seq);
  }
  // Looked up again: what arrived while the rows were read counts too.
  const arrived = new Set(heard.map(({ webhookId }) => webhookId));
  for (const row of rows) {
    if (row.state === "delivered" && !arrived.has(row.id))
      findings.push(`order ${row.order_id}: ${row.envelope} counts as told and was not`);
  }
  return findings;
}

/** The same key again gives the same answer, byte for byte, whatever was killed since. */
export async function replay(client: Client, random: Random, most: number): Promise<string[]> {
  const keyed = client.asked.filter(({ key, answer }) => key !== undefined && answer !== undefined);
  const findings: string[] = [];
  for (let i = 0; i < Math.min(most, keyed.length); i += 1) {
    const one = random.pick(keyed);
    const again = await client.insist(one.path, one.fields, one.key);
    if (again.status !== 200 || again.text !== one.answer?.text || !again.replayed)
      findings.push(`the key ${one.key} was answered otherwise than before: ${again.status} ${again.text.slice(0, 200)}`);
  }
  return findings;
}

/** At the end, when nothing is killed any more: what is still not done, as a count and an example. */
export async function unfinished(pool: pg.Pool, rail?: CrashRail): Promise<string[]> {
  const { rows } = await pool.query<{ says: string }>(
    `SELECT 'notification ' || seller_id || '/' || id || ' is ' || state AS says FROM notifications WHERE state <> 'delivered'
     UNION ALL SELECT 'message ' || id || ' was not sent' FROM messages
       WHERE kind NOT LIKE 'reminder.%' AND (sent_at IS NULL OR outcome <> 'sent')
     UNION ALL SELECT 'rail event ' || id || ': ' || coalesce(outcome, 'not handled') FROM rail_events
       WHERE due_at IS NOT NULL OR outcome IN ('failed', 'unknown_reference') OR (outcome = 'unknown_type' AND NOT $1)
     UNION ALL SELECT 'attempt ' || id || ' is ' || state FROM attempts WHERE state IN ('sending', 'in_flight', 'outcome_unknown')
     UNION ALL SELECT kind || ' ' || id || ' is ' || state FROM disbursements WHERE state <> 'succeeded'
     UNION ALL SELECT 'order ' || id || ' is ' || state FROM orders WHERE state NOT IN ('completed', 'awaiting_payment', 'expired')`,
    // Real rails tell of much that is none of our business.
    [rail !== undefined],
  );
  return rows.map(({ says }) => says);
}
