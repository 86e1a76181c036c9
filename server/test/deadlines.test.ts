import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { accept } from "../src/actions/accept.ts";
import { agreeSplit, rule } from "../src/actions/settle-dispute.ts";
import { cancel } from "../src/actions/cancel.ts";
import type { Command } from "../src/actions/command.ts";
import { confirmReturn } from "../src/actions/confirm-return.ts";
import { contestReturn, contestSilence, escalate } from "../src/actions/contest.ts";
import { closeCheckout, expire } from "../src/actions/expire.ts";
import { deliver } from "../src/actions/deliver.ts";
import { lapse } from "../src/actions/lapse.ts";
import { lookLater } from "../src/actions/look-later.ts";
import { expireOffer, makeOffer } from "../src/actions/offer.ts";
import type { OrderAsk } from "../src/actions/order-step.ts";
import type { DeadlineName } from "../src/domain/deadlines.ts";
import { must } from "../src/domain/fault.ts";
import type { OrderState } from "../src/domain/order-table.ts";
import { isRefusal } from "../src/domain/refusals.ts";
import { mendOutage } from "../src/jobs/outage.ts";
import { agreedCheckout, fallDue, proposal, reach } from "./setup/states.ts";
import type { World } from "./setup/world.ts";
import { day, testWorld } from "./setup/world.ts";

let world: World;
const hour = day / 24;
beforeAll(async () => {
  world = await testWorld();
  await world.float();
});
afterEach(() => world.sound());
afterAll(() => world.close());

const state = async (id: number) => (await world.order(id)).state;
const code = async (instant: Date, command: Command) => {
  const answer = await world.at(instant, command);
  return isRefusal(answer) ? answer.refused : String(answer.done["state"] ?? "done");
};
const plus = (at: Date | null, by: number) => new Date(must(at ?? undefined, "a time").getTime() + by);
const autoAccepted = async () => {
  await world.terms({ acceptAfterDays: 3 });
  const id = await reach(world, "delivered");
  await world.terms({ acceptAfterDays: null });
  return id;
};

interface Case {
  readonly name: string;
  readonly start: () => Promise<number>;
  readonly deadline: DeadlineName;
  readonly after: number;
  readonly step: (ask: OrderAsk) => Command;
  readonly leads: OrderState;
}
const from = (state_: OrderState) => () => reach(world, state_);

const cases: readonly Case[] = [
  { name: "a proposal expires", start: () => proposal(world), deadline: "agreeBy", after: 30 * day, step: expire, leads: "expired" },
  { name: "an agreement nobody pays expires", start: from("agreed"), deadline: "agreeBy", after: 30 * day, step: expire, leads: "expired" },
  {
    name: "a checkout nobody pays expires",
    start: from("awaiting_payment"),
    deadline: "payBy",
    after: day,
    step: expire,
    leads: "expired",
  },
  {
    name: "an agreed order's checkout closes",
    start: () => agreedCheckout(world),
    deadline: "payBy",
    after: day,
    step: closeCheckout,
    leads: "agreed",
  },
  { name: "an order nobody delivers lapses", start: from("funded"), deadline: "deliverBy", after: 7 * day, step: lapse, leads: "lapsed" },
  {
    name: "a second delivery has all its time again",
    start: from("redelivery"),
    deadline: "deliverBy",
    after: 7 * day,
    step: lapse,
    leads: "lapsed",
  },
  {
    name: "a delivery nobody answers lapses",
    start: from("delivered"),
    deadline: "respondBy",
    after: 7 * day,
    step: lapse,
    leads: "lapsed",
  },
  {
    name: "a delivery nobody answers is accepted where the terms say so",
    start: autoAccepted,
    deadline: "acceptBy",
    after: 3 * day,
    step: accept,
    leads: "accepted",
  },
  {
    name: "a return nobody disputes is confirmed",
    start: from("rejected"),
    deadline: "returnBy",
    after: 7 * day,
    step: confirmReturn,
    leads: "returned",
  },
  {
    name: "a contest goes to the operator",
    start: from("contested"),
    deadline: "escalateBy",
    after: 5 * day,
    step: escalate,
    leads: "disputed",
  },
];

