import { describe, expect, test } from "vitest";
import { aDisbursement, aHold, anOffer, anOrder, aPayment, day, hour, someFacts, someTerms, start } from "../../test/setup/an-order.ts";
import { later } from "./deadlines.ts";
import { disbursementStates, sentStates } from "./money-out-table.ts";
import { paymentStates } from "./money-in-table.ts";
import type { Order } from "./order.ts";
import { allowedOrderActions, decideOrder } from "./order-decide.ts";
import type { OrderFacts } from "./order-needs.ts";
import { milestoneInTheWay, orderNeeds } from "./order-needs.ts";
import type { OrderNeed } from "./order-table.ts";
import { orderMachine } from "./order-table.ts";
import type { RefusalCode } from "./refusals.ts";
import type { OrderTerms } from "./terms.ts";

/** The refusal's code, once it is sure that it tells people something. */
function need(name: OrderNeed, facts: Partial<OrderFacts>): RefusalCode | undefined {
  const refusal = orderNeeds[name].judge(someFacts(facts));
  if (refusal !== undefined) expect(refusal.detail, name).toMatch(/^[A-Z][^]{10,}\.$/);
  return refusal?.refused;
}
const said = (name: OrderNeed, facts: Partial<OrderFacts>) => orderNeeds[name].judge(someFacts(facts));
const withOrder = (name: OrderNeed, order: Partial<Order>, facts: Partial<OrderFacts> = {}) =>
  need(name, { ...facts, order: anOrder(order) });
const met = undefined;
const justBefore = (deadline: Date) => later(deadline, -1);

describe("a deadline that must be past", () => {
  const past = {
    agree_by_past: "agreeBy",
    pay_by_past: "payBy",
    deliver_by_past: "deliverBy",
    accept_by_past: "acceptBy",
    respond_by_past: "respondBy",
    return_by_past: "returnBy",
    escalate_by_past: "escalateBy",
  } as const satisfies Partial<Record<OrderNeed, keyof Order>>;

  test.each(Object.entries(past))(
    "%s: met at the very instant, refused a millisecond before, and without such a deadline",
    (name, field) => {
      const deadline = later(start, hour);
      const judge = (now: Date, at: Date | null) =>
        orderNeeds[name as keyof typeof past].judge(someFacts({ now, order: anOrder({ [field]: at }) }));
      expect(judge(deadline, deadline)).toBe(met);
      expect(judge(later(deadline, 1), deadline)).toBe(met);
      expect(judge(justBefore(deadline), deadline)).toEqual({
        refused: "too_early",
        detail: `Not before ${deadline.toISOString()}.`,
        facts: { not_before: deadline },
      });
      expect(judge(deadline, null)).toEqual({ refused: "too_early", detail: "There is no such deadline here." });
    },
  );
});

describe("a deadline that must not be past", () => {
  test("the return can be contested until a millisecond before return_by", () => {
    const returnBy = later(start, hour);
    expect(withOrder("before_return_by", { returnBy }, { now: justBefore(returnBy) })).toBe(met);
    expect(withOrder("before_return_by", { returnBy }, { now: returnBy })).toBe("too_late");
    expect(withOrder("before_return_by", { returnBy: null })).toBe(met);
  });

  test("the buyer's silence can be contested from 24 hours after delivery to a millisecond before respond_by", () => {
    const respondBy = later(start, 48 * hour);
    const order = { deliveredAt: start, respondBy };
    const at = (millis: number) => withOrder("silence_window", order, { now: later(start, millis) });
    expect(at(24 * hour - 1)).toBe("too_early");
    expect(at(24 * hour)).toBe(met);
    expect(at(48 * hour - 1)).toBe(met);
    expect(at(48 * hour)).toBe("too_late");
    const early = orderNeeds.silence_window.judge(someFacts({ order: anOrder(order), now: start }));
    expect(early?.facts).toEqual({ from: later(start, 24 * hour) });
    // Before a delivery nobody is silent yet, and without either deadline the window does not close.
    expect(withOrder("silence_window", { deliveredAt: null, respondBy }, { now: start })).toBe("too_early");
    expect(withOrder("silence_window", { deliveredAt: start, respondBy: null, acceptBy: null }, { now: later(start, 90 * day) })).toBe(met);
  });

  test("with auto-acceptance the window closes at accept_by", () => {
    const order = { deliveredAt: start, acceptBy: later(start, 72 * hour) };
    expect(withOrder("silence_window", order, { now: later(start, 72 * hour - 1) })).toBe(met);
    expect(withOrder("silence_window", order, { now: later(start, 72 * hour) })).toBe("too_late");
  });

  test("cancelling under the replacement policy: received at free_cancel_until is in time, a millisecond later is not", () => {
    const replacement: OrderTerms = { ...someTerms, policy: "replacement" };
    const freeCancelUntil = later(start, hour);
    const at = (now: Date, terms: OrderTerms = replacement) => withOrder("refund_policy_or_in_time", { freeCancelUntil, terms }, { now });
    expect(at(freeCancelUntil)).toBe(met);
    expect(at(later(freeCancelUntil, 1))).toBe("refund_policy");
    expect(at(later(freeCancelUntil, 1), { ...someTerms, policy: "refund" })).toBe(met);
    expect(withOrder("refund_policy_or_in_time", { freeCancelUntil: null, terms: replacement })).toBe(met);
  });
});

