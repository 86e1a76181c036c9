import { Fault, must } from "./fault.ts";
import { greatest, halfUpDiv, least } from "./money.ts";
import { refuse } from "./refusals.ts";
import type { Refusal } from "./refusals.ts";

/** What a rail takes for a pay-in: a percentage, and a flat part that begins at a threshold; together never more than the cap. */
export interface Tariff {
  readonly basisPoints: number;
  /** Added to the percentage, in minor units, for amounts of `flatFrom` and above. */
  readonly flat: bigint;
  readonly flatFrom: bigint;
  /** The most it ever takes, in minor units; null where there is no limit. */
  readonly cap: bigint | null;
}

export type EscrowFeeBearer = "buyer" | "seller" | "shared";
export type RailFeeBearer = "buyer" | "seller";
/** Who pays the fee of a provider's payout: everybody (taken before the split), the seller, or the provider. */
export type ProviderFeeBearer = "before_split" | "seller" | "service_provider";
export type ExitRailFeeBearer = "platform" | "buyer";

/** The fees of an order and who bears them; frozen on the order when its checkout opens. Amounts in kobo. */
export interface FeeTerms {
  readonly escrowBasisPoints: number;
  readonly escrowMin: bigint;
  readonly escrowMax: bigint;
  /** Takes the place of `escrowMax` for a P2P order. */
  readonly escrowMaxP2p: bigint;
  readonly escrowBearer: EscrowFeeBearer;
  readonly railFeeBearer: RailFeeBearer;
  readonly tariff: Tariff;
  /** F: what one payout to a service provider or a marketplace operator costs. */
  readonly payoutFee: bigint;
  readonly providerFeeBearer: ProviderFeeBearer;
  /** Who bears the rail's pay-in fee when money goes back to the buyer. */
  readonly exitRailFeeBearer: ExitRailFeeBearer;
}

/** Paystack's local tariff as published: 1.5 % and NGN 100 from NGN 2,500 up, at most NGN 2,000. */
export const paystackTariff: Tariff = Object.freeze({ basisPoints: 150, flat: 10_000n, flatFrom: 250_000n, cap: 200_000n });

/** AtaraPay's documented fees: 1.5 %, from NGN 500 to 2,000 (P2P to 50,000), borne by the buyer; NGN 50 for a provider's payout. */
export const documentedFeeTerms: FeeTerms = Object.freeze({
  escrowBasisPoints: 150,
  escrowMin: 50_000n,
  escrowMax: 200_000n,
  escrowMaxP2p: 5_000_000n,
  escrowBearer: "buyer",
  railFeeBearer: "seller",
  tariff: paystackTariff,
  payoutFee: 5000n,
  providerFeeBearer: "before_split",
  exitRailFeeBearer: "platform",
});

/** What a checkout promises; frozen with the terms. All amounts in kobo; net = amount − escrowFee − railFee, always. */
export interface Quote {
  readonly productCost: bigint;
  /** E, the whole of it. */
  readonly escrowFee: bigint;
  /** The part of E that the buyer pays on top of the product cost. */
  readonly escrowFeeOfBuyer: bigint;
  /** R: the pay-in fee the parties are promised, whatever the rail takes in fact. */
  readonly railFee: bigint;
  /** A: what the buyer pays. */
  readonly amount: bigint;
  /** N: what is released to the seller's side when the order is accepted. */
  readonly net: bigint;
}

const whole = 10_000n;

/** What the tariff takes of an amount, in minor units: the percentage half-up, the flat part from its threshold up, never over the cap. */
export function tariffFee(tariff: Tariff, amount: bigint): bigint {
  const percentage = halfUpDiv(amount * BigInt(tariff.basisPoints), whole);
  const fee = amount >= tariff.flatFrom ? percentage + tariff.flat : percentage;
  return tariff.cap === null ? fee : least(fee, tariff.cap);
}

function checkTariff(tariff: Tariff): void {
  const { basisPoints, flat, flatFrom, cap } = tariff;
  const sane = Number.isInteger(basisPoints) && basisPoints >= 0 && basisPoints < 10_000;
  if (!sane || flat < 0n || flatFrom < 0n || (cap !== null && cap < 0n)) throw new Fault("the tariff is not one a rail can have");
}

/** The smallest amount in [from, to] for which `enough` holds, where it holds for all amounts above one for which it holds. */
function firstEnough(from: bigint, to: bigint, enough: (amount: bigint) => boolean): bigint | undefined {
  if (from > to || !enough(to)) return undefined;
  let [low, high] = [from, to];
  while (low < high) {
    const middle = (low + high) / 2n;
    if (enough(middle)) high = middle;
    else low = middle + 1n;
  }
  return low;
}

