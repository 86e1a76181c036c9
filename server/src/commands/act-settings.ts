import type { ActSettings, RailSettings } from "../actions/settings.ts";
import type { Config } from "../config.ts";
import { defaultSellerTerms } from "../domain/seller.ts";
import type { SellerTerms } from "../domain/seller.ts";

/** The part of the settings that actions judge by. */
export function actSettings(config: Config, rails: RailSettings): ActSettings {
  const { order, fees, hold } = config;
  return {
    mode: config.mode,
    rails,
    fees: { escrowBasisPoints: fees.escrowRate, escrowMin: fees.escrowMin, escrowMax: fees.escrowMax, escrowMaxP2p: fees.escrowP2pMax },
    payoutFee: fees.payoutFee,
    minimumPayout: fees.minimumPayout,
    exitRailFeeBearer: fees.exitRailFeeBearer,
    slaUnit: order.slaUnit,
    maxDays: order.maxDays,
    maxCancellationFeePercent: order.maxCancellationFeePercent,
    payFor: order.paymentExpiry,
    bankTransferFor: order.bankTransferExpiry,
    acceptAtLeast: order.acceptBy,
    agreeFor: order.agreeBy,
    railSilence: order.railSilence,
    respondAfterDelivery: order.respondAfterDelivery,
    contestSilenceAfter: order.contestSilenceAfter,
    returnFor: order.returnBy,
    escalateFor: order.escalateBy,
    ruleFor: order.ruleBy,
    offerFor: order.offerLife,
    coolingOff: hold.coolingOff,
    rulingHold: hold.ruling,
    objectionHold: hold.buyerObjection,
    identityNeeded: config.identity,
    accountNameNeeded: config.accountName,
    secondOperatorAbove: config.ruling.secondOperatorAbove,
    reminders: order.reminders,
    rates: Object.fromEntries(config.rates),
  };
}

/** The terms a new seller starts with; the seller changes them on its own page. */
export function startingTerms(config: Config): SellerTerms {
  const { fees, order } = config;
  return {
    ...defaultSellerTerms,
    escrowFeeBearer: fees.escrowBearer,
    railFeeBearer: fees.railBearer,
    providerFeeBearer: fees.providerFeeBearer,
    maxDeliveryDays: order.maxDeliveryDays,
  };
}
