import type { Party } from "./machine.ts";
import type { OrderAction, OrderState } from "./order-table.ts";
import type { OrderTerms } from "./terms.ts";

/** Who was paid what when an order ended, in kobo of the book's currency; their sum is what escrow held. */
export interface EndingRecord {
  readonly buyer: bigint;
  readonly seller: bigint;
  readonly provider: bigint;
  readonly operator: bigint;
  readonly escrowFee: bigint;
  readonly payoutFee: bigint;
  readonly railFee: bigint;
  /** How it was decided, so that a chargeback in part can decide it again for what is left. */
  readonly buyerGets: bigint;
  readonly cancellationFee: bigint;
  readonly keepsEscrowFee: boolean;
  /** What of the seller's part went straight to what the seller owed for chargebacks. */
  readonly repaid: bigint;
  /** The journal entry that paid it out: what a reopening or a chargeback turns round. */
  readonly entry: number;
}

/** What the shop told us about the order, kept as it came; nothing is decided from it. */
export interface OrderDetails {
  readonly productName: string;
  readonly productDesc: string;
  readonly deliveryLocation: string;
  readonly deliveryDate: string;
  readonly recipient: string;
  readonly callbackUrl: string | null;
  readonly platform: string | null;
  readonly buyerFirstName: string;
  readonly buyerLastName: string;
  /** Every field of the form, as it came, without the public key. */
  readonly raw: Readonly<Record<string, unknown>>;
}

/** One escrow transaction. Amounts in minor units of `bookCurrency`; `null` deadlines do not apply in this state. */
export interface Order {
  readonly sellerId: number;
  readonly id: number;
  /** 1 for a shop's order, 2 for one agreed person to person. */
  readonly type: number;
  readonly projectId: number | null;
  readonly position: number | null;
  readonly buyerId: number;
  readonly shopOrderId: string;
  readonly state: OrderState;
  /** Number of steps taken. */
  readonly version: number;
  /** The version in which the order entered its state: links and reminders are bound to it, so that they end with the state. */
  readonly stateVersion: number;
  readonly lastAction: OrderAction;
  readonly lastParty: Party;
  readonly agreedBeforehand: boolean;
  readonly writtenBy: Party;
  readonly currency: string;
  readonly bookCurrency: string;
  readonly amountFx: bigint | null;
  readonly conversionRatio: string | null;
  readonly productCost: bigint;
  readonly escrowFee: bigint;
  readonly escrowFeeOfBuyer: bigint;
  readonly railFee: bigint;
  readonly amount: bigint;
  readonly net: bigint;
  /** Taken back by the buyer's bank while escrow held the money. */
  readonly lost: bigint;
  /** Taken back by the bank at any time, in all. */
  readonly chargedBack: bigint;
  readonly providerId: number | null;
  /** The seller's share (a marketplace order: the operator's) in hundredths of a percent; null: all to the seller. */
  readonly share: number | null;
  readonly operatorId: number | null;
  readonly rail: string;
  readonly terms: OrderTerms;
  readonly details: OrderDetails;
  readonly redeliveries: number;
  /** The contacts confirmed with the payment that funded it: only these ever get the buyer's links. */
  readonly contactEmail: string | null;
  readonly contactPhone: string | null;
  readonly reason: string | null;
  readonly comment: string | null;
  readonly ending: EndingRecord | null;
  readonly agreeBy: Date | null;
  readonly payBy: Date | null;
  readonly freeCancelUntil: Date | null;
  readonly deliverBy: Date | null;
  readonly respondBy: Date | null;
  readonly acceptBy: Date | null;
  readonly returnBy: Date | null;
  readonly escalateBy: Date | null;
  readonly ruleBy: Date | null;
  /** When the clock looks at this order next. */
  readonly dueAt: Date | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly fundedAt: Date | null;
  readonly deliveredAt: Date | null;
  readonly endedAt: Date | null;
  readonly dischargedAt: Date | null;
  /** Running digest of the order's steps; stands in the header of each of its journal entries. */
  readonly digest: string;
}

/** Fields of an order that a step may change. */
export type OrderChange = Partial<
  Omit<Order, "sellerId" | "id" | "state" | "version" | "stateVersion" | "digest" | "lastAction" | "lastParty">
>;
