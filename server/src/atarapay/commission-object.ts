import type { WireProvider } from "./provider-object.ts";
import { wireTime } from "./timestamp.ts";

export interface WireCommissionInput {
  readonly id: number;
  readonly orderId: number;
  /** The share in hundredths of a percent: the seller's, or in the second shape the marketplace operator's. */
  readonly share: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** The answer to a business seller: an array of one, with the documented spelling `commisson`. */
export function wireSellerCommission(c: WireCommissionInput, provider: WireProvider) {
  return [
    {
      id: c.id,
      order_id: c.orderId,
      commisson: c.share / 100,
      created_at: wireTime(c.createdAt),
      updated_at: wireTime(c.updatedAt),
      service_provider: provider,
    },
  ];
}

/** A seller as a marketplace operator sees it. */
export interface WireSellerInput {
  readonly id: number;
  /** True for a marketplace operator itself. */
  readonly isMarketplace: boolean;
  /** The operator this seller is associated with. */
  readonly operatorId: number | null;
  readonly individual: boolean;
  readonly businessName: string | null;
  readonly businessEmail: string | null;
  readonly siteUrl: string | null;
  readonly sandbox: boolean;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** The wire's seller record: every documented key; what nobody asks a seller for is null. */
export function wireSeller(s: WireSellerInput) {
  return {
    id: s.id,
    is_marketplace: s.isMarketplace ? 1 : 0,
    marketplace_child: s.operatorId,
    individual: s.individual ? 1 : 0,
    business_name: s.businessName,
    business_address: null,
    business_address_2: null,
    business_city: null,
    business_state: null,
    business_country: null,
    business_email: s.businessEmail,
    year_of_inc: null,
    cac_certificate: null,
    memorandum_of_article: null,
    company_profile: null,
    siteURL: s.siteUrl,
    test: s.sandbox ? 1 : 0,
    comments: null,
    deleted_at: null,
    created_at: wireTime(s.createdAt),
    updated_at: wireTime(s.updatedAt),
  };
}

/** The answer to a marketplace operator: an object, with `commission` spelled right; the provider is the order's own seller. */
export function wireOperatorCommission(c: WireCommissionInput, seller: WireSellerInput) {
  return {
    id: c.id,
    order_id: c.orderId,
    sp_type: "Marketplace Service Provider",
    commission: c.share / 100,
    test: seller.sandbox ? 1 : 0,
    comments: null,
    created_at: wireTime(c.createdAt),
    updated_at: wireTime(c.updatedAt),
    service_provider: wireSeller(seller),
  };
}
