import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { accept } from "../src/actions/accept.ts";
import { assignProvider } from "../src/actions/assign-provider.ts";
import { cancel } from "../src/actions/cancel.ts";
import { confirmReturn } from "../src/actions/confirm-return.ts";
import { makeOffer } from "../src/actions/offer.ts";
import { setSeller } from "../src/actions/sellers.ts";
import { agreeSplit, reopen, rule, withdrawDispute } from "../src/actions/settle-dispute.ts";
import type { SellerTerms } from "../src/domain/seller.ts";
import { defaultSellerTerms } from "../src/domain/seller.ts";
import { must } from "../src/domain/fault.ts";
import type { OrderState } from "../src/domain/order-table.ts";
import { fallDue, payouts, provider, reach } from "./setup/states.ts";
import type { World } from "./setup/world.ts";
import { testWorld } from "./setup/world.ts";

let world: World;
beforeAll(async () => {
  world = await testWorld();
  world.settings.minimumPayout = 0n;
  await world.float();
});
afterAll(() => world.close());

interface Line {
  readonly name: string;
  /** From where it ends, and how. */
  readonly from: OrderState;
  readonly end: (id: number) => Promise<unknown>;
  readonly terms?: Partial<SellerTerms>;
  /** The seller's per cent; absent: no service provider. */
  readonly c?: number;
  readonly railFeeBorneByBuyer?: boolean;
  readonly late?: boolean;
  /** Buyer, seller, provider, escrow fee kept, payout fee, rail fee recovered: together what was paid. */
  readonly gets: readonly [bigint, bigint, bigint, bigint, bigint, bigint];
  readonly paid?: bigint;
}

const on = (party: "buyer" | "seller" | "operator", id: number) => world.on(party, id);
const clock = async (id: number) => {
  await fallDue(world, id);
  await world.due();
};
const acceptIt = (id: number) => world.done(accept(on("buyer", id)));
const buyerCancels = (id: number) => world.done(cancel(on("buyer", id)));
const sellerCancels = (id: number) => world.done(cancel(on("seller", id)));
const confirmIt = (id: number) => world.done(confirmReturn(on("seller", id)));
const buyerWithdraws = (id: number) => world.done(withdrawDispute(on("buyer", id)));
const sellerWithdraws = (id: number) => world.done(withdrawDispute(on("seller", id)));
const split = async (id: number) => {
  const { offer } = await world.done(makeOffer(on("seller", id), { kind: "split", buyerGets: 225_000n }));
  await world.done(agreeSplit(on("buyer", id), { offerId: Number(offer) }));
};
const ruled = (id: number) => world.done(rule(on("operator", id), { buyerGets: 200_000n }));

const released = [0n, 383_250n, 0n, 50_000n, 0n, 16_750n] as const;
const refunded = [450_000n, 0n, 0n, 0n, 0n, 0n] as const;
const refundedLess = [433_250n, 0n, 0n, 0n, 0n, 16_750n] as const;
const C = { sla: 1, cancellationFee: 20_000, reasonsWithFee: ["damaged"] };

