import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { assignProvider } from "../src/actions/assign-provider.ts";
import { accept } from "../src/actions/accept.ts";
import { cancel } from "../src/actions/cancel.ts";
import { startSending } from "../src/actions/send.ts";
import { concludeAttempt } from "../src/actions/send.ts";
import { rule } from "../src/actions/settle-dispute.ts";
import { giveRefundAccount, requeue } from "../src/actions/unpark.ts";
import type { Disbursement } from "../src/domain/facts.ts";
import { must } from "../src/domain/fault.ts";
import { account, attemptReference, bank, expectDone, makeDue, payouts, provider, reach, withRail } from "./setup/states.ts";
import type { World } from "./setup/world.ts";
import { day, testWorld } from "./setup/world.ts";

let world: World;
beforeAll(async () => {
  world = await testWorld();
  await world.float();
});
afterEach(async () => {
  await bank(world, "0011");
  await world.due();
  await world.sound();
});
afterAll(() => world.close());

const state = async (id: number) => (await world.order(id)).state;
const queue = async (id: number) => (await world.sends(id)).map((one) => [one.payeeKind, one.amount, one.state]);
const payout = async (id: number) => must((await payouts(world, id))[0], "a payout");
const paidOut = async () => (await world.rail.books()).find((one) => one.currency === "NGN")?.paidOut ?? 0n;
const accountLetters = async (id: number) =>
  (await world.engine.pool.query("SELECT party, kind, outcome FROM messages WHERE order_id = $1 AND kind LIKE '%account_needed'", [id]))
    .rows;
const wake = async (one: Disbursement) => {
  await makeDue(world, "disbursements", one.id);
  await world.due();
};
const ask = async (one: Disbursement) => {
  await makeDue(world, "attempts", must(one.attemptId ?? undefined, "an attempt"));
  await world.due();
};
/** An accepted order whose seller has an account with that ending; its payout was started. */
const paidTo = async (ending: string, projectId: number | null = null) => {
  await bank(world, ending);
  const id = await world.accepted({ projectId });
  await world.due();
  return id;
};

describe("an account that takes no money", () => {
  test("parks the payout; the next milestone may begin; new details send it, once", async () => {
    const before = await paidOut();
    const project = await world.project();
    const id = await paidTo("0009", project);
    expect([await state(id), await queue(id)]).toEqual(["accepted", [["seller", 383_250n, "parked"]]]);
    expect((await world.order(id)).dischargedAt).not.toBeNull();
    const next = await world.checkout({ projectId: project });
    expect(await state(next)).toBe("awaiting_payment");
    expect(await paidOut()).toBe(before);
    await bank(world, "0019");
    await Promise.all([world.due(), world.due(), world.due()]);
    expect([await state(id), await queue(id)]).toEqual(["completed", [["seller", 383_250n, "succeeded"]]]);
    expect((await paidOut()) - before).toBe(383_250n);
  });

  test("the payee's word that nothing changed is not enough; the operator may vouch for the old details", async () => {
    const id = await paidTo("0009");
    const one = await payout(id);
    const asking = (party: "seller" | "operator") => ({
      ...world.as(party),
      disbursementId: one.id,
      orderId: id,
      payeeKind: one.payeeKind,
      payeeId: one.payeeId,
    });
    expect(await world.refused(requeue(asking("seller")))).toBe("hold_standing");
    await world.done(requeue(asking("operator")));
    await world.due();
    expect([(await payout(id)).state, (await payout(id)).attempts]).toEqual(["parked", 2]);
    // One for each time that the bank did not take it.
    expect((await accountLetters(id)).map((one) => one["kind"])).toEqual(["payout.account_needed", "payout.account_needed"]);
  });

  test("a refund to a dead card asks the buyer for an account by letter, and goes there", async () => {
    const id = await world.checkout();
    await world.pay(id, "success", { card: "refund_dead" });
    await world.done(cancel(world.on("buyer", id)));
    await world.due();
    expect(await queue(id)).toEqual([["buyer", 450_000n, "parked"]]);
    expect(await accountLetters(id)).toEqual([{ party: "buyer", kind: "refund.account_needed", outcome: "sent" }]);
    await world.done(giveRefundAccount(world.on("buyer", id), { details: account("0043") }));
    await world.due();
    expect([await queue(id), await state(id)]).toEqual([[["buyer", 450_000n, "succeeded"]], "completed"]);
    expect(await world.refused(giveRefundAccount(world.on("buyer", id), { details: account("0044") }))).toBe("not_now");
  });

  test("a refund that no payment can carry is never sent to an account nobody gave", async () => {
    const id = await world.funded();
    await world.done(cancel(world.on("seller", id)));
    await world.database.ownerPool.query("UPDATE disbursements SET payment_id = NULL WHERE order_id = $1", [id]);
    await world.due();
    expect(await queue(id)).toEqual([["buyer", 450_000n, "parked"]]);
    await world.done(giveRefundAccount(world.on("buyer", id), { details: account("0045") }));
    await world.due();
    expect(await state(id)).toBe("completed");
  });
});

