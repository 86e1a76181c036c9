import { createHmac, randomBytes } from "node:crypto";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { assemble } from "../server/src/commands/assemble.ts";
import { signatureHeader, signSandboxBody } from "../server/src/rails/sandbox/events.ts";
import { prepareDatabase } from "../server/src/commands/prepare-database.ts";
import { appOf } from "../server/src/commands/serve.ts";
import { table } from "../server/src/commands/table.ts";
import { readConfig } from "../server/src/config.ts";
import { buildServer } from "../server/src/http/app.ts";
import type { Bench } from "./bench.ts";
import { once, startCluster } from "./cluster.ts";
import { goals } from "./goals.ts";
import { median, rate } from "./measure.ts";
import { all } from "./measures.ts";
import { makeYardstick } from "./pgbench.ts";
import { heads, markdown, rowsOf } from "./report.ts";
import { countRoundTrips } from "./round-trips.ts";
import { makeShops, openOrders } from "./shop.ts";
import { throughAct } from "./ways.ts";

// `npm run bench`: everything side by side in one run. `--quick`: one small round that writes no page; `--only name,name`; `--rounds n`.

const { values } = parseArgs({ options: { quick: { type: "boolean" }, only: { type: "string" }, rounds: { type: "string" } } });
const quick = values.quick === true;
const rounds = Number(values.rounds ?? (quick ? 1 : 5));
const only = values.only?.split(",");
const unknown = only?.find((name) => all.every((one) => one.name !== name));
const chosen = all.filter((one) => only === undefined || only.includes(one.name));
if (!Number.isInteger(rounds) || rounds < 1) stopWith("--rounds takes a whole number from 1.");
if (unknown !== undefined)
  stopWith(
    `There is no measure "${unknown}". --only takes one or several, with commas between, of ${all.map((one) => one.name).join(", ")}.`,
  );

const silent = { info: () => undefined, warn: console.warn, error: console.error };
const home = mkdtempSync(join(tmpdir(), "tranche-bench-"));
// The user that PostgreSQL runs as has to get through.
chmodSync(home, 0o711);
const starting = startCluster(home);
let cleaning: Promise<void> | undefined;
// Also when it is told to stop while the server is still being made: that is waited for, since half of it would stay behind.
const clean = () =>
  (cleaning ??= starting
    .then((made) => made.stop())
    .finally(() => {
      rmSync(home, { recursive: true, force: true });
    }));
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => void clean().finally(() => process.exit(130)));
const cluster = await starting;
try {
  await run();
} finally {
  await clean();
}

