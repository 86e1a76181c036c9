import type { DisbursementState } from "../../domain/money-out-table.ts";
import type { Party } from "../../domain/machine.ts";
import type { OrderAction, OrderState } from "../../domain/order-table.ts";
import { hasEnded, isHolding } from "../../domain/order-table.ts";
import { rejectionReasons } from "../../domain/terms.ts";
import type { Choice } from "./form.ts";

/** Who looks at an order's page. */
export type Viewer = "buyer" | "seller" | "operator";

const stateTitles: Readonly<Record<OrderState, string>> = {
  proposed: "Proposed",
  agreed: "Agreed, not paid yet",
  awaiting_payment: "Waiting for the payment",
  expired: "Expired",
  funded: "Paid into escrow",
  redelivery: "A second delivery is due",
  delivered: "Delivered, waiting for the buyer’s answer",
  rejected: "Rejected by the buyer",
  contested: "Contested",
  disputed: "In dispute",
  accepted: "Accepted",
  cancelled: "Cancelled",
  lapsed: "Lapsed",
  returned: "Returned",
  resolved: "Dispute resolved",
  charged_back: "Taken back by the buyer’s bank",
  completed: "Completed",
};

/** An order's state as a short title. */
export function stateTitle(state: OrderState): string {
  return stateTitles[state];
}

const stateSentences: Readonly<Record<OrderState, string>> = {
  proposed: "One side has proposed this order. It starts when the other side agrees.",
  agreed: "Both sides agreed. The buyer can pay now.",
  awaiting_payment: "The checkout is open; no money is in escrow yet.",
  expired: "Nobody paid in time. Nothing is left to do.",
  funded: "The buyer paid. The seller delivers now.",
  redelivery: "Both sides agreed to a second delivery. The seller delivers once more.",
  delivered: "The seller says it has delivered. The buyer accepts or rejects.",
  rejected: "The buyer did not accept the delivery. The seller confirms the return, offers a way out, or contests the rejection.",
  contested: "Buyer and seller disagree. They can still settle it between them, or hand it to the operator.",
  disputed: "The operator decides now who gets the money. Buyer and seller can still settle it between them.",
  accepted: "The delivery was accepted. The seller’s money is on its way.",
  cancelled: "The order was cancelled. The buyer’s money is on its way back.",
  lapsed: "A time limit passed. The buyer’s money, less the escrow fee, is on its way back.",
  returned: "The goods came back. The buyer’s money is on its way back.",
  resolved: "The disagreement is settled. The money is on its way.",
  charged_back: "The buyer’s bank took the money back.",
  completed: "All money of this order has arrived. Nothing is left to do.",
};

/** Money of a completed order that is not with its payee: it came back after it had arrived, or fitted nothing and is not refunded yet. */
export interface MissingMoney {
  readonly kind: "payout" | "refund";
  readonly cameBack: boolean;
  readonly waitsFor: "account" | "payee" | "rail";
}

/** What an order's state means, in a sentence or two. */
export function stateSentence(state: OrderState, missing: readonly MissingMoney[] = []): string {
  if (state !== "completed" || missing.length === 0) return stateSentences[state];
  return `The order is completed, but not all of its money is with its payees. ${missing.map(missingSentence).join(" ")}`;
}

function missingSentence({ kind, cameBack, waitsFor }: MissingMoney): string {
  const what = cameBack ? `A ${kind} that had arrived came back.` : `A ${kind} of money that fitted nothing has not arrived yet.`;
  const goesOn = {
    account: "It waits until its payee names another account.",
    payee: "It waits for its payee.",
    rail: cameBack ? "It is being sent again." : "It is being sent.",
  };
  return `${what} ${goesOn[waitsFor]}`;
}

/** Whose move it is, as the viewer is told; null when nobody has to do anything. */
export function whoseTurn(state: OrderState, viewer: Viewer): string | null {
  const turn = turns[state];
  if (turn === undefined) return null;
  if (turn === viewer) return "It is your turn.";
  return turn === "both" ? "Both sides can act." : `It is the ${turn}’s turn.`;
}

const turns: Readonly<Partial<Record<OrderState, "buyer" | "seller" | "operator" | "both">>> = {
  proposed: "both",
  agreed: "buyer",
  awaiting_payment: "buyer",
  funded: "seller",
  redelivery: "seller",
  delivered: "buyer",
  rejected: "seller",
  contested: "both",
  disputed: "operator",
};

/** Where the order's money is. */
export function moneyPlace(state: OrderState): "unpaid" | "escrow" | "out" {
  if (isHolding(state)) return "escrow";
  return hasEnded(state) ? "out" : "unpaid";
}

const reasons: Readonly<Record<string, string>> = {
  not_received: "it did not arrive",
  not_as_described: "it is not as described",
  damaged: "it is damaged",
  incomplete: "something is missing",
  late: "it came too late",
  changed_mind: "a change of mind",
  other: "another reason",
};

/** A rejection's reason in words; free text stays as it is. */
export function reasonText(reason: string): string {
  return reasons[reason] ?? reason;
}

/** The reasons to choose from. */
export const reasonChoices: readonly Choice[] = rejectionReasons.map((value) => {
  const text = value === "changed_mind" ? "I changed my mind" : reasonText(value);
  return { value, text: text.charAt(0).toUpperCase() + text.slice(1) };
});

const deeds: Readonly<Record<OrderAction, string>> = {
  propose: "proposed the order",
  open_checkout: "opened the checkout",
  amend: "changed the proposal",
  agree: "agreed",
  expire: "let the order expire",
  close_checkout: "closed the checkout",
  fund: "reported the payment: the money is in escrow",
  deliver: "said that it was delivered",
  cancel: "cancelled the order",
  lapse: "ended the order",
  accept: "accepted the delivery",
  reject: "rejected the delivery",
  contest_silence: "contested the buyer’s silence",
  redeliver: "agreed to a second delivery",
  replace: "promised a replacement",
  confirm_return: "confirmed the return",
  contest_return: "contested the rejection",
  escalate: "handed the disagreement to the operator",
  withdraw_dispute: "withdrew from the disagreement",
  agree_split: "accepted the other side’s split",
  rule: "decided the dispute",
  reopen: "reopened the dispute",
  charge_back: "reported that the bank took the money back",
  charge_back_part: "reported that the bank took a part back",
  settle: "reported that all money has arrived",
  assign_provider: "named the service provider",
  extend_deadlines: "moved the time limits by an outage",
};

const parties: Readonly<Record<Party, string>> = {
  buyer: "The buyer",
  seller: "The seller",
  operator: "The operator",
  rail: "The payment company",
  clock: "The clock",
};

/** One step of an order's history: `The seller said that it was delivered`. */
export function stepText(step: { readonly action: OrderAction; readonly party: Party }): string {
  return `${parties[step.party]} ${deeds[step.action]}`;
}

const outStates: Readonly<Record<DisbursementState, string>> = {
  queued: "waits to be sent",
  sending: "is being sent",
  in_flight: "is on its way",
  outcome_unknown: "was sent; we are asking the payment company whether it arrived",
  succeeded: "has arrived",
  failed: "did not go through",
  reversed: "came back",
  parked: "waits",
  cancelled: "was called off",
};

/** The state of a payout or refund as the end of a sentence: `The refund … has arrived`. */
export function moneyOutState(state: DisbursementState): string {
  return outStates[state];
}
