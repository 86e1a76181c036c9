import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { accept } from "../src/actions/accept.ts";
import { assignProvider } from "../src/actions/assign-provider.ts";
import { writeOff } from "../src/actions/book-steps.ts";
import { cancel } from "../src/actions/cancel.ts";
import { reject } from "../src/actions/reject.ts";
import { loseDispute } from "../src/actions/charge-back.ts";
import { confirmReturn } from "../src/actions/confirm-return.ts";
import { lapse } from "../src/actions/lapse.ts";
import { reopen, rule } from "../src/actions/settle-dispute.ts";
import { holdingStates } from "../src/domain/order-table.ts";
import { must } from "../src/domain/fault.ts";
import { bank, dispute, expectDone, fallDue, lose, payouts, provider, reach, referenceOf } from "./setup/states.ts";
import { unknownMoney } from "./setup/walk-money.ts";
import type { World } from "./setup/world.ts";
import { day, testWorld } from "./setup/world.ts";

let world: World;
beforeAll(async () => {
  world = await testWorld();
  await world.float();
});
afterEach(() => world.sound());
afterAll(() => world.close());

const state = async (id: number) => (await world.order(id)).state;
const of = async (account: string) => (await world.balances())[account] ?? 0n;
const escrow = (id: number) => of(`order:${id}:escrow`);
const owed = async () => -(await of(`seller:${world.seller}:receivable`));
const losses = async () => -(await of("platform:losses"));
const queue = async (id: number) => (await world.sends(id)).map((one) => [one.payeeKind, one.amount, one.state]);
const win = async (reference: string) => {
  expectDone(await world.rail.winDispute(reference));
  await world.due();
};
/** The dispute goes on for so many days before the next step. */
const pass = (id: number, days: number) =>
  world.database.ownerPool.query("UPDATE holds SET placed_at = placed_at - $2 * interval '1 day' WHERE order_id = $1", [id, days]);

describe("while a dispute runs", () => {
  test.each([{ taken: true }, { taken: false }])(
    "the rail's record and ours agree on what it took (taken at once: $taken)",
    async ({ taken }) => {
      const id = await world.funded();
      const before = await of("rail:sandbox:disputed");
      const reference = await dispute(world, id, undefined, taken);
      expect(before - (await of("rail:sandbox:disputed"))).toBe(taken ? 450_000n : 0n);
      await world.sound();
      await win(reference);
      expect(await of("rail:sandbox:disputed")).toBe(before);
      expect((await world.paymentsOf(id)).map((one) => [one.state, one.disputed])).toEqual([["received", 0n]]);
    },
  );

  test("the order's clock stands still, and when it is won what had not come due moves by that time", async () => {
    const id = await world.funded();
    const reference = await dispute(world, id);
    await pass(id, 3);
    // The time to deliver ran out a day ago, two days into the dispute; free cancellation had ended before it.
    await fallDue(world, id, day);
    await world.database.ownerPool.query("UPDATE orders SET free_cancel_until = now() - interval '4 days' WHERE id = $1", [id]);
    const before = await world.order(id);
    await world.due();
    expect(await state(id)).toBe("funded");
    expect(await world.refused(lapse(world.on("clock", id)))).toBe("chargeback_running");
    await win(reference);
    const after = await world.order(id);
    const moved = (after.deliverBy?.getTime() ?? 0) - (before.deliverBy?.getTime() ?? 0);
    expect(Math.abs(moved - 3 * day)).toBeLessThan(60_000);
    expect(after.dueAt).toEqual(after.deliverBy);
    expect(after.freeCancelUntil).toEqual(before.freeCancelUntil);
    expect(await world.holdsOf(id)).toEqual([]);
  });

  test("it moves on too after a part was lost", async () => {
    const id = await world.funded();
    const reference = await dispute(world, id, 100_000n);
    await pass(id, 3);
    const { deliverBy } = await world.order(id);
    expectDone(await world.rail.loseDispute(reference));
    await world.due();
    const moved = ((await world.order(id)).deliverBy?.getTime() ?? 0) - (deliverBy?.getTime() ?? 0);
    expect(Math.abs(moved - 3 * day)).toBeLessThan(60_000);
  });

  test("payouts and refunds wait, and go out as soon as it is won", async () => {
    const id = await world.accepted();
    const reference = await dispute(world, id);
    expect(await queue(id)).toEqual([["seller", 383_250n, "queued"]]);
    await win(reference);
    expect(await queue(id)).toEqual([["seller", 383_250n, "succeeded"]]);
  });

  test("of two disputes of one order both must end before its clock goes on", async () => {
    const id = await world.checkout();
    const first = await world.pay(id, "success", { amount: 200_000n });
    const second = await world.pay(id, "success", {}, undefined, 250_000n);
    for (const reference of [first, second]) expectDone(await world.rail.openDispute(reference));
    await world.due();
    expect(await world.holdsOf(id)).toHaveLength(2);
    await win(first);
    expect(await world.holdsOf(id)).toHaveLength(2);
    await win(second);
    expect(await world.holdsOf(id)).toEqual([]);
  });

  test("the parties may go on, and the operator may rule; nothing is sent", async () => {
    const id = await reach(world, "disputed");
    await dispute(world, id);
    await world.done(rule(world.on("operator", id), { buyerGets: 450_000n }));
    await world.due();
    expect(await queue(id)).toEqual([["buyer", 450_000n, "queued"]]);
  });
});

