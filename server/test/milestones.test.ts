import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { accept } from "../src/actions/accept.ts";
import { agree, openAgreedCheckout } from "../src/actions/agree.ts";
import { deliver } from "../src/actions/deliver.ts";
import { openCheckout } from "../src/actions/open-checkout.ts";
import type { CheckoutInput } from "../src/actions/open-checkout.ts";
import { openPayment } from "../src/actions/payment-steps.ts";
import { closeProject, updateProject } from "../src/actions/projects.ts";
import { must } from "../src/domain/fault.ts";
import type { OrderState } from "../src/domain/order-table.ts";
import { isRefusal } from "../src/domain/refusals.ts";
import { bank, expectDone, fallDue, makeDue, proposal, reach, referenceOf } from "./setup/states.ts";
import type { World } from "./setup/world.ts";
import { details, testWorld } from "./setup/world.ts";
import { newTokenHash } from "./setup/token-hash.ts";

let world: World;
beforeAll(async () => {
  world = await testWorld();
  await world.float();
});
afterEach(() => world.sound());
afterAll(() => world.close());

const state = async (id: number) => (await world.order(id)).state;
const form = (input: Partial<CheckoutInput>): CheckoutInput => ({
  contact: world.contact,
  productCost: 400_000n,
  currency: "NGN",
  amountFx: null,
  shopOrderId: `shop-${Math.random()}`,
  projectId: null,
  providerId: null,
  share: null,
  operatorId: null,
  details,
  source: "browser",
  payAgain: false,
  tokenHash: newTokenHash(),
  ...input,
});
const post = (input: Partial<CheckoutInput>) => world.act(openCheckout(world.as("buyer"), form(input)));
const refusal = async (input: Partial<CheckoutInput>) => {
  const answer = await post(input);
  if (!isRefusal(answer)) throw new Error("was not refused");
  return answer;
};
/** A payment page is open at the rail, on which nobody has acted. */
const openPage = async (orderId: number) => {
  const reference = `page-${orderId}`;
  await world.done(openPayment(world.as("buyer"), { orderId, reference, amount: 450_000n, email: "a@b.example", phone: "+2348031112222" }));
  await world.rail.openPayment({
    sellerId: world.seller,
    reference,
    amount: 450_000n,
    currency: "NGN",
    description: "",
    returnUrl: "http://127.0.0.1/",
    payerEmail: "buyer@shop.example",
  });
  return reference;
};

const inTheWay: readonly { from: OrderState; says: string }[] = [
  { from: "funded", says: "delivered and accepted, cancelled, or when its delivery time lapses" },
  { from: "redelivery", says: "delivered and accepted" },
  { from: "delivered", says: "the buyer accepts or rejects" },
  { from: "rejected", says: "the seller confirms the return" },
  { from: "contested", says: "settle the dispute or the operator decides" },
  { from: "disputed", says: "the operator decides" },
  { from: "accepted", says: "payouts and refunds must each succeed" },
];

describe("one milestone of a project is live at a time", () => {
  test.each(inTheWay)("while one is $from the next is refused, naming it and what would free it", async ({ from, says }) => {
    const projectId = await world.project();
    const id = await reach(world, from, { projectId });
    const no = await refusal({ projectId });
    expect(no).toMatchObject({ refused: "milestone_in_the_way", facts: { order: id, state: from } });
    expect(no.detail).toContain(`Milestone 1 (order ${id}) is ${from}`);
    expect(no.detail).toContain(says);
  });

  test("the next begins when the one before is discharged, whatever way it ended", async () => {
    const projectId = await world.project();
    const ends = ["accepted", "cancelled", "lapsed", "returned", "resolved", "charged_back"] as const;
    for (const end of ends) {
      const id = await reach(world, end, { projectId });
      await world.due();
      expect((await world.order(id)).dischargedAt, end).not.toBeNull();
    }
    const last = await world.checkout({ projectId });
    expect((await world.order(last)).position).toBe(ends.length + 1);
  });

  test("twenty checkouts at once leave one live milestone", async () => {
    const projectId = await world.project();
    await Promise.all(Array.from({ length: 20 }, () => post({ projectId })));
    const { rows } = await world.engine.pool.query(
      "SELECT count(*)::int AS live FROM orders WHERE project_id = $1 AND state = 'awaiting_payment'",
      [projectId],
    );
    expect(rows).toEqual([{ live: 1 }]);
  });

  test("twenty checkouts and a payment at once: what was paid is live", async () => {
    const projectId = await world.project();
    const id = await world.checkout({ projectId });
    await world.pay(id);
    await Promise.all(Array.from({ length: 20 }, () => post({ projectId })));
    expect(await state(id)).toBe("funded");
  });
});