const lines: readonly Line[] = [
  { name: "accepted", from: "delivered", end: acceptIt, gets: released },
  { name: "accepted after a rejection was taken back", from: "rejected", end: acceptIt, gets: released },
  { name: "silence accepts", from: "delivered", end: clock, terms: { acceptAfterDays: 3 }, gets: released },
  { name: "a contested order withdrawn by the buyer", from: "contested", end: buyerWithdraws, gets: released },
  { name: "a disputed order withdrawn by the buyer", from: "disputed", end: buyerWithdraws, gets: released },
  { name: "accepted, c 50", from: "delivered", end: acceptIt, c: 50, gets: [0n, 189_125n, 189_125n, 50_000n, 5_000n, 16_750n] },
  { name: "accepted, c 20", from: "delivered", end: acceptIt, c: 20, gets: [0n, 75_650n, 302_600n, 50_000n, 5_000n, 16_750n] },
  {
    name: "accepted, c 20, non-split 100,000",
    from: "delivered",
    end: acceptIt,
    c: 20,
    terms: { nonSplit: 100_000 },
    gets: [0n, 155_650n, 222_600n, 50_000n, 5_000n, 16_750n],
  },
  {
    name: "accepted, c 50, F borne by the seller",
    from: "delivered",
    end: acceptIt,
    c: 50,
    terms: { providerFeeBearer: "seller" },
    gets: [0n, 186_625n, 191_625n, 50_000n, 5_000n, 16_750n],
  },
  {
    name: "accepted, c 50, F borne by the provider",
    from: "delivered",
    end: acceptIt,
    c: 50,
    terms: { providerFeeBearer: "service_provider" },
    gets: [0n, 191_625n, 186_625n, 50_000n, 5_000n, 16_750n],
  },
  { name: "accepted, c 100 costs no payout fee", from: "delivered", end: acceptIt, c: 100, gets: released },
  {
    name: "accepted, the seller bears everything",
    from: "delivered",
    end: acceptIt,
    terms: { escrowFeeBearer: "seller" },
    paid: 400_000n,
    gets: [0n, 334_000n, 0n, 50_000n, 0n, 16_000n],
  },
  {
    name: "accepted, the buyer bears everything",
    from: "delivered",
    end: acceptIt,
    terms: { railFeeBearer: "buyer" },
    paid: 467_005n,
    gets: [0n, 400_000n, 0n, 50_000n, 0n, 17_005n],
  },
  { name: "the buyer cancels in time", from: "funded", end: buyerCancels, terms: { ...C }, gets: refunded },
  { name: "the buyer cancels during a second delivery, and it is always free", from: "redelivery", end: buyerCancels, gets: refunded },
  { name: "the seller cancels", from: "funded", end: sellerCancels, terms: { ...C }, late: true, gets: refunded },
  { name: "the seller cancels a delivered order", from: "delivered", end: sellerCancels, gets: refunded },
  { name: "the seller withdraws a contested order", from: "contested", end: sellerWithdraws, gets: refunded },
  { name: "the seller withdraws a disputed order", from: "disputed", end: sellerWithdraws, gets: refunded },
  { name: "a return is confirmed", from: "rejected", end: confirmIt, gets: refunded },
  { name: "the time for a return is over", from: "rejected", end: clock, gets: refunded },
  {
    name: "the buyer cancels in time, rail fee borne by the buyer",
    from: "funded",
    end: buyerCancels,
    railFeeBorneByBuyer: true,
    gets: refundedLess,
  },
  {
    name: "the seller cancels, rail fee borne by the buyer",
    from: "delivered",
    end: sellerCancels,
    railFeeBorneByBuyer: true,
    gets: refundedLess,
  },
  {
    name: "the seller withdraws, rail fee borne by the buyer",
    from: "disputed",
    end: sellerWithdraws,
    railFeeBorneByBuyer: true,
    gets: refundedLess,
  },
  { name: "a return, rail fee borne by the buyer", from: "rejected", end: confirmIt, railFeeBorneByBuyer: true, gets: refundedLess },
  {
    name: "a late cancellation",
    from: "funded",
    end: buyerCancels,
    terms: { ...C },
    late: true,
    gets: [430_000n, 20_000n, 0n, 0n, 0n, 0n],
  },
  {
    name: "a late cancellation, c 50",
    from: "funded",
    end: buyerCancels,
    terms: { ...C },
    late: true,
    c: 50,
    gets: [430_000n, 7_500n, 7_500n, 0n, 5_000n, 0n],
  },
  {
    name: "a late cancellation, c 20",
    from: "redelivery",
    end: buyerCancels,
    terms: { ...C },
    late: true,
    c: 20,
    gets: [430_000n, 3_000n, 12_000n, 0n, 5_000n, 0n],
  },
  { name: "a return for a listed reason", from: "rejected", end: confirmIt, terms: { ...C }, gets: [430_000n, 20_000n, 0n, 0n, 0n, 0n] },
  {
    name: "a return for a listed reason, by the clock, c 50",
    from: "rejected",
    end: clock,
    terms: { ...C },
    c: 50,
    gets: [430_000n, 7_500n, 7_500n, 0n, 5_000n, 0n],
  },
  { name: "never delivered: a lapse", from: "funded", end: clock, gets: [400_000n, 0n, 0n, 50_000n, 0n, 0n] },
  { name: "a second delivery that never came: a lapse", from: "redelivery", end: clock, c: 20, gets: [400_000n, 0n, 0n, 50_000n, 0n, 0n] },
  { name: "a delivery nobody answered: a lapse", from: "delivered", end: clock, gets: [400_000n, 0n, 0n, 50_000n, 0n, 0n] },
  { name: "a split at 225,000", from: "delivered", end: split, gets: [225_000n, 191_625n, 0n, 25_000n, 0n, 8_375n] },
  { name: "a split at 225,000, c 20", from: "disputed", end: split, c: 20, gets: [225_000n, 37_325n, 149_300n, 25_000n, 5_000n, 8_375n] },
  {
    name: "a ruling of 200,000 for the buyer, c 20",
    from: "disputed",
    end: ruled,
    c: 20,
    gets: [200_000n, 41_583n, 166_333n, 27_778n, 5_000n, 9_306n],
  },
];

