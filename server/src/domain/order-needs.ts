import { later } from "./deadlines.ts";
import type { Disbursement, Hold, Offer, Payment } from "./facts.ts";
import type { Party } from "./machine.ts";
import { concludedStates, sentStates } from "./money-out-table.ts";
import type { Order } from "./order.ts";
import type { OrderNeed } from "./order-table.ts";
import { isLive } from "./order-table.ts";
import type { Refusal } from "./refusals.ts";
import { refuse } from "./refusals.ts";

/** What a step brings with it; a field that is absent while only `allowedActions` asks is not judged. */
export interface OrderInput {
  readonly reason?: string | undefined;
  readonly offerId?: number | undefined;
  readonly buyerGets?: bigint | undefined;
  /** Money the rail has taken back for good, in the book's currency. */
  readonly lost?: bigint | undefined;
  readonly terms?: boolean | undefined;
  readonly version?: number | undefined;
  readonly applied?: bigint | undefined;
  readonly provider?: boolean | undefined;
  readonly outage?: boolean | undefined;
}

/** Everything an order's needs look at, read under the book's lock. */
export interface OrderFacts {
  readonly order: Order;
  readonly now: Date;
  readonly by: Party;
  readonly byName: string;
  /** false: only asking what would be allowed. */
  readonly acting: boolean;
  readonly input: OrderInput;
  /** What the order's escrow account holds. */
  readonly escrow: bigint;
  readonly payments: readonly Payment[];
  readonly disbursements: readonly Disbursement[];
  readonly offer: Offer | undefined;
  readonly holds: readonly Hold[];
  /** The project's other milestones that are live or come before this one. */
  readonly siblings: readonly Order[];
  /** A ruling of more than this many kobo needs two operators; 0n: never. */
  readonly secondOperatorAbove: bigint;
}

const met = undefined;