describe("an unpaid checkout makes way for the next", () => {
  test("it expires, and money that comes on it after all goes back", async () => {
    const projectId = await world.project();
    const first = await world.checkout({ projectId });
    const reference = await openPage(first);
    const second = await world.checkout({ projectId });
    expect([await state(first), await state(second)]).toEqual(["expired", "awaiting_payment"]);
    expectDone(await world.rail.play(reference, "success"));
    await world.due();
    expect((await world.sends(first)).map((one) => [one.kind, one.amount, one.state])).toEqual([["refund", 450_000n, "succeeded"]]);
    await world.pay(second);
    expect(await state(second)).toBe("funded");
  });

  test("a page that nobody acted on is done with once its order is", async () => {
    const projectId = await world.project();
    const first = await world.checkout({ projectId });
    await openPage(first);
    await world.checkout({ projectId });
    await makeDue(world, "payments", must((await world.paymentsOf(first))[0], "a payment").id);
    await world.due();
    expect((await world.paymentsOf(first)).map((one) => [one.state, one.dueAt])).toEqual([["abandoned", null]]);
  });

  test("not while a payment of it is pending at the rail", async () => {
    const projectId = await world.project();
    const first = await world.checkout({ projectId });
    const reference = await world.pay(first, "pending");
    const no = await refusal({ projectId });
    expect(no).toMatchObject({ refused: "milestone_in_the_way", facts: { order: first } });
    expect(no.detail).toContain("decided at the rail");
    expectDone(await world.rail.play(reference, "decline"));
    await world.due();
    await world.checkout({ projectId });
    expect(await state(first)).toBe("expired");
  });

  test("a milestone that was agreed upon comes first, also while its checkout is open and unpaid", async () => {
    const projectId = await world.project();
    const planned = await proposal(world, "seller", projectId);
    expect(await refusal({ projectId })).toMatchObject({ refused: "milestone_in_the_way", facts: { order: planned, state: "proposed" } });
    await world.done(agree(world.on("buyer", planned), { version: 1 }));
    await world.done(openAgreedCheckout(world.on("buyer", planned), { tokenHash: newTokenHash() }));
    expect(await refusal({ projectId })).toMatchObject({ refused: "milestone_in_the_way", facts: { order: planned } });
    await world.pay(planned);
    expect(await state(planned)).toBe("funded");
  });

  test("a planned milestone waits for those before it, and takes the place of a later unpaid checkout", async () => {
    const projectId = await world.project();
    const first = await proposal(world, "seller", projectId);
    const second = await proposal(world, "seller", projectId);
    for (const id of [first, second]) await world.done(agree(world.on("buyer", id), { version: 1 }));
    const open = (id: number) => openAgreedCheckout(world.on("buyer", id), { tokenHash: newTokenHash() });
    const no = await world.act(open(second));
    expect(no).toMatchObject({ refused: "milestone_in_the_way", facts: { order: first } });
    await world.done(open(first));
    // Closing it would leave it first in line all the same.
    expect(await world.refused(open(second))).toBe("milestone_in_the_way");
    await fallDue(world, first);
    await world.due();
    expect(await state(first)).toBe("agreed");
    await fallDue(world, first);
    await world.due();
    expect(await state(first)).toBe("expired");
    await world.done(open(second));
    expect(await state(second)).toBe("awaiting_payment");
  });

  test("a planned milestone takes the place of a form's unpaid checkout that came before it", async () => {
    const projectId = await world.project();
    const posted = await world.checkout({ projectId });
    const planned = await proposal(world, "seller", projectId);
    await world.done(agree(world.on("buyer", planned), { version: 1 }));
    await world.done(openAgreedCheckout(world.on("buyer", planned), { tokenHash: newTokenHash() }));
    expect([await state(posted), await state(planned)]).toEqual(["expired", "awaiting_payment"]);
  });
});

