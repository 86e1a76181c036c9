import type pg from "pg";
import { runDue } from "../../server/src/jobs/run-due.ts";
import type { Bench, Measure } from "../bench.ts";
import { rivalsPool } from "../cluster.ts";
import { openOrders } from "../shop.ts";
import { throughAct } from "../ways.ts";

/** The sandbox's own records are no part of a life: a live installation has none. */
const sandboxOnly = new Set(["mailbox"]);

let measured = false;

/** Lives are lived in so many parts, each vacuumed behind it. */
const parts = 5;

/**
 * What completed orders leave behind in heap, indexes and toast: payout sent, letters written, everything vacuumed. The first part does not count: its
 * rows hide in room that was free before, and leave free what the parts after it use, as in an installation that has run for a while. Counted once,
 * since it does not vary.
 */
export const lifeBytes: Measure = {
  name: "life-bytes",
  round: async (bench) => {
    if (measured) return {};
    measured = true;
    const assembled = bench.assemble(bench.copies.lives);
    const pool = rivalsPool(bench.copies.lives, 2);
    try {
      // The jobs leave alone what the copy brought along, and no room is left in its tables that new rows could hide in.
      for (const table of ["disbursements", "messages"])
        await pool.query(`UPDATE ${table} SET due_at = NULL WHERE due_at IS NOT NULL`).then(() => pool.query(`VACUUM FULL ${table}`));
      await pool.query("VACUUM ANALYZE");
      const lives = Math.ceil(400 * bench.scale);
      let before = new Map<string, number>();
      for (let part = 1; part <= parts; part += 1) {
        await throughAct(assembled.engine, await openOrders(assembled.engine, bench.shops, lives), 128);
        await finish(assembled, pool, part * lives);
        if (part === 1) before = await sizes(pool);
      }
      const grown = [...(await sizes(pool))]
        .map(([table, size]) => ({ table, bytes: (size - (before.get(table) ?? 0)) / (lives * (parts - 1)) }))
        .filter(({ bytes }) => bytes > 0)
        .toSorted((a, b) => b.bytes - a.bytes);
      bench.note(`Bytes of a completed life, by table: ${grown.map(({ table, bytes }) => `${table} ${Math.round(bytes)}`).join(", ")}.`);
      return { life_bytes: grown.reduce((sum, { bytes }) => sum + bytes, 0) };
    } finally {
      await pool.end();
      await assembled.close();
    }
  },
};

/** Lets the jobs work until the orders are completed. */
async function finish({ engine }: Bench["parts"], pool: pg.Pool, lives: number): Promise<void> {
  await runDue(engine, null, 10_000);
  const { rows } = await pool.query<{ count: number }>("SELECT count(*)::int AS count FROM orders WHERE state = 'completed'");
  if (rows[0]?.count !== lives) throw new Error(`${rows[0]?.count} of ${lives} orders were completed`);
  await pool.query("VACUUM ANALYZE");
}

async function sizes(pool: pg.Pool): Promise<Map<string, number>> {
  const { rows } = await pool.query<{ table: string; size: number }>(
    "SELECT relname AS table, pg_total_relation_size(oid)::float8 AS size FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace",
  );
  return new Map(rows.filter(({ table }) => !sandboxOnly.has(table)).map(({ table, size }) => [table, size]));
}
