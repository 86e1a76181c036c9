import type { Machine } from "./machine.ts";

export const offerStates = ["open", "accepted", "replaced", "voided", "expired"] as const;
export type OfferState = (typeof offerStates)[number];
export type OfferAction = "make" | "accept" | "replace" | "void" | "expire";
export type OfferNeed = "order_takes_offers" | "offer_makes_sense" | "not_own_offer" | "offer_life_past";

/** One party's proposal that the other accepts by its number. A `ruling` offer is one operator's proposal waiting for a second operator. */
export const offerMachine: Machine<OfferState, OfferAction, OfferNeed, "none"> = {
  name: "offer",
  states: offerStates,
  ends: ["accepted", "replaced", "voided", "expired"],
  ended: "offer_not_open",
  rows: [
    {
      from: ["none"],
      action: "make",
      to: "open",
      by: ["buyer", "seller", "operator"],
      needs: ["order_takes_offers", "offer_makes_sense"],
      moves: "none",
      event: "offer.made",
    },
    {
      from: ["open"],
      action: "accept",
      to: "accepted",
      by: ["buyer", "seller", "operator"],
      needs: ["not_own_offer"],
      moves: "none",
      event: "offer.accepted",
    },
    {
      from: ["open"],
      action: "replace",
      to: "replaced",
      by: ["buyer", "seller", "operator"],
      needs: [],
      moves: "none",
      event: "offer.replaced",
    },
    {
      from: ["open"],
      action: "void",
      to: "voided",
      by: ["buyer", "seller", "operator", "rail", "clock"],
      needs: [],
      moves: "none",
      event: "offer.voided",
    },
    { from: ["open"], action: "expire", to: "expired", by: ["clock"], needs: ["offer_life_past"], moves: "none", event: "offer.expired" },
  ],
};

export const holdReasons = [
  "chargeback",
  "identity",
  "cooling_off",
  "ruling",
  "buyer_objection",
  "self_dealing",
  "operator",
  "reconciliation",
] as const;
export type HoldReason = (typeof holdReasons)[number];
export const holdStates = ["standing", "lifted"] as const;
export type HoldState = (typeof holdStates)[number];
export type HoldAction = "place" | "lift" | "keep";
export type HoldNeed = "hold_time_past" | "has_a_time";

/** A named reason that stops sending money. Only `chargeback` also stops the order's clock. */
export const holdMachine: Machine<HoldState, HoldAction, HoldNeed, "none"> = {
  name: "hold",
  states: holdStates,
  ends: ["lifted"],
  ended: "not_now",
  rows: [
    {
      from: ["none"],
      action: "place",
      to: "standing",
      by: ["buyer", "seller", "operator", "rail", "clock"],
      needs: [],
      moves: "none",
      event: "hold.placed",
    },
    // The buyer's "I did not cancel" turns a hold that would lift by itself into one that only the operator lifts.
    { from: ["standing"], action: "keep", to: "same", by: ["buyer"], needs: ["has_a_time"], moves: "none", event: "hold.kept" },
    { from: ["standing"], action: "lift", to: "lifted", by: ["operator", "rail"], needs: [], moves: "none", event: "hold.lifted" },
    { from: ["standing"], action: "lift", to: "lifted", by: ["clock"], needs: ["hold_time_past"], moves: "none", event: "hold.lifted" },
  ],
};

export const projectStates = ["open", "closed"] as const;
export type ProjectState = (typeof projectStates)[number];
export type ProjectAction = "create" | "update" | "close";
export type ProjectNeed = "no_milestone_holds_money";

export const projectMachine: Machine<ProjectState, ProjectAction, ProjectNeed, "none"> = {
  name: "project",
  states: projectStates,
  // An open project holds no money of its own, so it may rest open for good.
  ends: ["open", "closed"],
  ended: "project_closed",
  rows: [
    { from: ["none"], action: "create", to: "open", by: ["buyer", "seller"], needs: [], moves: "none", event: "project.created" },
    { from: ["open"], action: "update", to: "same", by: ["buyer", "seller"], needs: [], moves: "none", event: "project.updated" },
    {
      from: ["open"],
      action: "close",
      to: "closed",
      by: ["buyer", "seller"],
      needs: ["no_milestone_holds_money"],
      moves: "none",
      event: "project.closed",
    },
  ],
};

export type PayeeRecordAction = "create" | "update" | "remove";

/** A service provider's record. Removing keeps the row: orders and payouts go on naming it. */
export const providerMachine: Machine<"active" | "removed", PayeeRecordAction, never, "none"> = {
  name: "provider",
  states: ["active", "removed"],
  ends: ["active", "removed"],
  ended: "provider_unknown",
  rows: [
    { from: ["none"], action: "create", to: "active", by: ["seller"], needs: [], moves: "none", event: "provider.created" },
    { from: ["active"], action: "update", to: "same", by: ["seller"], needs: [], moves: "none", event: "provider.updated" },
    { from: ["active"], action: "remove", to: "removed", by: ["seller"], needs: [], moves: "none", event: "provider.removed" },
  ],
};

/** A seller's own settings: they change only through actions, because needs read them. */
export const sellerMachine: Machine<"active", "join" | "set" | "rotate_keys" | "verify_identity", never, "none"> = {
  name: "seller",
  states: ["active"],
  ends: ["active"],
  ended: "not_now",
  rows: [
    { from: ["none"], action: "join", to: "active", by: ["seller", "operator"], needs: [], moves: "none", event: "seller.joined" },
    { from: ["active"], action: "set", to: "same", by: ["seller", "operator"], needs: [], moves: "none", event: "seller.changed" },
    {
      from: ["active"],
      action: "rotate_keys",
      to: "same",
      by: ["seller", "operator"],
      needs: [],
      moves: "none",
      event: "seller.keys_rotated",
    },
    {
      from: ["active"],
      action: "verify_identity",
      to: "same",
      by: ["operator"],
      needs: [],
      moves: "none",
      event: "seller.identity_verified",
    },
  ],
};

/** The operator's own postings in a book: float, earned fees, written-off receivables, settlements of the rail. */
export const bookMachine: Machine<
  "kept",
  "settle" | "add_float" | "take_fees" | "change_money" | "write_off",
  "stays_solvent",
  "none" | "book"
> = {
  name: "book",
  states: ["kept"],
  ends: ["kept"],
  ended: "not_now",
  rows: [
    { from: ["none", "kept"], action: "settle", to: "kept", by: ["rail"], needs: [], moves: "book", event: "book.settled" },
    { from: ["none", "kept"], action: "add_float", to: "kept", by: ["operator"], needs: [], moves: "book", event: "book.float_added" },
    {
      from: ["none", "kept"],
      action: "take_fees",
      to: "kept",
      by: ["operator"],
      needs: ["stays_solvent"],
      moves: "book",
      event: "book.fees_taken",
    },
    {
      from: ["none", "kept"],
      action: "change_money",
      to: "kept",
      by: ["operator"],
      needs: ["stays_solvent"],
      moves: "book",
      event: "book.money_changed",
    },
    { from: ["none", "kept"], action: "write_off", to: "kept", by: ["operator"], needs: [], moves: "book", event: "book.written_off" },
  ],
};
