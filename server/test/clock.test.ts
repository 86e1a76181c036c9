import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { accept } from "../src/actions/accept.ts";
import { must } from "../src/domain/fault.ts";
import { mendOutage } from "../src/jobs/outage.ts";
import { reach } from "./setup/states.ts";
import type { World } from "./setup/world.ts";
import { day, testWorld } from "./setup/world.ts";

let world: World;
beforeAll(async () => {
  world = await testWorld();
  await world.float();
});
afterEach(() => world.sound());
afterAll(() => world.close());

const state = async (id: number, seller = world.seller) => (await world.order(id, seller)).state;
/** When each step of an order was taken, by the book's time. */
const history = async (id: number) => {
  const { rows } = await world.engine.pool.query<{ action: string; at: Date }>(
    "SELECT action, at FROM transitions WHERE object = 'order' AND object_id = $1 ORDER BY version",
    [id],
  );
  return rows;
};

test("turning one seller's clock leaves the others' alone", async () => {
  const other = world.sellerOf("individual");
  const mine = await world.checkout();
  const theirs = await world.checkout({}, other);
  await world.pay(mine);
  await world.pay(theirs, "success", {}, other);
  await world.advance(8 * day);
  expect([await state(mine), await state(theirs, other)]).toEqual(["completed", "funded"]);
  const { rows } = await world.engine.pool.query(
    "SELECT seller_id, clock_offset_ms > 0 AS ahead FROM books WHERE seller_id IN ($1, $2) ORDER BY 1",
    [world.seller, other],
  );
  expect(rows.filter((row) => row["ahead"]).map((row) => Number(row["seller_id"]))).toEqual([world.seller]);
});

test("what an earlier deadline causes fires at its own time on the way", async () => {
  const id = await reach(world, "contested");
  const { escalateBy } = await world.order(id);
  await world.advance(30 * day);
  expect(await state(id)).toBe("disputed");
  const steps = await history(id);
  const escalated = must(
    steps.find((one) => one.action === "escalate"),
    "an escalation",
  ).at.getTime();
  expect(escalated - must(escalateBy ?? undefined, "a deadline").getTime()).toBeGreaterThanOrEqual(0);
  expect(escalated - must(escalateBy ?? undefined, "a deadline").getTime()).toBeLessThan(60_000);
  const { rows } = await world.engine.pool.query("SELECT count(*)::int AS rung FROM alarms WHERE kind = 'ruling_overdue' AND about = $1", [
    `order ${id}`,
  ]);
  expect(rows).toEqual([{ rung: 1 }]);
});

test("the buyer is reminded at half and at nine tenths of the time to respond, and not after having answered", async () => {
  const silent = await reach(world, "delivered");
  const answered = await reach(world, "delivered");
  const { respondBy, deliveredAt } = await world.order(silent);
  const span = must(respondBy ?? undefined, "a deadline").getTime() - must(deliveredAt ?? undefined, "a delivery").getTime();
  const sent = async (id: number) => {
    const { rows } = await world.engine.pool.query(
      "SELECT outcome FROM messages WHERE order_id = $1 AND kind = 'reminder.respond' ORDER BY id",
      [id],
    );
    return rows.map((row) => row["outcome"]);
  };
  await world.due();
  await world.advance(Math.floor(span / 2) - 60_000);
  expect(await sent(silent)).toEqual([null, null]);
  await world.advance(120_000);
  expect(await sent(silent)).toEqual(["sent", null]);
  await world.done(accept(world.on("buyer", answered)));
  // One turn over the second reminder and the deadline itself: each in its time.
  await world.advance(Math.ceil(span / 2) + 60_000);
  expect(await sent(silent)).toEqual(["sent", "sent"]);
  expect(await sent(answered)).toEqual(["sent", "not needed any more"]);
  expect([await state(silent), await state(answered)]).toEqual(["completed", "completed"]);
});

test("an outage moves the deadlines of a seller whose clock is ahead by that seller's own time", async () => {
  const id = await world.funded();
  const { deliverBy } = await world.order(id);
  const { now } = await world.advance(1_000);
  const ahead = now.getTime() - Date.now();
  await world.database.ownerPool.query("UPDATE orders SET deliver_by = $2, due_at = $2 WHERE id = $1", [
    id,
    new Date(Date.now() + ahead - 3_600_000).toISOString(),
  ]);
  expect(deliverBy).not.toBeNull();
  expect(await mendOutage(world.engine, new Date(Date.now() - 2 * 3_600_000), 600_000)).toBe(1);
  await world.due();
  expect(await state(id)).toBe("funded");
  await world.advance(2 * 3_600_000);
  expect(await state(id)).toBe("completed");
});

test("payments are settled by the rail a day after they came, and the books follow", async () => {
  const id = await world.funded();
  await world.advance(2 * day);
  expect((await world.paymentsOf(id)).map((one) => one.settled)).toEqual([true]);
});
