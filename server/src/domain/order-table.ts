import type { Machine, Row } from "./machine.ts";

export const orderStates = [
  "proposed",
  "agreed",
  "awaiting_payment",
  "expired",
  "funded",
  "redelivery",
  "delivered",
  "rejected",
  "contested",
  "disputed",
  "accepted",
  "cancelled",
  "lapsed",
  "returned",
  "resolved",
  "charged_back",
  "completed",
] as const;
export type OrderState = (typeof orderStates)[number];

/** States in which escrow holds the order's money. */
export const holdingStates = ["funded", "redelivery", "delivered", "rejected", "contested", "disputed"] as const satisfies OrderState[];
/** States in which the order has ended: escrow is empty, money is on its way or gone. */
export const endedStates = [
  "accepted",
  "cancelled",
  "lapsed",
  "returned",
  "resolved",
  "charged_back",
  "completed",
] as const satisfies OrderState[];
/** States before any money: such an order does not occupy its project's slot, save awaiting_payment. */
export const unpaidStates = ["proposed", "agreed", "awaiting_payment", "expired"] as const satisfies OrderState[];

export type OrderAction =
  | "propose"
  | "open_checkout"
  | "amend"
  | "agree"
  | "expire"
  | "close_checkout"
  | "fund"
  | "deliver"
  | "cancel"
  | "lapse"
  | "accept"
  | "reject"
  | "contest_silence"
  | "redeliver"
  | "replace"
  | "confirm_return"
  | "contest_return"
  | "escalate"
  | "withdraw_dispute"
  | "agree_split"
  | "rule"
  | "reopen"
  | "charge_back"
  | "charge_back_part"
  | "settle"
  | "assign_provider"
  | "extend_deadlines";

export type OrderNeed =
  | "terms_given"
  | "not_own_version"
  | "slot_free"
  | "agree_by_past"
  | "pay_by_past"
  | "made_by_form"
  | "agreed_beforehand"
  | "no_payment_in_doubt"
  | "paid_exactly"
  | "refund_policy_or_in_time"
  | "deliver_by_past"
  | "no_chargeback"
  | "auto_acceptance"
  | "no_auto_acceptance"
  | "accept_by_past"
  | "respond_by_past"
  | "reason_given"
  | "silence_window"
  | "open_redelivery_offer"
  | "open_split_offer"
  | "first_redelivery"
  | "replacement_policy"
  | "return_by_past"
  | "before_return_by"
  | "escalate_by_past"
  | "in_range"
  | "second_operator"
  | "was_ruled"
  | "nothing_sent"
  | "slot_free_again"
  | "lost_all"
  | "lost_part"
  | "all_concluded"
  | "provider_given"
  | "outage_recorded";

/** What a row does to money; each is written out in `movements.ts` and `ending.ts`. */
export type OrderMove =
  | "none"
  | "into_escrow"
  | "release"
  | "refund"
  | "refund_less_late_fee"
  | "refund_less_escrow_fee"
  | "refund_less_reason_fee"
  | "split"
  | "reverse_ruling"
  | "escrow_to_rail"
  | "part_to_rail"
  | "recover";

type OrderRow = Row<OrderState, OrderAction, OrderNeed, OrderMove>;

