import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { deliver } from "../src/actions/deliver.ts";
import { must } from "../src/domain/fault.ts";
import { words } from "./setup/http-answers.ts";
import type { HttpWorld } from "./setup/http-world.ts";
import { httpWorld } from "./setup/http-world.ts";

let world: HttpWorld;
beforeAll(async () => {
  world = await httpWorld();
  await world.float();
});
afterAll(async () => {
  await world.sound();
  await world.close();
});

const mail = "shopper@demo.tranche.test";
const payer = { buyer_email: mail, buyer_phone: "+2348031112222" };
const railReferences = async (orderId: number) => (await world.paymentsOf(orderId)).map((one) => [one.state, one.received, one.unapplied]);

describe("two rivals", () => {
  test("accept and reject posted at once by the same link: one of them happens, the other is told how it stands", async () => {
    for (let round = 0; round < 5; round += 1) {
      const { orderId } = await world.buy();
      await world.done(deliver(world.on("seller", orderId)));
      const link = await world.linkTo(mail, orderId);
      const answers = await Promise.all([
        world.post(link, { action: "accept" }),
        world.post(link, { action: "reject", reason: "damaged" }),
      ]);
      expect(answers.map((answer) => answer.status).toSorted((a, b) => a - b)).toEqual([200, 410]);
      const steps = await world.engine.pool.query("SELECT action FROM transitions WHERE order_id = $1 AND action IN ('accept', 'reject')", [
        orderId,
      ]);
      expect(steps.rows).toHaveLength(1);
    }
  });

  test("two payments for one milestone: one funds it, the other goes back whole", async () => {
    const project = await world.wire("/api/project/createProject", {
      project_name: "P",
      description: "d",
      customer_email: mail,
      customer_phone: payer.buyer_phone,
    });
    const form = world.shopForm({ project_id: String((project.body.data as { id: number }).id) });
    const [first, second] = [must((await world.postForm(form)).location, "a"), must((await world.postForm(form)).location, "b")];
    expect(first).not.toBe(second);
    const rails = [];
    for (const url of [first, second]) rails.push(new URL(must((await world.post(url, payer)).location, "the rail")).pathname);
    await Promise.all(rails.map((rail) => world.post(rail, { outcome: "success" })));
    await world.due();
    const id = await world.orderOfShop(form["order_product_id"] ?? "");
    expect((await world.order(id)).state).toBe("funded");
    expect((await world.sends(id)).map((one) => [one.kind, one.amount, one.state])).toEqual([["refund", 450_000n, "succeeded"]]);
    expect(await railReferences(id)).toHaveLength(2);
  });

  test("the same shop order posted ten times at once is one order", async () => {
    const form = world.shopForm();
    const answers = await Promise.all(Array.from({ length: 10 }, () => world.postForm(form)));
    for (const { status, location } of answers) expect([status, (await world.get(location ?? "")).status]).toEqual([303, 200]);
    const { rows } = await world.engine.pool.query("SELECT id FROM orders WHERE shop_order_id = $1", [form["order_product_id"]]);
    expect(rows).toHaveLength(1);
  });
});

