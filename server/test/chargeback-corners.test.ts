import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { accept } from "../src/actions/accept.ts";
import { assignProvider } from "../src/actions/assign-provider.ts";
import { giveBack } from "../src/actions/book-steps.ts";
import { cancel } from "../src/actions/cancel.ts";
import { loseDispute, openDispute, winDispute } from "../src/actions/charge-back.ts";
import { deliver } from "../src/actions/deliver.ts";
import { receivePayment } from "../src/actions/receive-payment.ts";
import { giveRefundAccount } from "../src/actions/unpark.ts";
import { storeRailEvent } from "../src/db/rail-events.ts";
import { must } from "../src/domain/fault.ts";
import { matchUnknownMoney } from "../src/http/operator-acts.ts";
import { account, bank, dispute, expectDone, fallDue, lose, makeDue, payouts, provider, withRail } from "./setup/states.ts";
import { unknownMoney } from "./setup/walk-money.ts";
import type { World } from "./setup/world.ts";
import { testWorld } from "./setup/world.ts";

let world: World;
beforeAll(async () => {
  world = await testWorld();
  await world.float();
});
afterAll(() => world.close());

const queue = async (id: number) => (await world.sends(id)).map((one) => [one.payeeKind, one.amount, one.state]);
const pending = { status: "pending" } as const;
const letters = async (id: number) =>
  (await world.engine.pool.query("SELECT kind FROM messages WHERE order_id = $1 AND kind LIKE '%account%'", [id])).rows;

test("a refund that is under way when the dispute is lost, and then fails, does not leave again, and the platform has its loss back", async () => {
  const id = await world.funded();
  await world.done(cancel(world.on("buyer", id)));
  await withRail(world, { send: async () => pending, lookUpSend: async () => pending }, () => world.due());
  expect(await queue(id)).toEqual([["buyer", 450_000n, "in_flight"]]);
  await withRail(world, { lookUpSend: async () => pending }, () => lose(world, id));
  expect((await world.balances())["platform:losses"]).toBe(-450_000n);
  const failed = { status: "failed", fault: "payee", reason: "The payment was charged back." } as const;
  await withRail(world, { lookUpSend: async () => failed }, async () => {
    await makeDue(world, "attempts", must((await world.sends(id))[0]?.attemptId ?? undefined, "an attempt"));
    await world.due();
  });
  expect(await queue(id)).toEqual([["buyer", 450_000n, "cancelled"]]);
  expect(await world.refused(giveRefundAccount(world.on("buyer", id), { details: account("0011") }))).toBe("not_now");
  expect((await world.balances())["platform:losses"] ?? 0n).toBe(0n);
  expect([await world.holdsOf(id), await letters(id)]).toEqual([[], []]);
  await world.sound();
});

describe("short money", () => {
  const short = async () => {
    const id = await world.checkout();
    await world.pay(id, "success", { amount: 100_000n });
    return id;
  };

  test("that was disputed when its checkout ended goes back once the dispute is won", async () => {
    const id = await short();
    const reference = await dispute(world, id);
    await fallDue(world, id);
    await world.due();
    expect(await queue(id)).toEqual([]);
    expectDone(await world.rail.winDispute(reference));
    await world.due();
    expect(await queue(id)).toEqual([["buyer", 100_000n, "succeeded"]]);
  });

  test("that was disputed while another payment funded the order goes back too", async () => {
    const id = await short();
    const reference = await dispute(world, id);
    await world.pay(id);
    expectDone(await world.rail.winDispute(reference));
    await world.due();
    expect([(await world.order(id)).state, await queue(id)]).toEqual(["funded", [["buyer", 100_000n, "succeeded"]]]);
  });

  test("waits for the rest where its dispute is won in time", async () => {
    const id = await short();
    expectDone(await world.rail.winDispute(await dispute(world, id)));
    await world.due();
    expect(await queue(id)).toEqual([]);
    expect((await world.paymentsOf(id)).map(({ state, unapplied }) => [state, unapplied])).toEqual([["received", 100_000n]]);
  });

  test("that was disputed while the rest came funds the order once the dispute is won", async () => {
    const id = await short();
    const reference = await dispute(world, id);
    await world.pay(id, "success", { amount: 355_000n });
    expect((await world.order(id)).state).toBe("awaiting_payment");
    expectDone(await world.rail.winDispute(reference));
    await world.due();
    expect([(await world.order(id)).state, await queue(id)]).toEqual(["funded", [["buyer", 5_000n, "succeeded"]]]);
    expect((await world.balances())[`order:${id}:escrow`]).toBe(450_000n);
    await world.sound();
  });

  test("that was charged back in part: what is left goes back", async () => {
    const id = await short();
    await lose(world, id, 30_000n);
    await fallDue(world, id);
    await world.due();
    expect(await queue(id)).toEqual([["buyer", 70_000n, "succeeded"]]);
  });
});

