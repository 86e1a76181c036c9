import { randomBytes } from "node:crypto";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { accept } from "../server/src/actions/accept.ts";
import type { Command } from "../server/src/actions/command.ts";
import { deliver } from "../server/src/actions/deliver.ts";
import type { Assembled } from "../server/src/commands/assemble.ts";
import { assemble } from "../server/src/commands/assemble.ts";
import { prepareDatabase } from "../server/src/commands/prepare-database.ts";
import { table } from "../server/src/commands/table.ts";
import { readConfig } from "../server/src/config.ts";
import { listOrders, readOrdersForWire } from "../server/src/db/orders.ts";
import { isRefusal } from "../server/src/domain/refusals.ts";
import { once, rivalsPool, startCluster } from "./cluster.ts";
import { fill } from "./fill.ts";
import { goals } from "./goals.ts";
import { median, rate } from "./measure.ts";
import { openLoop } from "./open-loop.ts";
import { heads, markdown, rowsOf } from "./report.ts";
import type { Shop } from "./shop.ts";
import { ask, funding, makeShops, openOrders } from "./shop.ts";
import { throughAct } from "./ways.ts";

// `npm run bench:large`: two databases on one server, one with the active orders alone, one with many completed ones beside them. `--orders 10000000`
// needs about 150 GB and some hours; `--quick` only sees that everything runs.

const { values } = parseArgs({ options: { orders: { type: "string" }, rounds: { type: "string" }, quick: { type: "boolean" } } });
const quick = values.quick === true;
const orders = Number(values.orders ?? (quick ? 2_000 : 1_000_000));
const rounds = Number(values.rounds ?? (quick ? 1 : 5));
const active = quick ? 500 : 10_000;
const home = mkdtempSync(join(tmpdir(), "tranche-large-"));
// The user that PostgreSQL runs as has to get through.
chmodSync(home, 0o711);
const starting = startCluster(home);
let cleaning: Promise<void> | undefined;
const clean = () =>
  (cleaning ??= starting
    .then((made) => made.stop())
    .finally(() => {
      rmSync(home, { recursive: true, force: true });
    }));
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => void clean().finally(() => process.exit(130)));
try {
  await run((await starting).url);
} finally {
  await clean();
}

async function run(large: string): Promise<void> {
  const loadBefore = loadavg()[0] ?? 0;
  const secretKey = randomBytes(32);
  const config = readConfig({ TRANCHE_HOME: home });
  const silent = { info: () => undefined, warn: console.warn, error: console.error };
  const open = (ownerUrl: string) => assemble({ config, ownerUrl, baseUrl: "http://127.0.0.1:4000", secretKey, log: silent });
  await prepareDatabase(large, config);
  const first = open(large);
  const shops = await makeShops(first.engine, secretKey, quick ? 50 : 1_000);
  console.log(`${active.toLocaleString("en")} active orders of ${shops.length} shops …`);
  await openOrders(first.engine, shops, active);
  await first.close();
  const { small, beside } = { small: new URL(large), beside: new URL(large) };
  small.pathname = "/small";
  beside.pathname = "/postgres";
  await once(beside.href, [`CREATE DATABASE small TEMPLATE ${new URL(large).pathname.slice(1)}`]);
  const filler = open(large);
  // One connection, whose settings the filling changes.
  const pool = rivalsPool(large, 1);
  await fill(pool, filler, shops, orders - active, console.log);
  const { rows: sizes } = await pool.query<{ size: string }>("SELECT pg_size_pretty(pg_database_size(current_database())) AS size");
  await pool.end();
  await filler.close();
  await once(small.href, ["VACUUM ANALYZE", "CHECKPOINT"]);

  const [few, many] = [open(small.href), open(large)];
  const warm = await throughAct(few.engine, await openOrders(few.engine, shops, quick ? 100 : 2_000), 128);
  await throughAct(many.engine, await openOrders(many.engine, shops, quick ? 100 : 2_000), 128);
  // Of what the small one can do; both get the same.
  const perSecond = Math.max(1, Math.floor(0.6 * rate(warm)));
  console.log(
    `${sizes[0]?.size ?? "?"}; ${perSecond} transitions and ${Math.ceil(perSecond / 4)} lists a second, started on time whatever happens`,
  );
  const found = new Map<string, number[]>();
  const shown: string[][] = [];
  for (let round = 1; round <= rounds; round += 1) {
    const at = { few: await round99(few, shops, perSecond), many: await round99(many, shops, perSecond) };
    for (const what of ["transition", "list"] as const) {
      found.set(`p99_${what}`, [...(found.get(`p99_${what}`) ?? []), at.many[what] / at.few[what]]);
      shown.push([String(round), what, at.few[what].toFixed(2), at.many[what].toFixed(2)]);
    }
  }
  await few.close();
  await many.close();
  console.log(`\n${table(["round", "p99 of a", `ms at ${active}`, `ms at ${orders}`], shown, new Set([2, 3]))}\n`);
  const rows = rowsOf(
    goals
      .filter(({ key }) => found.has(key))
      .map((goal) => ({ ...goal, says: goal.says.replace("1,000,000", orders.toLocaleString("en")) })),
    found,
  );
  console.log(`${table(heads, rows, new Set())}\n`);
  if (quick) return;
  const middle = (what: string, column: number) => median(shown.filter((row) => row[1] === what).map((row) => Number(row[column])));
  const page = markdown(rows, {
    command: `npm run bench:large${values.orders === undefined ? "" : ` -- --orders ${orders}`}`,
    rounds,
    at: new Date(),
    versions: `Node ${process.versions.node}, PostgreSQL (embedded, fsync on), ${cpus().length} × ${cpus()[0]?.model.trim() ?? "?"}`,
    load: [loadBefore, loadavg()[0] ?? 0],
    notes: [
      `${orders.toLocaleString("en")} orders beside ${active.toLocaleString("en")}; the large database has ${sizes[0]?.size ?? "?"}.`,
      `Open loop: ${perSecond} transitions and ${Math.ceil(perSecond / 4)} lists a second, 60 % of what 128 in flight reached in the small one.`,
      ...["transition", "list"].map((what) => `p99 of a ${what}: ${middle(what, 2).toFixed(2)} ms and ${middle(what, 3).toFixed(2)} ms.`),
    ],
  });
  writeFileSync(join(import.meta.dirname, "results-large.md"), page);
}

/** Transitions and lists one after the other, each open-loop, so that neither waits for the other's processor. */
async function round99(
  { engine, pool }: Assembled,
  shops: readonly Shop[],
  perSecond: number,
): Promise<{ transition: number; list: number }> {
  const open = await openOrders(engine, shops, quick ? 60 : 2 * perSecond);
  const steps: Command[] = [
    ...open.map(funding),
    ...open.map((order) => deliver(ask(order, "seller"))),
    ...open.map((order) => accept(ask(order, "buyer"))),
  ];
  const transition = await openLoop(
    steps.map((step) => async () => {
      const answer = await engine.lanes.one(step);
      if (isRefusal(answer)) throw new Error(`${answer.refused}: ${answer.detail}`);
    }),
    perSecond,
  );
  const lists = Math.ceil(perSecond / 4);
  const list = await openLoop(
    Array.from({ length: quick ? 40 : 4 * lists }, (_, i) => async () => {
      const sellerId = shops[(i * 7) % shops.length]?.sellerId ?? 0;
      await readOrdersForWire(pool, sellerId, await listOrders(pool, sellerId, { state: null, before: null, most: 50 }));
    }),
    lists,
  );
  return { transition, list };
}
