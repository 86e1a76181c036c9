import type { Disbursement, Hold, Offer, PayeeDetails } from "./facts.ts";
import type { Party } from "./machine.ts";
import type { DisbursementNeed } from "./money-out-table.ts";
import type { PaymentNeed } from "./money-in-table.ts";
import type { OrderState } from "./order-table.ts";
import type { Refusal } from "./refusals.ts";
import { refuse } from "./refusals.ts";
import type { HoldNeed, OfferNeed } from "./side-tables.ts";

/** A waiting time or an identity check counts as waiting for the payee: the payout parks and the next milestone may begin. */
export const waitingHolds: readonly Hold["reason"][] = ["identity", "cooling_off"];

export interface DisbursementFacts {
  readonly disbursement: Disbursement;
  /** Standing holds over its order, project, payee or seller. */
  readonly holds: readonly Hold[];
  /** Until when a marketplace operator's new account cools off. Its hold stands in the operator's own book, which is not this one. */
  readonly coolsUntil: Date | null;
  /** A marketplace operator whose identity must be verified and is not: it too stands in the operator's own book. */
  readonly unverified: boolean;
  /** Where the money goes; undefined: nobody has said. A refund along its payment needs none. */
  readonly details: PayeeDetails | "along_payment" | undefined;
  /** Why no rail can carry it at all; undefined: one can. */
  readonly noWay?: string | undefined;
  /** What the bank says against the account, where it was asked; undefined: nothing. */
  readonly againstAccount?: string | undefined;
  /** What would go out together with it, itself included. */
  readonly together: bigint;
  readonly minimum: bigint;
}

/** Why a queued disbursement must wait for its payee; undefined: it need not. Also the text of "what would free it". */
export function waitsForPayee(f: DisbursementFacts): string | undefined {
  const hold = f.holds.find((h) => waitingHolds.includes(h.reason));
  if (hold?.reason === "identity" || f.unverified) return "The payee's identity must be verified once; the operator confirms it.";
  if (hold?.reason === "cooling_off") {
    return `The payout details were changed; money goes there from ${hold.liftsAt?.toISOString() ?? "when the operator lifts the hold"}.`;
  }
  if (f.coolsUntil !== null) return `The payout details were changed; money goes there from ${f.coolsUntil.toISOString()}.`;
  if (f.details === undefined) return "No bank account is known for the payee; the payee must give one.";
  if (f.noWay !== undefined) return f.noWay;
  if (f.againstAccount !== undefined) return f.againstAccount;
  if (f.together < f.minimum) return "The amount is below the smallest payout; it goes out together with the payee's next one.";
  return undefined;
}

/** A hold that stops sending without the payee being able to help. */
export function stoppingHold(f: DisbursementFacts): Hold | undefined {
  return f.holds.find((h) => !waitingHolds.includes(h.reason));
}

export const disbursementNeeds: Record<DisbursementNeed, { readonly says: string; judge(f: DisbursementFacts): Refusal | undefined }> = {
  no_hold: {
    says: "no hold over its order, project, payee or seller",
    judge: (f) => {
      const hold = f.holds[0];
      return hold === undefined
        ? undefined
        : refuse("hold_standing", `Hold ${hold.id} (${hold.reason}) stops this money.`, { hold: hold.id });
    },
  },
  payee_ready: {
    says: "it is known where to send it, and a rail can carry it",
    judge: (f) => {
      if (f.details === undefined) return refuse("invalid", "No bank account is known.");
      return f.noWay === undefined ? undefined : refuse("no_rail", f.noWay);
    },
  },
  above_minimum: {
    says: "with the payee's other small payouts it reaches the smallest payout",
    judge: (f) => (f.together < f.minimum ? refuse("amount_too_small", "Below the smallest payout.") : undefined),
  },
  waits_for_payee: {
    says: "it waits only for its payee: no account, one that the bank does not know or that is another's, an identity check, a cooling-off, too small to go alone; or no rail can carry it",
    judge: (f) => (waitsForPayee(f) === undefined ? refuse("not_now", "Nothing is missing from the payee.") : undefined),
  },
  obstacle_gone: {
    says: "what it waited for is there (new details, time past, enough to go out together)",
    judge: (f) => {
      const why = waitsForPayee(f);
      if (why !== undefined) return refuse("hold_standing", why);
      return f.disbursement.fault === "payee"
        ? refuse("hold_standing", "The payee's account refused it; new details are needed.")
        : undefined;
    },
  },
  rails_fault: {
    says: "the rail or we were at fault",
    judge: (f) => (f.disbursement.fault === "payee" ? refuse("not_now", "The payee's details are at fault.") : undefined),
  },
  payees_fault: {
    says: "the payee's details were at fault",
    judge: (f) => (f.disbursement.fault === "payee" ? undefined : refuse("not_now", "The payee's details are not at fault.")),
  },
};

