import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { openAgreedCheckout } from "../src/actions/agree.ts";
import { giveBack, handOver, settlePayment } from "../src/actions/book-steps.ts";
import { closeCheckout, expire } from "../src/actions/expire.ts";
import { openPayment } from "../src/actions/payment-steps.ts";
import { closeProject } from "../src/actions/projects.ts";
import { receivePayment } from "../src/actions/receive-payment.ts";
import { giveRefundAccount } from "../src/actions/unpark.ts";
import { account, agreedCheckout, expectDone, fallDue, reach, referenceOf } from "./setup/states.ts";
import { unknownMoney } from "./setup/walk-money.ts";
import type { World } from "./setup/world.ts";
import { testWorld } from "./setup/world.ts";
import { newTokenHash } from "./setup/token-hash.ts";

let world: World;
beforeAll(async () => {
  world = await testWorld();
  await world.float();
});
afterEach(() => world.sound());
afterAll(() => world.close());

const state = async (id: number) => (await world.order(id)).state;
const escrow = async (id: number) => (await world.balances())[`order:${id}:escrow`] ?? 0n;
/** Every refund of an order with its state, in the order in which they were queued. */
const refunds = async (id: number) =>
  (await world.sends(id)).filter((one) => one.kind === "refund").map((one) => [one.amount, one.currency, one.state]);
const unapplied = async () => Object.entries(await world.balances()).filter(([name]) => name.endsWith(":unapplied"));
const refundedAtRail = async (currency = "NGN") => (await world.rail.books()).find((one) => one.currency === currency)?.refunded ?? 0n;

