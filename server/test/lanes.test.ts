import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { accept } from "../src/actions/accept.ts";
import { cancel } from "../src/actions/cancel.ts";
import type { Answer, Command } from "../src/actions/command.ts";
import { deliver } from "../src/actions/deliver.ts";
import { Lanes } from "../src/actions/lanes.ts";
import { lookLater } from "../src/actions/look-later.ts";
import { createProject } from "../src/actions/projects.ts";
import { reject } from "../src/actions/reject.ts";
import type { Lane } from "../src/db/lane.ts";
import { openLane } from "../src/db/connect.ts";
import { isRefusal } from "../src/domain/refusals.ts";
import { reach, several } from "./setup/states.ts";
import type { World } from "./setup/world.ts";
import { testWorld } from "./setup/world.ts";

let world: World;
const others: Lanes[] = [];
beforeAll(async () => {
  world = await testWorld();
  await world.float();
});
afterEach(() => world.sound());
afterAll(async () => {
  for (const lanes of others) await lanes.close();
  await world.close();
});

const open = (name: string) => openLane(world.database.ownerUrl, { applicationName: name, onLost: () => undefined });

/** Lanes of their own, as another process would have; `wrap` sees every connection they open. */
function otherLanes(
  name: string,
  wrap: (lane: Lane) => Lane = (lane) => lane,
  after: (commands: readonly Command[]) => void = () => undefined,
  connections = 2,
): Lanes {
  const lanes = new Lanes(
    async () => wrap(await open(name)),
    () => world.engine.settings,
    { lanes: connections, batch: 128, perSeller: 32, waitingPerSeller: 1_000 },
    after,
  );
  others.push(lanes);
  return lanes;
}

const project = (key: string | null, sellerId = world.seller, name = key ?? "P"): Command => {
  const one = createProject(world.as("seller", "key", sellerId), { name, description: "", contact: world.contact, startedBy: "seller" });
  return key === null ? one : { ...one, key: { key, fingerprint: "ab".repeat(32) } };
};
const said = (answer: Answer) =>
  isRefusal(answer) ? answer.refused : JSON.stringify(Object.entries(answer.done).toSorted(([a], [b]) => (a < b ? -1 : 1)));
const rows = async (sql: string, values: unknown[] = []) => (await world.engine.pool.query(sql, values)).rows;

describe("two processes on one seller", () => {
  test("several hundred mixed commands, the same keys on both: no lost and no double effect", async () => {
    const here = world.engine.lanes;
    const there = otherLanes("the other process");
    const ids = await several(40, () => world.funded());
    const keyed = (one: Command, key: string) => ({ ...one, key: { key, fingerprint: "cd".repeat(32) } });
    const jobs: Promise<readonly [string, Answer]>[] = [];
    const send = (label: string, lanes: Lanes, one: Command) => jobs.push(lanes.one(one).then((answer) => [label, answer] as const));
    ids.forEach((id, i) => {
      for (const lanes of [here, there]) {
        send(`deliver ${id}`, lanes, keyed(deliver(world.on("seller", id)), `deliver ${id}`));
        send(`project ${i}`, lanes, project(`project ${i}`));
      }
      // Rivals, each on its own process.
      send(`end ${id}`, here, accept(world.on("buyer", id)));
      send(`end ${id}`, there, cancel(world.on("seller", id)));
      send(`reject ${id}`, i % 2 === 0 ? here : there, reject(world.on("buyer", id), { reason: "damaged" }));
    });
    const answers = await Promise.all(jobs);
    const of = (label: string) => answers.filter(([name]) => name === label).map(([, answer]) => answer);
    for (let i = 0; i < ids.length; i += 1) expect(new Set(of(`project ${i}`).map(said)).size).toBe(1);
    for (const id of ids) {
      expect(new Set(of(`deliver ${id}`).map(said)).size, `deliver ${id}`).toBe(1);
      expect(of(`end ${id}`).filter((answer) => !isRefusal(answer)).length).toBeLessThanOrEqual(1);
    }
    expect(await rows("SELECT key FROM transitions WHERE key IS NOT NULL GROUP BY key HAVING count(*) > 1")).toEqual([]);
    const made = await rows("SELECT count(*)::int AS n FROM projects WHERE name LIKE 'project %'");
    expect(made).toEqual([{ n: 40 }]);
    const done = answers.filter(([, answer]) => !isRefusal(answer) && !answer.replayed).length;
    const taken = await rows(
      "SELECT count(*)::int AS n FROM transitions WHERE step = 1 AND answer IS NOT NULL AND (key IS NOT NULL OR action IN ('accept', 'cancel', 'reject'))",
    );
    expect(taken).toEqual([{ n: done }]);
    await Promise.all([world.due(), world.due()]);
  });

  test("a book that another process keeps locked is waited for, and the command then takes effect once", async () => {
    const id = await world.funded();
    const holder = await world.database.ownerPool.connect();
    await holder.query("BEGIN");
    await holder.query("SELECT 1 FROM books WHERE seller_id = $1 FOR UPDATE", [world.seller]);
    const answer = world.act(deliver(world.on("seller", id)));
    await sleep(1_200);
    await holder.query("ROLLBACK");
    holder.release();
    expect(await answer).toMatchObject({ done: { state: "delivered" } });
    expect((await world.order(id)).version).toBe(3);
  });
});

