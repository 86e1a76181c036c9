import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, chmodSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import pg from "pg";
import { startEmbedded } from "../../src/db/embedded.ts";
import { railNamed } from "../setup/over-rail.ts";
import { behavioursOver } from "./coverage.ts";
import type { Outcome, SimulationOptions } from "./run.ts";
import { shrink } from "./shrink.ts";

// npm run simulate -- --seed N --years Y [--side-by-side 50] [--workers 3] [--days 365] [--rail paystack] [--silence] [--rivals] [--only s3,s4-7] [--shrink 20]
const { values } = parseArgs({
  options: {
    seed: { type: "string" },
    years: { type: "string", default: "10" },
    "side-by-side": { type: "string", default: "50" },
    // One more than there are processors: each waits for PostgreSQL half of its time.
    workers: { type: "string", default: String(Math.min(2, availableParallelism()) + 1) },
    silence: { type: "boolean", default: false },
    rivals: { type: "boolean", default: false },
    rail: { type: "string" },
    days: { type: "string", default: "365" },
    only: { type: "string" },
    shrink: { type: "string", default: "0" },
  },
});

/** So long that what never happened in it is a mistake of the simulator's, not chance. */
const longEnough = 10;
type Part = Omit<SimulationOptions, "ownerUrl">;

const home = mkdtempSync(join(tmpdir(), "tranche-simulate-"));
chmodSync(home, 0o755);
const embedded = await startEmbedded({ home, durable: false });
await settle(embedded.url);
const totals = { years: 0, orders: 0, transitions: 0, findings: 0 };
const met = new Map<string, number>();
const rows = new Map<string, number>();
try {
  const began = performance.now();
  const parts = partsOf(values.seed === undefined ? Math.floor(Math.random() * 1_000_000) : Number(values.seed));
  const worker = async (): Promise<void> => {
    for (let part = parts.shift(); part !== undefined; part = parts.shift()) {
      const outcome = await alone(part);
      totals.years += part.years;
      totals.orders += outcome.orders;
      totals.transitions += outcome.transitions;
      totals.findings += outcome.broken.length;
      add(met, outcome.counts);
      add(rows, outcome.coverage.rows);
      const minutes = (performance.now() - began) / 60_000;
      console.log(
        `seed ${part.seed}: ${part.years} years, ${outcome.orders} orders, ${outcome.transitions} transitions in ${outcome.steps} steps; ${(totals.years / minutes).toFixed(1)} years a minute; ended: ${show(Object.entries(outcome.states))}; digest ${outcome.digest.slice(0, 16)}`,
      );
      for (const says of outcome.broken) console.log(`BROKEN ${says}`);
      if (outcome.broken.length > 0 && values.shrink !== "0") await makeSmall(part, outcome);
    }
  };
  await Promise.all(Array.from({ length: Number(values.workers) }, worker));
  report();
} finally {
  await embedded.stop();
  rmSync(home, { recursive: true, force: true });
}
const missed =
  totals.years < longEnough || values.only !== undefined || values.silence
    ? []
    : behavioursOver(values.rail).filter((one) => !met.has(one));
for (const one of missed) console.log(`NEVER HAPPENED in ${totals.years} years: ${one}`);
process.exitCode = totals.findings + missed.length === 0 ? 0 : 1;

function partsOf(first: number): Part[] {
  const wanted = Number(values.years);
  const most = Number(values["side-by-side"]);
  const { silence, rivals } = values;
  const rail = values.rail === undefined ? {} : { rail: railNamed(values.rail) };
  const only = values.only === undefined ? {} : { only: values.only.split(",") };
  return Array.from({ length: Math.ceil(wanted / most) }, (_, i) => ({
    seed: first + i,
    years: Math.min(most, wanted - i * most),
    days: Number(values.days),
    silence,
    rivals,
    ...rail,
    ...only,
  }));
}

/** A cluster that is thrown away needs no checkpoint, and nobody watches its sessions. */
async function settle(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  for (const setting of ["max_wal_size = '16GB'", "checkpoint_timeout = '1d'", "autovacuum = off", "track_activities = off"])
    await client.query(`ALTER SYSTEM SET ${setting}`);
  await client.query("SELECT pg_reload_conf()");
  await client.end();
}

/** Lives one part in a database and a process of its own, both gone afterwards. */
async function alone(part: Part): Promise<Outcome> {
  const client = new pg.Client({ connectionString: embedded.url });
  await client.connect();
  const name = `simulated_${part.seed}`;
  const own = new URL(embedded.url);
  own.pathname = `/${name}`;
  const child = fork(new URL("./one.ts", import.meta.url), { serialization: "advanced" });
  const gone = once(child, "exit");
  try {
    await client.query(`CREATE DATABASE ${name}`);
    child.send({ ...part, ownerUrl: own.href } satisfies SimulationOptions);
    const outcome = await Promise.race([once(child, "message"), gone.then(() => undefined)]);
    if (outcome === undefined) throw new Error(`the process that lived seed ${part.seed} ended without an answer`);
    return outcome[0] as Outcome;
  } finally {
    child.kill();
    await gone;
    await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    await client.end();
  }
}

/** Leaves out orders for as long as the run still fails. */
async function makeSmall(part: Part, outcome: Outcome): Promise<void> {
  const fails = async (only: readonly string[]) => (await alone({ ...part, only })).broken.length > 0;
  const names = await shrink(part.only ?? outcome.names, fails, Number(values.shrink));
  console.log(
    `SMALLER: npm run simulate -- --seed ${part.seed} --years ${part.years} --side-by-side ${part.years} --only ${names.join(",")}`,
  );
  if (names.length < outcome.names.length)
    for (const says of (await alone({ ...part, only: names })).broken) console.log(`SMALLER ${says}`);
}

function add(to: Map<string, number>, counts: ReadonlyMap<string, number>): void {
  for (const [name, times] of counts) to.set(name, (to.get(name) ?? 0) + times);
}

function report(): void {
  const sorted = [...met].toSorted(([a], [b]) => (a < b ? -1 : 1));
  console.log(`\nWhat happened:\n${sorted.map(([name, times]) => `${String(times).padStart(8)}  ${name}`).join("\n")}`);
  console.log(`\nRows of the tables:\n${[...rows].map(([name, times]) => `${String(times).padStart(8)}  ${name}`).join("\n")}`);
  const { years, orders, transitions, findings } = totals;
  console.log(`\n${years} years, ${orders} orders, ${transitions} transitions, ${findings} findings`);
}

function show(pairs: readonly (readonly [string, number])[]): string {
  return pairs.map(([name, times]) => `${name} ${times}`).join(", ");
}
