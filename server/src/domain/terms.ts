/** Milliseconds. */
export type Millis = number;

/**
 * What both sides were shown when the checkout opened, frozen on the order: who bears what, how long each step may take, what
 * silence means. Changing a seller's settings later changes nothing here.
 */
export interface OrderTerms {
  readonly escrowFeeBearer: "buyer" | "seller" | "shared";
  readonly railFeeBearer: "buyer" | "seller";
  /** Who bears the provider's payout fee; `before_split` takes it off the amount that is then split. */
  readonly providerFeeBearer: "before_split" | "seller" | "service_provider";
  readonly exitRailFeeBearer: "platform" | "buyer";
  /** Fee for each payout to a provider, in kobo. */
  readonly payoutFee: bigint;
  /** Goes to the seller before the rest is split with the provider, in kobo. */
  readonly nonSplit: bigint;
  /** `refund`: a buyer who sends goods back gets money; `replacement`: gets the goods again. */
  readonly policy: "refund" | "replacement";
  /** How long a buyer may cancel free of charge, as the seller wrote it; null: always free. */
  readonly sla: number | null;
  readonly freeCancelFor: Millis | null;
  /** Taken from a late canceller's refund, in kobo. */
  readonly cancellationFee: bigint;
  /** Rejection reasons that cost the buyer the cancellation fee. */
  readonly reasonsWithFee: readonly string[];
  readonly maxDeliveryDays: number;
  readonly deliverFor: Millis;
  readonly respondAfterDelivery: Millis;
  readonly contestSilenceAfter: Millis;
  /** Silence accepts, this long after delivery; null: silence lets the order lapse in the buyer's favour. */
  readonly acceptAfter: Millis | null;
  readonly returnFor: Millis;
  readonly escalateFor: Millis;
  readonly ruleFor: Millis;
  readonly payFor: Millis;
  readonly agreeFor: Millis;
  readonly offerFor: Millis;
  readonly railSilence: Millis;
  /** Whether the seller vouched for the terms: `signed` by its key, `browser` for an unsigned form, `api` for a signed-in caller. */
  readonly source: "signed" | "browser" | "api";
}

/** The reasons a buyer may give for a rejection; `not_received` never costs a fee. */
export const rejectionReasons = ["not_received", "not_as_described", "damaged", "incomplete", "late", "changed_mind", "other"] as const;
export type RejectionReason = (typeof rejectionReasons)[number];
