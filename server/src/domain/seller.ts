import type { PayeeDetails } from "./facts.ts";

export type SellerRole = "individual" | "business" | "marketplace_operator" | "house";

/** The delivery and fee terms a seller has chosen; each new order freezes them. Amounts in kobo, as JSON integers. */
export interface SellerTerms {
  readonly escrowFeeBearer: "buyer" | "seller" | "shared";
  readonly railFeeBearer: "buyer" | "seller";
  readonly providerFeeBearer: "before_split" | "seller" | "service_provider";
  readonly nonSplit: number;
  readonly policy: "refund" | "replacement";
  /** In the installation's unit (days or hours); null: the buyer may always cancel free of charge. */
  readonly sla: number | null;
  readonly cancellationFee: number;
  readonly reasonsWithFee: readonly string[];
  readonly maxDeliveryDays: number;
  /** Days after delivery in which silence accepts; null: silence lets the order lapse. At least 3. */
  readonly acceptAfterDays: number | null;
}

export interface Seller {
  readonly id: number;
  readonly role: SellerRole;
  readonly state: "active";
  readonly version: number;
  readonly email: string;
  readonly phone: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly businessName: string | null;
  readonly passwordHash: string | null;
  readonly callbackUrl: string | null;
  readonly callbackFormat: "auto" | "json" | "multipart";
  readonly callbackToken: "documented" | "hmac";
  readonly unsignedCheckout: "allow" | "refuse";
  /** Hundredths of a percent. */
  readonly providerShareLimit: number;
  readonly origins: readonly string[];
  readonly terms: SellerTerms;
  readonly bank: PayeeDetails | null;
  /** When another account took the place of an earlier one; the first one is no change. */
  readonly bankChangedAt: Date | null;
  readonly identityVerifiedAt: Date | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export const defaultSellerTerms: SellerTerms = {
  escrowFeeBearer: "buyer",
  railFeeBearer: "seller",
  providerFeeBearer: "before_split",
  nonSplit: 0,
  policy: "refund",
  sla: null,
  cancellationFee: 0,
  reasonsWithFee: [],
  maxDeliveryDays: 7,
  acceptAfterDays: null,
};