/** The sentence, as docs/lifecycle.md prints it, and the judge of every need an order's row can have. */
export const orderNeeds: Record<OrderNeed, { readonly says: string; judge(f: OrderFacts): Refusal | undefined }> = {
  terms_given: {
    says: "a new version of the terms",
    judge: (f) => (f.acting && f.input.terms !== true ? refuse("invalid", "New terms are needed.") : met),
  },
  not_own_version: {
    says: "the party that did not write this version, naming it",
    judge: (f) => {
      if (f.order.writtenBy === f.by) return refuse("own_version");
      if (f.acting && f.input.version !== undefined && f.input.version !== f.order.version) {
        return refuse("mismatch", `The terms were changed since: this is version ${f.order.version}, not ${f.input.version}.`);
      }
      return met;
    },
  },
  slot_free: { says: "of a project: no live milestone, earlier positions discharged or expired", judge: slotFree },
  agree_by_past: { says: "agree_by is past", judge: (f) => past(f.order.agreeBy, f.now) },
  pay_by_past: { says: "pay_by is past", judge: (f) => past(f.order.payBy, f.now) },
  made_by_form: { says: "made by a form post", judge: (f) => (f.order.agreedBeforehand ? refuse("terms_agreed_only") : met) },
  agreed_beforehand: {
    says: "was agreed beforehand",
    judge: (f) => (f.order.agreedBeforehand ? met : refuse("agreed_beforehand")),
  },
  no_payment_in_doubt: { says: "no payment open, pending or unknown at the rail", judge: noPaymentInDoubt },
  paid_exactly: {
    says: "a payment applied exactly what the checkout asked",
    judge: (f) => (f.input.applied === f.order.amount ? met : refuse("payment_missing")),
  },
  refund_policy_or_in_time: {
    says: "policy refund; or received by free_cancel_until",
    judge: (f) => {
      const inTime = f.order.freeCancelUntil === null || f.now <= f.order.freeCancelUntil;
      return f.order.terms.policy === "refund" || inTime
        ? met
        : refuse("refund_policy", "The time for a refund has passed; the seller replaces the goods instead. Contact the seller.");
    },
  },
  deliver_by_past: { says: "deliver_by is past", judge: (f) => past(f.order.deliverBy, f.now) },
  no_chargeback: {
    says: "no chargeback hold",
    judge: (f) => (f.holds.some((hold) => hold.reason === "chargeback") ? refuse("chargeback_running") : met),
  },
  auto_acceptance: {
    says: "auto-acceptance in the terms",
    judge: (f) => (f.order.terms.acceptAfter === null ? refuse("auto_acceptance_off") : met),
  },
  no_auto_acceptance: {
    says: "no auto-acceptance in the terms",
    judge: (f) => (f.order.terms.acceptAfter === null ? met : refuse("auto_acceptance_on")),
  },
  accept_by_past: { says: "accept_by is past", judge: (f) => past(f.order.acceptBy, f.now) },
  respond_by_past: { says: "respond_by is past", judge: (f) => past(f.order.respondBy, f.now) },
  reason_given: {
    says: "a reason",
    judge: (f) => (f.acting && (f.input.reason ?? "").trim() === "" ? refuse("reason_needed") : met),
  },
  silence_window: {
    says: "some time after delivery (24 h), before respond_by",
    judge: (f) => {
      const opens = later(f.order.deliveredAt ?? f.now, f.order.terms.contestSilenceAfter);
      if (f.now < opens) return refuse("too_early", `The buyer's silence can be contested from ${opens.toISOString()}.`, { from: opens });
      const until = f.order.respondBy ?? f.order.acceptBy;
      return until !== null && f.now >= until ? refuse("too_late") : met;
    },
  },
  open_redelivery_offer: {
    says: "the other party's open offer of a second delivery, by its number",
    judge: (f) => openOffer(f, "redelivery"),
  },
  open_split_offer: { says: "the other party's open offer of a split, by its number", judge: (f) => openOffer(f, "split") },
  first_redelivery: { says: "no second delivery yet", judge: (f) => (f.order.redeliveries === 0 ? met : refuse("already_redelivered")) },
  replacement_policy: {
    says: "policy replacement",
    judge: (f) => (f.order.terms.policy === "replacement" ? met : refuse("refund_policy")),
  },
  return_by_past: { says: "return_by is past", judge: (f) => past(f.order.returnBy, f.now) },
  before_return_by: {
    says: "before return_by",
    judge: (f) => (f.order.returnBy !== null && f.now >= f.order.returnBy ? refuse("too_late") : met),
  },
  escalate_by_past: { says: "escalate_by is past", judge: (f) => past(f.order.escalateBy, f.now) },
  in_range: {
    says: "the buyer's part is between nothing and what the buyer paid",
    judge: (f) => {
      if (!f.acting) return met;
      const x = f.input.buyerGets;
      if (x === undefined) return refuse("invalid", "Say what the buyer gets, in kobo (buyer_gets).");
      if (x < 0n || x > f.order.amount) {
        return refuse("amount_out_of_range", `The buyer's part must be between 0 and ${f.order.amount} kobo.`, { most: f.order.amount });
      }
      return met;
    },
  },
  second_operator: { says: "a second operator above the limit", judge: secondOperator },
  was_ruled: { says: "it was ruled, not agreed", judge: (f) => (f.order.lastAction === "rule" ? met : refuse("not_ruled")) },
  nothing_sent: {
    says: "no payout or refund of it was ever sent",
    judge: (f) => (f.disbursements.some((d) => d.attempts > 0 || sentStates.includes(d.state)) ? refuse("already_sent") : met),
  },
  slot_free_again: {
    says: "of a project: no later milestone has begun",
    judge: (f) => (f.siblings.some((other) => isLive(other)) ? refuse("next_milestone_started") : met),
  },
  lost_all: {
    says: "the amount lost is all that escrow holds",
    judge: (f) => (f.input.lost !== undefined && f.input.lost >= f.escrow ? met : refuse("mismatch")),
  },
  lost_part: {
    says: "the amount lost is less than escrow holds",
    judge: (f) => (f.input.lost !== undefined && f.input.lost < f.escrow ? met : refuse("mismatch")),
  },
  all_concluded: {
    says: "every payout and refund of the order succeeded, or there is none",
    judge: (f) => (f.disbursements.every((d) => concludedStates.includes(d.state)) ? met : refuse("not_last_step")),
  },
  provider_given: {
    says: "a service provider of this seller and a share of 0 to 100 %",
    judge: (f) => (f.acting && f.input.provider !== true ? refuse("provider_unknown") : met),
  },
  outage_recorded: {
    says: "an outage longer than ten minutes swallowed one of its deadlines",
    judge: (f) => (f.acting && f.input.outage !== true ? refuse("too_early") : met),
  },
};

