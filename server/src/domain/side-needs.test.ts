import { describe, expect, test } from "vitest";
import { aDisbursement, aHold, anOffer, day, start } from "../../test/setup/an-order.ts";
import { later } from "./deadlines.ts";
import { orderStates } from "./order-table.ts";
import type { Refusal, RefusalCode } from "./refusals.ts";
import type { DisbursementFacts, OfferFacts } from "./side-needs.ts";
import { disbursementNeeds, holdNeeds, offerNeeds, paymentNeeds, stoppingHold, waitingHolds, waitsForPayee } from "./side-needs.ts";
import { holdReasons } from "./side-tables.ts";
import type { DisbursementNeed } from "./money-out-table.ts";
import type { OfferNeed } from "./side-tables.ts";

const met = undefined;

/** The refusal's code, once it is sure that it tells people something. */
function codeOf(refusal: Refusal | undefined): RefusalCode | undefined {
  if (refusal !== undefined) expect(refusal.detail, refusal.refused).toMatch(/^[A-Z][^]{10,}\.$/);
  return refusal?.refused;
}

test("every need is said in a few words, for the documents", () => {
  const needs = { ...disbursementNeeds, ...paymentNeeds, ...offerNeeds, ...holdNeeds };
  for (const [name, { says }] of Object.entries(needs)) expect(says, name).toMatch(/^[a-z]+ [^]{8,}[^.]$/);
  expect(Object.keys(paymentNeeds)).toEqual(["rail_silent_too_long", "unapplied_in_house"]);
});