describe("money that fits nothing goes back, all of it and once", () => {
  test("late: the order had expired", async () => {
    const id = await world.checkout();
    const reference = await world.pay(id, "decline");
    await world.done(expire(world.on("buyer", id)));
    expectDone(await world.rail.play(reference, "success"));
    await world.due();
    expect([await state(id), await escrow(id)]).toEqual(["expired", 0n]);
    expect(await refunds(id)).toEqual([[450_000n, "NGN", "succeeded"]]);
    expect(await unapplied()).toEqual([]);
  });

  test("short, then topped up: escrow takes exactly what was asked", async () => {
    const id = await world.checkout();
    await world.pay(id, "success", { amount: 440_000n });
    expect([await state(id), await escrow(id)]).toEqual(["awaiting_payment", 0n]);
    expect(await refunds(id)).toEqual([]);
    await world.pay(id, "success", {}, undefined, 10_000n);
    expect([await state(id), await escrow(id)]).toEqual(["funded", 450_000n]);
    expect(await unapplied()).toEqual([]);
    expect(await refunds(id)).toEqual([]);
  });

  test("short, and topped up by too much: what is over goes back", async () => {
    const id = await world.checkout();
    await world.pay(id, "success", { amount: 440_000n });
    await world.pay(id, "success", { amount: 25_000n }, undefined, 10_000n);
    expect([await state(id), await escrow(id)]).toEqual(["funded", 450_000n]);
    expect(await refunds(id)).toEqual([[15_000n, "NGN", "succeeded"]]);
  });

  test("a top-up asks for what is missing, and for nothing else", async () => {
    const id = await world.checkout();
    await world.pay(id, "success", { amount: 440_000n });
    const input = { orderId: id, reference: `again-${id}`, amount: 450_000n, email: "a@b.example", phone: "+2348031112222" };
    expect(await world.refused(openPayment(world.as("buyer"), input))).toBe("mismatch");
  });

  test("short, then expired: the short money goes back at the end of the checkout and not before", async () => {
    const id = await world.checkout();
    await world.pay(id, "success", { amount: 440_000n });
    expect(await refunds(id)).toEqual([]);
    await fallDue(world, id);
    await world.due();
    expect(await state(id)).toBe("expired");
    expect(await refunds(id)).toEqual([[440_000n, "NGN", "succeeded"]]);
  });

  test("short for an order agreed beforehand: after its checkout closed, the next one asks for all of it again", async () => {
    const id = await agreedCheckout(world);
    await world.pay(id, "success", { amount: 440_000n });
    await world.done(closeCheckout(world.on("buyer", id)));
    await world.due();
    expect(await refunds(id)).toEqual([[440_000n, "NGN", "succeeded"]]);
    await world.done(openAgreedCheckout(world.on("buyer", id), { tokenHash: newTokenHash() }));
    await world.pay(id);
    expect([await state(id), await escrow(id)]).toEqual(["funded", 450_000n]);
    expect(await refunds(id)).toHaveLength(1);
  });

  test("over: the excess goes back at once", async () => {
    const id = await world.checkout();
    await world.pay(id, "success", { amount: 460_000n });
    expect([await state(id), await escrow(id)]).toEqual(["funded", 450_000n]);
    expect(await refunds(id)).toEqual([[10_000n, "NGN", "succeeded"]]);
  });

  test("second: another payment on the same reference goes back, along that payment", async () => {
    const id = await world.funded();
    const before = await refundedAtRail();
    expectDone(await world.rail.payAgain(await referenceOf(world, id)));
    await world.due();
    expect([await state(id), await escrow(id)]).toEqual(["funded", 450_000n]);
    expect(await refunds(id)).toEqual([[450_000n, "NGN", "succeeded"]]);
    expect((await refundedAtRail()) - before).toBe(450_000n);
    expect((await world.paymentsOf(id)).map((one) => [one.state, one.received, one.unapplied])).toEqual([
      ["received", 450_000n, 0n],
      ["received", 450_000n, 450_000n],
    ]);
  });

  test("dollars for a naira order go back as dollars, and the order still waits", async () => {
    const id = await world.checkout();
    await world.pay(id, "success", { amount: 45_000n, currency: "USD" });
    expect([await state(id), await escrow(id)]).toEqual(["awaiting_payment", 0n]);
    expect(await refunds(id)).toEqual([[45_000n, "USD", "succeeded"]]);
    expect(await refundedAtRail("USD")).toBe(45_000n);
    await world.pay(id);
    expect(await state(id)).toBe("funded");
  });

  test("excess to a card that takes no refund waits for the buyer's account, and does not keep the order from ending", async () => {
    const id = await world.checkout();
    await world.pay(id, "success", { amount: 460_000n, card: "refund_dead" });
    expect(await refunds(id)).toEqual([[10_000n, "NGN", "parked"]]);
    await world.done(giveRefundAccount(world.on("buyer", id), { details: account("0042") }));
    await world.due();
    expect(await refunds(id)).toEqual([[10_000n, "NGN", "succeeded"]]);
  });

  test("two payments for one order at the same moment: one funds it, the other goes back", async () => {
    const id = await world.checkout();
    const open = async (reference: string) => {
      await world.done(
        openPayment(world.as("buyer"), { orderId: id, reference, amount: 450_000n, email: "a@b.example", phone: "+2348031112222" }),
      );
      await world.rail.openPayment({
        sellerId: world.seller,
        reference,
        amount: 450_000n,
        currency: "NGN",
        description: "",
        returnUrl: "http://127.0.0.1/",
        payerEmail: "buyer@shop.example",
      });
    };
    await open(`one-${id}`);
    await open(`two-${id}`);
    await Promise.all([world.rail.play(`one-${id}`, "success"), world.rail.play(`two-${id}`, "success")]);
    await Promise.all([world.due(), world.due()]);
    await world.due();
    expect([await state(id), await escrow(id)]).toEqual(["funded", 450_000n]);
    expect(await refunds(id)).toEqual([[450_000n, "NGN", "succeeded"]]);
  });
});

