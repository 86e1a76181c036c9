import type { Machine, Row } from "./machine.ts";

export const paymentStates = ["open", "pending", "received", "failed", "abandoned", "disputed", "charged_back", "handed_over"] as const;
export type PaymentState = (typeof paymentStates)[number];
export type PaymentAction = "open" | "pend" | "receive" | "fail" | "abandon" | "dispute" | "win" | "lose" | "hand_over" | "give_back";
export type PaymentNeed = "rail_silent_too_long" | "unapplied_in_house";
export type PaymentMove = "none" | "receipt" | "taken_back" | "given_back" | "lost" | "out_of_house" | "unapplied_out";

const rows: readonly Row<PaymentState, PaymentAction, PaymentNeed, PaymentMove>[] = [
  { from: ["none"], action: "open", to: "open", by: ["buyer"], needs: [], moves: "none", event: "payment.opened" },
  // A receipt is a fact: it is never refused, whatever was believed before, and whether or not we knew of the payment.
  {
    from: ["none", "open", "pending", "failed", "abandoned"],
    action: "receive",
    to: "received",
    by: ["rail"],
    needs: [],
    moves: "receipt",
    event: "payment.received",
  },
  { from: ["open"], action: "pend", to: "pending", by: ["rail"], needs: [], moves: "none", event: "payment.pending" },
  { from: ["open", "pending"], action: "fail", to: "failed", by: ["rail"], needs: [], moves: "none", event: "payment.failed" },
  { from: ["open", "pending"], action: "abandon", to: "abandoned", by: ["rail"], needs: [], moves: "none", event: "payment.abandoned" },
  {
    from: ["open", "pending"],
    action: "abandon",
    to: "abandoned",
    by: ["clock"],
    needs: ["rail_silent_too_long"],
    moves: "none",
    event: "payment.abandoned",
  },
  { from: ["received"], action: "dispute", to: "disputed", by: ["rail"], needs: [], moves: "taken_back", event: "payment.disputed" },
  { from: ["disputed"], action: "win", to: "received", by: ["rail"], needs: [], moves: "given_back", event: "payment.dispute_won" },
  {
    from: ["received", "disputed"],
    action: "lose",
    to: "charged_back",
    by: ["rail"],
    needs: [],
    moves: "lost",
    event: "payment.charged_back",
  },
  {
    from: ["received"],
    action: "hand_over",
    to: "handed_over",
    by: ["operator"],
    needs: ["unapplied_in_house"],
    moves: "out_of_house",
    event: "payment.handed_over",
  },
  {
    from: ["received", "charged_back"],
    action: "give_back",
    to: "same",
    by: ["operator"],
    needs: ["unapplied_in_house"],
    moves: "unapplied_out",
    event: "payment.given_back",
  },
];

export const paymentMachine: Machine<PaymentState, PaymentAction, PaymentNeed, PaymentMove> = {
  name: "payment",
  states: paymentStates,
  ends: ["received", "failed", "abandoned", "charged_back", "handed_over"],
  rows,
  ended: "not_now",
};
