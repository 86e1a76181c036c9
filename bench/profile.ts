import { randomBytes } from "node:crypto";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { Session } from "node:inspector/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { assemble } from "../server/src/commands/assemble.ts";
import { prepareDatabase } from "../server/src/commands/prepare-database.ts";
import { appOf } from "../server/src/commands/serve.ts";
import { readConfig } from "../server/src/config.ts";
import { startEmbedded } from "../server/src/db/embedded.ts";
import { buildServer } from "../server/src/http/app.ts";
import { once, postgresMicros, startCluster, walPosition, walWithoutPages } from "./cluster.ts";
import { bulk, funding, makeShops, openOrders } from "./shop.ts";
import { throughAct, throughHttp } from "./ways.ts";

// `node bench/profile.ts [--in-flight 32] [--orders 1500] [--shops 1000] [--node]`: where a transition's time goes, statement by statement in PostgreSQL, and with
// `--node` function by function in Node; `--sql` tries a change of the schema;
// `--http` delivers over HTTP in place of whole lives. To be read before anything is made faster.

const { values } = parseArgs({
  options: {
    "in-flight": { type: "string", default: "128" },
    orders: { type: "string", default: "1500" },
    shops: { type: "string", default: "1000" },
    node: { type: "boolean", default: false },
    http: { type: "boolean", default: false },
    statements: { type: "boolean", default: true },
    sql: { type: "string", multiple: true, default: [] },
  },
  allowNegative: true,
});
const inFlight = Number(values["in-flight"]);
const silent = { info: () => undefined, warn: console.warn, error: console.error };
const home = mkdtempSync(join(tmpdir(), "tranche-profile-"));
chmodSync(home, 0o711);
let cluster = await startCluster(home);
try {
  if (values.statements) {
    await once(cluster.url, ["ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'"]);
    await cluster.stop();
    cluster = await startEmbedded({ home, durable: true });
    await once(cluster.url, ["CREATE EXTENSION pg_stat_statements"]);
  }
  const config = readConfig({ TRANCHE_HOME: home, TRANCHE_LIMIT_PER_KEY: "1000000", TRANCHE_LIMIT_PER_ADDRESS: "1000000" });
  const secretKey = randomBytes(32);
  await prepareDatabase(cluster.url, config);
  await once(cluster.url, ["SELECT 1", ...values.sql]);
  const parts = assemble({ config, ownerUrl: cluster.url, baseUrl: "http://127.0.0.1:4000", secretKey, log: silent });
  const shops = await makeShops(parts.engine, secretKey, Number(values.shops));
  await throughAct(parts.engine, await openOrders(parts.engine, shops, 2_000), 128);
  await once(cluster.url, ["VACUUM ANALYZE", "CHECKPOINT"]);
  await throughAct(parts.engine, await openOrders(parts.engine, shops, 200), inFlight);
  const orders = await openOrders(parts.engine, shops, Number(values.orders));
  const server = await buildServer(appOf(config, parts, secretKey, "http://127.0.0.1:4000"), {
    bodyLimit: config.bodyLimit,
    trustProxy: 0,
    ...config.limit,
    logger: undefined,
  });
  await server.listen({ host: "127.0.0.1", port: 0 });
  const url = `http://127.0.0.1:${(server.server.address() as AddressInfo).port}`;
  if (values.http) await bulk(parts.engine, orders.map(funding));
  if (values.statements) await once(cluster.url, ["SELECT pg_stat_statements_reset()"]);
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.setSamplingInterval", { interval: 200 });
  if (values.node) await session.post("Profiler.start");
  const before = { postgres: postgresMicros(cluster.dataDirectory) ?? 0, node: process.cpuUsage(), wal: await walPosition(cluster.url) };
  const { done, seconds } = values.http
    ? await throughHttp(url, shops, orders, inFlight)
    : await throughAct(parts.engine, orders, inFlight);
  const node = process.cpuUsage(before.node);
  const postgres = (postgresMicros(cluster.dataDirectory) ?? 0) - before.postgres;
  const wal = await walWithoutPages(cluster.url, before.wal, await walPosition(cluster.url));
  if (values.node) {
    const { profile } = await session.post("Profiler.stop");
    const self = new Map<string, number>();
    const byId = new Map(profile.nodes.map((one) => [one.id, one]));
    (profile.samples ?? []).forEach((id, i) => {
      const frame = byId.get(id)?.callFrame;
      const name = `${frame?.functionName || "(anonymous)"} ${frame?.url.split("/").slice(-3).join("/") ?? ""}:${(frame?.lineNumber ?? 0) + 1}`;
      self.set(name, (self.get(name) ?? 0) + (profile.timeDeltas?.[i] ?? 0));
    });
    for (const [name, micros] of [...self].toSorted((a, b) => b[1] - a[1]).slice(0, 45))
      console.log(`${(micros / done).toFixed(1).padStart(8)} µs  ${name}`);
  }
  if (values.statements) {
    const rows = await once(cluster.url, [
      `SELECT round((total_exec_time * 1000 / ${done})::numeric, 1)::text AS each, round((calls::float8 * 1000 / ${done})::numeric, 1)::text AS per1000,
              round((rows::float8 / ${done})::numeric, 2)::text AS rows, round((wal_bytes / ${done}))::text AS wal, left(regexp_replace(query, '\\s+', ' ', 'g'), 110) AS text
       FROM pg_stat_statements WHERE query !~ 'pg_|CHECKPOINT' ORDER BY total_exec_time DESC LIMIT 45`,
    ]);
    console.log(
      `${rows
        .reduce((sum, row) => sum + Number(row["each"]), 0)
        .toFixed(1)
        .padStart(8)} µs in all statements together`,
    );
    for (const row of rows) {
      console.log(
        `${String(row["each"]).padStart(8)} µs ${String(row["per1000"]).padStart(7)} calls/1000 ${String(row["rows"]).padStart(6)} rows ${String(row["wal"]).padStart(6)} B  ${String(row["text"])}`,
      );
    }
  }
  console.log(
    `${inFlight} in flight: ${Math.round(done / seconds)}/s; PostgreSQL ${Math.round(postgres / done)} µs, Node ${Math.round((node.user + node.system) / done)} µs, WAL ${Math.round(wal / done)} B per transition`,
  );
  await server.close();
  await parts.close();
} finally {
  await cluster.stop();
  rmSync(home, { recursive: true, force: true });
}
