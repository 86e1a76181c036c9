import { afterAll, beforeAll, expect, test } from "vitest";
import type { Answer } from "../src/actions/command.ts";
import { Lanes } from "../src/actions/lanes.ts";
import { noteRotation } from "../src/actions/sellers.ts";
import type { Lane } from "../src/db/lane.ts";
import { openLane } from "../src/db/connect.ts";
import { isRefusal } from "../src/domain/refusals.ts";
import type { World } from "./setup/world.ts";
import { testWorld } from "./setup/world.ts";

let world: World;
let lanes: Lanes;
let commits = 0;
beforeAll(async () => {
  world = await testWorld();
  const open = async () => counting(await openLane(world.database.ownerUrl, { applicationName: "fairness", onLost: () => undefined }));
  lanes = new Lanes(open, () => world.settings, { lanes: 1, batch: 128, perSeller: 32, waitingPerSeller: 1_000 });
});
afterAll(async () => {
  await lanes.close();
  await world.close();
});

function counting(lane: Lane): Lane {
  const query = lane.query.bind(lane) as (config: { name?: string }) => Promise<unknown>;
  const send = (config: { name?: string }) => {
    if (config.name === "commit") commits += 1;
    return query(config);
  };
  return Object.assign(lane, { query: send });
}

const many = 50_000;
/** As many as may wait at once; the crowd is kept at it, so that the other always finds a full queue before it. */
const atOnce = 1_000;

test("one seller's fifty thousand commands let each of another seller's through within three commits", async () => {
  const other = world.sellerOf("individual");
  const refused: Answer[] = [];
  const told = { sent: 0, answered: 0 };
  const crowd = Promise.withResolvers<void>();
  const next = (): void => {
    if (told.sent === many) return;
    told.sent += 1;
    lanes.one(noteRotation(world.as("seller"))).then((answer) => {
      if (isRefusal(answer)) refused.push(answer);
      told.answered += 1;
      if (told.answered === many) crowd.resolve();
      next();
    }, crowd.reject);
  };
  for (let i = 0; i < atOnce; i += 1) next();

  const waited: number[] = [];
  while (told.sent < many) {
    const before = commits;
    const answer = await lanes.one(noteRotation(world.as("seller", "seller", other)));
    expect(isRefusal(answer)).toBe(false);
    // Those sent since, its own among them.
    waited.push(commits - before);
  }
  await crowd.promise;

  expect(refused).toEqual([]);
  expect(waited.length).toBeGreaterThan(100);
  const sorted = waited.toSorted((a, b) => a - b);
  expect(sorted[Math.floor(sorted.length * 0.99)], `of ${waited.length}: ${Math.max(...waited)} at most`).toBeLessThanOrEqual(3);
  const { rows } = await world.engine.pool.query(
    "SELECT seller_id::int AS seller, count(*)::int AS n FROM transitions WHERE action = 'rotate_keys' GROUP BY 1",
  );
  const counted = new Map(rows.map((row) => [row["seller"], row["n"]]));
  expect([counted.get(world.seller), counted.get(other)]).toEqual([many, waited.length]);
}, 120_000);
