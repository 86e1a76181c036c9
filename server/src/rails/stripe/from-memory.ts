// FROM MEMORY. What of Stripe could not be checked against the real rail, or changes by contract and country, stands here and nowhere else.
// Where the real rail is seen to differ, this is the file to change.

import type { Tariff } from "../../domain/fees.ts";

/**
 * Currencies whose amounts Stripe counts otherwise than ISO 4217 does; every other is counted alike.
 *
 * - ISK and UGX have no decimals, and are written with two that must be zero.
 * - MGA has two decimals in the standard, and none at Stripe.
 * - Of the three decimals of the dinars and the rial the last one must be zero.
 * - HUF and TWD are not here: they are whole only in a payout from a Stripe account to a bank, which is not made by us. Charges, refunds and
 *   transfers have their two decimals; what is less than one whole waits in the payee's Stripe account.
 */
export const countedOtherwise: Readonly<Record<string, { readonly decimals: number; readonly step: bigint }>> = {
  ISK: { decimals: 2, step: 100n },
  UGX: { decimals: 2, step: 100n },
  MGA: { decimals: 0, step: 1n },
  BHD: { decimals: 3, step: 10n },
  JOD: { decimals: 3, step: 10n },
  KWD: { decimals: 3, step: 10n },
  OMR: { decimals: 3, step: 10n },
  TND: { decimals: 3, step: 10n },
};

/**
 * Currencies in which a balance can be kept and transfers can be made. Which of them one account keeps depends on its country and on its bank
 * accounts.
 */
export const kept = "AED AUD CAD CHF CZK DKK EUR GBP HKD HUF JPY MXN MYR NOK NZD PLN RON SEK SGD THB USD".split(" ");

/** Currencies that a payer can be asked for and that no balance is kept in: what arrives is changed into one that is, at Stripe's rate. */
export const presentedOnly = (
  "ALL AMD AOA ARS AWG AZN BAM BBD BDT BIF BMD BND BOB BRL BSD BWP BYN BZD CDF CLP CNY COP CRC CVE DJF DOP DZD EGP ETB FJD FKP GEL GIP GMD GNF " +
  "GTQ GYD HNL HTG IDR ILS INR ISK JMD KES KGS KHR KMF KRW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MUR MVR MWK MZN NAD NGN NIO " +
  "NPR PAB PEN PGK PHP PKR PYG QAR RSD RWF SAR SBD SCR SHP SOS SRD SZL THB TJS TOP TRY TTD TWD TZS UAH UGX UYU UZS VND VUV WST XAF XCD XOF XPF " +
  "YER ZAR ZMW BHD JOD KWD OMR TND"
).split(" ");

/** The flat part of what a payment costs, in the currency's smallest unit; none is known of the others. */
const flats: Readonly<Record<string, bigint>> = {
  AUD: 30n,
  CAD: 30n,
  CHF: 30n,
  EUR: 25n,
  GBP: 20n,
  NZD: 30n,
  SGD: 50n,
  USD: 30n,
};

/** What a payment by card costs, as published for the United States. What it did cost stands in its balance transaction. */
export function tariffOf(currency: string): Tariff {
  return { basisPoints: 290, flat: flats[currency] ?? 0n, flatFrom: 0n, cap: null };
}

/** How old a signed event may be. */
export const signatureLife = 300;

/** A session lapses after a day, and so does its key; the rest is for clocks that differ. Afterwards nobody can pay what we know no page of. */
export const sessionLife = 25 * 3_600_000;

/** A payment may wait that long before it is available. */
export const longestWait = 31 * 86_400_000;

/** What is wrong at a refused transfer: the payee's account, which other details would mend, or something at the rail. */
export function isPayeesFault(refused: { readonly code: string; readonly param: string }): boolean {
  return refused.param === "destination" || /account|capabilit|destination|transfers_not_allowed/.test(refused.code);
}

/** A refund that was refused for want of money may be tried again; for any other reason the payment takes none. */
export function lacksMoney(refused: { readonly code: string }): boolean {
  return /insufficient/.test(refused.code);
}

/** A dispute in these states is an inquiry: no money was taken yet. */
export const isInquiry = (status: string): boolean => status.startsWith("warning_");
