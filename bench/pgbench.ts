import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { once } from "./cluster.ts";
import type { Measured } from "./measure.ts";
import { percentile, runChains } from "./measure.ts";

const orders = 100_000;

/** The least that one guarded step of an order can be: order, one entry, two postings, one event, in one prepared statement with its own commit. */
// No colon inside the quotes: pgbench would take what follows for a variable.
const step = (id: string) => `WITH o AS (
    UPDATE orders SET version = version + 1, state = 'moved', updated_at = clock_timestamp() WHERE id = ${id} AND state <> 'ended' RETURNING id, version),
  e AS (INSERT INTO entries (order_id, cause, at) SELECT id, 'bench', clock_timestamp() FROM o RETURNING id, order_id),
  p AS (INSERT INTO postings (entry_id, debit, credit, amount, currency)
    SELECT e.id, x.debit, x.credit, x.amount, 'NGN' FROM e,
      (VALUES ('rail_incoming', 'escrow', 450000::bigint), ('escrow', 'payable', 383250::bigint)) x (debit, credit, amount))
  INSERT INTO events (order_id, version, event, at) SELECT id, version, 'order.moved', clock_timestamp() FROM o`;

const script = `\\set id random(1, ${orders})\n${step(":id")};\n`;

const schema = [
  "CREATE TABLE orders (id bigint PRIMARY KEY, state text NOT NULL, version integer NOT NULL, updated_at timestamptz NOT NULL, details text NOT NULL)",
  "CREATE TABLE entries (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, order_id bigint NOT NULL, cause text NOT NULL, at timestamptz NOT NULL)",
  `CREATE TABLE postings (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, entry_id bigint NOT NULL, debit text NOT NULL, credit text NOT NULL,
     amount bigint NOT NULL CHECK (amount > 0), currency text NOT NULL)`,
  "CREATE TABLE events (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, order_id bigint NOT NULL, version integer NOT NULL, event text NOT NULL, at timestamptz NOT NULL)",
  `INSERT INTO orders SELECT i, 'new', 0, now(), repeat('x', 200) FROM generate_series(1, ${orders}) i`,
  "VACUUM ANALYZE",
];

export interface Yardstick {
  readonly name: string;
  run(inFlight: number, seconds: number): Promise<Measured>;
}

/**
 * pgbench on a database of its own on the same server; where the machine has none, the same statement from a bare driver. With `times` each client
 * works so often, and not for some seconds: those begin before anybody is connected, and on a busy machine end before as well.
 */
export async function makeYardstick(serverUrl: string, times?: number): Promise<Yardstick> {
  await once(serverUrl, ["CREATE DATABASE yardstick"]);
  const url = new URL(serverUrl);
  url.pathname = "/yardstick";
  await once(url.href, schema);
  const program = findPgbench();
  if (program === undefined)
    return {
      name: "the same statement from a bare driver (no pgbench on this machine)",
      run: (inFlight, seconds) => bare(url.href, inFlight, seconds),
    };
  const version = spawnSync(program, ["--version"], { encoding: "utf8" }).stdout.trim();
  return {
    name: version,
    run: (inFlight, seconds) =>
      Promise.resolve(pgbench(program, url.href, script, inFlight, times === undefined ? { seconds } : { times })),
  };
}

/** pgbench, where the machine has it: the newest that is packaged, or the one in PATH. */
export function findPgbench(): string | undefined {
  const base = "/usr/lib/postgresql";
  const packaged = spawnSync("ls", [base], { encoding: "utf8" }).stdout.split("\n").filter(Boolean).toSorted().toReversed();
  const places = [...packaged.map((version) => join(base, version, "bin", "pgbench")), "pgbench"];
  return places.find((place) => spawnSync(place, ["--version"]).status === 0);
}

/** Runs a script; each client for some seconds, or some times over. One run of the script is one that is done. */
export function pgbench(
  program: string,
  url: string,
  script: string,
  clients: number,
  bound: { readonly seconds: number } | { readonly times: number },
): Measured {
  const folder = mkdtempSync(join(tmpdir(), "tranche-pgbench-"));
  try {
    const file = join(folder, "step.sql");
    writeFileSync(file, script);
    const log = join(folder, "log");
    const until = "seconds" in bound ? ["-T", String(bound.seconds)] : ["-t", String(bound.times)];
    const how = ["-n", "-M", "prepared", "-f", file, "-D", "turn=0", "-c", String(clients), "-j", String(Math.min(2, clients))];
    const done = spawnSync(program, [...how, ...until, "-l", "--log-prefix", log, url], { encoding: "utf8" });
    if (done.status !== 0) throw new Error(`pgbench failed: ${done.stderr}`);
    const times = readdirSync(folder)
      .filter((name) => name.startsWith("log"))
      .flatMap((name) => readFileSync(join(folder, name), "utf8").trim().split("\n"))
      .map((line) => Number(line.split(" ")[2]) / 1000)
      .toSorted((a, b) => a - b);
    const tps = Number(/tps = ([\d.]+)/.exec(done.stdout)?.[1]);
    if (!(tps > 0) || times.length === 0) throw new Error(`pgbench with ${clients} clients finished nothing: ${done.stdout}`);
    return { done: times.length, seconds: times.length / tps, p50: percentile(times, 0.5), p99: percentile(times, 0.99) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function bare(url: string, inFlight: number, seconds: number): Promise<Measured> {
  const pool = new pg.Pool({ connectionString: url, max: inFlight });
  const until = performance.now() + seconds * 1000;
  const query = () => pool.query({ name: "step", text: step("$1::bigint"), values: [1 + Math.floor(Math.random() * orders)] });
  const chain = Array.from({ length: 200_000 }, () => async () => {
    if (performance.now() < until) await query();
    else throw new Over();
  });
  const times: number[] = [];
  const began = performance.now();
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      const timed = chain.map((one) => async () => {
        const from = performance.now();
        await one();
        times.push(performance.now() - from);
      });
      await runChains([timed], 1).catch((error: unknown) => {
        if (!(error instanceof Over)) throw error;
      });
    }),
  );
  await pool.end();
  times.sort((a, b) => a - b);
  return { done: times.length, seconds: (performance.now() - began) / 1000, p50: percentile(times, 0.5), p99: percentile(times, 0.99) };
}

class Over extends Error {}
