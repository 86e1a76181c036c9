import type { Machine, Row } from "./machine.ts";

/** Payouts and refunds share one machine: a disbursement is either. */
export const disbursementStates = [
  "queued",
  "sending",
  "in_flight",
  "outcome_unknown",
  "succeeded",
  "failed",
  "reversed",
  "parked",
  "cancelled",
] as const;
export type DisbursementState = (typeof disbursementStates)[number];
export type DisbursementAction =
  | "queue"
  | "send"
  | "succeed"
  | "fail"
  | "lose_sight"
  | "accept_for_later"
  | "retry"
  | "park"
  | "requeue"
  | "reverse"
  | "cancel";
export type DisbursementNeed =
  | "no_hold"
  | "payee_ready"
  | "above_minimum"
  | "waits_for_payee"
  | "obstacle_gone"
  | "rails_fault"
  | "payees_fault";
export type DisbursementMove = "none" | "sent" | "sent_arrived" | "sent_came_back" | "arrived_came_back";

const rows: readonly Row<DisbursementState, DisbursementAction, DisbursementNeed, DisbursementMove>[] = [
  {
    from: ["none"],
    action: "queue",
    to: "queued",
    by: ["buyer", "seller", "operator", "rail", "clock"],
    needs: [],
    moves: "none",
    event: "queued",
  },
  {
    from: ["queued"],
    action: "send",
    to: "sending",
    by: ["clock"],
    needs: ["no_hold", "payee_ready", "above_minimum"],
    moves: "sent",
    event: "sending",
  },
  { from: ["queued"], action: "park", to: "parked", by: ["clock"], needs: ["waits_for_payee"], moves: "none", event: "parked" },
  { from: ["sending"], action: "lose_sight", to: "outcome_unknown", by: ["rail"], needs: [], moves: "none", event: "outcome_unknown" },
  {
    from: ["sending", "outcome_unknown"],
    action: "accept_for_later",
    to: "in_flight",
    by: ["rail"],
    needs: [],
    moves: "none",
    event: "in_flight",
  },
  {
    from: ["sending", "in_flight", "outcome_unknown"],
    action: "succeed",
    to: "succeeded",
    by: ["rail"],
    needs: [],
    moves: "sent_arrived",
    event: "succeeded",
  },
  {
    from: ["sending", "in_flight", "outcome_unknown"],
    action: "fail",
    to: "failed",
    by: ["rail"],
    needs: [],
    moves: "sent_came_back",
    event: "failed",
  },
  { from: ["failed"], action: "retry", to: "queued", by: ["clock"], needs: ["rails_fault"], moves: "none", event: "queued" },
  { from: ["failed"], action: "park", to: "parked", by: ["clock"], needs: ["payees_fault"], moves: "none", event: "parked" },
  { from: ["succeeded"], action: "reverse", to: "reversed", by: ["rail"], needs: [], moves: "arrived_came_back", event: "reversed" },
  { from: ["reversed"], action: "park", to: "parked", by: ["clock"], needs: [], moves: "none", event: "parked" },
  {
    from: ["parked"],
    action: "requeue",
    to: "queued",
    by: ["buyer", "seller", "operator", "clock"],
    needs: ["obstacle_gone"],
    moves: "none",
    event: "queued",
  },
  { from: ["queued", "parked"], action: "cancel", to: "cancelled", by: ["operator", "rail"], needs: [], moves: "none", event: "cancelled" },
];

export const disbursementMachine: Machine<DisbursementState, DisbursementAction, DisbursementNeed, DisbursementMove> = {
  name: "disbursement",
  states: disbursementStates,
  ends: ["succeeded", "parked", "cancelled"],
  rows: rows.map((row) => ({ ...row, event: `disbursement.${row.event}` })),
  ended: "not_now",
};

/** Concluded for good, as far as the order is concerned. */
export const concludedStates: readonly DisbursementState[] = ["succeeded", "cancelled"];

/** Money that has left or may have left: it can no longer be called back by a new decision. */
export const sentStates: readonly DisbursementState[] = ["sending", "in_flight", "outcome_unknown", "succeeded", "failed", "reversed"];