describe("an answer that does not come", () => {
  test("before the effect: only a look-up ends the doubt, and the money goes out once", async () => {
    const before = await paidOut();
    const id = await paidTo("0002");
    expect([(await payout(id)).state, (await paidOut()) - before]).toEqual(["outcome_unknown", 0n]);
    await wake(await payout(id));
    expect((await payout(id)).state).toBe("outcome_unknown");
    await ask(await payout(id));
    expect([(await payout(id)).state, (await payout(id)).attempts, (await paidOut()) - before]).toEqual(["succeeded", 1, 383_250n]);
    expect(await state(id)).toBe("completed");
  });

  test("after the effect: the look-up finds it paid, and it is not paid again", async () => {
    const before = await paidOut();
    const id = await paidTo("0003");
    expect([(await payout(id)).state, (await paidOut()) - before]).toEqual(["outcome_unknown", 383_250n]);
    await ask(await payout(id));
    await ask(await payout(id));
    expect([(await payout(id)).state, (await paidOut()) - before]).toEqual(["succeeded", 383_250n]);
  });

  test("a rail that stays silent is asked again and again, and nothing else happens", async () => {
    const before = await paidOut();
    const id = await paidTo("0002");
    const silent = async () => {
      throw new Error("no answer");
    };
    await withRail(world, { lookUpSend: silent, send: silent }, async () => {
      for (let times = 0; times < 3; times += 1) await ask(await payout(id));
    });
    expect([(await payout(id)).state, (await paidOut()) - before]).toEqual(["outcome_unknown", 0n]);
    const { rows } = await world.engine.pool.query("SELECT due_at > now() AS later FROM attempts WHERE id = $1", [
      (await payout(id)).attemptId,
    ]);
    expect(rows).toEqual([{ later: true }]);
    await ask(await payout(id));
    expect((await payout(id)).state).toBe("succeeded");
  });

  test("sent, and back again, before anybody heard of either: the payee is owed", async () => {
    const before = await paidOut();
    const id = await paidTo("0003");
    expectDone(await world.rail.concludeSend(await attemptReference(world, await payout(id)), "reverse"));
    await world.database.ownerPool.query("UPDATE rail_events SET due_at = NULL WHERE type = 'send.reversed'");
    await ask(await payout(id));
    expect([(await payout(id)).state, (await paidOut()) - before]).toEqual(["parked", 383_250n]);
    expect((await world.balances())[`payee:seller:${world.seller}:payable`]).toBe(383_250n);
  });

  test("the process dies between its commit and the call: another takes over, and the money goes out once", async () => {
    const before = await paidOut();
    const id = await world.accepted();
    const one = await payout(id);
    const asking = {
      ...world.as("clock", "send-money"),
      disbursementId: one.id,
      orderId: id,
      payeeKind: one.payeeKind,
      payeeId: one.payeeId,
    };
    await world.done(startSending(asking, { reference: `died-${id}` }));
    expect([(await payout(id)).state, (await paidOut()) - before]).toEqual(["sending", 0n]);
    await world.due();
    expect((await payout(id)).state).toBe("sending");
    await world.advance(31_000);
    expect([(await payout(id)).state, (await payout(id)).attempts, (await paidOut()) - before]).toEqual(["succeeded", 1, 383_250n]);
  });

  test("many workers at once send a payout once", async () => {
    const before = await paidOut();
    const id = await world.accepted();
    await Promise.all(Array.from({ length: 6 }, () => world.due()));
    expect([(await payout(id)).attempts, (await paidOut()) - before]).toEqual([1, 383_250n]);
  });
});