describe("unknown money", () => {
  const house = { id: 1, email: "" };
  const to = (order: number) => ({ to_seller: String(world.seller), to_order: String(order) }) as never;

  test("is given to one order, however often and to whichever it is said; the same may be said again", async () => {
    const first = await world.checkout();
    const second = await world.checkout();
    const { paymentId } = await unknownMoney(world);
    expect(await matchUnknownMoney(world.engine, house, paymentId, to(first))).toHaveProperty("done");
    expect(await matchUnknownMoney(world.engine, house, paymentId, to(second))).toMatchObject({
      refused: "not_now",
      detail: `This money was given to order ${first} already.`,
    });
    expect(await matchUnknownMoney(world.engine, house, paymentId, to(first))).not.toHaveProperty("refused");
    expect([(await world.order(first)).state, (await world.order(second)).state]).toEqual(["funded", "awaiting_payment"]);
    await world.sound();
  });

  test("is given to one order by two who match it at the same moment", async () => {
    const orders = [await world.checkout(), await world.checkout()];
    const { paymentId } = await unknownMoney(world);
    const answers = await Promise.all(orders.map((id) => matchUnknownMoney(world.engine, house, paymentId, to(id))));
    expect(answers.filter((one) => "done" in one)).toHaveLength(1);
    const states = await Promise.all(orders.map(async (id) => (await world.order(id)).state));
    expect(states.toSorted()).toEqual(["awaiting_payment", "funded"]);
    await world.sound();
  });

  test("rings too where the process that took it in died before that", async () => {
    const about = { eventId: "died-1", type: "payment.succeeded", reference: "ref-died" };
    const receipt = { rail: "sandbox", reference: "ref-died", railReference: "r-died", amount: 5_000n, currency: "NGN", fee: 0n };
    await world.done(receivePayment(world.as("rail", "rail:sandbox", 0), { ...receipt, paymentId: null, orderId: null }));
    const parsed = { ...about, railReference: "r-died", amount: 5_000, currency: "NGN", occurredAt: new Date().toISOString() };
    await storeRailEvent(world.engine.pool, { rail: "sandbox", ...about, body: Buffer.from("{}"), parsed, at: new Date() });
    await world.due();
    const { rows } = await world.engine.pool.query("SELECT kind FROM alarms WHERE about = 'sandbox r-died'");
    expect(rows).toEqual([{ kind: "unknown_money" }]);
  });

  test("that was charged back in part: what is left is given back, once", async () => {
    const { paymentId, reference } = await unknownMoney(world, 60_000n);
    expectDone(await world.rail.openDispute(reference, 20_000n));
    expectDone(await world.rail.loseDispute(reference, 20_000n));
    await world.due();
    const back = giveBack({ ...world.as("operator", "operator:1", 0), paymentId, orderId: null });
    expect(await world.done(back)).toMatchObject({ state: "charged_back" });
    await world.due();
    expect((await world.balances(0))[`payment:${paymentId}:unapplied`] ?? 0n).toBe(0n);
    expect(await world.refused(giveBack({ ...world.as("operator", "operator:1", 0), paymentId, orderId: null }))).toBe("not_now");
  });

  test("of another rail than its order's: a chargeback takes what was not sent, where that rail has it", async () => {
    await bank(world, "0009");
    const id = await world.checkout();
    const receipt = { rail: "paystack", reference: "ref-x", railReference: "r-1", amount: 450_000n, currency: "NGN", fee: 0n };
    await world.done(receivePayment(world.as("rail", "rail:paystack", 0), { ...receipt, paymentId: null, orderId: null }));
    const { rows } = await world.engine.pool.query("SELECT id FROM payments WHERE seller_id = 0 AND reference = 'ref-x'");
    expect(await matchUnknownMoney(world.engine, house, Number(rows[0]?.["id"]), to(id))).toHaveProperty("done");
    await world.done(deliver(world.on("seller", id)));
    await world.done(assignProvider(world.on("seller", id), { providerId: await provider(world, "0011"), share: 5_000 }));
    await world.done(accept(world.on("buyer", id)));
    await world.due();
    const payment = must((await world.paymentsOf(id))[0], "the payment");
    await world.done(loseDispute({ ...world.as("rail"), paymentId: payment.id, orderId: id }, { amount: 450_000n, fee: 0n }));
    expect(await payouts(world, id)).toEqual([]);
    const { "rail:paystack:disputed": there = 0n, "rail:sandbox:disputed": here = 0n } = await world.balances();
    expect([there, here]).toEqual([0n, 0n]);
  });
});