describe("what a rail tells changes something once", () => {
  test("the same event five times, one after the other and at once", async () => {
    const id = await world.funded();
    const events = await world.rail.eventsAbout(await referenceOf(world, id));
    for (let times = 0; times < 5; times += 1) for (const event of events) await world.rail.emitAgain(event);
    await Promise.all(Array.from({ length: 5 }, () => world.due()));
    expect((await world.paymentsOf(id)).map((one) => one.received)).toEqual([450_000n]);
    expect(await escrow(id)).toBe(450_000n);
    const { rows } = await world.engine.pool.query("SELECT times FROM rail_events WHERE event_id = $1", [events[0]]);
    expect(rows[0]?.["times"]).toBe(6);
  });

  test("an event and a look-up that tell of the same receipt", async () => {
    const id = await world.checkout();
    const reference = await world.pay(id);
    const { receipts } = await world.rail.lookUpPayment(reference);
    const [payment] = await world.paymentsOf(id);
    const [receipt] = receipts;
    const told = {
      paymentId: payment?.id ?? 0,
      orderId: id,
      rail: "sandbox",
      reference,
      railReference: receipt?.railReference ?? "",
      amount: 450_000n,
      currency: "NGN",
      fee: 0n,
    };
    const again = await world.done(receivePayment(world.as("rail", "rail:sandbox"), told));
    expect(again["again"]).toBe(true);
    expect(await world.paymentsOf(id)).toHaveLength(1);
  });

  test("a settlement and a dispute that are told before the receipt they are about", async () => {
    const id = await world.checkout();
    const reference = await world.pay(id, "decline");
    expectDone(await world.rail.play(reference, "success"));
    await world.rail.settle(new Date(Date.now() + 2 * 86_400_000));
    expectDone(await world.rail.openDispute(reference));
    await world.database.ownerPool.query("UPDATE rail_events SET due_at = NULL WHERE reference = $1 AND type = 'payment.succeeded'", [
      reference,
    ]);
    await world.due();
    expect((await world.paymentsOf(id)).map((one) => [one.state, one.settled])).toEqual([["disputed", true]]);
    await world.database.ownerPool.query(
      "UPDATE rail_events SET due_at = date_trunc('milliseconds', now()) WHERE reference = $1 AND type = 'payment.succeeded'",
      [reference],
    );
    await world.due();
    expect(await state(id)).toBe("funded");
    expectDone(await world.rail.winDispute(reference));
    await world.due();
  });

  test("a payment that stays pending is asked about again later, not for ever at once", async () => {
    const id = await world.checkout();
    await world.pay(id, "pending");
    await world.database.ownerPool.query("UPDATE payments SET due_at = date_trunc('milliseconds', now()) WHERE order_id = $1", [id]);
    const fired = await world.due();
    expect(fired.filter((one) => one.what === "payment asked about")).toHaveLength(1);
  });
});

