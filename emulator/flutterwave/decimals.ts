import { flutterwaveNo } from "./answers.ts";

/** Currencies of the wire that have no decimals. All others here have two. */
const whole: ReadonlySet<string> = new Set(["XAF", "XOF", "UGX", "RWF"]);
const places = (currency: string): number => (whole.has(currency) ? 0 : 2);

/** Reads a decimal of the major unit, exactly. One with more places than the currency has is refused, not rounded. */
export function toMinor(given: number | string, currency: string): bigint {
  const decimals = places(currency);
  const [, units, part = ""] = /^(\d{1,13})(?:\.(\d+))?$/.exec(String(given)) ?? [];
  if (units === undefined || part.length > decimals) throw flutterwaveNo(`amount must be a number with at most ${decimals} decimals`);
  const amount = BigInt(units + part.padEnd(decimals, "0"));
  if (amount === 0n) throw flutterwaveNo("amount must be more than 0");
  return amount;
}

/** Writes an amount as the wire's decimal. */
export function toMajor(amount: bigint, currency: string): number {
  const decimals = places(currency);
  if (decimals === 0) return Number(amount);
  const digits = (amount < 0n ? -amount : amount).toString().padStart(decimals + 1, "0");
  return Number(`${amount < 0n ? "-" : ""}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`);
}
