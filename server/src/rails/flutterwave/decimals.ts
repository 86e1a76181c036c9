import { decimals, isCurrency } from "../../domain/currency.ts";
import { Fault } from "../../domain/fault.ts";
import { NoAnswer } from "../rail.ts";

/** A decimal as JSON and JavaScript write it: 4500, 26.875, 1e-7. */
const decimal = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/;

/**
 * Flutterwave's decimal of the major unit, as smallest units. The point of the written number is shifted, digit by digit; nothing is
 * multiplied. What is finer than the smallest unit (a fee of 26.875 naira) is {@link NoAnswer} unless `finer` says where to round: `up`
 * towards more, `down` towards less.
 */
export function minorOf(value: unknown, currency: string, finer: "refused" | "up" | "down" = "refused"): bigint {
  const known: boolean = isCurrency(currency);
  if (!known) throw new NoAnswer(`Flutterwave names a currency that is not known: ${currency}`);
  const [, sign, units, fraction = "", exponent = "0"] = decimal.exec(textOf(value) ?? "") ?? [];
  if (units === undefined) throw new NoAnswer(`Flutterwave names no amount of ${currency} where there should be one`);
  const finest = Number(exponent) - fraction.length;
  const shift = finest + decimals(currency);
  if (Math.abs(shift) > 40) throw new NoAnswer(`Flutterwave names an amount of ${currency} that nobody can have`);
  const digits = `${units}${fraction}${"0".repeat(Math.max(shift, 0))}`;
  const cut = Math.max(-shift, 0);
  const padded = digits.padStart(cut + 1, "0");
  const size = BigInt(padded.slice(0, padded.length - cut));
  const whole = sign === "-" ? -size : size;
  if (!/[1-9]/.test(padded.slice(padded.length - cut))) return whole;
  if (finer === "refused") throw new NoAnswer(`Flutterwave names an amount finer than ${currency} can be`);
  // What was cut off lies towards nothing: that is down for what is positive.
  if (sign === "-") return finer === "down" ? whole - 1n : whole;
  return finer === "up" ? whole + 1n : whole;
}

/** Smallest units as the number that Flutterwave takes. Up to fifteen digits a number is written out as the very decimal that was meant. */
export function majorOf(amount: bigint, currency: string): number {
  if (amount < 0n || amount >= 10n ** 15n) throw new Fault(`${amount} ${currency} cannot be written as a decimal`);
  const places = decimals(currency);
  const digits = amount.toString().padStart(places + 1, "0");
  return Number(`${digits.slice(0, digits.length - places)}.${digits.slice(digits.length - places)}`);
}

/** The shortest text of a number. Beyond fifteen digits it is noise of somebody's floating-point arithmetic (17.290000000000003). */
function textOf(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  if (typeof value !== "number" || !Number.isFinite(value) || Math.abs(value) >= 1e15) return undefined;
  const shortest = String(value);
  const significant = shortest.replace(/e.*$/, "").replace(/[-.]/g, "").replace(/^0+/, "");
  return significant.length > 15 ? value.toPrecision(15) : shortest;
}