describe("rail events", () => {
  const money = (reference: string, more: object = {}) => ({
    reference,
    rail_reference: `LNG-${reference}`,
    amount: 450_000,
    currency: "NGN",
    fee: 16_750,
    method: "card",
    ...more,
  });
  const overview = async () => words((await world.get("/operator", (await world.signIn("operator")).headers)).text);
  // The sandbox rail's own record knows nothing of money that only an event tells of; sound() compares the two.
  const forget = async (reference: string) => {
    const { rows } = await world.engine.pool.query<{ id: bigint }>("SELECT id FROM payments WHERE seller_id = 0 AND reference = $1", [
      reference,
    ]);
    return Number(must(rows[0], "the unknown payment").id);
  };

  test("money under an unknown reference is kept in the house's book and shown to the operator", async () => {
    const sent = await world.inject({
      method: "POST",
      url: "/sandbox/unknown-money",
      payload: { reference: "nobody-knows", amount: 450_000 },
    });
    expect(sent.statusCode).toBe(200);
    await world.due();
    expect(await forget("nobody-knows")).toBeGreaterThan(0);
    const text = await overview();
    expect(text).toContain("nobody-knows");
    expect(text).toContain("Unknown reference");
    await world.sound();
  });

  test("an event about an unknown reference without money is kept and shown, and moves nothing", async () => {
    const before = await world.moved();
    expect((await world.railEvent("payment.failed", { reference: "never-heard-of", reason: "x" })).status).toBe(200);
    await world.due();
    expect((await world.moved()).replace(/"rail_events \d+"/, "")).toBe(before.replace(/"rail_events \d+"/, ""));
    expect(await overview()).toContain("never-heard-of");
  });

  test("a wrong or missing signature is 400, and nothing is stored", async () => {
    for (const signature of ["", "00", "0".repeat(64), "é"]) {
      const answer = await world.still(() => world.railEvent("payment.succeeded", money("forged"), { signature }));
      expect([signature, answer.status, answer.body.status]).toEqual([signature, 400, "error"]);
    }
    const unknownRail = await world.still(() => world.inject({ method: "POST", url: "/rails/paystack/events", payload: "{}" }));
    expect([unknownRail.statusCode, unknownRail.json()]).toMatchObject([404, { status: "error" }]);
  });

  test("an event of an unknown type is stored and shown with its type, and moves nothing", async () => {
    expect((await world.railEvent("moon.full", { reference: "over-lagos" })).body.message).toBe("stored");
    await world.due();
    expect(await overview()).toContain("over-lagos");
  });

  test("the same event five times, one after the other and at once, is one receipt", async () => {
    const form = world.shopForm();
    const url = must((await world.postForm(form)).location, "the checkout");
    const { reference } = await world.payAt(url, payer);
    const [event] = await world.rail.eventsAbout(reference);
    const { rows } = await world.engine.pool.query<{ body: string }>("SELECT body FROM sandbox_rail.events WHERE event_id = $1", [event]);
    const { id, type, data } = JSON.parse(must(rows[0], "the event").body) as { id: string; type: string; data: Record<string, unknown> };
    const before = await world.moved();
    await world.railEvent(type, data, { id });
    await Promise.all(Array.from({ length: 4 }, () => world.railEvent(type, data, { id })));
    await world.due();
    expect(await world.moved()).toBe(before);
    // Told again under another id, the receipt's own name still makes it one.
    await world.railEvent(type, data);
    await world.due();
    expect(await railReferences(await world.orderOfShop(form["order_product_id"] ?? ""))).toEqual([["received", 450_000n, 0n]]);
  });

  test("money late, over, twice and in USD for a naira order is kept, then refunded; short money waits for the rest", async () => {
    const over = await world.buy({}, "business", { amount: "460000" });
    expect((await world.sends(over.orderId)).map((one) => [one.kind, one.amount, one.state])).toEqual([["refund", 10_000n, "succeeded"]]);

    await world.inject({ method: "POST", url: `/sandbox/payments/${over.rail.reference}`, payload: { outcome: "success", again: "yes" } });
    await world.due();
    expect((await world.sends(over.orderId)).map((one) => one.amount)).toEqual([10_000n, 450_000n]);

    const form = world.shopForm();
    const url = must((await world.postForm(form)).location, "the checkout");
    await world.payAt(url, payer, { amount: "10000", currency: "USD" });
    const wrong = await world.orderOfShop(form["order_product_id"] ?? "");
    expect((await world.sends(wrong)).map((one) => [one.amount, one.currency])).toEqual([[10_000n, "USD"]]);
    expect((await world.order(wrong)).state).toBe("awaiting_payment");

    const late = world.shopForm();
    const lateUrl = must((await world.postForm(late)).location, "the checkout");
    const rail = new URL(must((await world.post(lateUrl, payer)).location, "the rail")).pathname;
    await world.post(rail, { outcome: "abandon" });
    await world.advance(5 * 86_400_000);
    const lateId = await world.orderOfShop(late["order_product_id"] ?? "");
    expect((await world.order(lateId)).state).toBe("expired");
    await world.post(rail, { outcome: "success" });
    await world.due();
    expect((await world.sends(lateId)).map((one) => [one.kind, one.amount, one.state])).toEqual([["refund", 450_000n, "succeeded"]]);
  });
});
