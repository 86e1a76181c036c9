import type { Party } from "../domain/machine.ts";
import type { OrderAction, OrderState } from "../domain/order-table.ts";
import { holdingStates } from "../domain/order-table.ts";
import { notificationMessages } from "./messages.ts";

/** One row of the wire's status table. `title` stands in JSON, `display` is how the definitions page spells it. */
export interface WireStatusRow {
  readonly id: number;
  readonly title: string;
  readonly display: string;
  readonly description: string;
}

/** The wire's statuses by our name. Ids 3, 5 and 9 are documented; the others are ours and never one of those three. */
export const wireStatuses = {
  pending: { id: 1, title: "Pending", display: "Pending", description: "Paid into escrow, delivery has not begun" },
  awaitingBuyer: {
    id: 2,
    title: "Awaiting Buyer Response",
    display: "Awaiting Buyer Response",
    description: "Delivered, the buyer accepts or rejects",
  },
  rejected: { id: 3, title: "Rejected", display: "Rejected", description: "Rejected by the buyer, the buyer is refunded" },
  accepted: { id: 4, title: "Accepted", display: "Accepted", description: "Accepted by the buyer, the seller is paid" },
  resolved: {
    id: 5,
    title: "Complete",
    display: "Dispute Resolved",
    description: "Refunded after rejection, or seller credited after acceptance, or either credited after a dispute settlement",
  },
  complete: {
    id: 5,
    title: "Complete",
    display: "Completed",
    description: "Refunded after rejection, or seller credited after acceptance, or either credited after a dispute settlement",
  },
  pendingSecond: { id: 6, title: "Pending II", display: "Pending II", description: "A second delivery was agreed" },
  dispute: { id: 7, title: "Dispute", display: "Dispute", description: "Rejected by the buyer, contested by the seller" },
  disputed: { id: 8, title: "Disputed", display: "Disputed", description: "A dispute manager decides" },
  cancelled: { id: 9, title: "Canceled", display: "Cancelled", description: "Order or P2P transaction canceled" },
} as const satisfies Record<string, WireStatusRow>;

type StatusName = keyof typeof wireStatuses;

/** Which status an order has on the wire in each of our states; null: the wire does not know the order yet. */
export const statusOfState = {
  proposed: null,
  agreed: null,
  awaiting_payment: null,
  expired: null,
  funded: "pending",
  redelivery: "pendingSecond",
  delivered: "awaitingBuyer",
  rejected: "rejected",
  contested: "dispute",
  disputed: "disputed",
  accepted: "accepted",
  cancelled: "cancelled",
  lapsed: "rejected",
  returned: "rejected",
  resolved: "resolved",
  charged_back: "cancelled",
  completed: "complete",
} as const satisfies Record<OrderState, StatusName | null>;

/**
 * The order's status on the wire, or null while it is unpaid: such orders do not exist there.
 * `lapsedUndelivered` says that a lapsed order was not awaiting the buyer when it lapsed: it reads as canceled, not as rejected.
 */
export function wireStatus(state: OrderState, lapsedUndelivered = false): WireStatusRow | null {
  if (state === "lapsed" && lapsedUndelivered) return wireStatuses.cancelled;
  const name = statusOfState[state];
  return name === null ? null : wireStatuses[name];
}

/** The envelope's `status`: exact and case-sensitive, clients ignore anything else. */
export type Envelope = "Delivered" | "Accepted" | "Rejected" | "Refunded" | "Canceled" | "Complete" | "Pending II" | "Dispute" | "Disputed";

/** How clients display each envelope. */
export const displayOfEnvelope: Readonly<Record<Envelope, string>> = {
  Delivered: wireStatuses.awaitingBuyer.display,
  Accepted: wireStatuses.accepted.display,
  Rejected: wireStatuses.rejected.display,
  Refunded: wireStatuses.rejected.display,
  Canceled: wireStatuses.cancelled.display,
  Complete: wireStatuses.resolved.display,
  "Pending II": wireStatuses.pendingSecond.display,
  Dispute: wireStatuses.dispute.display,
  Disputed: wireStatuses.disputed.display,
};

export interface NotificationRow {
  readonly action: OrderAction;
  /** Absent: by whomever, from wherever, to wherever the step may be. */
  readonly by?: Party;
  readonly from?: readonly OrderState[];
  readonly to?: OrderState;
  readonly envelope: Envelope;
  readonly message: string;
}

/** Every step that is told to the seller's callback; a step without a row here is not. The first row that fits counts. */
export const notificationTable: readonly NotificationRow[] = [
  { action: "deliver", envelope: "Delivered", message: notificationMessages.delivered },
  // A buyer's cancellation is documented with the envelope Rejected around a canceled order.
  { action: "cancel", by: "buyer", envelope: "Rejected", message: notificationMessages.cancelled },
  { action: "cancel", envelope: "Canceled", message: notificationMessages.cancelled },
  // Refunded completes the shop's order: right after a delivery, wrong without one.
  { action: "lapse", from: ["delivered"], envelope: "Refunded", message: notificationMessages.refunded },
  { action: "lapse", envelope: "Canceled", message: notificationMessages.cancelled },
  { action: "accept", envelope: "Accepted", message: notificationMessages.buyerAccepts },
  { action: "reject", envelope: "Rejected", message: notificationMessages.buyerRejects },
  { action: "contest_silence", envelope: "Dispute", message: notificationMessages.dispute },
  { action: "contest_return", envelope: "Dispute", message: notificationMessages.dispute },
  { action: "redeliver", envelope: "Pending II", message: notificationMessages.secondDelivery },
  { action: "replace", envelope: "Pending II", message: notificationMessages.secondDelivery },
  { action: "confirm_return", envelope: "Refunded", message: notificationMessages.refunded },
  { action: "escalate", envelope: "Disputed", message: notificationMessages.disputed },
  { action: "withdraw_dispute", envelope: "Complete", message: notificationMessages.disputeWithdrawn },
  { action: "agree_split", envelope: "Complete", message: notificationMessages.disputeSettled },
  { action: "rule", envelope: "Complete", message: notificationMessages.disputeSettled },
  { action: "reopen", envelope: "Disputed", message: notificationMessages.disputed },
  { action: "charge_back", from: holdingStates, to: "charged_back", envelope: "Canceled", message: notificationMessages.cancelled },
];

export interface Step {
  readonly action: OrderAction;
  readonly by: Party;
  readonly from: OrderState;
  readonly to: OrderState;
}

/** What the seller's callback is told about a step, or null where the wire has nothing to say. */
export function notificationOf(step: Step): { readonly status: Envelope; readonly message: string } | null {
  const row = notificationTable.find(
    (r) =>
      r.action === step.action &&
      (r.by === undefined || r.by === step.by) &&
      (r.from === undefined || r.from.includes(step.from)) &&
      (r.to === undefined || r.to === step.to),
  );
  return row === undefined ? null : { status: row.envelope, message: row.message };
}
