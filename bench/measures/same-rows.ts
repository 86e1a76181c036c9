import type pg from "pg";
import { deliver } from "../../server/src/actions/deliver.ts";
import { accept } from "../../server/src/actions/accept.ts";
import type { Command } from "../../server/src/actions/command.ts";
import type { Assembled } from "../../server/src/commands/assemble.ts";
import type { Bench, Measure } from "../bench.ts";
import { rivalsPool } from "../cluster.ts";
import { rate } from "../measure.ts";
import { oneCommit } from "../one-commit.ts";
import { findPgbench, pgbench } from "../pgbench.ts";
import type { Recorded } from "../recorded.ts";
import { record } from "../recorded.ts";
import type { OpenOrder } from "../shop.ts";
import { ask, bulk, funding, openOrders } from "../shop.ts";
import { throughAct } from "../ways.ts";

interface Rival {
  readonly program: string;
  readonly parts: Assembled;
  readonly pool: pg.Pool;
  readonly script: string;
  clients: number;
}

let rival: Promise<Rival | undefined> | undefined;

/** pgbench writes what one life of an order left in our tables, row for row, on a copy of our database, one statement and one commit for each step. */
export const sameRows: Measure = {
  name: "same-rows",
  round: async (bench) => {
    const made = await (rival ??= makeRival(bench));
    if (made === undefined) {
      bench.note("no pgbench on this machine: the very same rows in one commit each were not written.");
      return {};
    }
    const count = Math.ceil(1_200 * bench.scale);
    const ours = rate(await throughAct(bench.parts.engine, await bench.orders(count), 128));
    const theirs = await write(bench, made, count, made.clients);
    return { same_rows: ours / theirs };
  },
  end: async () => {
    const made = await rival;
    await made?.pool.end();
    await made?.parts.close();
  },
};

async function makeRival(bench: Bench): Promise<Rival | undefined> {
  const program = findPgbench();
  if (program === undefined) return undefined;
  const parts = bench.assemble(bench.copies.sameRows);
  const pool = rivalsPool(bench.copies.sameRows, 2);
  const [order] = await openOrders(parts.engine, bench.shops.slice(0, 1), 1);
  if (order === undefined) throw new Error("no order was opened");
  const statements = (await recordLife(pool, parts, order)).map((step, i) => `${oneCommit(step, order, ":n", i)};\n`);
  // Kept, so that anybody can read what the rival had to write.
  bench.say(`  same-rows   ${statements.map((text) => `${text.split("(INSERT").length - 1} rows`).join(", ")} written by the three steps`);
  await pool.query("CREATE TABLE work (n integer PRIMARY KEY, s bigint NOT NULL, o bigint NOT NULL, p bigint NOT NULL)");
  const made: Rival = {
    program,
    parts,
    pool,
    script: `\\set turn :turn + 1\n\\set n :client_id * 100000 + :turn\n${statements.join("")}`,
    clients: 8,
  };
  const tried: { clients: number; tps: number }[] = [];
  for (const clients of [8, 16, 32, 64])
    tried.push({ clients, tps: await write(bench, made, Math.max(clients, 600 * bench.scale), clients) });
  made.clients = tried.toSorted((a, b) => b.tps - a.tps)[0]?.clients ?? 8;
  return made;
}

/** The three steps that every measure takes with an order: funded, delivered, accepted. */
export async function recordLife(pool: pg.Pool, parts: Assembled, order: OpenOrder): Promise<Recorded[]> {
  const steps: readonly Command[] = [funding(order), deliver(ask(order, "seller")), accept(ask(order, "buyer"))];
  const recorded: Recorded[] = [];
  for (const step of steps) recorded.push(await record(pool, order.sellerId, async () => void (await bulk(parts.engine, [step]))));
  return recorded;
}

/** Steps per second. Every client has orders of its own, as many as all others. */
async function write(bench: Bench, { program, parts, pool, script }: Rival, count: number, clients: number): Promise<number> {
  const each = Math.ceil(count / clients);
  const orders = await openOrders(parts.engine, bench.shops, each * clients);
  const number = (i: number) => Math.floor(i / each) * 100_000 + 1 + (i % each);
  await pool.query("TRUNCATE work");
  await pool.query("INSERT INTO work SELECT * FROM unnest($1::int[], $2::bigint[], $3::bigint[], $4::bigint[])", [
    orders.map((_, i) => number(i)),
    orders.map(({ sellerId }) => sellerId),
    orders.map(({ orderId }) => orderId),
    orders.map(({ paymentId }) => paymentId),
  ]);
  await pool.query("VACUUM ANALYZE work");
  const { rows: before } = await pool.query<{ count: string }>("SELECT count(*)::text AS count FROM orders WHERE state = 'accepted'");
  const measured = pgbench(program, bench.copies.sameRows, script, clients, { times: each });
  const { rows: after } = await pool.query<{ count: string }>("SELECT count(*)::text AS count FROM orders WHERE state = 'accepted'");
  const accepted = Number(after[0]?.count) - Number(before[0]?.count);
  if (accepted !== orders.length) throw new Error(`pgbench accepted ${accepted} of ${orders.length} orders: its statements miss rows`);
  return 3 * rate(measured);
}