describe("money under a reference that nobody knows", () => {
  const house = (paymentId: number) => ({ ...world.as("operator", "operator:1", 0), paymentId, orderId: null });
  const held = async (paymentId: number) => (await world.balances(0))[`payment:${paymentId}:unapplied`] ?? 0n;

  test("stands in the house's book and rings an alarm", async () => {
    const unknown = await unknownMoney(world);
    expect(await held(unknown.paymentId)).toBe(450_000n);
    const { rows } = await world.engine.pool.query("SELECT kind FROM alarms WHERE about = $1", [`sandbox ${unknown.railReference}`]);
    expect(rows).toEqual([{ kind: "unknown_money" }]);
  });

  test("goes back once, however often the operator says so, and cannot be handed over any more", async () => {
    const { paymentId } = await unknownMoney(world, 77_000n);
    await world.done(giveBack(house(paymentId)));
    expect(await world.refused(giveBack(house(paymentId)))).toBe("not_now");
    expect(await world.refused(handOver(house(paymentId), { sellerId: world.seller, orderId: 1 }))).toBe("not_now");
    const before = await refundedAtRail();
    await world.due();
    expect(await world.refused(giveBack(house(paymentId)))).toBe("not_now");
    await world.due();
    expect([(await refundedAtRail()) - before, await held(paymentId)]).toEqual([77_000n, 0n]);
  });

  test.each([{ settled: false }, { settled: true }])(
    "is handed over to its order, whose book then has all of it (settled before: $settled)",
    async ({ settled }) => {
      const id = await world.checkout();
      const unknown = await unknownMoney(world);
      if (settled) await world.rail.settle(new Date(Date.now() + 2 * 86_400_000));
      await world.due();
      const handed = await world.done(handOver(house(unknown.paymentId), { sellerId: world.seller, orderId: id }));
      expect(handed).toMatchObject({ amount: 450_000, currency: "NGN", fee: 16_750, rail_reference: unknown.railReference, settled });
      expect(await world.refused(handOver(house(unknown.paymentId), { sellerId: world.seller, orderId: id }))).toBe("not_now");
      const told = { paymentId: null, orderId: id, rail: "sandbox", reference: unknown.reference, railReference: unknown.railReference };
      const receipt = { ...told, amount: 450_000n, currency: "NGN", fee: BigInt(Number(handed["fee"])) };
      const placed = await world.done(receivePayment(world.as("rail", "rail:sandbox"), receipt));
      if (settled)
        await world.done(
          settlePayment({ ...world.as("rail", "rail:sandbox"), paymentId: Number(placed["payment"]), orderId: id }, { amount: 433_250n }),
        );
      expect([await state(id), await escrow(id), await held(unknown.paymentId)]).toEqual(["funded", 450_000n, 0n]);
      // The same event once more finds the money where it is now.
      for (const event of await world.rail.eventsAbout(unknown.reference)) {
        await world.database.ownerPool.query("UPDATE rail_events SET due_at = date_trunc('milliseconds', now()) WHERE event_id = $1", [
          event,
        ]);
      }
      await world.due();
      expect([await escrow(id), await held(unknown.paymentId)]).toEqual([450_000n, 0n]);
      if (!settled) await world.rail.settle(new Date(Date.now() + 2 * 86_400_000));
      await world.due();
      expect((await world.paymentsOf(id)).map((one) => one.settled)).toEqual([true]);
    },
  );

  test("a second receipt under the same unknown reference is money of its own", async () => {
    const unknown = await unknownMoney(world, 30_000n);
    expectDone(await world.rail.payAgain(unknown.reference, { amount: 20_000n }));
    await world.due();
    const { rows } = await world.engine.pool.query("SELECT received FROM payments WHERE seller_id = 0 AND reference = $1 ORDER BY id", [
      unknown.reference,
    ]);
    expect(rows.map((row) => row["received"])).toEqual([30_000n, 20_000n]);
  });
});

test("a receipt for an order that is over is taken in, and refunded, without changing the order", async () => {
  const id = await reach(world, "completed");
  expectDone(await world.rail.payAgain(await referenceOf(world, id), { amount: 12_345n }));
  await world.due();
  expect(await state(id)).toBe("completed");
  expect(await refunds(id)).toEqual([[12_345n, "NGN", "succeeded"]]);
});

test.each([
  ["another milestone takes its place", (projectId: number) => world.checkout({ projectId })],
  ["its project is closed", (projectId: number) => world.done(closeProject(world.as("seller", "key"), { projectId }))],
])("what came in another currency is not sent back a second time when %s", async (_, end) => {
  const projectId = await world.project();
  const id = await world.checkout({ projectId });
  await world.pay(id, "success", { currency: "USD", amount: 1_100n });
  expect(await refunds(id)).toEqual([[1_100n, "USD", "succeeded"]]);
  await end(projectId);
  expect(await state(id)).toBe("expired");
  await world.due();
  expect(await refunds(id)).toEqual([[1_100n, "USD", "succeeded"]]);
});