async function figures() {
  const balances = await world.balances();
  const of = (account: string) => balances[account] ?? 0n;
  const books = (await world.rail.books()).find((one) => one.currency === "NGN");
  const { refunded: back = 0n, paidOut = 0n, takenIn = 0n } = books ?? {};
  const ours = {
    escrowFees: of("platform:escrow_fees"),
    payoutFees: of("platform:payout_fees"),
    railFees: of("rail:sandbox:fees"),
    cash: of("rail:sandbox:cash"),
    incoming: of("rail:sandbox:incoming"),
    others: Object.entries(balances).filter(([name]) => /^(order|payment|payee|buyer|seller|rail:sandbox:(outgoing|disputed))/.test(name))
      .length,
  };
  return { ...ours, back, paidOut, takenIn };
}

describe("every ending pays each party exactly what it is due, to the rail's last kobo", () => {
  test.each(lines)("$name", async (line) => {
    const [buyer, seller, providers, escrowFee, payoutFee, railFee] = line.gets;
    const paid = line.paid ?? 450_000n;
    expect(line.gets.reduce((sum, part) => sum + part, 0n)).toBe(paid);
    const before = await figures();
    await world.terms({ ...defaultSellerTerms, ...line.terms });
    world.settings.exitRailFeeBearer = line.railFeeBorneByBuyer ? "buyer" : "platform";
    const providerId = line.c === undefined ? null : await provider(world);
    const id = await reach(world, line.from);
    if (providerId !== null) await world.done(assignProvider(on("seller", id), { providerId, share: (line.c ?? 0) * 100 }));
    const { rail_fee: actual } = must(
      (await world.engine.pool.query("SELECT rail_fee FROM payments WHERE order_id = $1", [id])).rows[0],
      "a payment",
    );
    if (line.late)
      await world.database.ownerPool.query("UPDATE orders SET free_cancel_until = free_cancel_until - interval '2 days' WHERE id = $1", [
        id,
      ]);
    await line.end(id);
    await world.due();

    expect((await world.order(id)).state).toBe("completed");
    const sum = (list: readonly { amount: bigint; state: string }[]) => {
      expect(list.every((one) => one.state === "succeeded")).toBe(true);
      return list.reduce((total, one) => total + one.amount, 0n);
    };
    expect(sum(await payouts(world, id, "buyer"))).toBe(buyer);
    expect(sum(await payouts(world, id, "seller"))).toBe(seller);
    expect(sum(await payouts(world, id, "service_provider"))).toBe(providers);
    const after = await figures();
    expect(after).toEqual({
      escrowFees: before.escrowFees + escrowFee,
      payoutFees: before.payoutFees + payoutFee,
      // What the rail took in fact, less what the parties bore, is the operator's own cost.
      railFees: before.railFees + railFee - actual,
      cash: before.cash + buyer + seller + providers,
      incoming: before.incoming - paid + actual,
      others: 0,
      back: before.back + buyer,
      paidOut: before.paidOut + seller + providers,
      takenIn: before.takenIn + paid,
    });
    await world.sound();
  });
});

test("`not_received` never costs the buyer a fee, whatever the terms list", async () => {
  await world.terms({ ...defaultSellerTerms, ...C });
  expect(await world.refused(setSeller(world.as("seller"), { terms: { reasonsWithFee: ["not_received"] } }))).toBe("invalid");
});

test("an ending that pays nothing out settles in the same step", async () => {
  await world.terms(defaultSellerTerms);
  world.settings.exitRailFeeBearer = "platform";
  const id = await reach(world, "charged_back");
  expect((await world.order(id)).state).toBe("completed");
  expect(await world.sends(id)).toEqual([]);
  await world.sound();
});

test("what the rail settles leaves nothing on its way in, and all of it in our balance", async () => {
  await world.rail.settle(new Date(Date.now() + 2 * 86_400_000));
  await world.due();
  const { incoming } = await figures();
  expect(incoming).toBe(0n);
  await world.sound();
});

test("a reopened ruling leaves the books as if it had not been made, and can be ruled anew", async () => {
  const before = await figures();
  world.settings.rulingHold = 86_400_000;
  const id = await reach(world, "disputed");
  await world.done(rule(on("operator", id), { buyerGets: 200_000n }));
  await world.due();
  await world.done(reopen(on("operator", id)));
  expect((await world.balances())[`order:${id}:escrow`]).toBe(450_000n);
  await world.sound();
  world.settings.rulingHold = 0;
  await world.done(rule(on("operator", id), { buyerGets: 450_000n }));
  await world.due();
  const after = await figures();
  expect([after.back - before.back, after.paidOut - before.paidOut]).toEqual([450_000n, 0n]);
  expect((await world.order(id)).state).toBe("completed");
  await world.sound();
});
