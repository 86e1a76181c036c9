import type { FeeTerms, Quote } from "../domain/fees.ts";
import { quote } from "../domain/fees.ts";
import type { Refusal } from "../domain/refusals.ts";
import type { Seller } from "../domain/seller.ts";
import type { OrderTerms } from "../domain/terms.ts";
import { tariffOf } from "./rail-choice.ts";
import type { ActSettings } from "./settings.ts";

const day = 86_400_000;
const hour = 3_600_000;

/** The terms a checkout shows and freezes: the seller's own, within the installation's limits, with the installation's times. */
export function freezeTerms(seller: Seller, settings: ActSettings, source: OrderTerms["source"], productCost: bigint): OrderTerms {
  const own = seller.terms;
  const unit = settings.slaUnit === "days" ? day : hour;
  const days = Math.min(own.maxDeliveryDays, settings.maxDays);
  const mostFee = (productCost * BigInt(settings.maxCancellationFeePercent)) / 100n;
  const fee = BigInt(own.cancellationFee);
  return {
    escrowFeeBearer: own.escrowFeeBearer,
    railFeeBearer: own.railFeeBearer,
    providerFeeBearer: own.providerFeeBearer,
    exitRailFeeBearer: settings.exitRailFeeBearer,
    payoutFee: settings.payoutFee,
    nonSplit: BigInt(own.nonSplit),
    policy: own.policy,
    sla: own.sla,
    freeCancelFor: own.sla === null ? null : own.sla * unit,
    cancellationFee: fee < mostFee ? fee : mostFee,
    reasonsWithFee: own.reasonsWithFee,
    maxDeliveryDays: days,
    deliverFor: days * day,
    respondAfterDelivery: settings.respondAfterDelivery,
    contestSilenceAfter: settings.contestSilenceAfter,
    acceptAfter: own.acceptAfterDays === null ? null : Math.max(own.acceptAfterDays * day, settings.acceptAtLeast),
    returnFor: settings.returnFor,
    escalateFor: settings.escalateFor,
    ruleFor: settings.ruleFor,
    payFor: settings.payFor,
    agreeFor: settings.agreeFor,
    offerFor: settings.offerFor,
    railSilence: settings.railSilence,
    source,
  };
}

/** The quote for a product under frozen terms and paid by that rail, in kobo. Refuses `amount_too_small`. */
export function quoteFor(productCost: bigint, terms: OrderTerms, settings: ActSettings, rail: string, p2p: boolean): Quote | Refusal {
  const feeTerms: FeeTerms = {
    ...settings.fees,
    escrowBearer: terms.escrowFeeBearer,
    railFeeBearer: terms.railFeeBearer,
    tariff: tariffOf(settings.rails, rail, "NGN"),
    payoutFee: terms.payoutFee,
    providerFeeBearer: terms.providerFeeBearer,
    exitRailFeeBearer: terms.exitRailFeeBearer,
  };
  return quote({ productCost, terms: feeTerms, p2p });
}
