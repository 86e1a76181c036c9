import { afterAll, beforeAll, expect, test } from "vitest";
import { receivePayment } from "../src/actions/receive-payment.ts";
import { must } from "../src/domain/fault.ts";
import { matchUnknownMoney } from "../src/http/operator-acts.ts";
import { byRail } from "../src/jobs/engine.ts";
import { reconcileRails } from "../src/jobs/reconcile.ts";
import { takeUnknownMoney } from "../src/jobs/unknown-money.ts";
import type { WorldOver } from "./setup/over-rail.ts";
import { worldOver } from "./setup/over-rail.ts";

let world: WorldOver;
beforeAll(async () => {
  world = await worldOver("paystack");
});
afterAll(() => world.close());

const day = 86_400_000;

/** Somebody pays under a reference that nobody here opened. */
async function unasked(reference: string, fault?: string): Promise<void> {
  const asked = { sellerId: 0, reference, amount: 250_000n, currency: "NGN", description: "", returnUrl: "http://127.0.0.1/" };
  const rail = must(world.engine.rails.get("paystack"), "the rail");
  const { url } = await rail.openPayment({ ...asked, payerEmail: "nobody@shop.example" });
  await world.play(url, "pay", fault);
}

async function booked(reference: string) {
  const { rows } = await world.engine.pool.query<{ seller_id: bigint; id: bigint; state: string; settled: boolean; received: bigint }>(
    "SELECT seller_id, id, state, settled, received FROM payments WHERE reference = $1 ORDER BY id",
    [reference],
  );
  return rows.map(({ seller_id: seller, state, settled, received }) => ({ seller: Number(seller), state, settled, received }));
}

const ofHouse = { seller: 0, state: "received", received: 250_000n };

test("money that nobody asked for and of which no notice comes is found by its settlement, taken in, and settled", async () => {
  await unasked("not-ours-1", "webhook_never");
  await world.settleDown();
  expect(await booked("not-ours-1")).toEqual([]);
  await world.forward(2 * day);
  await reconcileRails(world.engine, {});
  expect(await booked("not-ours-1")).toEqual([{ ...ofHouse, settled: true }]);
  const { rows } = await world.engine.pool.query("SELECT says FROM breaks WHERE state = 'open'");
  expect(rows).toEqual([]);
  await world.sound();
});

test("told by the settlement, by a late notice and twice at once, it stands in the house book once", async () => {
  await unasked("not-ours-2", "webhook_late");
  await world.settleDown();
  const told = () => takeUnknownMoney(world.engine, "paystack", "not-ours-2");
  expect(await Promise.all([told(), told(), told()])).toEqual([1, 1, 1]);
  await world.forward(day);
  expect(await booked("not-ours-2")).toEqual([{ ...ofHouse, settled: false }]);
  const alarms = await world.engine.pool.query("SELECT 1 FROM alarms WHERE kind = 'unknown_money' AND says LIKE '%not-ours-2%'");
  expect(alarms.rows).toHaveLength(1);
  await world.sound();
});

test("it rings too where whoever took it in died before that", async () => {
  await unasked("not-ours-5", "webhook_never");
  const { receipts } = await must(world.engine.rails.get("paystack"), "the rail").lookUpPayment("not-ours-5");
  const { railReference, amount, currency, fee = 0n } = must(receipts[0], "a receipt");
  const receipt = { rail: "paystack", reference: "not-ours-5", railReference, amount, currency, fee };
  await world.engine.lanes.one(receivePayment(byRail(0, "paystack"), { ...receipt, paymentId: null, orderId: null }));
  await takeUnknownMoney(world.engine, "paystack", "not-ours-5");
  const alarms = await world.engine.pool.query("SELECT about FROM alarms WHERE kind = 'unknown_money' AND says LIKE '%not-ours-5%'");
  expect(alarms.rows).toEqual([{ about: `paystack ${railReference}` }]);
});

test("handed to the order it is for, it is not taken in again when the rail tells of it once more", async () => {
  await unasked("not-ours-3");
  await world.settleDown();
  const { rows } = await world.engine.pool.query<{ id: bigint }>("SELECT id FROM payments WHERE reference = 'not-ours-3'");
  const orderId = await world.checkout();
  const fields = { to_seller: world.seller, to_order: orderId };
  await matchUnknownMoney(world.engine, { id: 1, email: "" }, Number(must(rows[0], "the payment").id), fields);
  await takeUnknownMoney(world.engine, "paystack", "not-ours-3");
  const states = (await booked("not-ours-3")).map(({ seller, state }) => [seller, state]);
  expect(states).toEqual([
    [0, "handed_over"],
    [world.seller, "received"],
  ]);
  await world.sound();
});

test("two rails may give the same number to two payments: both are booked, in one batch too", async () => {
  const receipt = { paymentId: null, orderId: null, railReference: "4711", amount: 1_000n, currency: "NGN", fee: 0n };
  const answers = await world.engine.lanes.act(
    ["paystack", "flutterwave", "paystack"].map((rail) =>
      receivePayment(world.as("rail", `rail:${rail}`, 0), { ...receipt, rail, reference: `unknown-${rail}` }),
    ),
  );
  expect(answers.map((answer) => "done" in answer && answer.done["again"] === true)).toEqual([false, false, true]);
});