async function run(): Promise<void> {
  const loadBefore = loadavg()[0] ?? 0;
  const trips = countRoundTrips(Number(new URL(cluster.url).port));
  const config = readConfig({ TRANCHE_HOME: home, TRANCHE_LIMIT_PER_KEY: "1000000", TRANCHE_LIMIT_PER_ADDRESS: "1000000" });
  const secretKey = randomBytes(32);
  const railSecret = createHmac("sha256", secretKey).update("sandbox rail").digest("hex");
  const open = (ownerUrl = cluster.url) => assemble({ config, ownerUrl, baseUrl: "http://127.0.0.1:4000", secretKey, log: silent });
  say("preparing shops and orders …");
  await prepareDatabase(cluster.url, config);
  const yardstick = await makeYardstick(cluster.url, quick ? 50 : undefined);
  const first = open();
  const shops = await makeShops(first.engine, secretKey, quick ? 20 : 1_000);
  // Lives to their end, so that no table is empty when its statements are planned.
  await throughAct(first.engine, await openOrders(first.engine, shops, quick ? 100 : 5_000), 128);
  await first.close();
  await once(cluster.url, ["VACUUM ANALYZE", "CHECKPOINT"]);
  const copies = await copyDatabase(cluster.url);

  const parts = open();
  const app = appOf(config, parts, secretKey, "http://127.0.0.1:4000");
  const server = await buildServer(app, { bodyLimit: config.bodyLimit, trustProxy: 0, ...config.limit, logger: undefined });
  await server.listen({ host: "127.0.0.1", port: 0 });
  const seconds = 3;
  const tried: { clients: number; tps: number }[] = [];
  for (const clients of quick ? [8] : [8, 16, 32, 64]) tried.push({ clients, tps: rate(await yardstick.run(clients, seconds)) });
  const best = tried.toSorted((a, b) => b.tps - a.tps)[0] ?? { clients: 32, tps: Number.NaN };
  say(`pgbench: ${tried.map(({ clients, tps }) => `${Math.round(tps)}/s with ${clients} clients`).join(", ")}`);
  const beside: number[] = [];
  const notes = new Set<string>();
  const bench: Bench = {
    url: cluster.url,
    dataDirectory: cluster.dataDirectory,
    parts,
    shops,
    yardstick,
    bestClients: best.clients,
    scale: quick ? 0.05 : 1,
    httpUrl: `http://127.0.0.1:${(server.server.address() as AddressInfo).port}`,
    roundTrips: trips,
    pgbench: async () => {
      const tps = rate(await yardstick.run(best.clients, seconds));
      beside.push(tps);
      return tps;
    },
    orders: (count, of) => openOrders(parts.engine, of ?? shops, count),
    copies,
    assemble: open,
    prepare: async (url) => void (await prepareDatabase(url, config)),
    signed: (body) => ({ [signatureHeader]: signSandboxBody(railSecret, Buffer.from(body)) }),
    say,
    note: (text) => {
      if (!notes.has(text)) say(`  ${text}`);
      notes.add(text);
    },
  };
  const found = new Map<string, number[]>();
  try {
    for (let round = 1; round <= rounds; round += 1) {
      say(`round ${round} of ${rounds}`);
      for (const measure of chosen) {
        const answers = await measure.round(bench);
        for (const [key, value] of Object.entries(answers)) found.set(key, [...(found.get(key) ?? []), value]);
        const shown = Object.entries(answers).map(([key, value]) => `${key} ${value.toPrecision(4)}`);
        say(`  ${measure.name.padEnd(11)} ${shown.join(", ")}`);
      }
    }
  } finally {
    // Also after a failure: a connection that is cut while it idles would speak louder than what went wrong.
    await Promise.allSettled(chosen.map(async (measure) => measure.end?.()));
    await server.close();
    await parts.close();
  }
  const rows = rowsOf(
    goals.filter((goal) => found.has(goal.key)),
    found,
  );
  console.log(`\n${table(heads, rows, new Set())}\n`);
  if (quick || values.only !== undefined) return;
  const [version] = await once(cluster.url, ["SHOW server_version"]);
  const page = markdown(
    rowsOf(
      goals.filter(({ key }) => !key.startsWith("p99_")),
      found,
    ),
    {
      command: `npm run bench${values.rounds === undefined ? "" : ` -- --rounds ${rounds}`}`,
      rounds,
      at: new Date(),
      versions: `Node ${process.versions.node}, PostgreSQL ${String(version?.["server_version"])} (embedded, fsync on), ${yardstick.name}, ${cpus().length} × ${cpus()[0]?.model.trim() ?? "?"}`,
      load: [loadBefore, loadavg()[0] ?? 0],
      notes: [
        `pgbench was fastest with ${best.clients} clients; beside the measures its median was ${Math.round(median(beside))} a second.`,
        "p99 beside 1,000,000 orders is measured by `npm run bench:large`, which writes `bench/results-large.md`.",
        ...notes,
      ],
    },
  );
  writeFileSync(join(import.meta.dirname, "results.md"), page);
}

/** Nobody may be connected to a database that is copied, so it is done from the one beside it. */
async function copyDatabase(serverUrl: string): Promise<Bench["copies"]> {
  const url = new URL(serverUrl);
  const from = url.pathname.slice(1);
  url.pathname = "/yardstick";
  const copies = { sameRows: "same_rows", whole: "whole", bare: "bare", lives: "lives" };
  for (const name of Object.values(copies)) await once(url.href, [`CREATE DATABASE ${name} TEMPLATE ${from}`]);
  const at = (name: string) => Object.assign(new URL(serverUrl), { pathname: `/${name}` }).href;
  return { sameRows: at(copies.sameRows), whole: at(copies.whole), bare: at(copies.bare), lives: at(copies.lives) };
}

function say(text: string): void {
  console.log(text);
}

function stopWith(text: string): never {
  console.error(text);
  process.exit(1);
}
