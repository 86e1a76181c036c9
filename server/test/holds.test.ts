import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { accept } from "../src/actions/accept.ts";
import { assignProvider } from "../src/actions/assign-provider.ts";
import { liftHold, objectToCancellation, placeHold } from "../src/actions/holds.ts";
import { saveProvider } from "../src/actions/providers.ts";
import { setSeller, verifyIdentity } from "../src/actions/sellers.ts";
import { reopen, rule, withdrawDispute } from "../src/actions/settle-dispute.ts";
import { must } from "../src/domain/fault.ts";
import { account, bank, makeDue, payouts, reach } from "./setup/states.ts";
import { cancelledForBuyer } from "./setup/walk-sides.ts";
import type { World } from "./setup/world.ts";
import { day, testWorld } from "./setup/world.ts";

let world: World;
beforeAll(async () => {
  world = await testWorld();
  world.settings.minimumPayout = 0n;
  await world.float();
});
afterEach(() => world.sound());
afterAll(() => world.close());

const state = async (id: number) => (await world.order(id)).state;
const payout = async (id: number) => must((await payouts(world, id))[0], "a payout");
const hold = async (id: number) => must((await world.holdsOf(id))[0], "a hold");
const operator = () => world.as("operator", "operator:1");
const disputedAndRuled = async (buyerGets = 200_000n) => {
  world.settings.rulingHold = day;
  const id = await reach(world, "disputed");
  await world.done(rule(world.on("operator", id), { buyerGets }));
  world.settings.rulingHold = 0;
  await world.due();
  return id;
};

describe("a hold stops sending", () => {
  test("ruling: a day's time in which it can be reopened, and not once money was sent", async () => {
    const id = await disputedAndRuled();
    expect((await payout(id)).state).toBe("queued");
    await world.done(reopen(world.on("operator", id)));
    expect([await state(id), await world.holdsOf(id)]).toEqual(["disputed", []]);
    await world.done(rule(world.on("operator", id), { buyerGets: 0n }));
    await world.due();
    expect(await world.refused(reopen(world.on("operator", id)))).toBe("order_ended");
  });

  test("a ruling of which one part was sent cannot be reopened any more", async () => {
    await bank(world, "0001");
    const id = await reach(world, "disputed");
    await world.done(rule(world.on("operator", id), { buyerGets: 200_000n }));
    await world.due();
    expect([await state(id), (await payout(id)).state]).toEqual(["resolved", "in_flight"]);
    expect(await world.refused(reopen(world.on("operator", id)))).toBe("already_sent");
    await bank(world, "0011");
    for (let times = 0; times < 2; times += 1) {
      await makeDue(world, "attempts", must((await payout(id)).attemptId ?? undefined, "an attempt"));
      await world.due();
    }
    expect(await state(id)).toBe("completed");
  });

  test("what the parties agreed upon cannot be reopened", async () => {
    world.settings.rulingHold = day;
    const id = await reach(world, "contested");
    await world.done(withdrawDispute(world.on("buyer", id)));
    expect(await world.refused(reopen(world.on("operator", id)))).toBe("not_ruled");
    world.settings.rulingHold = 0;
    await world.due();
  });

  test("ruling: the payout goes out at the end of the day and not before", async () => {
    const id = await disputedAndRuled(0n);
    await makeDue(world, "holds", (await hold(id)).id);
    await makeDue(world, "disbursements", (await payout(id)).id);
    await world.due();
    expect([await state(id), (await payout(id)).state]).toEqual(["completed", "succeeded"]);
  });

  test.each([{ of: "order" }, { of: "project" }] as const)(
    "operator, on the $of: until the operator lifts it, and then at once",
    async ({ of }) => {
      const projectId = await world.project();
      const id = await world.accepted({ projectId });
      const about = of === "order" ? { orderId: id } : { projectId };
      const { hold: holdId } = await world.done(placeHold(operator(), { ...about, note: "looking into it" }));
      await world.due();
      expect([(await payout(id)).state, (await world.order(id)).dischargedAt]).toEqual(["queued", null]);
      expect(await world.refused(liftHold(world.as("clock"), { holdId: Number(holdId) }))).toBe("too_early");
      expect(await world.refused(liftHold(world.as("seller"), { holdId: Number(holdId) }))).toBe("not_you");
      await world.done(liftHold(operator(), { holdId: Number(holdId) }));
      await world.due();
      expect((await payout(id)).state).toBe("succeeded");
    },
  );

  test("an operator's hold says why", async () => {
    expect(await world.refused(placeHold(operator(), { orderId: await world.funded(), note: " " }))).toBe("reason_needed");
  });

  test("self-dealing: buyer and seller share a contact, so nothing goes out before the operator looked", async () => {
    const seller = must(
      world.seeded.sellers.find((one) => one.role === "business"),
      "the seller",
    );
    const id = await world.accepted({ contact: { email: seller.email, phone: "+2348031119999" } });
    await world.due();
    expect([(await hold(id)).reason, (await payout(id)).state]).toEqual(["self_dealing", "queued"]);
    await world.done(liftHold(operator(), { holdId: (await hold(id)).id }));
    await world.due();
    expect((await payout(id)).state).toBe("succeeded");
  });

  test("self-dealing: so it is where the payee with the buyer's contact is named only after the money came", async () => {
    const contact = { email: "own@shop.example", phone: "+2348031118888" };
    const id = await world.funded();
    await world.database.ownerPool.query("UPDATE orders SET contact_email = $2 WHERE id = $1", [id, contact.email]);
    const names = { firstName: "Musa", lastName: "Bala", type: 1 as const, details: account("7777") };
    const { provider } = await world.done(saveProvider(world.as("seller"), { ...names, ...contact, providerId: null }));
    const assigned = { providerId: Number(provider), share: 0 };
    await world.done(assignProvider(world.on("seller", id), assigned));
    await world.done(assignProvider(world.on("seller", id), { ...assigned, share: 1_000 }));
    expect((await world.holdsOf(id)).map((one) => one.reason)).toEqual(["self_dealing"]);
  });

  test("buyer's objection: a fee that the seller's key caused waits three days, and lifts by itself", async () => {
    const id = await cancelledForBuyer(world);
    expect((await world.sends(id)).map((one) => [one.payeeKind, one.amount, one.state])).toEqual([
      ["buyer", 430_000n, "queued"],
      ["seller", 20_000n, "queued"],
    ]);
    const standing = await hold(id);
    expect((standing.liftsAt?.getTime() ?? 0) - standing.placedAt.getTime()).toBe(3 * day);
    await makeDue(world, "holds", standing.id);
    for (const one of await world.sends(id)) await makeDue(world, "disbursements", one.id);
    await world.due();
    expect(await state(id)).toBe("completed");
  });

  test("buyer's objection: after 'I did not cancel' only the operator lifts it", async () => {
    const id = await cancelledForBuyer(world);
    await world.done(objectToCancellation(world.on("buyer", id)));
    const standing = await hold(id);
    expect(standing.liftsAt).toBeNull();
    expect(await world.refused(objectToCancellation(world.on("buyer", id)))).toBe("not_now");
    await world.due();
    expect((await payout(id)).state).toBe("queued");
    await world.done(liftHold(operator(), { holdId: standing.id }));
    await world.due();
    expect(await state(id)).toBe("completed");
    expect(await world.refused(objectToCancellation(world.on("buyer", id)))).toBe("too_late");
  });
});