function past(deadline: Date | null, now: Date): Refusal | undefined {
  if (deadline === null) return refuse("too_early", "There is no such deadline here.");
  return now >= deadline ? met : refuse("too_early", `Not before ${deadline.toISOString()}.`, { not_before: deadline });
}

function slotFree(f: OrderFacts): Refusal | undefined {
  const own = f.order.position;
  const inTheWay = f.siblings.find((other) => isLive(other) || (own !== null && earlierUnfinished(other, own)));
  return inTheWay === undefined ? met : milestoneInTheWay(inTheWay);
}

function earlierUnfinished(other: Order, own: number): boolean {
  return other.position !== null && other.position < own && other.state !== "expired" && other.dischargedAt === null;
}

/** The refusal that names the milestone holding a project's slot, and what would free it. */
export function milestoneInTheWay(other: Order): Refusal {
  const frees = whatFrees(other);
  return refuse("milestone_in_the_way", `Milestone ${other.position ?? "?"} (order ${other.id}) is ${other.state}: ${frees}`, {
    order: other.id,
    state: other.state,
    frees,
  });
}

function whatFrees(other: Order): string {
  switch (other.state) {
    case "proposed":
    case "agreed":
      return "it comes first; it must be paid and finished, or expire.";
    case "awaiting_payment":
      return other.agreedBeforehand
        ? "it comes first; it must be paid and finished, or expire."
        : "its payment is still being decided at the rail; it ends by itself when the rail answers.";
    case "funded":
    case "redelivery":
      return "it ends when it is delivered and accepted, cancelled, or when its delivery time lapses.";
    case "delivered":
      return "it ends when the buyer accepts or rejects it, or when the time to respond is over.";
    case "rejected":
      return "it ends when the seller confirms the return, the buyer accepts after all, or the time for the return is over.";
    case "contested":
    case "disputed":
      return "it ends when the parties settle the dispute or the operator decides it.";
    default:
      return "its payouts and refunds must each succeed, or wait only for their payee.";
  }
}

function noPaymentInDoubt(f: OrderFacts): Refusal | undefined {
  const doubtful = f.payments.find((payment) => payment.state === "open" || payment.state === "pending");
  if (doubtful === undefined) return met;
  return refuse("payment_in_doubt", `Payment ${doubtful.reference} is ${doubtful.state} at the rail.`, { payment: doubtful.id });
}

function openOffer(f: OrderFacts, kind: Offer["kind"]): Refusal | undefined {
  const offer = f.offer;
  if (offer === undefined || offer.kind !== kind || f.now >= offer.expiresAt) return refuse("offer_not_open");
  if (offer.party === f.by) return refuse("own_offer");
  if (f.acting && f.input.offerId !== offer.id) {
    return refuse("offer_not_open", `The open offer is number ${offer.id}; accepting names it.`, { offer: offer.id });
  }
  return met;
}

function secondOperator(f: OrderFacts): Refusal | undefined {
  if (!f.acting || f.secondOperatorAbove === 0n || f.order.amount <= f.secondOperatorAbove) return met;
  const first = f.offer;
  const stands = first !== undefined && first.kind === "ruling" && f.now < first.expiresAt;
  const seconded = stands && first.partyName !== f.byName && first.buyerGets === f.input.buyerGets;
  return seconded ? met : refuse("second_operator_needed");
}
