import { afterAll, beforeAll, expect, test } from "vitest";
import { must } from "../src/domain/fault.ts";
import { standingAlarms } from "../src/db/alarms.ts";
import { openBreaks } from "../src/db/break-lists.ts";
import { accept } from "../src/actions/accept.ts";
import { deliver } from "../src/actions/deliver.ts";
import { reconcileRails } from "../src/jobs/reconcile.ts";
import { weighStops } from "../src/jobs/rail-stops.ts";
import type { Rail } from "../src/rails/rail.ts";
import type { WorldOver } from "./setup/over-rail.ts";
import { worldOver } from "./setup/over-rail.ts";

let world: WorldOver;
/** What the rail says to have less than it has. */
let lacks = 0n;
beforeAll(async () => {
  world = await worldOver("paystack");
  const rails = world.engine.rails as Map<string, Rail>;
  const honest = must(rails.get("paystack"), "Paystack");
  const ask = must(honest.balances, "its balances").bind(honest);
  rails.set("paystack", {
    ...honest,
    balances: async () => (await ask()).map((one) => (one.currency === "NGN" ? { ...one, available: one.available - lacks } : one)),
  });
});
afterAll(() => world.close());

const alarms = async (kind: string) => (await standingAlarms(world.engine.pool, null, 50)).alarms.filter((one) => one.kind === kind);

test("a rail that lacks more than the operator's own sends nothing until that is made good, and then sends it once", async () => {
  const id = await world.bought();
  await world.done(deliver(world.on("seller", id)));
  lacks = 250_000_000n;
  await reconcileRails(world.engine, {});
  expect((await openBreaks(world.engine.pool)).breaks).toMatchObject([{ kind: "balance", stops: "NGN" }]);
  expect(await alarms("rail_stopped")).toHaveLength(1);

  await world.done(accept(world.on("buyer", id)));
  await world.settleDown();
  await world.forward(60 * 60_000);
  expect(world.arrived().banks).toBe(0n);
  expect(await world.state(id)).toBe("accepted");
  const { rows } = await world.engine.pool.query("SELECT state, reason, attempts FROM disbursements WHERE order_id = $1", [id]);
  expect(rows).toEqual([
    { state: "queued", reason: "Nothing is sent from paystack in NGN until its balance there is cleared up.", attempts: 0 },
  ]);

  // What another currency and another rail send is not concerned, and the operator's own money covers what is missing.
  world.emulated.levers.topUp("NGN", 400_000_000n);
  await world.float(400_000_000n, "NGN");
  await weighStops(world.engine);
  await world.forward(60 * 60_000);
  await world.settleDown();
  expect(world.arrived().banks > 0n).toBe(true);
  expect(await world.state(id)).toBe("completed");
});

test("a break that healed and comes back rings again, though its alarm was cleared", async () => {
  lacks = 0n;
  await reconcileRails(world.engine, {});
  expect((await openBreaks(world.engine.pool)).breaks).toEqual([]);
  await world.engine.pool.query("UPDATE alarms SET cleared_at = now()");
  expect(await alarms("reconciliation")).toEqual([]);
  lacks = 250_000_000n;
  await reconcileRails(world.engine, {});
  expect(await alarms("reconciliation")).toHaveLength(1);
});