describe("what the terms say", () => {
  test("auto-acceptance is on or off", () => {
    const on = { terms: { ...someTerms, acceptAfter: 3 * day } };
    expect([withOrder("auto_acceptance", on), withOrder("auto_acceptance", {})]).toEqual([met, "auto_acceptance_off"]);
    expect([withOrder("no_auto_acceptance", on), withOrder("no_auto_acceptance", {})]).toEqual(["auto_acceptance_on", met]);
  });

  test("a seller replaces only under the replacement policy, and once", () => {
    expect(withOrder("replacement_policy", { terms: { ...someTerms, policy: "replacement" } })).toBe(met);
    expect(withOrder("replacement_policy", {})).toBe("refund_policy");
    expect([withOrder("first_redelivery", { redeliveries: 0 }), withOrder("first_redelivery", { redeliveries: 1 })]).toEqual([
      met,
      "already_redelivered",
    ]);
  });

  test("a form's order expires, one that was agreed beforehand goes back to agreed", () => {
    expect([withOrder("made_by_form", {}), withOrder("made_by_form", { agreedBeforehand: true })]).toEqual([met, "terms_agreed_only"]);
    expect([withOrder("agreed_beforehand", { agreedBeforehand: true }), withOrder("agreed_beforehand", {})]).toEqual([
      met,
      "agreed_beforehand",
    ]);
  });

  test("whoever wrote a version cannot agree to it, and agreeing names the version", () => {
    const order = anOrder({ writtenBy: "seller", version: 4 });
    expect(need("not_own_version", { order, by: "seller", input: { version: 4 } })).toBe("own_version");
    expect(need("not_own_version", { order, by: "buyer", input: { version: 4 } })).toBe(met);
    expect(need("not_own_version", { order, by: "buyer", input: { version: 3 } })).toBe("mismatch");
    expect(need("not_own_version", { order, by: "buyer", input: { version: 3 }, acting: false })).toBe(met);
    expect(need("not_own_version", { order, by: "buyer", input: {} })).toBe(met);
    expect(need("not_own_version", { order, by: "buyer", acting: false })).toBe(met);
  });
});

describe("what a step must bring with it, asked only of who acts", () => {
  const brings = {
    terms_given: [{ terms: true }, "invalid"],
    reason_given: [{ reason: "damaged" }, "reason_needed"],
    provider_given: [{ provider: true }, "provider_unknown"],
    outage_recorded: [{ outage: true }, "too_early"],
    in_range: [{ buyerGets: 0n }, "invalid"],
  } as const;

  test.each(Object.entries(brings))("%s", (name, [input, refused]) => {
    expect(need(name as keyof typeof brings, { input })).toBe(met);
    expect(need(name as keyof typeof brings, { input: {} })).toBe(refused);
    expect(need(name as keyof typeof brings, { input: {}, acting: false })).toBe(met);
  });

  test("a reason of blanks is none", () => {
    expect(need("reason_given", { input: { reason: " \n" } })).toBe("reason_needed");
  });

  test("a ruling gives the buyer between nothing and all that was paid, both included", () => {
    const gives = (buyerGets: bigint) => need("in_range", { input: { buyerGets } });
    expect([gives(0n), gives(450_000n)]).toEqual([met, met]);
    expect([gives(-1n), gives(450_001n)]).toEqual(["amount_out_of_range", "amount_out_of_range"]);
    expect(said("in_range", { input: { buyerGets: -1n } })?.facts).toEqual({ most: 450_000n });
  });
});

