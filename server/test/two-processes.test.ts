import { afterAll, beforeAll, expect, test } from "vitest";
import { accept } from "../src/actions/accept.ts";
import { cancel } from "../src/actions/cancel.ts";
import type { Answer, Command } from "../src/actions/command.ts";
import { contestReturn, escalate } from "../src/actions/contest.ts";
import { deliver } from "../src/actions/deliver.ts";
import type { Lanes } from "../src/actions/lanes.ts";
import { makeOffer } from "../src/actions/offer.ts";
import { createProject } from "../src/actions/projects.ts";
import { reject } from "../src/actions/reject.ts";
import { noteRotation } from "../src/actions/sellers.ts";
import { withdrawDispute } from "../src/actions/settle-dispute.ts";
import { must } from "../src/domain/fault.ts";
import { isRefusal } from "../src/domain/refusals.ts";
import { verifyBooks } from "../src/ledger/verify.ts";
import { begin } from "./setup/model-play.ts";
import { random, saidSeed, testSeed } from "./setup/seed.ts";
import { secondProcess } from "./setup/second-process.ts";
import type { World } from "./setup/world.ts";
import { testWorld } from "./setup/world.ts";

/** `npm run rivals` asks for more. */
const keys = Number(process.env["RIVALS"] ?? 2_000);

let world: World;
let second: Lanes;
beforeAll(async () => {
  world = await testWorld();
  await world.float();
  second = secondProcess(world);
});
afterAll(async () => {
  await second.close();
  await world.close();
});

type Make = () => Command;

/** Ten for each order, all of which its parties might send at any time. */
function tenFor(id: number): Make[] {
  const by = (party: "buyer" | "seller") => world.on(party, id);
  return [
    () => deliver(by("seller")),
    () => reject(by("buyer"), { reason: "damaged" }),
    () => makeOffer(by("seller"), { kind: "split", buyerGets: 1_000n }),
    () => makeOffer(by("buyer"), { kind: "split", buyerGets: 2_000n }),
    () => contestReturn(by("seller")),
    () => escalate(by("buyer")),
    () => accept(by("buyer")),
    () => (id % 2 === 0 ? cancel(by("seller")) : withdrawDispute(by("seller"))),
    () => createProject(world.as("seller", "key"), { name: `P ${id}`, description: "", contact: world.contact, startedBy: "seller" }),
    () => noteRotation(world.as("seller")),
  ];
}

function shuffled<T>(things: readonly T[], next: () => number): T[] {
  return things
    .map((thing) => ({ thing, at: next() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ thing }) => thing);
}

/** Sends all of them through one engine, a few hundred under way at a time. */
async function through(lanes: Lanes, keyed: readonly (readonly [string, Make])[]): Promise<Map<string, Answer>> {
  const answers = new Map<string, Answer>();
  const waiting = [...keyed];
  const work = async (): Promise<void> => {
    for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) {
      const [key, make] = one;
      answers.set(key, await lanes.one({ ...make(), key: { key, fingerprint: "ab".repeat(32) } }));
    }
  };
  await Promise.all(Array.from({ length: 400 }, work));
  return answers;
}

async function deadlocks(): Promise<number> {
  const { rows } = await world.database.ownerPool.query(
    "SELECT deadlocks::int AS n FROM pg_stat_database WHERE datname = current_database()",
  );
  return must(rows[0], "the database's counters")["n"] as number;
}

const said = (answer: Answer | undefined) =>
  answer === undefined || isRefusal(answer)
    ? undefined
    : JSON.stringify(Object.entries(answer.done).toSorted(([a], [b]) => (a < b ? -1 : 1)));

test("the same keys sent to two processes of one seller at once: each has one effect, equal answers, and nobody is in a deadlock", async () => {
  const costs = Array.from({ length: keys / 10 }, () => 400_000n);
  const ids: number[] = [];
  for (let i = 0; i < costs.length; i += 200) ids.push(...(await begin(world, costs.slice(i, i + 200))).map((one) => one.id));
  const all = ids.flatMap((id) => tenFor(id).map((make, i): readonly [string, Make] => [`${id} ${i}`, make]));
  const next = random(testSeed);
  const [here, there] = await Promise.all([through(world.engine.lanes, shuffled(all, next)), through(second, shuffled(all, next))]);

  const { rows } = await world.engine.pool.query<{ key: string; n: number }>(
    "SELECT key, count(*)::int AS n FROM transitions WHERE key IS NOT NULL GROUP BY key",
  );
  const effects = new Map(rows.map((row) => [row.key, row.n]));
  let done = 0;
  for (const [key] of all) {
    const answers = [here.get(key), there.get(key)].map(said).filter((answer) => answer !== undefined);
    if (answers.length > 0) done += 1;
    expect(new Set(answers).size, `${key} (${saidSeed})`).toBe(Math.min(answers.length, 1));
    expect(effects.get(key) ?? 0, `${key} (${saidSeed})`).toBe(answers.length > 0 ? 1 : 0);
  }
  expect(effects.size).toBe(done);
  expect(done).toBeGreaterThan(keys / 5);
  expect(await deadlocks()).toBe(0);
  expect((await verifyBooks(world.database.ownerPool)).findings).toEqual([]);
}, 300_000);
