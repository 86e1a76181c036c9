import type { DisbursementState } from "./money-out-table.ts";
import type { PaymentState } from "./money-in-table.ts";
import type { HoldReason, HoldState, OfferState, ProjectState } from "./side-tables.ts";
import type { Party } from "./machine.ts";

/** One try to pay an order. Amounts in minor units of `currency`. */
export interface Payment {
  readonly sellerId: number;
  readonly id: number;
  /** null: nobody knows yet what it was for (it then stands in the house book). */
  readonly orderId: number | null;
  readonly rail: string;
  /** Our reference at the rail. */
  readonly reference: string;
  /** The rail's own name of what arrived: one reference can bring money twice. */
  readonly railReference: string | null;
  readonly state: PaymentState;
  readonly version: number;
  readonly asked: bigint;
  readonly currency: string;
  /** What arrived, its currency, and the part of it that fits nothing (yet). */
  readonly received: bigint;
  readonly receivedCurrency: string | null;
  readonly unapplied: bigint;
  readonly railFee: bigint;
  /** The rail took the money back while its dispute runs. */
  readonly disputed: bigint;
  readonly takenAtOnce: boolean;
  readonly chargedBack: bigint;
  /** The rail's number of the dispute that runs or was lost; null: none, or the rail gave none. */
  readonly disputeId: string | null;
  readonly settled: boolean;
  /** Who the payer said they are when it was opened; null for money nobody opened a page for. */
  readonly contactEmail: string | null;
  readonly contactPhone: string | null;
  readonly openedAt: Date;
  readonly receivedAt: Date | null;
  /** When the clock asks the rail about it next. */
  readonly dueAt: Date | null;
}

export type PayeeKind = "buyer" | "seller" | "service_provider" | "operator";

/** Where a payout or refund goes: bank details, or back along the payment it came by. */
export interface PayeeDetails {
  readonly bankCode?: string;
  readonly nipBankCode?: string;
  readonly bankName?: string;
  readonly accountNumber?: string;
  readonly accountName?: string;
  readonly wiseAccountId?: string;
  /** Of an account connected at Stripe: `acct_…`. It is used by that rail alone, whatever else is given. */
  readonly stripeAccountId?: string;
}

/** A payout or a refund: money on its way out of one account of the book. */
export interface Disbursement {
  readonly sellerId: number;
  readonly id: number;
  readonly kind: "payout" | "refund";
  readonly orderId: number | null;
  readonly paymentId: number | null;
  readonly payeeKind: PayeeKind;
  readonly payeeId: number;
  /** The ledger account it is paid from. */
  readonly source: string;
  readonly amount: bigint;
  readonly currency: string;
  /** What leaves the rail: another currency's, where the payee is paid in one; else the amount itself. 0: too little to be paid in it. */
  readonly outAmount: bigint;
  readonly outCurrency: string;
  readonly rail: string;
  readonly state: DisbursementState;
  readonly version: number;
  readonly attemptId: number | null;
  readonly attempts: number;
  readonly fault: "payee" | "rail" | null;
  readonly reason: string | null;
  /** Of a refund that was sent: what the platform bore of it when the buyer's bank took the payment back. */
  readonly borne: bigint;
  /** Bank details given for this one alone (a buyer whose card no longer takes a refund). */
  readonly details: PayeeDetails | null;
  readonly createdAt: Date;
  readonly dueAt: Date | null;
  readonly concludedAt: Date | null;
}

/** One try at the rail to send one or more disbursements of the same payee together. */
export interface Attempt {
  readonly sellerId: number;
  readonly id: number;
  readonly reference: string;
  readonly rail: string;
  readonly kind: "payout" | "refund";
  /** What leaves, of all disbursements in it together. */
  readonly amount: bigint;
  readonly currency: string;
  /** Where it went, as it was when it was sent. */
  readonly sentTo: Readonly<Record<string, unknown>>;
  readonly state: "sending" | "in_flight" | "outcome_unknown" | "succeeded" | "failed" | "reversed";
  readonly number: number;
  readonly startedAt: Date;
  readonly endedAt: Date | null;
  readonly dueAt: Date | null;
  readonly said: string | null;
}

export interface Offer {
  readonly sellerId: number;
  readonly id: number;
  readonly orderId: number;
  readonly kind: "redelivery" | "split" | "ruling";
  readonly party: Party;
  /** Which person: tells two operators apart. */
  readonly partyName: string;
  /** Of a split or ruling: what the buyer gets, in kobo. */
  readonly buyerGets: bigint | null;
  readonly state: OfferState;
  readonly version: number;
  readonly madeAt: Date;
  readonly expiresAt: Date;
}

export interface Hold {
  readonly sellerId: number;
  readonly id: number;
  readonly reason: HoldReason;
  readonly scope: "order" | "project" | "payee" | "seller";
  readonly orderId: number | null;
  readonly projectId: number | null;
  readonly payeeKind: PayeeKind | null;
  readonly payeeId: number | null;
  readonly note: string;
  readonly state: HoldState;
  readonly version: number;
  readonly placedAt: Date;
  /** Lifts by itself then; null: only the operator or the rail lifts it. */
  readonly liftsAt: Date | null;
  readonly liftedAt: Date | null;
}

export interface Project {
  readonly sellerId: number;
  readonly id: number;
  readonly buyerId: number;
  readonly name: string;
  readonly description: string;
  readonly startedBy: "buyer" | "seller" | null;
  readonly state: ProjectState;
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface Buyer {
  readonly sellerId: number;
  readonly id: number;
  readonly email: string;
  readonly phone: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly createdAt: Date;
}

export interface Provider {
  readonly sellerId: number;
  readonly id: number;
  readonly type: 1 | 2;
  readonly firstName: string;
  readonly lastName: string;
  readonly email: string;
  readonly phone: string;
  readonly details: PayeeDetails;
  readonly state: "active" | "removed";
  readonly version: number;
  readonly detailsChangedAt: Date;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}
