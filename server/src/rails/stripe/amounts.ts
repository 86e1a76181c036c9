import { decimals } from "../../domain/currency.ts";
import { NoAnswer } from "../rail.ts";
import { countedOtherwise } from "./from-memory.ts";

/** An amount of the currency's smallest unit as Stripe counts it, or why it cannot be said there exactly. */
export function toStripe(amount: bigint, currency: string): { readonly amount: number } | { readonly refused: string } {
  const { up, down, step } = ratio(currency);
  const whole = (amount * up) / down;
  if (whole * down !== amount * up || whole % step !== 0n)
    return { refused: `Stripe cannot count ${amount} of the smallest unit of ${currency} exactly.` };
  if (whole > BigInt(Number.MAX_SAFE_INTEGER)) return { refused: `${amount} of the smallest unit of ${currency} is too much for Stripe.` };
  return { amount: Number(whole) };
}

/** The way back. What does not come out even is {@link NoAnswer}: it is never rounded. */
export function fromStripe(amount: bigint, currency: string): bigint {
  const { up, down } = ratio(currency);
  if ((amount * down) % up !== 0n) throw new NoAnswer(`Stripe names an amount of ${currency} that has too many decimals: ${amount}`);
  return (amount * down) / up;
}

/** Stripe writes currencies in small letters. */
export const currencyOf = (written: string): string => written.toUpperCase();

function ratio(currency: string): { readonly up: bigint; readonly down: bigint; readonly step: bigint } {
  const here = decimals(currency);
  const { decimals: there, step } = countedOtherwise[currency] ?? { decimals: here, step: 1n };
  return { up: 10n ** BigInt(Math.max(there - here, 0)), down: 10n ** BigInt(Math.max(here - there, 0)), step };
}