describe("money", () => {
  test("an order is funded by exactly what its checkout asked", () => {
    const applied = (amount: bigint | undefined) => need("paid_exactly", { input: { applied: amount } });
    expect([applied(450_000n), applied(449_999n), applied(450_001n), applied(undefined)]).toEqual([
      met,
      ...Array<string>(3).fill("payment_missing"),
    ]);
  });

  test("a payment that is open or pending at the rail keeps a checkout open, any other does not", () => {
    const doubtful = paymentStates.filter(
      (state) => need("no_payment_in_doubt", { payments: [aPayment({ state })] }) === "payment_in_doubt",
    );
    expect(doubtful).toEqual(["open", "pending"]);
    expect(need("no_payment_in_doubt", { payments: [] })).toBe(met);
    const sure = aPayment({ id: 1, state: "failed" });
    const doubt = said("no_payment_in_doubt", { payments: [sure, aPayment({ id: 2, state: "pending" })] });
    expect(doubt?.facts).toEqual({ payment: 2 });
    expect(doubt?.detail).toContain("pending at the rail");
  });

  test("a chargeback takes all of escrow or a part of it: exactly one of the two rows fits", () => {
    const both = (lost: bigint | undefined) => [need("lost_all", { input: { lost } }), need("lost_part", { input: { lost } })];
    expect(both(449_999n)).toEqual(["mismatch", met]);
    expect(both(450_000n)).toEqual([met, "mismatch"]);
    expect(both(450_001n)).toEqual([met, "mismatch"]);
    expect(both(undefined)).toEqual(["mismatch", "mismatch"]);
  });

  test("only the hold of a chargeback stops the order's clock", () => {
    const reasons = ["identity", "cooling_off", "ruling", "buyer_objection", "self_dealing", "operator"] as const;
    expect(need("no_chargeback", { holds: reasons.map((reason) => aHold({ reason })) })).toBe(met);
    expect(need("no_chargeback", { holds: [aHold({ reason: "chargeback" })] })).toBe("chargeback_running");
    expect(need("no_chargeback", { holds: [aHold({ reason: "identity" }), aHold({ reason: "chargeback" })] })).toBe("chargeback_running");
  });

  test("an order is completed when each payout and refund succeeded or was cancelled, or when there is none", () => {
    const concluded = disbursementStates.filter((state) => need("all_concluded", { disbursements: [aDisbursement({ state })] }) === met);
    expect(concluded).toEqual(["succeeded", "cancelled"]);
    expect(need("all_concluded", {})).toBe(met);
    expect(need("all_concluded", { disbursements: [aDisbursement({ state: "succeeded" }), aDisbursement({ state: "parked" })] })).toBe(
      "not_last_step",
    );
  });

  test("a ruling is reopened only if nothing was ever sent, not even in vain", () => {
    const open = disbursementStates.filter((state) => need("nothing_sent", { disbursements: [aDisbursement({ state })] }) === met);
    expect(open).toEqual(disbursementStates.filter((state) => !sentStates.includes(state)));
    expect(need("nothing_sent", { disbursements: [aDisbursement({ state: "queued", attempts: 1 })] })).toBe("already_sent");
    const one = aDisbursement({ state: "queued", attempts: 0 });
    expect(need("nothing_sent", { disbursements: [one, aDisbursement({ state: "sending" })] })).toBe("already_sent");
  });

  test("only a ruling is reopened", () => {
    expect(withOrder("was_ruled", { lastAction: "rule" })).toBe(met);
    expect(withOrder("was_ruled", { lastAction: "agree_split" })).toBe("not_ruled");
  });
});

