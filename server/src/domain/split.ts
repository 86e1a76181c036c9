import { Fault } from "./fault.ts";
import { plainNumber, wholeWithinNoise } from "./money.ts";
import { refuse } from "./refusals.ts";
import type { Refusal } from "./refusals.ts";

/** One hundred percent in basis points (hundredths of a percent). */
export const wholeInBasisPoints = 10_000;

/**
 * Divides a total by weights so that the parts sum to it exactly: everybody gets the rounded-down part, the units left over go one
 * each to the largest remainders, and of equal remainders to the one named first. Faults on negative numbers and on weights that are all 0.
 */
export function allocate(total: bigint, weights: readonly bigint[]): bigint[] {
  const sum = weights.reduce((all, weight) => all + weight, 0n);
  if (total < 0n || sum <= 0n || weights.some((weight) => weight < 0n)) throw new Fault(`cannot divide ${total} by ${weights.join(":")}`);
  const parts = weights.map((weight, place) => ({ place, units: (total * weight) / sum, remainder: (total * weight) % sum }));
  const left = total - parts.reduce((all, part) => all + part.units, 0n);
  // Sorting keeps the order of what compares as equal, so that of equal remainders the one named first stays first.
  const byRemainder = parts.toSorted((a, b) => Number(b.remainder - a.remainder));
  const lucky = new Set(byRemainder.slice(0, Number(left)).map((part) => part.place));
  return parts.map((part) => (lucky.has(part.place) ? part.units + 1n : part.units));
}

/**
 * Reads a percentage from 0 to 100 with at most two decimals as basis points: "12.5" is 1250. Takes a number or a plain decimal
 * string; float noise (100 − 80.1 = 19.900000000000006) is rounded away. Refuses `share_invalid`, naming the field.
 */
export function parsePercent(value: unknown, field = "commission"): number | Refusal {
  const percent = plainNumber(value);
  const basisPoints = percent === undefined || percent < 0 || percent > 100 ? undefined : wholeWithinNoise(percent * 100);
  if (basisPoints === undefined) {
    return refuse("share_invalid", `${field} must be a percentage from 0 to 100 with at most two decimals.`, { field });
  }
  return basisPoints;
}

/** Divides n between the seller, who gets the given basis points, and the other payee; of equal remainders the seller gets the unit. */
export function splitByPercent(n: bigint, sellersBasisPoints: number): [seller: bigint, other: bigint] {
  const seller = BigInt(sellersBasisPoints);
  const [first = 0n, second = 0n] = allocate(n, [seller, BigInt(wholeInBasisPoints) - seller]);
  return [first, second];
}
