import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Webhook } from "standardwebhooks";
import { accept } from "../src/actions/accept.ts";
import { deliver } from "../src/actions/deliver.ts";
import { setSeller } from "../src/actions/sellers.ts";
import { stopDelivery } from "../src/commands/delivery.ts";
import { run } from "../src/db/connect.ts";
import { must } from "../src/domain/fault.ts";
import { webhookSecret } from "../src/events/webhook-signature.ts";
import type { Engine } from "../src/jobs/engine.ts";
import type { Delivery } from "../src/jobs/deliver.ts";
import { deliverDue, deliverQueries, startDeliveries } from "../src/jobs/deliver.ts";
import { Pollers } from "../src/jobs/run-due.ts";
import { backendReads, behaviours } from "./setup/receiver.ts";
import { about, eventually, impatient, notifications, openShop, tryAgain } from "./setup/shop.ts";
import type { Shop } from "./setup/shop.ts";
import type { World } from "./setup/world.ts";
import { testWorld } from "./setup/world.ts";

let world: World;
let shop: Shop;
let other: Shop;
const opened: Delivery[] = [];
beforeAll(async () => {
  world = await testWorld();
  shop = await openShop(world);
  other = await openShop(world, {}, "marketplace_operator");
});
afterEach(async () => {
  for (const delivery of opened.splice(0)) await stopDelivery(delivery);
  for (const one of [shop, other]) {
    one.behave(behaviours.answering(200));
    one.received.length = 0;
  }
  await world.database.ownerPool.query("UPDATE notifications SET leased_until = NULL WHERE state = 'queued'");
  await tryAgain(world);
  await world.due();
  for (const one of [shop, other]) one.received.length = 0;
});
afterAll(async () => {
  await Promise.all([shop.close(), other.close()]);
  await world.close();
});

function engineWith(change: Partial<Delivery> = {}, times = { timeout: 300, total: 600 }): Engine & { readonly delivery: Delivery } {
  const engine = impatient(world, times, change);
  opened.push(engine.delivery);
  return engine;
}

/** Orders whose delivery is to be told, all at once: paying one runs what is due, so they are all paid first. */
async function burst(count: number): Promise<number[]> {
  const ids: number[] = [];
  for (let i = 0; i < count; i += 1) ids.push(await world.funded());
  for (const id of ids) await world.done(deliver(world.on("seller", id)));
  return ids;
}

/** What the only notification of an order has come to. */
const fate = async (id: number, sellerId = world.seller) =>
  must((await notifications(world, id, sellerId)).at(-1), `a notification of order ${id}`);