/**
 * The smallest amount that still leaves `target` after the tariff. What is left grows with the amount on either side of the flat
 * fee's threshold but falls at the threshold itself, so the range below it is searched first and the range above it second.
 */
export function grossUp(tariff: Tariff, target: bigint): bigint {
  checkTariff(tariff);
  const enough = (amount: bigint) => amount - tariffFee(tariff, amount) >= target;
  const most = ((target + tariff.flat + 1n) * whole) / (whole - BigInt(tariff.basisPoints)) + 1n;
  const above = greatest(tariff.flatFrom, target);
  const found = firstEnough(target, tariff.flatFrom - 1n, enough) ?? firstEnough(above, greatest(above, most), enough);
  return must(found, `an amount that leaves ${target} after the tariff`);
}

function escrowFeeOf(productCost: bigint, terms: FeeTerms, p2p: boolean): bigint {
  const percentage = halfUpDiv(productCost * BigInt(terms.escrowBasisPoints), whole);
  return least(greatest(percentage, terms.escrowMin), p2p ? terms.escrowMaxP2p : terms.escrowMax);
}

/** The buyer's part of the escrow fee; of a shared one half, the odd kobo too. */
function buyersPart(escrowFee: bigint, bearer: EscrowFeeBearer): bigint {
  if (bearer === "shared") return (escrowFee + 1n) / 2n;
  return bearer === "buyer" ? escrowFee : 0n;
}

/**
 * The quote of a checkout, in kobo. `productCost` includes the shipping that the buyer bears.
 * Refuses `amount_too_small` where nothing would be left for the seller.
 */
export function quote(order: { readonly productCost: bigint; readonly terms: FeeTerms; readonly p2p?: boolean }): Quote | Refusal {
  const { productCost, terms, p2p = false } = order;
  const escrowFee = escrowFeeOf(productCost, terms, p2p);
  const escrowFeeOfBuyer = buyersPart(escrowFee, terms.escrowBearer);
  const beforeRail = productCost + escrowFeeOfBuyer;
  const buyerBearsRail = terms.railFeeBearer === "buyer";
  const amount = buyerBearsRail ? grossUp(terms.tariff, beforeRail) : beforeRail;
  const railFee = buyerBearsRail ? amount - beforeRail : tariffFee(terms.tariff, amount);
  const net = amount - escrowFee - railFee;
  if (net < 1n) return refuse("amount_too_small", undefined, { product_cost: Number(productCost) });
  return { productCost, escrowFee, escrowFeeOfBuyer, railFee, amount, net };
}

const micro = 1_000_000n;

/** A rate of at most six decimals in millionths. Faults on anything else: rates come from settings and from {@link conversionRatio}. */
function rateInMillionths(rate: string): bigint {
  const [, digits, fraction = ""] = /^(\d+)(?:\.(\d{1,6}))?$/.exec(rate) ?? [];
  const millionths = digits === undefined ? 0n : BigInt(digits + fraction.padEnd(6, "0"));
  if (millionths === 0n) throw new Fault(`not an exchange rate: ${rate}`);
  return millionths;
}

/**
 * Naira for one unit of a foreign currency, as both amounts of a checkout imply it, half-up to six decimals. `places` is how many decimals the
 * currency has (yen 0, dinar 3). Frozen on the order; the order's book stays in kobo.
 */
export function conversionRatio(amountKobo: bigint, amountFxMinor: bigint, places = 2): string {
  const millionths = halfUpDiv(amountKobo * micro * 10n ** BigInt(places), amountFxMinor * 100n);
  return `${millionths / micro}.${String(millionths % micro).padStart(6, "0")}`;
}

/** True if the kobo amount lies within 2 % of the foreign amount at this installation's rate (naira for one unit). `places` as above. */
export function withinRate(amountKobo: bigint, amountFxMinor: bigint, rate: string, places = 2): boolean {
  const expected = amountFxMinor * rateInMillionths(rate) * 100n;
  const off = amountKobo * micro * 10n ** BigInt(places) - expected;
  return (off < 0n ? -off : off) * 100n <= expected * 2n;
}

/** A kobo amount as the foreign figure to show or to pay (in the currency's smallest unit), at a frozen ratio, half-up. `places` as above. */
export function foreign(kobo: bigint, ratio: string, places = 2): bigint {
  return halfUpDiv(kobo * micro * 10n ** BigInt(places), rateInMillionths(ratio) * 100n);
}
