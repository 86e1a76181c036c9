import { randomBytes } from "node:crypto";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { assemble } from "../server/src/commands/assemble.ts";
import { prepareDatabase } from "../server/src/commands/prepare-database.ts";
import { table } from "../server/src/commands/table.ts";
import { readConfig } from "../server/src/config.ts";
import { once, startCluster } from "./cluster.ts";
import { goals } from "./goals.ts";
import { tidy, twoDatabases } from "./large-databases.ts";
import type { Side } from "./large-rounds.ts";
import { page as listed, round99, warm } from "./large-rounds.ts";
import { median } from "./measure.ts";
import { heads, markdown, rowsOf } from "./report.ts";

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

async function run(url: string): Promise<void> {
  const loadBefore = loadavg()[0] ?? 0;
  const secretKey = randomBytes(32);
  const config = readConfig({ TRANCHE_HOME: home });
  const silent = { info: () => undefined, warn: console.warn, error: console.error };
  const open = (ownerUrl: string) => assemble({ config, ownerUrl, baseUrl: "http://127.0.0.1:4000", secretKey, log: silent });
  // The tidying is done before every round, and nobody else's comes into one.
  await once(url, ["ALTER SYSTEM SET autovacuum = off", "ALTER SYSTEM SET wal_keep_size = 0", "SELECT pg_reload_conf()"]);
  await prepareDatabase(url, config);
  const wanted = { secretKey, shops: quick ? 20 : 1_000, busy: quick ? 5 : 100, active, orders };
  const { small, large, shops, busy, size } = await twoDatabases(url, open, wanted, console.log);
  for (const database of [small, large]) await tidy(database);

  const few: Side = { parts: open(small), shops, busy };
  const many: Side = { parts: open(large), shops, busy };
  console.log(`The large database has ${size}. Warming both …`);
  const load = await warm(few, quick ? 100 : 3_000);
  await warm(many, quick ? 100 : 3_000);
  // Of what the small one can do; both get the same.
  const says = `${load.transition} transitions and ${load.list} lists a second`;
  console.log(`${says}, started on time whatever happens`);
  const found = new Map<string, number[]>();
  const shown: string[][] = [];
  const sides = [
    ["few", few],
    ["many", many],
  ] as const;
  for (let round = 1; round <= rounds; round += 1) {
    for (const database of [small, large]) await tidy(database);
    const at = await round99(round % 2 === 1 ? sides : sides.toReversed(), load, quick ? 0.5 : 6);
    for (const what of ["transition", "list"] as const) {
      found.set(`p99_${what}`, [...(found.get(`p99_${what}`) ?? []), at[what].many / at[what].few]);
      shown.push([String(round), what, at[what].few.toFixed(2), at[what].many.toFixed(2)]);
      console.log(`  round ${round}, p99 of a ${what}: ${at[what].few.toFixed(2)} and ${at[what].many.toFixed(2)} ms`);
    }
  }
  await few.parts.close();
  await many.parts.close();
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
      `${orders.toLocaleString("en")} orders beside ${active.toLocaleString("en")}; the large database has ${size}.`,
      `Open loop: ${says}, 60 % of what 128 and 6 in flight reached in the small one. A list is a shop's newest ${listed} orders with what the wire shows of each.`,
      `Before: both were warmed by the same orders lived and lists read. Before each round: VACUUM ANALYZE and CHECKPOINT of both; autovacuum is off.`,
      ...["transition", "list"].map((what) => `p99 of a ${what}: ${middle(what, 2).toFixed(2)} ms and ${middle(what, 3).toFixed(2)} ms.`),
    ],
  });
  writeFileSync(join(import.meta.dirname, "results-large.md"), page);
}