describe("offers", () => {
  const offered = (facts: Partial<OrderFacts>, name: OrderNeed = "open_split_offer") =>
    need(name, { offer: anOffer({}), input: { offerId: 7 }, ...facts });

  test("the other party's open offer, by its number", () => {
    expect(offered({})).toBe(met);
    expect(offered({ by: "seller" })).toBe("own_offer");
    expect(offered({ offer: undefined })).toBe("offer_not_open");
    expect(offered({ input: { offerId: 8 } })).toBe("offer_not_open");
    expect(offered({ input: {} })).toBe("offer_not_open");
    expect(said("open_split_offer", { offer: anOffer({}), input: { offerId: 8 } })).toEqual({
      refused: "offer_not_open",
      detail: "The open offer is number 7; accepting names it.",
      facts: { offer: 7 },
    });
    expect(offered({ input: {}, acting: false })).toBe(met);
  });

  test("an offer of another kind does not do", () => {
    expect(offered({}, "open_redelivery_offer")).toBe("offer_not_open");
    expect(offered({ offer: anOffer({ kind: "redelivery" }) }, "open_redelivery_offer")).toBe(met);
    expect(offered({ offer: anOffer({ kind: "ruling", party: "operator" }) })).toBe("offer_not_open");
  });

  test("it can be accepted until a millisecond before it ends", () => {
    const { expiresAt } = anOffer({});
    expect(offered({ now: justBefore(expiresAt) })).toBe(met);
    expect(offered({ now: expiresAt })).toBe("offer_not_open");
  });
});

describe("a second operator", () => {
  const ruled = (facts: Partial<OrderFacts>) =>
    need("second_operator", { by: "operator", byName: "operator:2", input: { buyerGets: 100_000n }, ...facts });
  const proposal = anOffer({ kind: "ruling", party: "operator", partyName: "operator:1", buyerGets: 100_000n });

  test("is needed above the limit alone", () => {
    expect(ruled({ secondOperatorAbove: 0n })).toBe(met);
    expect(ruled({ secondOperatorAbove: 450_000n })).toBe(met);
    expect(ruled({ secondOperatorAbove: 449_999n })).toBe("second_operator_needed");
  });

  test("must be another one, and rule the same", () => {
    const above = { secondOperatorAbove: 1n, offer: proposal };
    expect(ruled(above)).toBe(met);
    expect(ruled({ ...above, byName: "operator:1" })).toBe("second_operator_needed");
    expect(ruled({ ...above, acting: false, offer: undefined })).toBe(met);
    expect(ruled({ ...above, offer: undefined })).toBe("second_operator_needed");
    expect(ruled({ ...above, now: justBefore(proposal.expiresAt) })).toBe(met);
    expect(ruled({ ...above, now: proposal.expiresAt })).toBe("second_operator_needed");
    expect(ruled({ ...above, offer: { ...proposal, kind: "split" } })).toBe("second_operator_needed");
    expect(ruled({ ...above, input: { buyerGets: 100_001n } })).toBe("second_operator_needed");
    expect(ruled({ ...above, offer: anOffer({ buyerGets: 100_000n }) })).toBe("second_operator_needed");
  });
});

