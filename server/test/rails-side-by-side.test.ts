import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { accept } from "../src/actions/accept.ts";
import { deliver } from "../src/actions/deliver.ts";
import { must } from "../src/domain/fault.ts";
import { Pollers } from "../src/jobs/run-due.ts";
import { sendMoney } from "../src/jobs/send-money.ts";
import type { Rail } from "../src/rails/rail.ts";
import { NoAnswer } from "../src/rails/rail.ts";
import type { WorldOver } from "./setup/over-rail.ts";
import { worldOver } from "./setup/over-rail.ts";

let world: WorldOver;
let honest: Rail;
const rails = () => world.engine.rails as Map<string, Rail>;
beforeAll(async () => {
  world = await worldOver("paystack", { TRANCHE_RAILS_NGN: "paystack,sandbox" });
  honest = must(rails().get("paystack"), "Paystack");
});
afterAll(() => world.close());

async function accepted(id: number): Promise<void> {
  await world.done(deliver(world.on("seller", id)));
  await world.done(accept(world.on("buyer", id)));
}

test("a rail that does not answer keeps no other waiting, however much is to be sent there", async () => {
  const release = Promise.withResolvers<void>();
  let under = 0;
  let most = 0;
  rails().set("paystack", {
    ...honest,
    can: { ...honest.can, sendsAtOnce: 2 },
    send: async (request) => {
      under += 1;
      most = Math.max(most, under);
      await release.promise;
      under -= 1;
      return honest.send(request);
    },
  });
  const slow = [await world.bought(), await world.bought(), await world.bought()];
  const { orderId: quick } = await world.buy({ rail: "sandbox" });
  await world.settleDown();
  const pollers = new Pollers(world.engine, 50);
  try {
    for (const id of [...slow, quick]) await accepted(id);
    pollers.start();
    for (let i = 0; (await world.state(quick)) !== "completed"; i += 1) {
      if (i > 200) throw new Error("the other rail's payout waits");
      await sleep(50);
    }
    expect(most).toBe(2);
    expect(await Promise.all(slow.map((id) => world.state(id)))).toEqual(["accepted", "accepted", "accepted"]);
  } finally {
    release.resolve();
    await pollers.stop();
    rails().set("paystack", honest);
  }
  await world.until(async () => (await Promise.all(slow.map((id) => world.state(id)))).every((state) => state === "completed"));
  expect(await Promise.all(slow.map((id) => world.state(id)))).toEqual(["completed", "completed", "completed"]);
  await world.sound();
});

test("a rail that is called too often is left alone, and no attempt is begun meanwhile", async () => {
  const id = await world.bought();
  let calls = 0;
  rails().set("paystack", {
    ...honest,
    send: (request) => {
      calls += 1;
      return honest.send(request);
    },
  });
  try {
    world.engine.turns.heard("paystack", new NoAnswer("status 429", 120_000));
    await accepted(id);
    await sendMoney(world.engine, null);
    expect(calls).toBe(0);
    const { rows } = await world.engine.pool.query(
      "SELECT count(*) AS n FROM attempts a JOIN disbursements d ON d.attempt_id = a.id WHERE d.order_id = $1",
      [id],
    );
    expect(rows).toEqual([{ n: 0n }]);
  } finally {
    rails().set("paystack", honest);
  }
  await world.forward(3 * 60_000);
  await world.settleDown();
  expect(await world.state(id)).toBe("completed");
});