describe("a payout or refund", () => {
  const facts = (change: Partial<DisbursementFacts> = {}): DisbursementFacts => ({
    disbursement: aDisbursement({}),
    holds: [],
    coolsUntil: null,
    unverified: false,
    details: { bankCode: "058", accountNumber: "0123456789" },
    noWay: undefined,
    together: 383_250n,
    minimum: 10_000n,
    ...change,
  });
  const need = (name: DisbursementNeed, change: Partial<DisbursementFacts>) => codeOf(disbursementNeeds[name].judge(facts(change)));

  test("is sent with no hold standing, known details and the smallest payout reached", () => {
    expect([need("no_hold", {}), need("payee_ready", {}), need("above_minimum", {})]).toEqual([met, met, met]);
  });

  test.each(holdReasons)("any hold stops it: %s", (reason) => {
    const refusal = disbursementNeeds.no_hold.judge(facts({ holds: [aHold({ id: 9, reason })] }));
    expect(refusal).toEqual({ refused: "hold_standing", detail: `Hold 9 (${reason}) stops this money.`, facts: { hold: 9 } });
  });

  test("goes nowhere without details; a refund along its payment needs none", () => {
    expect(need("payee_ready", { details: undefined })).toBe("invalid");
    expect(need("payee_ready", { details: "along_payment" })).toBe(met);
  });

  test("goes nowhere where no rail can carry it, and says why", () => {
    const noWay = "No payment provider pays out USD here.";
    expect([need("payee_ready", { noWay }), need("waits_for_payee", { noWay }), need("obstacle_gone", { noWay })]).toEqual([
      "no_rail",
      met,
      "hold_standing",
    ]);
    expect(waitsForPayee(facts({ noWay }))).toBe(noWay);
  });

  test("is not sent to an account that its bank does not know or that is another's, though a rail could carry it", () => {
    const againstAccount = "The bank knows the account under another name.";
    expect(waitsForPayee(facts({ againstAccount }))).toBe(againstAccount);
    expect([need("waits_for_payee", { againstAccount }), need("obstacle_gone", { againstAccount })]).toEqual([met, "hold_standing"]);
  });

  test("a marketplace operator whose identity is not verified waits as a seller does, whatever else is there", () => {
    const says = "The payee's identity must be verified once; the operator confirms it.";
    expect(waitsForPayee(facts({ unverified: true }))).toBe(says);
    expect(waitsForPayee(facts({ holds: [aHold({ reason: "identity" })] }))).toBe(says);
    expect([need("waits_for_payee", { unverified: true }), need("obstacle_gone", { unverified: true })]).toEqual([met, "hold_standing"]);
  });

  test("the smallest payout is reached exactly, alone or together", () => {
    expect(need("above_minimum", { together: 9_999n })).toBe("amount_too_small");
    expect(need("above_minimum", { together: 10_000n })).toBe(met);
  });

  test("waits for its payee by an identity check, a cooling-off, missing details or a small amount, and for nothing else", () => {
    const waiting = holdReasons.filter((reason) => need("waits_for_payee", { holds: [aHold({ reason })] }) === met);
    expect(waiting.toSorted()).toEqual([...waitingHolds].toSorted());
    expect(need("waits_for_payee", { details: undefined })).toBe(met);
    expect(need("waits_for_payee", { together: 9_999n })).toBe(met);
    expect(need("waits_for_payee", {})).toBe("not_now");
  });

  test("each thing it waits for is said in a sentence of its own, with the time where there is one", () => {
    const liftsAt = later(start, day);
    const said = [
      waitsForPayee(facts({ holds: [aHold({ reason: "identity" })] })),
      waitsForPayee(facts({ holds: [aHold({ reason: "cooling_off", liftsAt })] })),
      waitsForPayee(facts({ holds: [aHold({ reason: "cooling_off" })] })),
      waitsForPayee(facts({ details: undefined })),
      waitsForPayee(facts({ together: 1n })),
    ];
    expect(new Set(said).size).toBe(5);
    for (const sentence of said) expect(sentence).toMatch(/^[A-Z][^]{30,}\.$/);
    expect(said[1]).toContain(liftsAt.toISOString());
    expect(said[2]).toContain("when the operator lifts the hold");
    // A marketplace operator's account cools off in the operator's own book; here only the time is known.
    expect(waitsForPayee(facts({ coolsUntil: liftsAt }))).toBe(said[1]);
    expect(waitsForPayee(facts({ together: 10_000n }))).toBeUndefined();
    expect(waitsForPayee(facts())).toBeUndefined();
  });

  test("a hold that the payee cannot help with is the one that stops it", () => {
    const identity = aHold({ id: 1, reason: "identity" });
    const ruling = aHold({ id: 2, reason: "ruling" });
    expect(stoppingHold(facts({ holds: [identity, ruling] }))).toBe(ruling);
    expect(stoppingHold(facts({ holds: [identity] }))).toBeUndefined();
  });

  test("leaves the parking place when nothing is missing any more and its details were not refused", () => {
    expect(need("obstacle_gone", {})).toBe(met);
    expect(need("obstacle_gone", { holds: [aHold({ reason: "cooling_off" })] })).toBe("hold_standing");
    expect(need("obstacle_gone", { disbursement: aDisbursement({ fault: "payee" }) })).toBe("hold_standing");
    expect(need("obstacle_gone", { disbursement: aDisbursement({ fault: "rail" }) })).toBe(met);
  });

  test("after a failure exactly one way is open: again, or parked for the payee", () => {
    const ways = (fault: "payee" | "rail" | null) => {
      const disbursement = aDisbursement({ state: "failed", fault });
      return [need("rails_fault", { disbursement }), need("payees_fault", { disbursement })];
    };
    expect(ways("rail")).toEqual([met, "not_now"]);
    expect(ways(null)).toEqual([met, "not_now"]);
    expect(ways("payee")).toEqual(["not_now", met]);
  });
});

