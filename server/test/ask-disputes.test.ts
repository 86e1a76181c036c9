import { afterAll, beforeAll, expect, test } from "vitest";
import { askForDisputes } from "../src/jobs/ask-disputes.ts";
import { NoAnswer } from "../src/rails/rail.ts";
import type { Rail } from "../src/rails/rail.ts";
import type { WorldOver } from "./setup/over-rail.ts";
import { worldOver } from "./setup/over-rail.ts";

let world: WorldOver;
beforeAll(async () => {
  world = await worldOver("flutterwave");
});
afterAll(() => world.close());

const stored = async () =>
  (
    await world.engine.pool.query<{ type: string; times: number; outcome: string }>(
      "SELECT type, times, outcome FROM rail_events WHERE type LIKE 'payment.dispute%' ORDER BY id",
    )
  ).rows;

test("a dispute that no notice tells of is heard of by asking, however often it is asked, and one rail's silence keeps nobody from another", async () => {
  const id = await world.bought();
  const [payment] = await world.paymentsOf(id);
  const lever = world.emulated.levers.openDispute(payment?.reference ?? "", undefined) as { readonly id: number };
  const silent: Pick<Rail, "name" | "disputes"> = { name: "silent", disputes: () => Promise.reject(new NoAnswer("nobody there")) };
  const rails = new Map([["silent", silent as Rail], ...world.engine.rails]);
  for (let turn = 0; turn < 2; turn += 1) {
    await askForDisputes({ ...world.engine, rails });
    await world.due();
  }
  expect(await stored()).toEqual([{ type: "payment.dispute_opened", times: 2, outcome: "taken_in" }]);
  expect((await world.paymentsOf(id)).map((one) => [one.state, one.disputed])).toEqual([["disputed", 450_000n]]);
  world.emulated.levers.resolveDispute(String(lever.id), "won");
  await askForDisputes(world.engine);
  await world.due();
  expect(await stored()).toEqual([
    { type: "payment.dispute_opened", times: 3, outcome: "taken_in" },
    { type: "payment.dispute_won", times: 1, outcome: "taken_in" },
  ]);
  expect((await world.paymentsOf(id)).map((one) => one.state)).toEqual(["received"]);
  await world.sound();
});