describe("of two disputes of one payment", () => {
  const paid = async () => {
    await bank(world, "0011");
    const id = await world.funded();
    const payment = must((await world.paymentsOf(id))[0], "the payment");
    let told = 0;
    const tell = async (type: string, disputeId: string, at = new Date()) => {
      told += 1;
      const about = { eventId: `${payment.reference}-${told}`, type, reference: payment.reference };
      const facts = { railReference: payment.railReference, disputeId, amount: 100_000, moneyTaken: true };
      const parsed = { ...about, ...facts, occurredAt: at.toISOString() };
      await storeRailEvent(world.engine.pool, { rail: "sandbox", ...about, body: Buffer.from("{}"), parsed, at: new Date() });
      await world.due();
    };
    const standing = async () =>
      (await world.holdsOf(id))
        .filter((one) => one.state === "standing")
        .map(({ reason }) => reason)
        .toSorted();
    const state = async () => (await world.paymentsOf(id))[0]?.state;
    return { id, tell, standing, state };
  };

  test("the second is not taken for the first: the order's money stays, and an alarm rings", async () => {
    const { tell, standing, state } = await paid();
    await tell("payment.dispute_opened", "dp_1");
    await tell("payment.dispute_opened", "dp_2");
    await tell("payment.dispute_opened", "dp_1");
    expect(await standing()).toEqual(["chargeback", "operator"]);
    await tell("payment.dispute_won", "dp_2");
    expect(await state()).toBe("disputed");
    await tell("payment.dispute_won", "dp_1");
    expect([await state(), await standing()]).toEqual(["received", ["operator"]]);
    const { rows } = await world.engine.pool.query("SELECT about FROM alarms WHERE kind = 'second_dispute'");
    expect(rows).toEqual([{ about: "sandbox dp_2" }]);
  });

  test("the second is not taken for the first, though another process that has booked the first has not said so yet", async () => {
    const { id, tell, standing, state } = await paid();
    const payment = must((await world.paymentsOf(id))[0], "the payment");
    const ask = { ...world.as("rail"), paymentId: payment.id, orderId: id };
    await world.done(openDispute(ask, { disputeId: "dp_9", amount: 100_000n, takenAtOnce: true }));
    await tell("payment.dispute_opened", "dp_10");
    await tell("payment.dispute_opened", "dp_9");
    expect(await standing()).toEqual(["chargeback", "operator"]);
    await tell("payment.dispute_lost", "dp_10");
    expect(await state()).toBe("disputed");
    await world.done(winDispute({ ...ask, ...world.as("rail") }, { disputeId: "dp_9", fee: 0n }));
    await tell("payment.dispute_won", "dp_9");
    await tell("payment.dispute_opened", "dp_11");
    expect([await state(), await standing()]).toEqual(["disputed", ["chargeback", "operator"]]);
  });

  test("one that follows a won one is a dispute like any other", async () => {
    const { id, tell, standing, state } = await paid();
    await tell("payment.dispute_opened", "dp_3");
    await tell("payment.dispute_won", "dp_3");
    await tell("payment.dispute_opened", "dp_4");
    expect([await state(), await standing()]).toEqual(["disputed", ["chargeback"]]);
    await tell("payment.dispute_lost", "dp_4");
    expect([await state(), await standing()]).toEqual(["charged_back", []]);
    expect((await world.balances())[`order:${id}:escrow`]).toBe(350_000n);
  });

  test("the opening of one is not made old by the decision of the other", async () => {
    const { tell, standing, state } = await paid();
    const before = new Date(Date.now() - 60_000);
    await tell("payment.dispute_opened", "dp_5", before);
    await tell("payment.dispute_won", "dp_5");
    await tell("payment.dispute_opened", "dp_6", before);
    expect([await state(), await standing()]).toEqual(["disputed", ["chargeback"]]);
  });

  test("a loss of which no opening was told is one too", async () => {
    const { tell, standing, state } = await paid();
    await tell("payment.dispute_lost", "dp_7");
    await tell("payment.dispute_lost", "dp_8");
    expect([await state(), await standing()]).toEqual(["charged_back", ["operator"]]);
  });
});
