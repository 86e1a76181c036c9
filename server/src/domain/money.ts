import { Fault } from "./fault.ts";
import { refuse } from "./refusals.ts";
import type { Refusal } from "./refusals.ts";

/** The largest amount taken from outside, in minor units: 10^13 kobo is 100 billion naira, and far below 2^53. */
export const largestAmount = 10_000_000_000_000n;

/**
 * numerator ÷ denominator to the nearest whole number, halves upwards. The one rounding rule of every fee.
 * Faults on a negative numerator or a denominator that is not positive: no amount here is ever negative.
 */
export function halfUpDiv(numerator: bigint, denominator: bigint): bigint {
  if (numerator < 0n || denominator <= 0n) throw new Fault(`halfUpDiv(${numerator}, ${denominator}) is not defined`);
  return (2n * numerator + denominator) / (2n * denominator);
}

/** The smaller of two amounts. */
export function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

/** The larger of two amounts. */
export function greatest(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

/** The largest distance from a whole number that still counts as noise of floating-point arithmetic, for a value of this size. */
function noise(value: number): number {
  return Math.min(value * 1e-6, 0.01);
}

/**
 * The whole number a float was meant to be (434.99999999999994 is 435), or undefined if it is a fraction in earnest. A value counts
 * as whole within a millionth of itself and never further away than a hundredth. Expects a finite value that is not negative.
 */
export function wholeWithinNoise(value: number): number | undefined {
  const whole = Math.round(value);
  return Math.abs(value - whole) <= noise(value) ? whole : undefined;
}

/** Digits with at most one point between them; no sign, space, comma or exponent. */
const plainDecimal = /^\d{1,20}(\.\d{1,30})?$/;

/** A number as it stands in JSON or in a form: a finite number or a string of plain decimal digits. Anything else is undefined. */
export function plainNumber(value: unknown): number | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  if (typeof value === "string" && plainDecimal.test(value)) return Number(value);
  return undefined;
}

function refusedAmount(field: string, why: string): Refusal {
  return refuse("amount_invalid", `${field} ${why}.`, { field });
}

/** What is wrong with an amount before it is looked at as a whole number; undefined if nothing is. */
function amountOutside(value: number, field: string): Refusal | undefined {
  if (value <= 0) return refusedAmount(field, "must be more than 0");
  if (value > Number(largestAmount)) return refusedAmount(field, `must not be more than ${largestAmount}`);
  return undefined;
}

/**
 * Reads an amount in minor units (kobo) from outside: a number or a plain decimal string. Shops that count in floats send
 * 1998.9999999999998 for 1999, so noise is rounded away; half a kobo is not noise and is refused.
 *
 * Refuses `amount_invalid`, naming the field: missing, text, booleans, signs, commas, spaces, exponents, NaN, 0, negative,
 * fractions, more than {@link largestAmount}.
 */
export function minor(value: unknown, field = "amount"): bigint | Refusal {
  const number = plainNumber(value);
  if (number === undefined) return refusedAmount(field, "must be a whole number of the smallest unit, written in digits only");
  const outside = amountOutside(number, field);
  if (outside !== undefined) return outside;
  const whole = wholeWithinNoise(number);
  return whole === undefined ? refusedAmount(field, "must be a whole number of the smallest unit, without a fraction") : BigInt(whole);
}

/**
 * Like {@link minor}, but a fraction is rounded half-up: for amounts that a shop computed as price × exchange rate, where a fraction
 * of a kobo is no mistake. Refuses `amount_invalid` for the same reasons otherwise, and for what rounds to 0.
 */
export function nearestMinor(value: unknown, field = "amount"): bigint | Refusal {
  const number = plainNumber(value);
  return minor(number === undefined ? value : Math.round(number), field);
}
