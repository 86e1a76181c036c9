import { randomBytes } from "node:crypto";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AddressInfo } from "node:net";
import type { Assembled } from "../server/src/commands/assemble.ts";
import { assemble } from "../server/src/commands/assemble.ts";
import { prepareDatabase } from "../server/src/commands/prepare-database.ts";
import { appOf } from "../server/src/commands/serve.ts";
import { table } from "../server/src/commands/table.ts";
import { readConfig } from "../server/src/config.ts";
import { buildServer } from "../server/src/http/app.ts";
import { verifyBooks } from "../server/src/ledger/verify.ts";
import { once, postgresMicros, startCluster, walBytes } from "./cluster.ts";
import type { Measured } from "./measure.ts";
import { makeYardstick } from "./pgbench.ts";
import { heads, markdown, rowsOf } from "./report.ts";
import { bulk, funding, makeShops, openOrders } from "./shop.ts";
import { throughAct, throughHttp } from "./ways.ts";

const quick = process.argv.includes("--quick");
const rounds = quick ? 1 : 3;
const shopCount = 200;
/** How many orders each way takes in one round, by the number in flight: about two seconds' worth. */
const work = [
  { inFlight: 1, act: 400, http: 400 },
  { inFlight: 32, act: 1_500, http: 2_000 },
  { inFlight: 128, act: 2_000, http: 2_500 },
].map((one) => (quick ? { inFlight: one.inFlight, act: one.act / 10, http: one.http / 10 } : one));
const names = { pgbench: "pgbench", act: "act()", http: "HTTP" } as const;

const silent = { info: () => undefined, warn: console.warn, error: console.error };
const home = mkdtempSync(join(tmpdir(), "tranche-bench-"));
// The user that PostgreSQL runs as has to get through.
chmodSync(home, 0o711);
const cluster = await startCluster(home);
try {
  await bench();
} finally {
  await cluster.stop();
  rmSync(home, { recursive: true, force: true });
}

async function bench(): Promise<void> {
  const config = readConfig({ TRANCHE_HOME: home, TRANCHE_LIMIT_PER_KEY: "1000000", TRANCHE_LIMIT_PER_ADDRESS: "1000000" });
  const secretKey = randomBytes(32);
  const open = (): Assembled => assemble({ config, ownerUrl: cluster.url, baseUrl: "http://127.0.0.1:4000", secretKey, log: silent });
  say("preparing shops and orders …");
  await prepareDatabase(cluster.url, config);
  const yardstick = await makeYardstick(cluster.url);
  const first = open();
  const shops = await makeShops(first.engine, secretKey, shopCount);
  const forAct = await openOrders(first.engine, shops, rounds * sum(work.map((one) => one.act)));
  const forHttp = await openOrders(first.engine, shops, rounds * sum(work.map((one) => one.http)));
  await bulk(first.engine, forHttp.map(funding));
  // Lives to their end, so that no table is empty when it is looked at: plans are made once per connection, and a plan for an empty table
  // reads all of it for ever.
  await throughAct(first.engine, await openOrders(first.engine, shops, quick ? 200 : 1_000), 128);
  await first.close();
  // Connections opened now plan for full tables, as those of a server that has run for a while.
  await once(cluster.url, ["VACUUM ANALYZE", "CHECKPOINT"]);

  const parts = open();
  let batches = 0;
  // Called after each batch: one commit, one fsync at the most.
  parts.onCommit(() => {
    batches += 1;
  });
  const commits = () => batches;
  const app = appOf(config, parts, secretKey, "http://127.0.0.1:4000");
  const server = await buildServer(app, { bodyLimit: config.bodyLimit, trustProxy: 0, ...config.limit, logger: undefined });
  await server.listen({ host: "127.0.0.1", port: 0 });
  const url = `http://127.0.0.1:${(server.server.address() as AddressInfo).port}`;
  // Both ways have run once before anything counts.
  await throughHttp(url, shops, forHttp.splice(0, 50), 8);
  await throughAct(parts.engine, forAct.splice(0, 50), 8);

  const found = new Map<string, Map<number, Measured[]>>(Object.values(names).map((name) => [name, new Map()]));
  const measure = async (name: string, inFlight: number, run: () => Promise<Measured>) => {
    const before = {
      postgres: postgresMicros(cluster.dataDirectory),
      wal: await walBytes(cluster.url),
      commits: commits(),
      node: process.cpuUsage(),
    };
    const measured = await run();
    const used = process.cpuUsage(before.node);
    const committed = commits() - before.commits;
    const postgres = postgresMicros(cluster.dataDirectory);
    const wal = (await walBytes(cluster.url)) - before.wal;
    const per = (amount: number) => amount / measured.done;
    const ours = name !== names.pgbench;
    const levels = found.get(name) ?? new Map<number, Measured[]>();
    levels.set(inFlight, [
      ...(levels.get(inFlight) ?? []),
      {
        ...measured,
        postgres: postgres === undefined || before.postgres === undefined ? undefined : per(postgres - before.postgres),
        node: ours ? per(used.user + used.system) : undefined,
        wal: per(wal),
        commits: ours ? per(committed) : 1,
      },
    ]);
    say(`  ${name.padEnd(8)} ${String(inFlight).padStart(3)} in flight: ${Math.round(measured.done / measured.seconds)}/s`);
  };
  for (let round = 1; round <= rounds; round += 1) {
    say(`round ${round} of ${rounds}`);
    for (const { inFlight, act, http } of work) {
      await measure(names.pgbench, inFlight, () => yardstick.run(inFlight, quick ? 2 : 3));
      await measure(names.act, inFlight, () => throughAct(parts.engine, forAct.splice(0, act), inFlight));
      await measure(names.http, inFlight, () => throughHttp(url, shops, forHttp.splice(0, http), inFlight));
    }
  }
  await server.close();
  const report = await verifyBooks(parts.pool);
  await parts.close();
  const rows = rowsOf(found, names.pgbench);
  console.log(`\n${table(heads, rows, new Set(heads.map((_, i) => i).slice(1)))}\n`);
  const proof = `Afterwards the books were verified: ${report.books} books, ${report.entries} entries, ${report.postings} postings, ${report.findings.length} findings.`;
  console.log(`  ${proof}`);
  const [version] = await once(cluster.url, ["SHOW server_version"]);
  const facts = {
    rounds,
    postgres: `PostgreSQL ${String(version?.["server_version"])}`,
    pgbench: yardstick.name,
    books: proof,
    at: new Date(),
  };
  if (!quick) writeFileSync(join(import.meta.dirname, "results.md"), markdown(rows, facts));
  for (const finding of report.findings.slice(0, 5)) console.error(`  book ${finding.sellerId}: ${finding.says}`);
  if (!report.ok) process.exitCode = 1;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all + one, 0);
}

function say(text: string): void {
  console.log(text);
}
