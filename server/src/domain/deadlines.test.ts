import { describe, expect, test } from "vitest";
import { anOrder, day, hour, someTerms, start } from "../../test/setup/an-order.ts";
import { deadlineNames, deadlinesOnEntering, extended, later, postponed, silenceMeans } from "./deadlines.ts";
import type { OrderChange } from "./order.ts";
import { orderStates } from "./order-table.ts";
import type { OrderState } from "./order-table.ts";

const now = start;
const at = (millis: number) => new Date(now.getTime() + millis);
const noDeadline = { deliverBy: null, freeCancelUntil: null };

/** The deadlines that a change sets, those it clears left out. */
function set(change: OrderChange): Record<string, Date> {
  const entries = Object.entries(change).flatMap(([name, value]) => (value instanceof Date ? [[name, value] as const] : []));
  return Object.fromEntries(entries);
}

describe("deadlines on entering a state", () => {
  test("proposed and agreed: agree_by, 30 days, counted anew from each version and from the agreement", () => {
    for (const state of ["proposed", "agreed"] as const) {
      expect(set(deadlinesOnEntering(state, noDeadline, someTerms, now))).toEqual({ agreeBy: at(30 * day), dueAt: at(30 * day) });
    }
  });

  test("awaiting payment: pay_by, 24 hours from the opening of the checkout", () => {
    expect(set(deadlinesOnEntering("awaiting_payment", noDeadline, someTerms, now))).toEqual({
      payBy: at(24 * hour),
      dueAt: at(24 * hour),
    });
  });

  test("funded: deliver_by, 7 days, and the end of free cancelling; the clock acts on the former", () => {
    const terms = { ...someTerms, freeCancelFor: 2 * day };
    expect(set(deadlinesOnEntering("funded", noDeadline, terms, now))).toEqual({
      freeCancelUntil: at(2 * day),
      deliverBy: at(7 * day),
      dueAt: at(7 * day),
    });
  });

  test("funded without a time for cancelling: cancelling stays free", () => {
    expect(deadlinesOnEntering("funded", noDeadline, someTerms, now)).toMatchObject({ freeCancelUntil: null });
  });

  test("redelivery: deliver_by counts again from the agreement, and the end of free cancelling stays", () => {
    const change = deadlinesOnEntering("redelivery", { deliverBy: at(-day), freeCancelUntil: at(day) }, someTerms, now);
    expect(set(change)).toEqual({ deliverBy: at(7 * day), dueAt: at(7 * day) });
    expect(change).not.toHaveProperty("freeCancelUntil");
  });

  test("delivered early: the buyer has until deliver_by to respond", () => {
    const change = deadlinesOnEntering("delivered", { deliverBy: at(5 * day), freeCancelUntil: null }, someTerms, now);
    expect(set(change)).toEqual({ deliverBy: at(5 * day), respondBy: at(5 * day), dueAt: at(5 * day) });
  });

  test("delivered late: the buyer has 48 hours to respond", () => {
    for (const left of [0, hour, 48 * hour]) {
      const change = deadlinesOnEntering("delivered", { deliverBy: at(left), freeCancelUntil: null }, someTerms, now);
      expect(change).toMatchObject({ respondBy: at(48 * hour), dueAt: at(48 * hour), acceptBy: null });
    }
    const justLater = deadlinesOnEntering("delivered", { deliverBy: at(48 * hour + 1), freeCancelUntil: null }, someTerms, now);
    expect(justLater.respondBy).toEqual(at(48 * hour + 1));
  });

  test("delivered with auto-acceptance: accept_by counts from delivery, and there is no respond_by", () => {
    const change = deadlinesOnEntering(
      "delivered",
      { deliverBy: at(5 * day), freeCancelUntil: null },
      { ...someTerms, acceptAfter: 3 * day },
      now,
    );
    expect(change).toMatchObject({ acceptBy: at(3 * day), respondBy: null, dueAt: at(3 * day) });
  });

  test("rejected 7 days, contested 5 days, disputed 14 days", () => {
    expect(set(deadlinesOnEntering("rejected", noDeadline, someTerms, now))).toEqual({ returnBy: at(7 * day), dueAt: at(7 * day) });
    expect(set(deadlinesOnEntering("contested", noDeadline, someTerms, now))).toEqual({ escalateBy: at(5 * day), dueAt: at(5 * day) });
    expect(set(deadlinesOnEntering("disputed", noDeadline, someTerms, now))).toEqual({ ruleBy: at(14 * day), dueAt: at(14 * day) });
  });

  test("an order that has ended or expired waits for no clock", () => {
    for (const state of ["expired", "accepted", "cancelled", "lapsed", "returned", "resolved", "charged_back", "completed"] as const) {
      expect(set(deadlinesOnEntering(state, { deliverBy: at(day), freeCancelUntil: null }, someTerms, now))).toEqual({});
    }
  });

  test("whatever the state before had is cleared: of the clock's deadlines only the new state's stand", () => {
    const clocks = deadlineNames.filter((name) => name !== "freeCancelUntil");
    for (const state of orderStates) {
      const change = deadlinesOnEntering(state, noDeadline, someTerms, now);
      for (const name of clocks) expect(change, `${state} says nothing of ${name}`).toHaveProperty(name);
    }
  });
});

