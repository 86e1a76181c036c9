import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { accept } from "../src/actions/accept.ts";
import { deliver } from "../src/actions/deliver.ts";
import { readOrderView } from "../src/db/orders.ts";
import { storeRailEvent } from "../src/db/rail-events.ts";
import { must } from "../src/domain/fault.ts";
import { whyNotOut } from "../src/http/why.ts";
import { Pollers } from "../src/jobs/run-due.ts";
import { askAboutAttempts, sendMoney } from "../src/jobs/send-money.ts";
import { keyRefused } from "../src/net/json-call.ts";
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

test("a rail that does not answer keeps no other waiting, however much is to be sent there", { timeout: 90_000 }, async () => {
  const release = Promise.withResolvers<void>();
  let under = 0;
  let most = 0;
  rails().set("paystack", {
    ...honest,
    can: { ...honest.can, callsAtOnce: 2 },
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
      if (i > 1_000) throw new Error("the other rail's payout waits");
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

test("what is told, and deadlines, wait for no rail that does not answer", async () => {
  const { orderId: unpaid } = await world.toPage();
  const quick = await world.bought();
  const release = Promise.withResolvers<void>();
  let asked = 0;
  const bothAsked = Promise.withResolvers<void>();
  rails().set("paystack", {
    ...honest,
    can: { ...honest.can, callsAtOnce: 2 },
    lookUpPayment: async (reference) => {
      asked += 1;
      if (asked === 2) bothAsked.resolve();
      await release.promise;
      return honest.lookUpPayment(reference);
    },
  });
  const told = async (rail: string, n: number, type: "unknown" | "payment.changed") => {
    const event = { eventId: `side-by-side-${n}`, type, reference: `nobody-${n}` };
    const at = world.engine.now();
    await storeRailEvent(world.engine.pool, { rail, ...event, body: Buffer.from("{}"), parsed: { ...event, occurredAt: at }, at });
  };
  // More than one batch of what is told holds, and then some.
  for (let n = 0; n < 40; n += 1) await told("paystack", n, "payment.changed");
  const due = (id: number) => world.database.ownerPool.query("UPDATE orders SET due_at = created_at WHERE id = $1", [id]);
  await due(unpaid);
  const pollers = new Pollers(world.engine, 50);
  pollers.start();
  try {
    await bothAsked.promise;
    // By now whoever waits for that rail does so, and this comes after it.
    await sleep(200);
    await told("sandbox", 40, "unknown");
    await due(quick);
    const over = async () => {
      const { rows } = await world.engine.pool.query<{ over: boolean }>(
        `SELECT (SELECT outcome = 'unknown_type' FROM rail_events WHERE rail = 'sandbox' AND event_id = 'side-by-side-40')
                AND (SELECT due_at > created_at FROM orders WHERE id = $1) AS over`,
        [quick],
      );
      return rows[0]?.over === true;
    };
    for (let i = 0; !(await over()); i += 1) {
      if (i > 200) throw new Error("what another rail told, or a deadline, waits");
      await sleep(50);
    }
    expect(asked).toBe(2);
    expect(await world.state(unpaid)).toBe("awaiting_payment");
  } finally {
    release.resolve();
    await pollers.stop();
    rails().set("paystack", honest);
  }
  await world.settleDown();
});

test("what waits for its turn at a rail that then says it is called too often is not begun", async () => {
  const ids = [await world.bought(), await world.bought(), await world.bought()];
  for (const id of ids) await accepted(id);
  let calls = 0;
  rails().set("paystack", {
    ...honest,
    can: { ...honest.can, callsAtOnce: 1 },
    send: () => {
      calls += 1;
      return Promise.reject(new NoAnswer("POST /transfer: status 429", 120_000));
    },
  });
  await sendMoney(world.engine, null);
  rails().set("paystack", honest);
  expect(calls).toBe(1);
  const { rows } = await world.engine.pool.query("SELECT state, attempts FROM disbursements WHERE order_id = ANY ($1) ORDER BY attempts", [
    ids,
  ]);
  const untouched = { state: "queued", attempts: 0 };
  expect(rows).toEqual([untouched, untouched, { state: "outcome_unknown", attempts: 1 }]);
  await world.until(async () => (await Promise.all(ids.map((id) => world.state(id)))).every((state) => state === "completed"));
  expect(await Promise.all(ids.map((id) => world.state(id)))).toEqual(["completed", "completed", "completed"]);
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
    await world.engine.turns.heard("paystack", new NoAnswer("status 429", 120_000));
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

test("what such a rail alone can tell more of waits untouched; what needs no answer of it does not", async () => {
  const told = async (type: "unknown" | "payment.changed") => {
    const event = { eventId: `left-alone-${type}`, type, reference: "nobody" };
    const at = world.engine.now();
    await storeRailEvent(world.engine.pool, {
      rail: "paystack",
      ...event,
      body: Buffer.from("{}"),
      parsed: { ...event, occurredAt: at },
      at,
    });
  };
  const tries = async () => {
    const { rows } = await world.engine.pool.query(
      "SELECT type, tries, outcome FROM rail_events WHERE event_id LIKE 'left-alone-%' ORDER BY type",
    );
    return rows;
  };
  await world.engine.turns.heard("paystack", new NoAnswer("status 429", 120_000));
  await told("payment.changed");
  await told("unknown");
  await world.settleDown();
  expect(await tries()).toEqual([
    { type: "payment.changed", tries: 0, outcome: null },
    { type: "unknown", tries: 1, outcome: "unknown_type" },
  ]);
  await world.forward(3 * 60_000);
  await world.settleDown();
  expect((await tries())[0]).toEqual({ type: "payment.changed", tries: 1, outcome: "unknown_reference" });
});

test("a rail that refuses its key rings an alarm, and why an order's money is not out says so", async () => {
  const id = await world.bought();
  const answers = [new NoAnswer("POST /transfer: status 500"), keyRefused("GET /transfer", 401), keyRefused("GET /transfer", 401)];
  const said = () => Promise.reject(answers.shift() ?? keyRefused("GET /transfer", 401));
  rails().set("paystack", { ...honest, send: said, lookUpSend: said });
  const why = async () => whyNotOut(await readOrderView(world.engine.pool, await world.order(id)), new Date()).join("\n");
  const alarms = async () =>
    (await world.engine.pool.query<{ says: string }>("SELECT says FROM alarms WHERE kind = 'rail_refuses_key' AND about = 'paystack'"))
      .rows;
  try {
    await accepted(id);
    await sendMoney(world.engine, null);
    expect(await why()).toContain("no clear answer");
    expect(await why()).toContain("Last heard of paystack: POST /transfer: status 500.");
    expect(await alarms()).toEqual([]);
    await world.database.ownerPool.query("UPDATE attempts SET due_at = now() - interval '1 second' WHERE state = 'outcome_unknown'");
    await askAboutAttempts(world.engine, null);
    expect(await why()).toContain("paystack refuses its key");
    expect((await alarms()).map(({ says }) => says)).toEqual([expect.stringContaining("refuses its key")]);
    const read = await readOrderView(world.engine.pool, await world.order(id));
    expect(whyNotOut(read, new Date(), "seller").join()).not.toContain("key");
  } finally {
    rails().set("paystack", honest);
  }
});
