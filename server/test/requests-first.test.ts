import { afterAll, beforeAll, expect, test } from "vitest";
import { httpWorld } from "./setup/http-world.ts";

let world: Awaited<ReturnType<typeof httpWorld>>;
beforeAll(async () => {
  world = await httpWorld();
});
afterAll(() => world.close());

test("jobs that hold every connection of theirs keep nobody waiting: an order is read and moved on, a rail's notice is stored", async () => {
  const { orderId } = await world.buy();
  await world.due();
  const held = await Promise.all(Array.from({ length: 6 }, () => world.assembled.pool.connect()));
  try {
    // The seventh connection of the jobs would never come.
    let seventh = false;
    const waiting = world.assembled.pool.connect().then((one) => {
      seventh = true;
      one.release();
    });
    const delivered = await world.wire("/api/callback/order", { order: orderId, status: "delivered", phone_number: "", email: "" });
    expect(delivered.status).toBe(200);
    expect((await world.wire("/api/callback/order", { order: orderId, status: "order" })).status).toBe(200);
    expect((await world.railEvent("payment.blessed", { reference: "x" })).status).toBe(200);
    expect(seventh).toBe(false);
    held.pop()?.release();
    await waiting;
  } finally {
    for (const one of held) one.release();
  }
});