test("every try sends the same bytes under the same webhook-id, freshly signed, whatever became of the order meanwhile", async () => {
  const id = await world.delivered();
  shop.behave(behaviours.answering(503));
  await world.due();
  await world.done(accept(world.on("buyer", id)));
  await world.due();
  await world.done(setSeller(world.as("seller", "console"), { callbackFormat: "multipart" }));
  await tryAgain(world);
  await world.due();
  await world.done(setSeller(world.as("seller", "console"), { callbackFormat: "auto" }));
  const came = about(shop, id);
  expect(came.length).toBe(2);
  expect(new Set(came.map(({ body }) => body)).size).toBe(1);
  expect(new Set(came.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
  for (const { body, headers } of came) {
    const signed = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
    expect(new Webhook(webhookSecret(shop.keys.privateKey)).verify(body, signed)).toMatchObject({ status: "Delivered" });
  }
});

test("an order's notifications arrive in the order of its steps: a later one waits until the earlier one is taken or given up", async () => {
  const id = await world.funded();
  shop.behave((request, response) => response.writeHead(request.body.includes('"status":"Delivered"') ? 500 : 200).end());
  await world.done(deliver(world.on("seller", id)));
  await world.done(accept(world.on("buyer", id)));
  await world.due();
  await tryAgain(world);
  await world.due();
  const told = () => about(shop, id).map((request) => backendReads(request, shop.keys));
  expect(told()).toMatchObject([{ envelope: "Delivered" }, { envelope: "Delivered" }]);
  shop.behave(behaviours.answering(200));
  await tryAgain(world);
  await world.due();
  expect(told().slice(2)).toMatchObject([{ envelope: "Delivered" }, { envelope: "Accepted" }]);

  const second = await world.funded();
  shop.behave((request, response) => response.writeHead(request.body.includes('"status":"Delivered"') ? 410 : 200).end());
  await world.done(deliver(world.on("seller", second)));
  await world.done(accept(world.on("buyer", second)));
  await world.due();
  expect(await notifications(world, second)).toMatchObject([{ state: "failed" }, { state: "delivered" }]);
});

test("what is not taken is tried again after 5 s, 5 min, 30 min … by the book's clock, ten times, and then given up", async () => {
  const id = await world.delivered();
  shop.behave(behaviours.answering(500, "no"));
  const waits: number[] = [];
  await world.due();
  for (let tries = 1; tries < 10; tries += 1) {
    const { dueAt, attempts } = await fate(id);
    const last = must(attempts.at(-1), "an attempt");
    expect(last).toMatchObject({ number: tries, status: 500, answer: "no", error: null });
    waits.push(Math.round((must(dueAt, "a time").getTime() - last.at.getTime()) / 1000));
    await tryAgain(world);
    await world.due();
  }
  expect(waits).toEqual([5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400]);
  const given = await fate(id);
  expect(given).toMatchObject({ state: "failed", dueAt: null });
  expect(given.attempts).toHaveLength(10);
  await world.due();
  expect(about(shop, id)).toHaveLength(10);
});

test("the sandbox's clock makes the next try due", async () => {
  const id = await world.delivered();
  shop.behave(behaviours.answering(500));
  await world.due();
  await world.advance(4_000);
  expect(about(shop, id)).toHaveLength(1);
  shop.behave(behaviours.answering(204));
  await world.advance(2_000);
  expect(await fate(id)).toMatchObject({ state: "delivered", attempts: [{ status: 500 }, { status: 204 }] });
});

test("410 gives up at once, a redirect is a failure, and Retry-After is heeded", async () => {
  const gone = await world.delivered();
  shop.behave(behaviours.answering(410));
  await world.due();
  expect(await fate(gone)).toMatchObject({ state: "failed", attempts: [{ status: 410 }] });

  const sent = await world.delivered();
  shop.behave(behaviours.answering(302, "", { location: other.url }));
  await world.due();
  expect(await fate(sent)).toMatchObject({ state: "queued", attempts: [{ status: 302 }] });
  expect(other.received).toEqual([]);

  const busy = await world.delivered();
  shop.behave(behaviours.answering(429, "", { "retry-after": "3600" }));
  await world.due();
  const { dueAt, attempts } = await fate(busy);
  expect(Math.round((must(dueAt, "a time").getTime() - must(attempts[0], "an attempt").at.getTime()) / 1000)).toBe(3600);
});

test("2xx is delivered, whatever the answer's body says or how long it goes on", async () => {
  const id = await world.delivered();
  shop.behave((_request, response) => void response.writeHead(200).write('{"status":"error"}'));
  await deliverDue(engineWith({ patience: 2_000 }), null);
  expect(await fate(id)).toMatchObject({ state: "delivered", attempts: [{ status: 200, answer: '{"status":"error"}' }] });
});

test("two processes deliver each notification once", async () => {
  const ids = await burst(6);
  const [one, two] = [engineWith(), engineWith()];
  await Promise.all([deliverDue(one, null), deliverDue(two, null), deliverDue(one, null), deliverDue(two, null)]);
  await world.due();
  expect(ids.map((id) => about(shop, id).length)).toEqual(ids.map(() => 1));
});

test("what a process held when it died is delivered by another once its lease is over", async () => {
  const id = await world.delivered();
  await run(world.engine.pool, deliverQueries.claim, [new Date().toISOString(), world.seller, 4, 100, 30_000]);
  await world.due();
  expect(about(shop, id)).toHaveLength(0);
  const late: Engine = { ...world.engine, now: () => new Date(Date.now() + 31_000) };
  await deliverDue(late, null);
  expect(about(shop, id)).toHaveLength(1);
  expect(await fate(id)).toMatchObject({ state: "delivered", attempts: [{ number: 2 }] });
});

test("a process that stops calls its tries off, and they do not count", async () => {
  const id = await world.delivered();
  shop.behave(behaviours.hanging);
  const engine = engineWith({}, { timeout: 20_000, total: 20_000 });
  expect(await startDeliveries(engine, null)).toHaveLength(1);
  await eventually("the receiver was reached", () => about(shop, id).length === 1);
  const began = performance.now();
  await stopDelivery(engine.delivery);
  expect(performance.now() - began).toBeLessThan(2_000);
  expect(await fate(id)).toMatchObject({ state: "queued", attempts: [] });
  shop.behave(behaviours.answering(200));
  await world.due();
  expect(await fate(id)).toMatchObject({ state: "delivered", attempts: [{ number: 1 }] });
});

test("a receiver that hangs is not waited for longer than its time-out, and gets no more than a few tries at once", async () => {
  const ids = await burst(6);
  shop.behave(behaviours.hanging);
  const began = performance.now();
  await deliverDue(engineWith({ patience: 500 }, { timeout: 2_000, total: 2_000 }), null);
  expect(performance.now() - began).toBeLessThan(1_500);
  expect(shop.received).toHaveLength(4);
  const waiting = await Promise.all(ids.map((id) => fate(id)));
  expect(waiting.every((one) => one.state === "queued")).toBe(true);
});

test.each([
  ["hangs", behaviours.hanging],
  ["fails", behaviours.answering(500)],
  ["is slow", (_request: unknown, response: { end: () => void }) => void setTimeout(() => response.end(), 250)],
] as const)("a receiver that %s does not delay another seller's notifications", async (_how, behave) => {
  await burst(8);
  shop.behave(behave);
  const engine = engineWith({}, { timeout: 5_000, total: 5_000 });
  const pollers = new Pollers(engine, 1_000);
  pollers.start();
  try {
    await eventually("the slow receiver is busy", () => shop.received.length >= 4);
    for (let i = 0; i < 3; i += 1) {
      const id = await world.checkout({}, other.sellerId);
      await world.pay(id, "success", {}, other.sellerId);
      await world.done(deliver(world.on("seller", id, other.sellerId)));
      const began = performance.now();
      pollers.wake();
      await eventually("the other seller was told", () => about(other, id).length === 1, 1_000);
      expect(performance.now() - began).toBeLessThan(1_000);
    }
  } finally {
    engine.delivery.stop.abort();
    await pollers.stop();
  }
});

test("once a try ends the next one of the same receiver begins, without waiting for the loop's next look", async () => {
  const ids = await burst(9);
  const pollers = new Pollers(engineWith(), 60_000);
  pollers.start();
  try {
    await eventually("all were told", () => ids.every((id) => about(shop, id).length === 1));
  } finally {
    await pollers.stop();
  }
});

test("an address inside the network is not posted to, and the attempt says so", async () => {
  const id = await world.funded();
  await shop.stored("http://10.0.0.1/notify");
  await world.done(deliver(world.on("seller", id)));
  await world.due();
  expect(await fate(id)).toMatchObject({ state: "queued", attempts: [{ error: "the address is not public", status: null }] });
  await shop.stored(shop.url);
});

test("a thousand notifications of a receiver that is down cost the others nothing", async () => {
  const id = await world.delivered();
  await world.due();
  const { rows } = await world.database.ownerPool.query<{ seq: bigint }>("SELECT max(seq) AS seq FROM transitions WHERE seller_id = $1", [
    world.seller,
  ]);
  const base = Number(must(rows[0], "a step").seq);
  await world.database.ownerPool.query(
    `WITH steps AS (
       INSERT INTO transitions (seller_id, seq, object, object_id, version, action, from_state, to_state, party, actor, event, order_id, at, command_id, step)
       SELECT seller_id, $2 + 1000000 + i, object, object_id + 1000000 + i, version, action, from_state, to_state, party, actor, event, order_id, at, gen_random_uuid(), 1
       FROM transitions, generate_series(1, 1000) i WHERE seller_id = $1 AND object = 'order' AND action = 'deliver' AND order_id = $3
       RETURNING seller_id, seq, order_id, at)
     INSERT INTO notifications (seller_id, id, transition_seq, order_id, receiver_id, envelope, message, to_state, created_at, due_at)
     SELECT seller_id, 900000000 + seq, seq, order_id, seller_id, 'Delivered', 'm', 'delivered', at, at FROM steps`,
    [world.seller, base, id],
  );
  shop.behave(behaviours.hanging);
  const engine = engineWith({}, { timeout: 3_000, total: 3_000 });
  const told = await world.checkout({}, other.sellerId);
  await world.pay(told, "success", {}, other.sellerId);
  await world.done(deliver(world.on("seller", told, other.sellerId)));
  const began = performance.now();
  await Promise.race([deliverDue(engine, null), sleep(1_000)]);
  expect(performance.now() - began).toBeLessThan(1_500);
  expect(about(other, told)).toHaveLength(1);
  await world.database.ownerPool.query(
    "UPDATE notifications SET state = 'dropped', due_at = NULL WHERE id > 900000000 AND state = 'queued'",
  );
});