describe("what silence means", () => {
  test("there is a sentence for every state that waits for a clock", () => {
    for (const state of orderStates) {
      const dueAt = deadlinesOnEntering(state, noDeadline, someTerms, now).dueAt ?? null;
      expect(silenceMeans({ ...anOrder({ state }), dueAt }) === null, state).toBe(dueAt === null);
    }
  });

  test("it is the sentence that was agreed", () => {
    const means = (state: OrderState) => silenceMeans({ ...anOrder({ state }), dueAt: now });
    expect(means("proposed")).toBe("the order expires");
    expect(means("agreed")).toBe("the order expires");
    expect(means("funded")).toBe("the buyer gets the money back, less the escrow fee");
    expect(means("redelivery")).toBe("the buyer gets the money back, less the escrow fee");
    expect(means("rejected")).toBe("the return counts as confirmed and the buyer is refunded");
    expect(means("contested")).toBe("the operator decides the dispute");
    expect(means("disputed")).toBe("the operator is reminded; only a decision moves the money");
    // No ended order has a deadline. Should one be left over, nothing comes of it.
    expect(means("accepted")).toBeNull();
    expect(silenceMeans({ ...anOrder({ state: "funded" }), dueAt: null })).toBeNull();
  });

  test("after a delivery it depends on the terms", () => {
    const waiting = { ...anOrder({ state: "delivered" }), dueAt: now };
    expect(silenceMeans(waiting)).toContain("the buyer gets the money back");
    expect(silenceMeans({ ...waiting, terms: { ...someTerms, acceptAfter: day } })).toContain("the seller is paid");
    expect(silenceMeans({ ...anOrder({ state: "awaiting_payment", agreedBeforehand: true }), dueAt: now })).toBe("the checkout closes");
    expect(silenceMeans({ ...anOrder({ state: "awaiting_payment" }), dueAt: now })).toBe("the order expires");
  });
});

describe("an outage", () => {
  const from = at(hour);
  const to = at(3 * hour);

  test.each(deadlineNames)("moves %s by its length if it fell inside, both ends included", (name) => {
    const moved = (deadline: Date) => extended(anOrder({ [name]: deadline, dueAt: deadline }), from, to);
    for (const inside of [from, at(2 * hour), to]) {
      expect(moved(inside)[name]).toEqual(later(inside, 2 * hour));
      expect(moved(inside).dueAt).toEqual(later(inside, 2 * hour));
    }
    for (const outside of [later(from, -1), later(to, 1)]) {
      expect(moved(outside)[name]).toEqual(outside);
      expect(moved(outside).dueAt).toEqual(outside);
    }
  });

  test("of known length moves what is due when it begins or later, however much later", () => {
    const moved = (deliverBy: Date) => postponed(anOrder({ deliverBy, dueAt: deliverBy }), from, 2 * hour);
    for (const still of [from, to, at(90 * day)]) {
      expect(moved(still)).toMatchObject({ deliverBy: later(still, 2 * hour), dueAt: later(still, 2 * hour) });
    }
    expect(moved(later(from, -1))).toMatchObject({ deliverBy: later(from, -1), dueAt: later(from, -1) });
  });

  test("leaves what was not set alone", () => {
    expect(set(extended(anOrder({}), from, to))).toEqual({});
    expect(set(postponed(anOrder({}), from, hour))).toEqual({});
    expect(Object.values(extended(anOrder({}), from, to))).toEqual(deadlineNames.map(() => null).concat(null));
  });
});
