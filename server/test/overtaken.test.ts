import { afterAll, beforeAll, expect, test } from "vitest";
import { storeRailEvent } from "../src/db/rail-events.ts";
import { expectDone } from "./setup/states.ts";
import type { World } from "./setup/world.ts";
import { testWorld } from "./setup/world.ts";

let world: World;
beforeAll(async () => {
  world = await testWorld();
  await world.float();
});
afterAll(() => world.close());

test("a dispute that is heard of only after its decision stays decided: sending goes on and the order keeps its clock", async () => {
  const id = await world.checkout();
  const reference = await world.pay(id);
  const { rows } = await world.engine.pool.query<{ rail_reference: string }>("SELECT rail_reference FROM payments WHERE order_id = $1", [
    id,
  ]);
  const told = (eventId: string, type: string, occurredAt: string) => {
    const parsed = { eventId, type, reference, railReference: rows[0]?.rail_reference, amount: 450_000, moneyTaken: false, occurredAt };
    return storeRailEvent(world.engine.pool, {
      rail: "sandbox",
      eventId,
      type,
      reference,
      body: Buffer.from("{}"),
      parsed,
      at: new Date(),
    });
  };
  await told("evt_won", "payment.dispute_won", "2026-01-02T00:00:00.000Z");
  await world.due();
  await told("evt_opened", "payment.dispute_opened", "2026-01-01T00:00:00.000Z");
  await world.due();
  const payments = await world.engine.pool.query("SELECT state FROM payments WHERE order_id = $1", [id]);
  const holds = await world.engine.pool.query("SELECT reason FROM holds WHERE order_id = $1", [id]);
  const outcomes = await world.engine.pool.query<{ outcome: string }>("SELECT outcome FROM rail_events WHERE event_id = 'evt_opened'");
  expect([payments.rows, holds.rows, outcomes.rows]).toEqual([[{ state: "received" }], [], [{ outcome: "overtaken" }]]);
  expectDone(await world.rail.openDispute(reference));
  await world.due();
  const again = await world.engine.pool.query("SELECT state FROM payments WHERE order_id = $1", [id]);
  expect(again.rows).toEqual([{ state: "disputed" }]);
});

test("a payout that keeps failing by the rail's fault goes on being tried, and rings for the operator once", async () => {
  const id = await world.accepted();
  await world.engine.pool.query("UPDATE disbursements SET attempts = 8 WHERE order_id = $1", [id]);
  await world.due();
  await world.due();
  const { rows } = await world.engine.pool.query("SELECT kind FROM alarms WHERE kind = 'send_keeps_failing'");
  expect(rows).toEqual([{ kind: "send_keeps_failing" }]);
});
