import type pg from "pg";
import { runDue } from "../../server/src/jobs/run-due.ts";
import type { Bench, Measure } from "../bench.ts";
import { rivalsPool } from "../cluster.ts";
import { openOrders } from "../shop.ts";
import { throughAct } from "../ways.ts";

/** The sandbox's own records are no part of a life: a live installation has none. */
const sandboxOnly = new Set(["mailbox"]);

let measured = false;

/** What completed orders leave behind in heap, indexes and toast: payout sent, letters written, everything vacuumed. Counted once, since it does not vary. */
export const lifeBytes: Measure = {
  name: "life-bytes",
  round: async (bench) => {
    if (measured) return {};
    measured = true;
    const parts = bench.assemble(bench.copies.lives);
    const pool = rivalsPool(bench.copies.lives, 2);
    try {
      // What the copy brought along is finished first, and leaves the tables as a running installation has them.
      await finish(bench, parts, pool, 0);
      const before = await sizes(pool);
      const lives = Math.ceil(2_000 * bench.scale);
      await throughAct(parts.engine, await openOrders(parts.engine, bench.shops, lives), 128);
      await finish(bench, parts, pool, lives);
      const grown = [...(await sizes(pool))]
        .map(([table, size]) => ({ table, bytes: (size - (before.get(table) ?? 0)) / lives }))
        .filter(({ bytes }) => bytes > 0)
        .toSorted((a, b) => b.bytes - a.bytes);
      bench.note(`Bytes of a completed life, by table: ${grown.map(({ table, bytes }) => `${table} ${Math.round(bytes)}`).join(", ")}.`);
      return { life_bytes: grown.reduce((sum, { bytes }) => sum + bytes, 0) };
    } finally {
      await pool.end();
      await parts.close();
    }
  },
};

/** Lets the jobs work until every accepted order is completed. */
async function finish(bench: Bench, { engine }: Bench["parts"], pool: pg.Pool, atLeast: number): Promise<void> {
  await runDue(engine, null, 10_000);
  const { rows } = await pool.query<{ state: string; count: number }>(
    "SELECT state, count(*)::int AS count FROM orders WHERE state IN ('accepted', 'completed') GROUP BY state",
  );
  const of = (state: string) => rows.find((row) => row.state === state)?.count ?? 0;
  bench.say(`  life-bytes  ${of("completed")} orders completed, ${of("accepted")} accepted`);
  if (of("accepted") > 0 || of("completed") < atLeast) throw new Error(`${of("accepted")} orders were accepted and never completed`);
  await pool.query("VACUUM ANALYZE");
}

async function sizes(pool: pg.Pool): Promise<Map<string, number>> {
  const { rows } = await pool.query<{ table: string; size: number }>(
    "SELECT relname AS table, pg_total_relation_size(oid)::float8 AS size FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace",
  );
  return new Map(rows.filter(({ table }) => !sandboxOnly.has(table)).map(({ table, size }) => [table, size]));
}
