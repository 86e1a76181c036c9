import { afterAll, beforeAll, expect, test } from "vitest";
import { cancel } from "../src/actions/cancel.ts";
import { loseDispute, openDispute, winDispute } from "../src/actions/charge-back.ts";
import { contestReturn, escalate } from "../src/actions/contest.ts";
import { makeOffer } from "../src/actions/offer.ts";
import { reject } from "../src/actions/reject.ts";
import { agreeSplit, reopen, rule } from "../src/actions/settle-dispute.ts";
import { solvency } from "../src/ledger/solvency.ts";
import { verifyBooks } from "../src/ledger/verify.ts";
import type { VerifyReport } from "../src/ledger/verify-report.ts";
import type { World } from "./setup/world.ts";
import { day, testWorld } from "./setup/world.ts";

let world: World;
beforeAll(async () => {
  world = await testWorld({ settings: { TRANCHE_HOLD_RULING_SANDBOX: "PT24H" } });
});
afterAll(() => world.close());

/** What is wrong with the books as the actions left them; solvency is looked at by itself. */
async function wrong(): Promise<VerifyReport["findings"]> {
  const { findings } = await verifyBooks(world.engine.pool, { pageSize: 7 });
  return findings.filter((finding) => !finding.says.startsWith("the rails hold"));
}

async function disputed(): Promise<number> {
  const id = await world.delivered();
  await world.done(reject(world.on("buyer", id), { reason: "damaged" }));
  await world.done(contestReturn(world.on("seller", id)));
  await world.done(escalate(world.on("buyer", id)));
  return id;
}

async function paymentOf(orderId: number) {
  const { rows } = await world.engine.pool.query<{ id: bigint }>(
    "SELECT id FROM payments WHERE order_id = $1 AND state = 'received' LIMIT 1",
    [orderId],
  );
  return { ...world.as("rail"), paymentId: Number(rows[0]?.id), orderId };
}

test("books are right after acceptance, cancellation, a lapse, a split, and while money is on its way", async () => {
  await world.accepted();
  expect(await wrong()).toEqual([]);
  await world.due();
  expect(await wrong()).toEqual([]);
  await world.done(cancel(world.on("seller", await world.funded())));
  const split = await world.delivered();
  const { offer } = await world.done(makeOffer(world.on("seller", split), { kind: "split", buyerGets: 225_000n }));
  await world.done(agreeSplit(world.on("buyer", split), { offerId: Number(offer) }));
  await world.funded();
  await world.advance(8 * day);
  await world.due();
  expect(await wrong()).toEqual([]);
});

test("books are right after short, excess and second payments", async () => {
  const excess = await world.checkout();
  await world.pay(excess, "success", { amount: 460_000n });
  const short = await world.checkout();
  await world.pay(short, "success", { amount: 440_000n });
  expect(await wrong()).toEqual([]);
  await world.pay(short, "success", {}, world.seller, 10_000n);
  await world.due();
  expect(await wrong()).toEqual([]);
  expect((await world.order(short)).state).toBe("funded");
});

test("books are right after a ruling, its reopening and another ruling", async () => {
  const id = await disputed();
  await world.done(rule(world.on("operator", id), { buyerGets: 100_000n }));
  expect(await wrong()).toEqual([]);
  await world.done(reopen(world.on("operator", id)));
  expect(await wrong()).toEqual([]);
  await world.done(rule(world.on("operator", id), { buyerGets: 450_000n }));
  await world.advance(2 * day);
  expect(await wrong()).toEqual([]);
});

test("books are right after chargebacks: won, lost in escrow, in part, before and after the payout", async () => {
  const won = await world.funded();
  const payment = await paymentOf(won);
  await world.done(openDispute(payment, { amount: 450_000n, takenAtOnce: true }));
  expect(await wrong()).toEqual([]);
  await world.done(winDispute({ ...payment, id: world.as("rail").id }, { fee: 0n }));
  await world.done(loseDispute(await paymentOf(await world.funded()), { amount: 450_000n, fee: 150_000n }));
  const part = await world.delivered();
  await world.done(loseDispute(await paymentOf(part), { amount: 100_000n, fee: 0n }));
  expect(await wrong()).toEqual([]);
  const unsent = await world.accepted();
  await world.done(loseDispute(await paymentOf(unsent), { amount: 450_000n, fee: 0n }));
  expect(await wrong()).toEqual([]);
  const paid = await world.accepted();
  await world.due();
  await world.done(loseDispute(await paymentOf(paid), { amount: 450_000n, fee: 150_000n }));
  expect(await wrong()).toEqual([]);
  // What the seller owes is kept from the next release.
  await world.accepted();
  await world.due();
  expect(await wrong()).toEqual([]);
});

test("replay and the one statement agree on what is held and owed", async () => {
  expect((await verifyBooks(world.engine.pool)).solvency).toEqual(await solvency(world.engine.pool));
});