describe("a project's slot", () => {
  const milestone = (change: Partial<Order>) => anOrder({ id: 3020, projectId: 5, position: 1, ...change });
  const free = (other: Order) => need("slot_free", { order: anOrder({ projectId: 5, position: 2 }), siblings: [other] });

  test("is free for an order of no project, and for the only milestone", () => {
    expect(need("slot_free", {})).toBe(met);
    expect(need("slot_free", { order: anOrder({ projectId: 5, position: 1 }) })).toBe(met);
  });

  test("is held by a live milestone until that is discharged", () => {
    expect(free(milestone({ state: "funded" }))).toBe("milestone_in_the_way");
    expect(free(milestone({ state: "accepted" }))).toBe("milestone_in_the_way");
    expect(free(milestone({ state: "accepted", dischargedAt: start }))).toBe(met);
    expect(free(milestone({ state: "funded", position: 3 }))).toBe("milestone_in_the_way");
  });

  test("goes in order: an earlier milestone that was not paid yet comes first, a later one waits, an expired one does not count", () => {
    expect(free(milestone({ state: "agreed" }))).toBe("milestone_in_the_way");
    expect(free(milestone({ state: "proposed", position: 3 }))).toBe(met);
    expect(free(milestone({ state: "expired" }))).toBe(met);
    expect(free(milestone({ state: "proposed", position: 2 }))).toBe(met);
    expect(free(milestone({ state: "proposed", position: null }))).toBe(met);
    expect(free(milestone({ state: "agreed", dischargedAt: start }))).toBe(met);
    // What belongs to no place in the project's order waits for live ones alone.
    const placeless = anOrder({ projectId: 5, position: null });
    expect(need("slot_free", { order: placeless, siblings: [milestone({ state: "agreed" })] })).toBe(met);
    expect(need("slot_free", { order: placeless, siblings: [milestone({ state: "funded" })] })).toBe("milestone_in_the_way");
  });

  test("the refusal names the milestone and what would free the slot", () => {
    const states = ["proposed", "awaiting_payment", "funded", "delivered", "rejected", "contested", "accepted"] as const;
    const said = states.map((state) => milestoneInTheWay(milestone({ state })));
    for (const refusal of said) expect(refusal.detail).toMatch(/^Milestone 1 \(order 3020\) is \w+: .+\.$/);
    expect(new Set(said.map((refusal) => refusal.facts?.["frees"])).size).toBe(states.length);
  });

  test("each state's way out is the one that was agreed", () => {
    const frees = (change: Partial<Order>) => milestoneInTheWay(milestone(change)).facts?.["frees"];
    const first = "it comes first; it must be paid and finished, or expire.";
    expect([frees({ state: "proposed" }), frees({ state: "agreed" })]).toEqual([first, first]);
    expect(frees({ state: "awaiting_payment", agreedBeforehand: true })).toBe(first);
    expect(frees({ state: "awaiting_payment" })).toMatch(/^its payment is still being decided at the rail; /);
    const funded = "it ends when it is delivered and accepted, cancelled, or when its delivery time lapses.";
    expect([frees({ state: "funded" }), frees({ state: "redelivery" })]).toEqual([funded, funded]);
    expect(frees({ state: "delivered" })).toMatch(/buyer accepts or rejects it/);
    expect(frees({ state: "rejected" })).toMatch(/seller confirms the return/);
    const dispute = "it ends when the parties settle the dispute or the operator decides it.";
    expect([frees({ state: "contested" }), frees({ state: "disputed" })]).toEqual([dispute, dispute]);
    expect(frees({ state: "accepted" })).toMatch(/payouts and refunds/);
    expect(milestoneInTheWay(milestone({ state: "accepted", position: null })).detail).toMatch(
      /^Milestone \? \(order 3020\) is accepted: /,
    );
    expect(milestoneInTheWay(milestone({ state: "funded" })).facts).toEqual({ order: 3020, state: "funded", frees: funded });
  });

  test("a ruling is not reopened once a later milestone has begun", () => {
    expect(need("slot_free_again", { siblings: [milestone({ state: "awaiting_payment", position: 3 })] })).toBe("next_milestone_started");
    expect(need("slot_free_again", { siblings: [milestone({ state: "agreed", position: 3 })] })).toBe(met);
  });
});

describe("an order's steps against facts", () => {
  test("decideOrder judges the row's needs, allowedOrderActions those that do not depend on what is sent along", () => {
    const facts = someFacts({ order: anOrder({ state: "delivered", deliverBy: start, respondBy: later(start, day) }) });
    expect(decideOrder(facts, "reject")).toMatchObject({ refused: "reason_needed" });
    expect(decideOrder({ ...facts, input: { reason: "damaged" } }, "reject")).toMatchObject({ to: "rejected" });
    expect(allowedOrderActions(facts)).toEqual(["accept", "reject"]);
    expect(allowedOrderActions({ ...facts, by: "seller" })).toEqual(["cancel", "assign_provider"]);
    expect(allowedOrderActions({ ...facts, by: "clock", now: later(start, day) })).toEqual(["lapse", "extend_deadlines"]);
  });

  test("every sentence of a need is short and stands in the middle of another", () => {
    for (const name of new Set(orderMachine.rows.flatMap((row) => row.needs))) expect(orderNeeds[name].says).toMatch(/^[a-z].*[^.]$/);
  });
});