describe("a project", () => {
  const by = (party: "buyer" | "seller") => world.as(party);

  test("closes only when no milestone holds money, and then takes no more checkouts", async () => {
    const projectId = await world.project();
    const id = await world.funded({ projectId });
    expect(await world.refused(closeProject(by("seller"), { projectId }))).toBe("project_holds_money");
    await world.done(deliver(world.on("seller", id)));
    await world.done(accept(world.on("buyer", id)));
    expect(await world.refused(closeProject(by("buyer"), { projectId }))).toBe("project_holds_money");
    await world.due();
    await world.done(closeProject(by("buyer"), { projectId }));
    expect(await refusal({ projectId })).toMatchObject({ refused: "project_closed" });
    expect(await world.refused(closeProject(by("seller"), { projectId }))).toBe("project_closed");
    expect(await world.refused(updateProject(by("seller"), { projectId, name: "x", description: "" }))).toBe("project_closed");
  });

  test("with a pending payment it stays open; unpaid and planned milestones expire with it", async () => {
    const projectId = await world.project();
    const unpaid = await world.checkout({ projectId });
    const reference = await world.pay(unpaid, "pending");
    expect(await world.refused(closeProject(by("seller"), { projectId }))).toBe("payment_in_doubt");
    expectDone(await world.rail.play(reference, "decline"));
    await world.due();
    await world.done(closeProject(by("seller"), { projectId }));
    expect(await state(unpaid)).toBe("expired");
    const other = await world.project();
    const planned = await proposal(world, "seller", other);
    await world.done(closeProject(by("buyer"), { projectId: other }));
    expect(await state(planned)).toBe("expired");
  });

  test("a planned milestone whose checkout is open expires with it, and takes no money any more", async () => {
    const projectId = await world.project();
    const id = await proposal(world, "seller", projectId);
    await world.done(agree(world.on("buyer", id), { version: 1 }));
    await world.done(openAgreedCheckout(world.on("buyer", id), { tokenHash: newTokenHash() }));
    const reference = await openPage(id);
    await world.done(closeProject(by("seller"), { projectId }));
    expect(await state(id)).toBe("expired");
    expect(await world.refused(openAgreedCheckout(world.on("buyer", id), { tokenHash: newTokenHash() }))).toBe("order_ended");
    expectDone(await world.rail.play(reference, "success"));
    await world.due();
    expect((await world.sends(id)).map((one) => [one.kind, one.amount, one.state])).toEqual([["refund", 450_000n, "succeeded"]]);
  });

  test("a parked payout does not keep it open, and is paid after it closed", async () => {
    const projectId = await world.project();
    await bank(world, "0009");
    const id = await reach(world, "accepted", { projectId });
    await world.due();
    await world.done(closeProject(by("seller"), { projectId }));
    await bank(world, "0011");
    await world.due();
    expect(await state(id)).toBe("completed");
  });

  test("of another buyer is as good as none", async () => {
    const projectId = await world.project();
    const stranger = { email: "other@demo.tranche.test", phone: "+2348035550000" };
    expect(await refusal({ projectId, contact: stranger })).toMatchObject({
      refused: "project_unknown",
      detail: `Project with id (${projectId}) does not exist`,
    });
    await world.checkout({ contact: stranger });
    expect(await refusal({ projectId, contact: stranger })).toMatchObject({ refused: "project_unknown" });
    expect(await refusal({ projectId: 999_999 })).toMatchObject({ refused: "project_unknown" });
  });

  test("a dispute on one milestone never reopens another", async () => {
    const projectId = await world.project();
    const first = await reach(world, "completed", { projectId });
    const second = await reach(world, "disputed", { projectId });
    expect([await state(first), await state(second)]).toEqual(["completed", "disputed"]);
  });
});

describe("the same shop order posted again", () => {
  test("while it waits for payment finds itself, however often and at once", async () => {
    const input = { shopOrderId: "S-1" };
    const answers = await Promise.all(Array.from({ length: 12 }, () => post(input)));
    const ids = new Set(answers.map((answer) => (isRefusal(answer) ? answer.refused : answer.done["order"])));
    expect(ids.size).toBe(1);
  });

  test("within a day of its payment asks first; afterwards, or by another buyer, it is another order", async () => {
    const id = await world.funded({ shopOrderId: "S-2" });
    expect(await refusal({ shopOrderId: "S-2" })).toMatchObject({ refused: "asked_once", facts: { order: id } });
    const stranger = { email: "third@demo.tranche.test", phone: "+2348035550001" };
    expect(await world.checkout({ shopOrderId: "S-2", contact: stranger })).not.toBe(id);
    const again = await world.checkout({ shopOrderId: "S-2", payAgain: true });
    expect(again).not.toBe(id);
    await world.database.ownerPool.query("UPDATE orders SET funded_at = funded_at - interval '1 day', state = state WHERE id = $1", [id]);
    await world.database.ownerPool.query("UPDATE orders SET product_cost = product_cost WHERE id = $1", [again]);
    expect(await world.checkout({ shopOrderId: "S-2", productCost: 500_000n })).not.toBe(id);
  });

  test("after it expired is a new order", async () => {
    const id = await reach(world, "expired", { shopOrderId: "S-3" });
    const next = await world.checkout({ shopOrderId: "S-3" });
    expect(next).not.toBe(id);
    await world.pay(next);
    expect(await referenceOf(world, next)).toContain("pay-");
  });
});