export const paymentNeeds: Record<PaymentNeed, { readonly says: string }> = {
  rail_silent_too_long: { says: "the rail was asked and gave no answer for 72 h" },
  unapplied_in_house: { says: "it stands in the house book and belongs to no order" },
};

export interface OfferFacts {
  readonly offer: Pick<Offer, "kind" | "party" | "partyName" | "buyerGets" | "expiresAt">;
  readonly orderState: OrderState;
  readonly redeliveries: number;
  readonly amount: bigint;
  readonly by: Party;
  readonly byName: string;
  readonly now: Date;
}

const takes: Record<Offer["kind"], readonly OrderState[]> = {
  redelivery: ["rejected"],
  split: ["delivered", "rejected", "contested", "disputed"],
  ruling: ["disputed"],
};

export const offerNeeds: Record<OfferNeed, { readonly says: string; judge(f: OfferFacts): Refusal | undefined }> = {
  order_takes_offers: {
    says: "a second delivery: the order is rejected and had none; a split: delivered, rejected, contested or disputed; a ruling: disputed",
    judge: (f) => {
      if (!takes[f.offer.kind].includes(f.orderState)) return refuse("not_now", `An order that is ${f.orderState} takes no such offer.`);
      return f.offer.kind === "redelivery" && f.redeliveries > 0 ? refuse("already_redelivered") : undefined;
    },
  },
  offer_makes_sense: {
    says: "a second delivery is offered by the seller; a split by buyer or seller, naming what the buyer gets, between nothing and all",
    judge: (f) => {
      // The operator's proposal is a ruling, which another operator seconds; a split of the operator's would leave it to one party.
      if (f.offer.kind === "split" && f.by === "operator") return refuse("not_you", "Buyer and seller offer splits; the operator rules.");
      if (f.offer.kind === "redelivery") return f.by === "seller" ? undefined : refuse("not_you", "The seller offers a second delivery.");
      const x = f.offer.buyerGets;
      if (x === null || x < 0n || x > f.amount) {
        return refuse("amount_out_of_range", `The buyer's part must be between 0 and ${f.amount} kobo.`, { most: f.amount });
      }
      return undefined;
    },
  },
  not_own_offer: {
    says: "made by the other party (a ruling: by another operator)",
    judge: (f) => {
      const own = f.offer.kind === "ruling" ? f.offer.partyName === f.byName : f.offer.party === f.by;
      if (own) return refuse("own_offer");
      return f.now >= f.offer.expiresAt ? refuse("offer_not_open") : undefined;
    },
  },
  offer_life_past: {
    says: "its three days are over",
    judge: (f) => (f.now >= f.offer.expiresAt ? undefined : refuse("too_early")),
  },
};

export const holdNeeds: Record<HoldNeed, { readonly says: string; judge(f: { hold: Hold; now: Date }): Refusal | undefined }> = {
  hold_time_past: {
    says: "its time is over",
    judge: (f) => (f.hold.liftsAt !== null && f.now >= f.hold.liftsAt ? undefined : refuse("too_early")),
  },
  has_a_time: {
    says: "it would lift by itself",
    judge: (f) => (f.hold.liftsAt === null ? refuse("not_now", "Only the operator lifts this hold already.") : undefined),
  },
};