describe("a dispute lost while escrow holds the money", () => {
  test.each(holdingStates.map((from) => ({ from })))("$from: escrow bears it and the order is over", async ({ from }) => {
    const before = { owed: await owed(), losses: await losses() };
    const id = await reach(world, from);
    await lose(world, id);
    expect([await state(id), await escrow(id)]).toEqual(["completed", 0n]);
    expect(await queue(id)).toEqual([]);
    expect({ owed: await owed(), losses: await losses() }).toEqual(before);
    expect(await world.order(id)).toMatchObject({ lost: 450_000n, chargedBack: 450_000n, dueAt: null });
  });

  test("in part: what is left is released as the straight line says", async () => {
    const id = await reach(world, "delivered");
    const fees = await of("platform:escrow_fees");
    await lose(world, id, 100_000n, 0n, false);
    expect([await state(id), await escrow(id)]).toEqual(["delivered", 350_000n]);
    await world.done(accept(world.on("buyer", id)));
    await world.due();
    expect(await queue(id)).toEqual([["seller", 298_083n, "succeeded"]]);
    expect((await of("platform:escrow_fees")) - fees).toBe(38_889n);
    expect((await world.order(id)).ending).toMatchObject({ railFee: 13_028n, seller: 298_083n });
  });

  test("in part, and then a return: the buyer gets back only what the bank had not given", async () => {
    const id = await reach(world, "delivered");
    await lose(world, id, 100_000n);
    await world.done(reject(world.on("buyer", id), { reason: "damaged" }));
    await world.done(confirmReturn(world.on("seller", id)));
    await world.due();
    expect(await queue(id)).toEqual([["buyer", 350_000n, "succeeded"]]);
  });

  test("lost in part of what was taken: the rest comes back from the rail", async () => {
    const id = await world.funded();
    const reference = await dispute(world, id);
    expectDone(await world.rail.loseDispute(reference, 50_000n));
    await world.due();
    expect(await escrow(id)).toBe(400_000n);
    expect((await world.paymentsOf(id)).map((one) => [one.state, one.chargedBack])).toEqual([["charged_back", 50_000n]]);
  });
});