describe("a deadline fires at its instant, and not a millisecond before", () => {
  test.each(cases)("$name", async ({ start, deadline, after, step, leads }) => {
    const id = await start();
    const order = await world.order(id);
    const due = must(order[deadline] ?? undefined, deadline);
    // Counted from the step that led here; of a delivery from the payment, some milliseconds before.
    const counted = deadline === "respondBy" ? must(order.fundedAt ?? undefined, "funded") : order.updatedAt;
    expect(due.getTime() - counted.getTime()).toBe(after);
    expect(order.dueAt).toEqual(due);
    expect(await code(plus(due, -1), step(world.on("clock", id)))).toBe("too_early");
    expect(await state(id)).toBe(order.state);
    expect(await code(due, step(world.on("clock", id)))).toBe(leads);
    await world.due();
  });

  test.each(cases)("the clock's own job: $name", async ({ start, leads }) => {
    const id = await start();
    await fallDue(world, id, -60_000);
    await world.due();
    const before = await world.order(id);
    expect(before.dueAt).not.toBeNull();
    await fallDue(world, id);
    const fired = await world.due();
    expect(fired.filter((one) => one.order === id && one.result === leads)).toHaveLength(1);
  });

  test("of a dispute it only rings, once; no clock ever decides", async () => {
    const id = await reach(world, "disputed");
    const { ruleBy, updatedAt } = await world.order(id);
    expect(ruleBy).toEqual(plus(updatedAt, 14 * day));
    await fallDue(world, id);
    await world.due();
    await world.due();
    expect([await state(id), (await world.order(id)).dueAt]).toEqual(["disputed", null]);
    const { rows } = await world.engine.pool.query("SELECT kind FROM alarms WHERE about = $1", [`order ${id}`]);
    expect(rows).toEqual([{ kind: "ruling_overdue" }]);
  });
});

describe("an order that went on while the clock looked at it", () => {
  test("keeps the deadlines of where it is now, also where the clock had found nothing to do", async () => {
    const id = await reach(world, "delivered");
    const { dueAt } = await world.order(id);
    expect(dueAt).not.toBeNull();
    // What the clock saw was the order before its delivery.
    for (const at of [null, new Date()]) await world.done(lookLater(world.on("clock", id), "funded", () => at));
    expect((await world.order(id)).dueAt).toEqual(dueAt);
    await world.done(accept(world.on("buyer", id)));
    await world.done(lookLater(world.on("clock", id), "delivered", () => new Date()));
    expect((await world.order(id)).dueAt).toBeNull();
  });

  test("an ended order that is due all the same is read once, and keeps no other from being read", async () => {
    const id = await reach(world, "delivered");
    await world.done(accept(world.on("buyer", id)));
    await world.database.ownerPool.query("UPDATE orders SET due_at = now() - interval '1 hour' WHERE id = $1", [id]);
    await world.due();
    expect((await world.order(id)).dueAt).toBeNull();
  });
});

describe("the parties' own windows end to the millisecond", () => {
  test("cancelling is free up to its last millisecond", async () => {
    await world.terms({ sla: 2, cancellationFee: 20_000 });
    const [inTime, late] = [await world.funded(), await world.funded()];
    await world.terms({ sla: null, cancellationFee: 0 });
    const free = (await world.order(inTime)).freeCancelUntil;
    expect(free).toEqual(plus((await world.order(inTime)).fundedAt, 2 * day));
    await world.at(must(free ?? undefined, "a time"), cancel(world.on("buyer", inTime)));
    await world.at(plus((await world.order(late)).freeCancelUntil, 1), cancel(world.on("buyer", late)));
    expect([(await world.order(inTime)).ending?.buyer, (await world.order(late)).ending?.buyer]).toEqual([450_000n, 430_000n]);
  });

  test("silence can be contested from 24 hours after delivery until the time to respond is over", async () => {
    const id = await reach(world, "delivered");
    const { deliveredAt, respondBy } = await world.order(id);
    const contest = () => contestSilence(world.on("seller", id));
    expect(await code(plus(deliveredAt, day - 1), contest())).toBe("too_early");
    expect(await code(plus(respondBy, 0), contest())).toBe("too_late");
    expect(await code(plus(deliveredAt, day), contest())).toBe("contested");
  });

  test("a return can be contested until its time is over", async () => {
    const [id, late] = [await reach(world, "rejected"), await reach(world, "rejected")];
    expect(await code(plus((await world.order(late)).returnBy, 0), contestReturn(world.on("seller", late)))).toBe("too_late");
    expect(await code(plus((await world.order(id)).returnBy, -1), contestReturn(world.on("seller", id)))).toBe("contested");
  });

  test("an offer can be accepted until its three days are over, and stops no clock", async () => {
    const id = await reach(world, "delivered");
    const before = await world.order(id);
    const made = await world.done(makeOffer(world.on("seller", id), { kind: "split", buyerGets: 1n }));
    const offerId = Number(made["offer"]);
    const ends = new Date(String(made["expires_at"]));
    expect((await world.order(id)).dueAt).toEqual(before.dueAt);
    expect(await code(ends, agreeSplit(world.on("buyer", id), { offerId }))).toBe("offer_not_open");
    expect(await code(plus(ends, -1), expireOffer(world.on("clock", id), { offerId }))).toBe("too_early");
    expect(await code(plus(ends, -1), agreeSplit(world.on("buyer", id), { offerId }))).toBe("resolved");
  });

  test("a late delivery leaves the buyer at least 48 hours to answer", async () => {
    const id = await world.funded();
    await fallDue(world, id, -hour);
    await world.done(deliver(world.on("seller", id)));
    const { deliveredAt, respondBy } = await world.order(id);
    expect(respondBy).toEqual(plus(deliveredAt, 48 * hour));
  });

  test("in the instant of the deadline one of buyer and clock wins, whoever comes first", async () => {
    for (let times = 0; times < 6; times += 1) {
      const id = await reach(world, "delivered");
      const instant = plus((await world.order(id)).respondBy, 0);
      const rivals = [accept(world.on("buyer", id)), lapse(world.on("clock", id))];
      if (times % 2 === 1) rivals.reverse();
      const answers = await Promise.all(rivals.map((one) => world.at(instant, one)));
      expect(answers.filter((one) => !isRefusal(one))).toHaveLength(1);
      expect(["accepted", "lapsed"]).toContain(await state(id));
      const sum = (await world.sends(id)).reduce((total, one) => total + one.amount, 0n);
      expect([383_250n, 400_000n]).toContain(sum);
    }
  });
});

