import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { giveBack } from "../src/actions/book-steps.ts";
import { cancel } from "../src/actions/cancel.ts";
import { contestReturn, escalate } from "../src/actions/contest.ts";
import { deliver } from "../src/actions/deliver.ts";
import { reject } from "../src/actions/reject.ts";
import { rule } from "../src/actions/settle-dispute.ts";
import { giveRefundAccount } from "../src/actions/unpark.ts";
import { must } from "../src/domain/fault.ts";
import { account, attemptReference, bank, expectDone, lose, makeDue, payouts, withRail } from "./setup/states.ts";
import { unknownMoney } from "./setup/walk-money.ts";
import type { World } from "./setup/world.ts";
import { testWorld } from "./setup/world.ts";

let world: World;
beforeAll(async () => {
  world = await testWorld();
  await world.float();
  await bank(world, "0011");
});
afterEach(() => world.sound());
afterAll(() => world.close());

const of = async (name: string, sellerId?: number) => (await world.balances(sellerId))[name] ?? 0n;
const borne = async () => ({
  platform: -(await of("platform:losses")),
  seller: -(await of(`seller:${world.seller}:receivable`)),
});
const pending = { status: "pending" } as const;
const failed = { status: "failed", fault: "rail", reason: "busy" } as const;
const lost = async (reference: string) => {
  expectDone(await world.rail.openDispute(reference));
  expectDone(await world.rail.loseDispute(reference));
  await world.due();
};

test("of an order whose two payments are both lost the platform bears what was refunded once", async () => {
  const id = await world.checkout();
  const first = await world.pay(id, "success", { amount: 200_000n });
  const second = await world.pay(id, "success", {}, undefined, 250_000n);
  await world.done(deliver(world.on("seller", id)));
  await world.done(reject(world.on("buyer", id), { reason: "damaged" }));
  await world.done(contestReturn(world.on("seller", id)));
  await world.done(escalate(world.on("buyer", id)));
  await world.done(rule(world.on("operator", id), { buyerGets: 200_000n }));
  await world.due();
  const before = await borne();
  for (const reference of [first, second]) await lost(reference);
  const { platform, seller } = await borne();
  expect([platform - before.platform, seller - before.seller]).toEqual([200_000n, 250_000n]);
});

test("a refund that comes back after its payment was lost does not leave again, and the platform has its loss back", async () => {
  const id = await world.funded();
  await world.done(cancel(world.on("buyer", id)));
  await world.due();
  const refund = must((await payouts(world, id, "buyer"))[0], "a refund");
  expect(refund.state).toBe("succeeded");
  const before = await borne();
  await lose(world, id, 100_000n);
  expect(await borne()).toEqual({ ...before, platform: before.platform + 100_000n });
  expectDone(await world.rail.concludeSend(await attemptReference(world, refund), "reverse"));
  await world.due();
  expect(await borne()).toEqual(before);
  await world.done(giveRefundAccount(world.on("buyer", id), { details: account("0015") }));
  await world.due();
  expect((await payouts(world, id, "buyer")).map(({ amount, state }) => [amount, state])).toEqual([[350_000n, "succeeded"]]);
});

describe("unknown money that is given back", () => {
  const back = async (amount = 60_000n) => {
    const { paymentId, reference } = await unknownMoney(world, amount);
    await world.done(giveBack({ ...world.as("operator", "operator:1", 0), paymentId, orderId: null }));
    const refunds = async () =>
      (
        await world.engine.pool.query("SELECT id, amount, state, attempt_id FROM disbursements WHERE payment_id = $1 ORDER BY id", [
          paymentId,
        ])
      ).rows as { id: bigint; amount: bigint; state: string; attempt_id: bigint }[];
    const states = async () => (await refunds()).map(({ amount: of, state }) => [of, state]);
    const due = async (table: "attempts" | "disbursements") => {
      const one = must((await refunds()).at(-1), "a refund");
      await makeDue(world, table, Number(table === "attempts" ? one.attempt_id : one.id));
      await world.due();
    };
    return { paymentId, reference, states, due };
  };

  test("and was under way when it was lost does not leave again where that fails", async () => {
    const before = await of("platform:losses", 0);
    const { paymentId, reference, states, due } = await back();
    await withRail(world, { send: async () => pending, lookUpSend: async () => pending }, async () => {
      await world.due();
      await lost(reference);
    });
    expect(await states()).toEqual([[60_000n, "in_flight"]]);
    await withRail(world, { lookUpSend: async () => failed }, () => due("attempts"));
    await world.due();
    expect(await states()).toEqual([[60_000n, "cancelled"]]);
    expect([await of("platform:losses", 0), await of(`payment:${paymentId}:unapplied`, 0)]).toEqual([before, 0n]);
  });

  test("waits while it is disputed, is not sent where that is lost, and is where it is won", async () => {
    const before = await of("platform:losses", 0);
    const both = await withRail(world, { send: async () => failed, lookUpSend: async () => failed }, async () => {
      const two = [await back(61_000n), await back(62_000n)] as const;
      await world.due();
      return two;
    });
    for (const { reference } of both) expectDone(await world.rail.openDispute(reference));
    await world.due();
    for (const { due } of both) await due("disbursements");
    expect(await Promise.all(both.map(({ states }) => states()))).toEqual([[[61_000n, "queued"]], [[62_000n, "queued"]]]);
    expectDone(await world.rail.loseDispute(both[0].reference));
    expectDone(await world.rail.winDispute(both[1].reference));
    await world.due();
    expect(await Promise.all(both.map(({ states }) => states()))).toEqual([[[61_000n, "cancelled"]], [[62_000n, "succeeded"]]]);
    expect(await of("platform:losses", 0)).toBe(before);
  });
});