describe("a connection that is cut", () => {
  /** Cuts the connection once, at the named statement: before the server gets it, or after it has answered. */
  const cutter = (name: string, statement: string, when: "before" | "after") => {
    let armed = true;
    return (lane: Lane): Lane => {
      const query = lane.query.bind(lane) as (config: { name?: string }) => Promise<unknown>;
      const kill = () =>
        world.database.ownerPool.query(
          "SELECT pg_terminate_backend(pid, 2000) FROM pg_stat_activity WHERE application_name = $1 AND datname = current_database()",
          [name],
        );
      // What comes after the cut must not overtake it: it was sent behind it.
      let gate: Promise<unknown> | undefined;
      const afterAnswer = async (config: { name?: string }) => {
        await query(config);
        await kill();
        throw new Error("Connection terminated unexpectedly");
      };
      Object.assign(lane, {
        query: (config: { name?: string }) => {
          if (gate !== undefined) return gate.then(() => query(config));
          if (!armed || config.name !== statement) return query(config);
          armed = false;
          if (when === "after") return afterAnswer(config);
          gate = kill();
          return gate.then(() => query(config));
        },
      });
      return lane;
    };
  };

  const cuts = [
    { statement: "load_orders", when: "before" },
    { statement: "insert_transitions", when: "before" },
    { statement: "commit", when: "before" },
    { statement: "commit", when: "after" },
  ] as const;

  test.each(cuts)("$when $statement: every command of the batch takes effect once, and its answer is true", async ({ statement, when }) => {
    const name = `cut ${statement} ${when}`;
    const lanes = otherLanes(name, cutter(name, statement, when));
    const ids = await several(5, () => reach(world, "delivered"));
    const commands = ids.map((id) => accept(world.on("buyer", id)));
    const answers = await lanes.act(commands);
    expect(answers.map((answer) => (isRefusal(answer) ? answer.refused : answer.done["state"]))).toEqual(ids.map(() => "accepted"));
    for (const id of ids) {
      const found = await rows(
        "SELECT count(*)::int AS n FROM transitions WHERE object = 'order' AND action = 'accept' AND object_id = $1",
        [id],
      );
      expect(found).toEqual([{ n: 1 }]);
      expect((await world.sends(id)).map((one) => one.amount)).toEqual([383_250n]);
    }
    await world.due();
  });

  test("while it was idle costs nobody anything", async () => {
    const lanes = otherLanes("idle lane");
    const id = await world.funded();
    await lanes.one(project(null));
    await world.database.ownerPool.query(
      "SELECT pg_terminate_backend(pid, 2000) FROM pg_stat_activity WHERE application_name = 'idle lane' AND datname = current_database()",
    );
    expect(await lanes.one(deliver(world.on("seller", id)))).toMatchObject({ done: { state: "delivered" }, replayed: false });
  });
});

