import type { ChildProcess } from "node:child_process";
import { fork } from "node:child_process";
import { join } from "node:path";
import type { Bench, Measure } from "../bench.ts";
import { rivalsPool } from "../cluster.ts";
import type { EngineAsk, EngineTold } from "../engine-child.ts";

let children: Promise<readonly [whole: ChildProcess, bare: ChildProcess]> | undefined;

/**
 * What proofs cost. Two processes with the same engine on two copies of the database: one as it is; the other without hashes (its module is replaced
 * as the process loads it), without foreign keys, and with a table `transitions` that takes no rows, so without answers, history and events.
 */
export const integrity: Measure = {
  name: "integrity",
  round: async (bench) => {
    const [whole, bare] = await (children ??= begin(bench));
    const count = Math.ceil(1_200 * bench.scale);
    const on = await drive(whole, count);
    return { integrity: on / (await drive(bare, count)) };
  },
  end: async () => {
    for (const child of (await children) ?? []) {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.disconnect();
      await ended;
    }
  },
};

async function begin(bench: Bench): Promise<readonly [ChildProcess, ChildProcess]> {
  const pool = rivalsPool(bench.copies.bare, 1);
  const { rows } = await pool.query<{ text: string }>(
    `SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) AS text FROM pg_constraint
     WHERE contype = 'f' AND connamespace = 'public'::regnamespace`,
  );
  for (const { text } of rows) await pool.query(text);
  await pool.query("CREATE RULE nothing_is_kept AS ON INSERT TO transitions DO INSTEAD NOTHING");
  const kept = async () => (await pool.query<{ count: string }>("SELECT count(*)::text AS count FROM transitions")).rows[0]?.count;
  const before = await kept();
  const start = (url: string, hashes: boolean) => {
    const program = join(import.meta.dirname, "..", "engine-child.ts");
    const child = fork(program, [url], { execArgv: hashes ? [] : ["--import", join(import.meta.dirname, "..", "no-hashes.ts")] });
    process.once("exit", () => child.kill());
    return child;
  };
  const made = [start(bench.copies.whole, true), start(bench.copies.bare, false)] as const;
  // The first orders only warm them up.
  for (const child of made) await drive(child, 200, bench);
  if ((await kept()) !== before) throw new Error("the bare engine kept transitions");
  await pool.end();
  return made;
}

/** Transitions per second of that process. */
function drive(child: ChildProcess, orders: number, bench?: Bench): Promise<number> {
  return new Promise((done, fail) => {
    const lost = (code: number | null) => fail(new Error(`the engine's process ended with ${code}`));
    child.once("exit", lost);
    child.once("message", (message) => {
      child.off("exit", lost);
      const told = message as EngineTold;
      if ("failed" in told) fail(new Error(told.failed));
      else done(told.rate);
    });
    const asked: EngineAsk = { orders, ...(bench === undefined ? {} : { shops: bench.shops }) };
    child.send(asked);
  });
}
