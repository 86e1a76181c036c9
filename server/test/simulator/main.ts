import { mkdtempSync, rmSync, chmodSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import pg from "pg";
import { startEmbedded } from "../../src/db/embedded.ts";
import { migrate } from "../../src/db/migrate.ts";
import { simulate } from "./run.ts";

// npm run simulate -- --seed N --years Y [--side-by-side 10] [--silence] [--rivals] [--only s3,s4]
const { values } = parseArgs({
  options: {
    seed: { type: "string" },
    years: { type: "string", default: "10" },
    "side-by-side": { type: "string", default: "10" },
    silence: { type: "boolean", default: false },
    rivals: { type: "boolean", default: false },
    only: { type: "string" },
  },
});

const home = mkdtempSync(join(tmpdir(), "tranche-simulate-"));
chmodSync(home, 0o755);
const embedded = await startEmbedded({ home, durable: false });
let failures = 0;
try {
  const first = values.seed === undefined ? Math.floor(Math.random() * 1_000_000) : Number(values.seed);
  const wanted = Number(values.years);
  let seed = first;
  const began = performance.now();
  for (let lived = 0; lived < wanted; ) {
    const years = Math.min(Number(values["side-by-side"]), wanted - lived);
    const outcome = await alone(embedded.url, seed, (ownerUrl) =>
      simulate({
        ownerUrl,
        seed,
        years,
        silence: values.silence,
        rivals: values.rivals,
        ...(values.only === undefined ? {} : { only: values.only.split(",") }),
      }),
    );
    lived += years;
    const perMinute = (lived / ((performance.now() - began) / 60_000)).toFixed(1);
    console.log(
      `seed ${seed}: ${years} years, ${outcome.orders} orders, ${outcome.transitions} transitions in ${outcome.steps} steps; ${perMinute} years a minute`,
    );
    console.log(`  ended: ${show(Object.entries(outcome.states))}`);
    console.log(`  met: ${show([...outcome.counts].toSorted(([a], [b]) => (a < b ? -1 : 1)))}`);
    for (const says of outcome.broken) console.log(`BROKEN ${says}`);
    if (outcome.broken.length > 0) failures += 1;
    seed += 1;
  }
} finally {
  await embedded.stop();
  rmSync(home, { recursive: true, force: true });
}
process.exitCode = failures === 0 ? 0 : 1;

function show(pairs: readonly (readonly [string, number])[]): string {
  return pairs.map(([name, times]) => `${name} ${times}`).join(", ");
}

/** A migrated database of its own, gone afterwards. */
async function alone<T>(url: string, seed: number, work: (ownerUrl: string) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const name = `simulated_${seed}`;
  const own = new URL(url);
  own.pathname = `/${name}`;
  try {
    await client.query(`CREATE DATABASE ${name}`);
    await migrate(own.href);
    return await work(own.href);
  } finally {
    await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    await client.end();
  }
}