describe("after an outage", () => {
  const alive = (ago: number) => new Date(Date.now() - ago);

  test("deadlines that fell into it move by its length, before anything is done about them; others stay", async () => {
    const [inside, before, later] = [await world.funded(), await world.funded(), await world.funded()];
    await fallDue(world, inside, hour);
    await fallDue(world, before, 3 * hour);
    const was = await Promise.all([inside, before, later].map((id) => world.order(id)));
    expect(await mendOutage(world.engine, alive(2 * hour), 10 * 60_000)).toBeGreaterThanOrEqual(1);
    const moved = (await Promise.all([inside, before, later].map((id) => world.order(id)))).map(
      (one, i) => (one.deliverBy?.getTime() ?? 0) - (was[i]?.deliverBy?.getTime() ?? 0),
    );
    expect(Math.abs((moved[0] ?? 0) - 2 * hour)).toBeLessThan(60_000);
    expect(moved.slice(1)).toEqual([0, 0]);
    await world.due();
    expect([await state(inside), await state(before), await state(later)]).toEqual(["funded", "completed", "funded"]);
    const { rows } = await world.engine.pool.query("SELECT count(*)::int AS outages FROM outages");
    expect(rows).toEqual([{ outages: 1 }]);
  });

  test("a short gap is none", async () => {
    const id = await world.funded();
    await fallDue(world, id, 60_000);
    expect(await mendOutage(world.engine, alive(9 * 60_000), 10 * 60_000)).toBe(0);
    await world.due();
    expect(await state(id)).toBe("completed");
  });
});

test("a ruling above the limit needs two operators who say the same, while the first one's word stands", async () => {
  world.settings.secondOperatorAbove = 400_000n;
  const by = (name: string, id: number) => ({ ...world.on("operator", id), actor: { party: "operator" as const, name } });
  const id = await reach(world, "disputed");
  const first = await world.done(rule(by("operator:1", id), { buyerGets: 100_000n }));
  expect([first["state"], first["waits_for"]]).toEqual(["disputed", "a second operator"]);
  expect(await world.done(rule(by("operator:1", id), { buyerGets: 100_000n }))).toMatchObject({ state: "disputed" });
  expect(await world.done(rule(by("operator:2", id), { buyerGets: 100_001n }))).toMatchObject({ state: "disputed" });
  expect(await world.refused(rule(by("operator:1", id), { buyerGets: 450_001n }))).toBe("amount_out_of_range");
  const later = new Date(Date.now() + 3 * day + 1_000);
  expect(await code(later, rule(by("operator:1", id), { buyerGets: 100_001n }))).toBe("disputed");
  expect(await world.done(rule(by("operator:2", id), { buyerGets: 100_001n }))).toMatchObject({ state: "resolved" });
  world.settings.secondOperatorAbove = 300_000_000n;
  const small = await reach(world, "disputed");
  expect(await world.done(rule(by("operator:1", small), { buyerGets: 0n }))).toMatchObject({ state: "resolved" });
  world.settings.secondOperatorAbove = 0n;
});

test("a party's offer never takes the place of an operator's ruling that waits for its second", async () => {
  world.settings.secondOperatorAbove = 1n;
  const id = await reach(world, "disputed");
  const by = (name: string) => rule({ ...world.on("operator", id), actor: { party: "operator", name } }, { buyerGets: 200_000n });
  const offer = makeOffer(world.on("buyer", id), { kind: "split", buyerGets: 450_000n });
  await world.done(by("operator:1"));
  expect(await world.refused(offer)).toBe("not_now");
  // Three days later it stands no more, and the parties may settle again.
  expect(await code(new Date(Date.now() + 3 * day + 1_000), offer)).not.toBe("not_now");
  await world.done(by("operator:1"));
  expect(await world.done(by("operator:2"))).toMatchObject({ state: "resolved" });
  world.settings.secondOperatorAbove = 0n;
});

test("two proposals at once by two operators do not make a ruling of different amounts", async () => {
  world.settings.secondOperatorAbove = 1n;
  const id = await reach(world, "disputed");
  const by = (name: string, buyerGets: bigint) => rule({ ...world.on("operator", id), actor: { party: "operator", name } }, { buyerGets });
  await Promise.all([world.act(by("operator:1", 1n)), world.act(by("operator:2", 2n))]);
  expect(await state(id)).toBe("disputed");
  world.settings.secondOperatorAbove = 0n;
});