describe("an offer", () => {
  const facts = (change: Partial<OfferFacts> = {}): OfferFacts => ({
    offer: anOffer({}),
    orderState: "disputed",
    redeliveries: 0,
    amount: 450_000n,
    by: "buyer",
    byName: "buyer:278",
    now: start,
    ...change,
  });
  const need = (name: OfferNeed, change: Partial<OfferFacts>) => codeOf(offerNeeds[name].judge(facts(change)));
  const takenIn = (kind: "redelivery" | "split" | "ruling") =>
    orderStates.filter((orderState) => need("order_takes_offers", { orderState, offer: anOffer({ kind }) }) === met);

  test("fits the order's state", () => {
    expect(takenIn("redelivery")).toEqual(["rejected"]);
    expect(takenIn("split")).toEqual(["delivered", "rejected", "contested", "disputed"]);
    expect(takenIn("ruling")).toEqual(["disputed"]);
  });

  test("of a second delivery is made once", () => {
    const offer = anOffer({ kind: "redelivery" });
    expect(need("order_takes_offers", { offer, orderState: "rejected", redeliveries: 1 })).toBe("already_redelivered");
    expect(need("order_takes_offers", { offer, orderState: "delivered" })).toBe("not_now");
    expect(need("order_takes_offers", { offer: anOffer({ kind: "split" }), orderState: "rejected", redeliveries: 1 })).toBe(met);
  });

  test("of a second delivery comes from the seller", () => {
    const offer = anOffer({ kind: "redelivery", buyerGets: null });
    expect(need("offer_makes_sense", { offer, by: "seller" })).toBe(met);
    expect(need("offer_makes_sense", { offer, by: "buyer" })).toBe("not_you");
  });

  test("of a split names what the buyer gets, between nothing and all, both included", () => {
    const gets = (buyerGets: bigint | null) => need("offer_makes_sense", { offer: anOffer({ buyerGets }) });
    expect([gets(0n), gets(450_000n)]).toEqual([met, met]);
    expect([gets(-1n), gets(450_001n), gets(null)]).toEqual(Array<string>(3).fill("amount_out_of_range"));
    expect(offerNeeds.offer_makes_sense.judge(facts({ offer: anOffer({ buyerGets: null }) }))?.facts).toEqual({ most: 450_000n });
  });

  test("of a split is no business of the operator's, who rules", () => {
    const offer = anOffer({ party: "operator", partyName: "operator:1" });
    expect(need("offer_makes_sense", { offer, by: "operator" })).toBe("not_you");
    expect(need("offer_makes_sense", { offer: { ...offer, kind: "ruling" }, by: "operator" })).toBe(met);
  });

  test("is accepted by the other party, never by its own", () => {
    expect(need("not_own_offer", { by: "buyer" })).toBe(met);
    expect(need("not_own_offer", { by: "seller" })).toBe("own_offer");
  });

  test("of one operator is accepted by another one", () => {
    const offer = anOffer({ kind: "ruling", party: "operator", partyName: "operator:1" });
    expect(need("not_own_offer", { offer, by: "operator", byName: "operator:1" })).toBe("own_offer");
    expect(need("not_own_offer", { offer, by: "operator", byName: "operator:2" })).toBe(met);
  });

  test("lives until a millisecond before its end: then it can be accepted, from then on it expires", () => {
    const { expiresAt } = anOffer({});
    const before = { now: later(expiresAt, -1) };
    expect([need("not_own_offer", before), need("offer_life_past", before)]).toEqual([met, "too_early"]);
    expect([need("not_own_offer", { now: expiresAt }), need("offer_life_past", { now: expiresAt })]).toEqual(["offer_not_open", met]);
  });
});

describe("a hold", () => {
  const liftsAt = later(start, day);

  test("is lifted by the clock at its time, not a millisecond before, and never without one", () => {
    const lift = (now: Date, at: Date | null) => codeOf(holdNeeds.hold_time_past.judge({ hold: aHold({ liftsAt: at }), now }));
    expect([lift(liftsAt, liftsAt), lift(later(liftsAt, -1), liftsAt), lift(liftsAt, null)]).toEqual([met, "too_early", "too_early"]);
  });

  test("is kept by the buyer only if it would lift by itself", () => {
    expect(holdNeeds.has_a_time.judge({ hold: aHold({ liftsAt }), now: start })).toBe(met);
    expect(codeOf(holdNeeds.has_a_time.judge({ hold: aHold({}), now: start }))).toBe("not_now");
  });
});