describe("what the rail says later", () => {
  test("its own fault is tried again after a while, under a new reference", async () => {
    const before = await paidOut();
    const id = await paidTo("0004");
    const first = await payout(id);
    expect([first.state, first.fault, first.dueAt === null]).toEqual(["queued", "rail", false]);
    await world.due();
    expect((await payout(id)).attempts).toBe(1);
    await wake(first);
    expect([(await payout(id)).state, (await payout(id)).attempts, (await paidOut()) - before]).toEqual(["succeeded", 2, 383_250n]);
    // Old news about the first attempt changes nothing.
    const old = { ...world.as("rail"), attemptId: must(first.attemptId ?? undefined, "an attempt"), orderIds: [id] };
    expect(await world.done(concludeAttempt(old, { status: "failed", fault: "rail", reason: "late" }))).toMatchObject({ again: true });
    expect(await state(id)).toBe("completed");
  });

  test("pending is in flight until it succeeds", async () => {
    const id = await paidTo("0001");
    expect((await payout(id)).state).toBe("in_flight");
    await ask(await payout(id));
    expect((await payout(id)).state).toBe("in_flight");
    await ask(await payout(id));
    expect([(await payout(id)).state, await state(id)]).toEqual(["succeeded", "completed"]);
  });

  test("reversed after success: the payee is owed, the order stays completed, new details send it again", async () => {
    const before = await paidOut();
    const id = await paidTo("0008");
    expect(await state(id)).toBe("completed");
    const reference = await attemptReference(world, await payout(id));
    expectDone(await world.rail.concludeSend(reference, "reverse"));
    await world.due();
    expect([await state(id), (await payout(id)).state]).toEqual(["completed", "parked"]);
    expect(await accountLetters(id)).toEqual([{ party: "seller", kind: "payout.account_needed", outcome: "sent" }]);
    await bank(world, "0018");
    await world.due();
    expect([(await payout(id)).state, (await paidOut()) - before]).toEqual(["succeeded", 2n * 383_250n]);
    const returned = (await world.rail.books())[0]?.returned ?? 0n;
    expect(returned).toBeGreaterThanOrEqual(383_250n);
  });
});

describe("amounts below the smallest payout", () => {
  const small = async () => {
    const id = await reach(world, "disputed");
    await world.done(rule(world.on("operator", id), { buyerGets: 445_000n }));
    await world.due();
    return id;
  };

  test("wait parked, keep no milestone waiting, and go out in one sum with the next", async () => {
    const first = await small();
    const second = await small();
    const parts = [(await payout(first)).amount, (await payout(second)).amount];
    expect([(await payout(first)).state, (await payout(second)).state]).toEqual(["parked", "parked"]);
    // Another account would not help, so none is asked for.
    expect(await accountLetters(first)).toEqual([]);
    expect((await world.order(first)).dischargedAt).not.toBeNull();
    const third = await world.accepted();
    await world.due();
    for (const id of [first, second, third]) expect([await state(id), (await payout(id)).state]).toEqual(["completed", "succeeded"]);
    const attempts = new Set(await Promise.all([first, second, third].map(async (id) => (await payout(id)).attemptId)));
    expect(attempts.size).toBe(1);
    const { rows } = await world.engine.pool.query("SELECT amount FROM attempts WHERE id = $1", [[...attempts][0]]);
    expect(rows[0]?.["amount"]).toBe(383_250n + parts.reduce((sum, part) => sum + part, 0n));
  });

  test("say so once a new account's cooling-off is over, not still when money was to go there", async () => {
    const id = await small();
    world.settings.coolingOff = day;
    try {
      await bank(world, "0016");
      await world.due();
      expect((await payout(id)).reason).toMatch(/^The payout details were changed/);
      await world.advance(day + 1_000);
      await world.due();
      expect(await payout(id)).toMatchObject({ state: "parked", dueAt: null, reason: expect.stringMatching(/^The amount is below/) });
    } finally {
      world.settings.coolingOff = 0;
    }
    await world.accepted();
    await world.due();
    expect((await payout(id)).state).toBe("succeeded");
  });

  test("a sum that comes back parks every part of it, and a new account gets all of it", async () => {
    const first = await small();
    await world.database.ownerPool.query("UPDATE sellers SET bank = jsonb_set(bank, '{accountNumber}', '\"0123450009\"') WHERE id = $1", [
      world.seller,
    ]);
    const second = await world.accepted();
    await world.due();
    expect([(await payout(first)).state, (await payout(second)).state]).toEqual(["parked", "parked"]);
    await bank(world, "0017");
    await world.due();
    // The small one goes along with the other, or waits for the next.
    const third = await world.accepted();
    await world.due();
    for (const id of [first, second, third]) expect((await payout(id)).state).toBe("succeeded");
  });
});

test("seller and service provider are paid apart; the order is completed when both are", async () => {
  const id = await world.delivered();
  await world.done(assignProvider(world.on("seller", id), { providerId: await provider(world, "0001"), share: 5_000 }));
  await world.done(accept(world.on("buyer", id)));
  await world.due();
  expect(await queue(id)).toEqual([
    ["seller", 189_125n, "succeeded"],
    ["service_provider", 189_125n, "in_flight"],
  ]);
  expect([await state(id), (await world.order(id)).dischargedAt]).toEqual(["accepted", null]);
  const one = must((await payouts(world, id, "service_provider"))[0], "the provider's");
  await ask(one);
  await ask(one);
  expect(await state(id)).toBe("completed");
});
