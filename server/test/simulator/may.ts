import type { OrderAction, OrderState } from "../../src/domain/order-table.ts";
import type { RefusalCode } from "../../src/domain/refusals.ts";

type Who = "buyer" | "seller" | "operator";

const seller = ["deliver", "cancel"] as const;

/**
 * Who may do what, written by hand a second time: what stands here may be done or refused for its own reasons, what does not stand here
 * must be refused. Read off the engine's own table it could not see a wrong row.
 */
const mays: Readonly<Partial<Record<OrderState, Readonly<Partial<Record<Who, readonly OrderAction[]>>>>>> = {
  funded: { seller, buyer: ["cancel"] },
  redelivery: { seller, buyer: ["cancel"] },
  delivered: { buyer: ["accept", "reject", "agree_split"], seller: ["cancel", "contest_silence", "agree_split"] },
  rejected: {
    buyer: ["accept", "redeliver", "agree_split"],
    seller: ["cancel", "replace", "confirm_return", "contest_return", "agree_split"],
  },
  contested: { buyer: ["escalate", "withdraw_dispute", "agree_split"], seller: ["escalate", "withdraw_dispute", "agree_split"] },
  disputed: { buyer: ["withdraw_dispute", "agree_split"], seller: ["withdraw_dispute", "agree_split"], operator: ["rule"] },
  resolved: { operator: ["reopen"] },
};

/** False: whoever tries it must hear no. */
export function mayBe(state: OrderState, who: Who, action: OrderAction): boolean {
  return mays[state]?.[who]?.includes(action) ?? false;
}

/** What people try whether or not it is theirs to do. */
export const tried = [
  "deliver",
  "cancel",
  "accept",
  "reject",
  "contest_silence",
  "redeliver",
  "replace",
  "confirm_return",
  "contest_return",
  "escalate",
  "withdraw_dispute",
  "agree_split",
  "rule",
  "reopen",
] as const satisfies readonly OrderAction[];

/** The ways in which an order's own machine says no. */
export const knownRefusals: ReadonlySet<RefusalCode> = new Set([
  "not_now",
  "not_you",
  "order_ended",
  "too_early",
  "too_late",
  "chargeback_running",
  "payment_in_doubt",
  "own_offer",
  "own_version",
  "offer_not_open",
  "already_redelivered",
  "refund_policy",
  "not_ruled",
  "already_sent",
  "next_milestone_started",
  "milestone_in_the_way",
  "mismatch",
  "terms_agreed_only",
  "asked_once",
  "project_closed",
  "project_holds_money",
  "hold_standing",
  "amount_too_small",
  "agreed_beforehand",
  "rate_mismatch",
]);