describe("a dispute lost after the order ended", () => {
  test("nothing was sent: the release is undone, escrow pays, nobody owes anything", async () => {
    const before = { owed: await owed(), losses: await losses(), fees: await of("platform:escrow_fees") };
    const id = await world.accepted();
    await lose(world, id);
    expect([await state(id), await escrow(id)]).toEqual(["completed", 0n]);
    expect(await queue(id)).toEqual([["seller", 383_250n, "cancelled"]]);
    expect({ owed: await owed(), losses: await losses(), fees: await of("platform:escrow_fees") }).toEqual(before);
  });

  test("nothing was sent, lost in part: what is left is released anew and paid", async () => {
    const id = await world.accepted();
    await lose(world, id, 100_000n);
    expect(await queue(id)).toEqual([
      ["seller", 383_250n, "cancelled"],
      ["seller", 298_083n, "succeeded"],
    ]);
    expect(await state(id)).toBe("completed");
  });

  test("one payout was sent and one parked: the parked one pays first, the seller owes the rest", async () => {
    await bank(world, "0009");
    const id = await world.delivered();
    await world.done(assignProvider(world.on("seller", id), { providerId: await provider(world), share: 2_000 }));
    await world.done(accept(world.on("buyer", id)));
    await world.due();
    expect(await queue(id)).toEqual([
      ["seller", 75_650n, "parked"],
      ["service_provider", 302_600n, "succeeded"],
    ]);
    const before = await owed();
    await lose(world, id);
    expect(await queue(id)).toEqual([
      ["seller", 75_650n, "cancelled"],
      ["service_provider", 302_600n, "succeeded"],
    ]);
    expect((await owed()) - before).toBe(374_350n);
    expect(await state(id)).toBe("completed");
    await settleDebt(before);
    await bank(world, "0011");
  });

  test("less is lost than was parked: what is left of it goes on waiting for its payee", async () => {
    await bank(world, "0009");
    const id = await world.delivered();
    await world.done(assignProvider(world.on("seller", id), { providerId: await provider(world), share: 2_000 }));
    await world.done(accept(world.on("buyer", id)));
    await world.due();
    await lose(world, id, 50_000n);
    expect((await payouts(world, id)).map((one) => [one.amount, one.state, one.fault])).toEqual([[25_650n, "parked", "payee"]]);
    await bank(world, "0011");
    await world.due();
    expect((await payouts(world, id)).map((one) => [one.amount, one.state])).toEqual([[25_650n, "succeeded"]]);
    expect(await state(id)).toBe("completed");
  });

  test("all was sent: the seller owes it and the rail's fee, the next release repays it, and the rest is written off", async () => {
    const id = await reach(world, "completed");
    await lose(world, id, undefined, 150_000n);
    expect([await state(id), await owed()]).toEqual(["completed", 600_000n]);
    const next = await world.accepted();
    await world.due();
    expect([await queue(next), await state(next), await owed()]).toEqual([[], "completed", 216_750n]);
    expect((await world.order(next)).ending).toMatchObject({ seller: 383_250n, repaid: 383_250n });
    expect(await world.refused(writeOff(world.as("operator"), { amount: 216_751n, currency: "NGN" }))).toBe("mismatch");
    const before = await losses();
    await world.done(writeOff(world.as("operator"), { amount: 216_750n, currency: "NGN" }));
    expect([await owed(), (await losses()) - before]).toEqual([0n, 216_750n]);
    const free = await reach(world, "completed");
    expect(await queue(free)).toEqual([["seller", 383_250n, "succeeded"]]);
  });

  test("a release that repaid a debt and is turned round restores the debt", async () => {
    const before = await owed();
    await lose(world, await reach(world, "completed"), undefined, 10_000n);
    expect((await owed()) - before).toBe(460_000n);
    world.settings.rulingHold = day;
    const ruled = await reach(world, "disputed");
    await world.done(rule(world.on("operator", ruled), { buyerGets: 200_000n }));
    expect((await owed()) - before).toBe(460_000n - 212_916n);
    await world.done(reopen(world.on("operator", ruled)));
    world.settings.rulingHold = 0;
    expect((await owed()) - before).toBe(460_000n);
    const released = await world.accepted();
    expect((await owed()) - before).toBe(460_000n - 383_250n);
    await lose(world, released);
    expect((await owed()) - before).toBe(460_000n);
    await settleDebt(before);
  });

  test("the buyer had been refunded: the operator bears it", async () => {
    const id = await world.funded();
    await world.done(cancel(world.on("buyer", id)));
    await world.due();
    const before = { owed: await owed(), losses: await losses() };
    await lose(world, id);
    expect({ owed: await owed(), losses: await losses() }).toEqual({ owed: before.owed, losses: before.losses + 450_000n });
    expect(await state(id)).toBe("completed");
  });

  test("the refund still waited: it is not sent any more, and nobody bears anything", async () => {
    const id = await world.funded();
    await world.done(cancel(world.on("buyer", id)));
    const before = await losses();
    await lose(world, id);
    expect(await queue(id)).toEqual([["buyer", 450_000n, "cancelled"]]);
    expect([await losses(), await state(id)]).toEqual([before, "completed"]);
  });

  test("a second payment that was refunded and then charged back is the operator's loss, not the order's", async () => {
    const id = await world.funded();
    const reference = await referenceOf(world, id);
    expectDone(await world.rail.payAgain(reference, { amount: 40_000n }));
    await world.due();
    const second = must((await world.paymentsOf(id))[1], "the second payment");
    const before = await losses();
    // The sandbox's bank disputes first receipts only, so the report is told by hand, and the rail's record set to the same.
    await world.database.ownerPool.query(
      `INSERT INTO sandbox_rail.movements (at, kind, amount, currency, reference) VALUES (now(), 'dispute_taken', 40000, 'NGN', $1)`,
      [reference],
    );
    await world.done(loseDispute({ ...world.as("rail"), paymentId: second.id, orderId: id }, { amount: 40_000n, fee: 0n }));
    expect([(await losses()) - before, await escrow(id)]).toEqual([40_000n, 450_000n]);
  });
});

describe("the rail's fee for a dispute", () => {
  test("is the seller's debt, even where escrow bore the loss", async () => {
    const before = await owed();
    await lose(world, await world.funded(), undefined, 150_000n);
    expect((await owed()) - before).toBe(150_000n);
    await settleDebt(before);
  });

  test("is the operator's own cost for money that was nobody's", async () => {
    const { reference } = await unknownMoney(world, 60_000n);
    expectDone(await world.rail.openDispute(reference));
    expectDone(await world.rail.loseDispute(reference, undefined, 5_000n));
    await world.due();
    const house = await world.balances(0);
    expect(Object.keys(house).filter((name) => name.endsWith(":unapplied"))).toEqual([]);
  });

  test("a negative one is refused by the rail", async () => {
    const reference = await dispute(world, await world.funded());
    expect(await world.rail.loseDispute(reference, undefined, -1n)).toMatchObject({ refused: "amount_invalid" });
    await win(reference);
  });
});

async function settleDebt(down: bigint): Promise<void> {
  const amount = (await owed()) - down;
  if (amount > 0n) await world.done(writeOff(world.as("operator"), { amount, currency: "NGN" }));
}