/** The life of an order: one row per permitted step. Code, SQL allow-list, documents and tests are made from this list. */
// biome-ignore format: one row, one line: this is a table.
const rows: readonly OrderRow[] = [
  { from: ["none"], action: "propose", to: "proposed", by: ["seller", "buyer"], needs: ["terms_given"], moves: "none", event: "order.proposed" },
  { from: ["none"], action: "open_checkout", to: "awaiting_payment", by: ["buyer"], needs: ["slot_free"], moves: "none", event: "order.checkout_opened" },
  { from: ["proposed", "agreed"], action: "amend", to: "proposed", by: ["seller", "buyer"], needs: ["terms_given"], moves: "none", event: "order.amended" },
  { from: ["proposed"], action: "agree", to: "agreed", by: ["seller", "buyer"], needs: ["not_own_version"], moves: "none", event: "order.agreed" },
  { from: ["agreed"], action: "open_checkout", to: "awaiting_payment", by: ["buyer"], needs: ["slot_free"], moves: "none", event: "order.checkout_opened" },
  { from: ["proposed", "agreed"], action: "expire", to: "expired", by: ["clock"], needs: ["agree_by_past"], moves: "none", event: "order.expired" },
  { from: ["proposed", "agreed"], action: "expire", to: "expired", by: ["seller", "buyer"], needs: [], moves: "none", event: "order.expired" },
  { from: ["awaiting_payment"], action: "expire", to: "expired", by: ["clock"], needs: ["made_by_form", "pay_by_past", "no_payment_in_doubt"], moves: "none", event: "order.expired" },
  { from: ["awaiting_payment"], action: "expire", to: "expired", by: ["seller", "buyer"], needs: ["made_by_form", "no_payment_in_doubt"], moves: "none", event: "order.expired" },
  { from: ["awaiting_payment"], action: "close_checkout", to: "agreed", by: ["clock"], needs: ["agreed_beforehand", "pay_by_past", "no_payment_in_doubt"], moves: "none", event: "order.checkout_closed" },
  { from: ["awaiting_payment"], action: "close_checkout", to: "agreed", by: ["seller", "buyer"], needs: ["agreed_beforehand", "no_payment_in_doubt"], moves: "none", event: "order.checkout_closed" },
  { from: ["awaiting_payment"], action: "fund", to: "funded", by: ["rail"], needs: ["paid_exactly"], moves: "into_escrow", event: "order.funded" },
  { from: ["funded", "redelivery"], action: "deliver", to: "delivered", by: ["seller"], needs: [], moves: "none", event: "order.delivered" },
  { from: ["funded", "redelivery"], action: "cancel", to: "cancelled", by: ["buyer"], needs: ["refund_policy_or_in_time"], moves: "refund_less_late_fee", event: "order.cancelled" },
  { from: ["funded", "redelivery", "delivered", "rejected"], action: "cancel", to: "cancelled", by: ["seller"], needs: [], moves: "refund", event: "order.cancelled" },
  { from: ["funded", "redelivery"], action: "lapse", to: "lapsed", by: ["clock"], needs: ["deliver_by_past", "no_chargeback"], moves: "refund_less_escrow_fee", event: "order.lapsed" },
  { from: ["delivered"], action: "accept", to: "accepted", by: ["buyer"], needs: [], moves: "release", event: "order.accepted" },
  { from: ["delivered"], action: "accept", to: "accepted", by: ["clock"], needs: ["auto_acceptance", "accept_by_past", "no_chargeback"], moves: "release", event: "order.accepted" },
  { from: ["rejected"], action: "accept", to: "accepted", by: ["buyer"], needs: [], moves: "release", event: "order.accepted" },
  { from: ["delivered"], action: "reject", to: "rejected", by: ["buyer"], needs: ["reason_given"], moves: "none", event: "order.rejected" },
  { from: ["delivered"], action: "lapse", to: "lapsed", by: ["clock"], needs: ["no_auto_acceptance", "respond_by_past", "no_chargeback"], moves: "refund_less_escrow_fee", event: "order.lapsed" },
  { from: ["delivered"], action: "contest_silence", to: "contested", by: ["seller"], needs: ["silence_window"], moves: "none", event: "order.contested" },
  { from: ["rejected"], action: "redeliver", to: "redelivery", by: ["buyer"], needs: ["first_redelivery", "open_redelivery_offer"], moves: "none", event: "order.redelivery_agreed" },
  { from: ["rejected"], action: "replace", to: "redelivery", by: ["seller"], needs: ["replacement_policy", "first_redelivery"], moves: "none", event: "order.replacement_promised" },
  { from: ["rejected"], action: "confirm_return", to: "returned", by: ["seller"], needs: [], moves: "refund_less_reason_fee", event: "order.returned" },
  { from: ["rejected"], action: "confirm_return", to: "returned", by: ["clock"], needs: ["return_by_past", "no_chargeback"], moves: "refund_less_reason_fee", event: "order.returned" },
  { from: ["rejected"], action: "contest_return", to: "contested", by: ["seller"], needs: ["before_return_by"], moves: "none", event: "order.contested" },
  { from: ["contested"], action: "escalate", to: "disputed", by: ["seller", "buyer"], needs: [], moves: "none", event: "order.disputed" },
  { from: ["contested"], action: "escalate", to: "disputed", by: ["clock"], needs: ["escalate_by_past"], moves: "none", event: "order.disputed" },
  { from: ["contested", "disputed"], action: "withdraw_dispute", to: "resolved", by: ["buyer"], needs: [], moves: "release", event: "order.resolved" },
  { from: ["contested", "disputed"], action: "withdraw_dispute", to: "resolved", by: ["seller"], needs: [], moves: "refund", event: "order.resolved" },
  { from: ["delivered", "rejected", "contested", "disputed"], action: "agree_split", to: "resolved", by: ["seller", "buyer"], needs: ["open_split_offer"], moves: "split", event: "order.resolved" },
  { from: ["disputed"], action: "rule", to: "resolved", by: ["operator"], needs: ["in_range", "second_operator"], moves: "split", event: "order.resolved" },
  { from: ["resolved"], action: "reopen", to: "disputed", by: ["operator"], needs: ["was_ruled", "nothing_sent", "slot_free_again"], moves: "reverse_ruling", event: "order.reopened" },
  { from: ["funded", "redelivery", "delivered", "rejected", "contested", "disputed"], action: "charge_back", to: "charged_back", by: ["rail"], needs: ["lost_all"], moves: "escrow_to_rail", event: "order.charged_back" },
  { from: ["funded", "redelivery", "delivered", "rejected", "contested", "disputed"], action: "charge_back_part", to: "same", by: ["rail"], needs: ["lost_part"], moves: "part_to_rail", event: "order.charged_back_in_part" },
  { from: ["accepted", "cancelled", "lapsed", "returned", "resolved", "charged_back", "completed"], action: "charge_back", to: "same", by: ["rail"], needs: [], moves: "recover", event: "order.charged_back_late" },
  { from: ["accepted", "cancelled", "lapsed", "returned", "resolved", "charged_back"], action: "settle", to: "completed", by: ["rail"], needs: ["all_concluded"], moves: "none", event: "order.completed" },
  { from: ["proposed", "agreed", "awaiting_payment", "funded", "redelivery", "delivered", "rejected", "contested", "disputed"], action: "assign_provider", to: "same", by: ["seller"], needs: ["provider_given"], moves: "none", event: "order.provider_assigned" },
  { from: ["proposed", "agreed", "awaiting_payment", "funded", "redelivery", "delivered", "rejected", "contested", "disputed"], action: "extend_deadlines", to: "same", by: ["clock"], needs: ["outage_recorded"], moves: "none", event: "order.deadlines_extended" },
];

export const orderMachine: Machine<OrderState, OrderAction, OrderNeed, OrderMove> = {
  name: "order",
  states: orderStates,
  ends: ["expired", "completed"],
  rows,
  ended: "order_ended",
};

export function isHolding(state: OrderState): boolean {
  return (holdingStates as readonly OrderState[]).includes(state);
}

export function hasEnded(state: OrderState): boolean {
  return (endedStates as readonly OrderState[]).includes(state);
}

/** An order that occupies its project's only slot: paid or about to be, and not yet discharged. */
export function isLive(order: { readonly state: OrderState; readonly dischargedAt: Date | null }): boolean {
  return !["proposed", "agreed", "expired"].includes(order.state) && order.dischargedAt === null;
}
