import { afterAll, beforeAll, expect, test } from "vitest";
import { settingsOver } from "./setup/over-rail.ts";
import type { WorldOverWise } from "./setup/over-wise.ts";
import { wise, worldOverWise } from "./setup/over-wise.ts";
import type { Killable } from "./setup/rail-kills.ts";
import { killable } from "./setup/rail-kills.ts";

// A real server process is killed (SIGKILL) before and after each of the four calls of a payout by Wise, while Paystack pays the seller of the
// same order. Whoever starts next must bring both to their end, once.

let world: WorldOverWise;
let server: Killable;
beforeAll(async () => {
  world = await worldOverWise(10_000_000n);
  server = await killable(world, world.wise, (rail) => ({
    TRANCHE_RAILS_NGN: "paystack",
    ...settingsOver("paystack", world.emulated),
    ...wise.settings(rail),
  }));
  await server.begin();
}, 120_000);
afterAll(async () => {
  await server.stop();
  await world.close();
});

/** The waits of a quarter of an hour are over: Wise must have listed the transfer by now, and shown its funding. */
const timePasses = () =>
  world.database.ownerPool.query(
    `UPDATE rail_memory SET written_at = written_at + interval '1 millisecond', value = value
       || CASE WHEN value->>'asked' IS NULL THEN '{}' ELSE jsonb_build_object('asked', (value->>'asked')::timestamptz - interval '1 hour') END
       || CASE WHEN value->>'funding' IS NULL THEN '{}' ELSE jsonb_build_object('funding', (value->>'funding')::timestamptz - interval '1 hour') END
     WHERE rail = 'wise' AND kind = 'send' AND value->>'paid' IS NULL`,
  );

const profile = () => world.wise.secrets["profile"] ?? "";
const calls: readonly (readonly [string, () => string])[] = [
  ["recipient", () => "POST /v1/accounts"],
  ["quote", () => `POST /v3/profiles/${profile()}/quotes`],
  ["transfer", () => "POST /v1/transfers"],
  ["funding", () => `POST /v3/profiles/${profile()}/transfers/`],
];
const cases = calls.flatMap(([what, call]) => (["before", "after"] as const).map((when) => [when, what, call] as const));

test.each(cases)("killed %s the %s of a payout by Wise", { timeout: 120_000 }, async (when, what, call) => {
  const before = world.arrived();
  const moved = world.wise.movements().length;
  const killed = server.killedAround(call(), when);
  const { id } = await world.accepted(`${when}-${what}@example.test`);
  await killed;
  expect((await world.payoutOf(id)).state).toBe("sending");
  // Only what the last call did has moved money.
  expect(
    world.wise
      .movements()
      .slice(moved)
      .some((one) => one.what === "transfer"),
  ).toBe(what === "funding" && when === "after");
  await server.begin();
  const ended = async () => (await world.payoutOf(id)).state === "succeeded" && (await world.payoutOf(id, "seller")).state === "succeeded";
  await server.workUntil(ended, timePasses);
  const payout = await world.payoutOf(id);
  expect([payout.state, payout.attempts]).toEqual(["succeeded", 1]);
  const { times, payee, fee } = await world.reached(id);
  expect([times, payee + fee]).toEqual([1, payout.outAmount]);
  expect(
    world.wise
      .movements()
      .slice(moved)
      .filter((one) => one.what === "transfer"),
  ).toHaveLength(1);
  expect(world.arrived().banks - before.banks).toBe((await world.payoutOf(id, "seller")).amount);
  await world.sound();
});