describe("holds that count as waiting for the payee", () => {
  test("cooling off: new details park the payout, the next milestone may begin, and its end sends it", async () => {
    const projectId = await world.project();
    world.settings.coolingOff = day;
    await bank(world, "0031");
    const id = await world.accepted({ projectId });
    await world.due();
    expect([(await payout(id)).state, (await world.order(id)).dischargedAt === null]).toEqual(["parked", false]);
    await world.checkout({ projectId });
    // Changed again: the new details wait for a day of their own.
    await bank(world, "0032");
    world.settings.coolingOff = 0;
    await world.due();
    expect((await payout(id)).state).toBe("parked");
    await world.advance(day - 60_000);
    expect((await payout(id)).state).toBe("parked");
    await world.advance(61_000);
    expect((await payout(id)).state).toBe("succeeded");
  });

  test("cooling off does not stop refunds, and a seller's first details need none", async () => {
    world.settings.coolingOff = day;
    await bank(world, "0033");
    const id = await reach(world, "cancelled");
    await world.due();
    expect(await state(id)).toBe("completed");
    const other = world.sellerOf("individual");
    await world.database.ownerPool.query("UPDATE sellers SET bank = NULL WHERE id = $1", [other]);
    await world.done(
      setSeller(world.as("seller", "console", other), { bank: { bankCode: "058", accountNumber: "0123450034", accountName: "C" } }),
    );
    const { rows } = await world.engine.pool.query("SELECT count(*)::int AS holds FROM holds WHERE seller_id = $1", [other]);
    expect(rows).toEqual([{ holds: 0 }]);
    world.settings.coolingOff = 0;
    await world.advance(day + 1_000);
  });

  test("identity: payouts park until the operator has verified it, once and for all", async () => {
    world.settings.identityNeeded = true;
    const id = await world.delivered();
    await world.done(accept(world.on("buyer", id)));
    const second = await world.accepted();
    await world.due();
    expect([(await payout(id)).state, (await payout(second)).state]).toEqual(["parked", "parked"]);
    const { rows } = await world.engine.pool.query(
      "SELECT count(*)::int AS holds FROM holds WHERE reason = 'identity' AND state = 'standing'",
    );
    expect(rows).toEqual([{ holds: 1 }]);
    await world.done(verifyIdentity(operator()));
    await world.due();
    expect([(await payout(id)).state, (await payout(second)).state]).toEqual(["succeeded", "succeeded"]);
    const third = await reach(world, "completed");
    expect((await payout(third)).state).toBe("succeeded");
    world.settings.identityNeeded = false;
  });

  test("a small payout of a project that is held is not taken along by another's", async () => {
    world.settings.minimumPayout = 10_000n;
    const projectId = await world.project();
    const small = await reach(world, "disputed", { projectId });
    await world.done(rule(world.on("operator", small), { buyerGets: 445_000n }));
    await world.due();
    const { hold: holdId } = await world.done(placeHold(operator(), { projectId, note: "looking into it" }));
    await reach(world, "completed");
    expect((await payout(small)).state).toBe("parked");
    await world.done(liftHold(operator(), { holdId: Number(holdId) }));
    await reach(world, "completed");
    expect((await payout(small)).state).toBe("succeeded");
    world.settings.minimumPayout = 0n;
  });
});