describe("who waits for whom", () => {
  test("an idle lane takes a whole list at once, and does not leave with the first of it alone", async () => {
    let commits = 0;
    const lanes = otherLanes("whole list", (lane) => {
      const query = lane.query.bind(lane) as (config: { name?: string }) => Promise<unknown>;
      const counted = (config: { name?: string }) => {
        if (config.name === "commit") commits += 1;
        return query(config);
      };
      return Object.assign(lane, { query: counted });
    });
    const answers = await lanes.act(Array.from({ length: 20 }, () => project(null)));
    expect(answers.map(isRefusal)).toEqual(answers.map(() => false));
    expect(commits).toBe(1);
  });

  test("one seller's five hundred commands let another seller's one through within three commits", async () => {
    const commits: number[] = [];
    const lanes = otherLanes("busy lane", undefined, (commands) => commits.push(commands.length), 1);
    const other = world.sellerOf("individual");
    const crowd = Array.from({ length: 500 }, (_, i) => lanes.one(project(null, world.seller, `crowd ${i}`)));
    const before = commits.length;
    const answer = await lanes.one(project(null, other));
    expect(isRefusal(answer)).toBe(false);
    expect(commits.length - before).toBeLessThanOrEqual(3);
    await Promise.all(crowd);
    expect(commits.reduce((sum, n) => sum + n, 0)).toBe(501);
    expect(Math.max(...commits)).toBeLessThanOrEqual(128);
  });

  test("while others wait, one seller has at most its share of a batch", async () => {
    const batches: number[][] = [];
    const lanes = otherLanes("shared lane", undefined, (commands) => batches.push(commands.map((one) => one.sellerId)), 1);
    const other = world.sellerOf("individual");
    const first = lanes.one(project(null));
    const crowd = [world.seller, other].flatMap((sellerId) => Array.from({ length: 80 }, () => lanes.one(project(null, sellerId))));
    await Promise.all([first, ...crowd]);
    for (const batch of batches.filter((one) => new Set(one).size > 1)) {
      for (const sellerId of new Set(batch)) expect(batch.filter((id) => id === sellerId).length).toBeLessThanOrEqual(32);
    }
    expect(batches.length).toBeLessThanOrEqual(8);
  });

  test("two batches under way at once never take each other's numbers", async () => {
    const lanes = otherLanes("both lanes");
    const sellers = [world.seller, world.sellerOf("individual")];
    const answers = await Promise.all(sellers.flatMap((sellerId) => Array.from({ length: 200 }, () => lanes.one(project(null, sellerId)))));
    expect(new Set(answers.map(said)).size).toBe(400);
  });

  test("the thousand and first waiting command of a seller is told to come back later", async () => {
    const lanes = otherLanes("full lane");
    const answers = await Promise.all(Array.from({ length: 1_010 }, (_, i) => lanes.one(project(null, world.seller, `full ${i}`))));
    const busy = answers.filter((answer) => isRefusal(answer) && answer.refused === "too_busy").length;
    // Nothing sets off before all have come: a thousand wait.
    expect(busy).toBe(10);
    expect(await rows("SELECT count(*)::int AS n FROM projects WHERE name LIKE 'full %'")).toEqual([{ n: 1_000 }]);
    expect(isRefusal(await lanes.one(project(null)))).toBe(false);
  });

  test("the clock's commands go behind people's", async () => {
    const finished: string[] = [];
    const lanes = otherLanes("polite lane", undefined, undefined, 1);
    const ids = await several(3, () => world.funded());
    const note = (name: string) => () => finished.push(name);
    const first = lanes.one(project(null)).then(note("first"));
    const sweep = Array.from({ length: 200 }, (_, i) =>
      lanes.one(lookLater(world.on("clock", ids[i % 3] ?? 0), "funded", () => null)).then(note("clock")),
    );
    const person = lanes.one(deliver(world.on("seller", ids[0] ?? 0))).then(note("person"));
    await Promise.all([first, person, ...sweep]);
    expect(finished.indexOf("person")).toBeLessThanOrEqual(3);
  });

  test("a crowd of people that never ends does not keep the clock's commands waiting for ever", async () => {
    const seen = { batches: 0, over: false };
    const lanes = otherLanes("crowded lane", undefined, () => void (seen.batches += 1), 1);
    const id = await world.funded();
    const crowd = Array.from({ length: 300 }, async () => {
      while (!seen.over && seen.batches < 40) await lanes.one(project(null));
    });
    await sleep(0);
    const before = seen.batches;
    await lanes.one(lookLater(world.on("clock", id), "funded", () => null));
    const waited = seen.batches - before;
    seen.over = true;
    await Promise.all(crowd);
    expect(waited).toBeLessThanOrEqual(3);
  });

  test("after closing, nothing more is taken in, and what was under way is finished", async () => {
    const lanes = otherLanes("closing lane");
    const under = Array.from({ length: 50 }, () => lanes.one(project(null)));
    const closing = lanes.close();
    expect(await lanes.one(project(null))).toMatchObject({ refused: "too_busy" });
    await closing;
    expect((await Promise.all(under)).every((answer) => !isRefusal(answer))).toBe(true);
  });
});
