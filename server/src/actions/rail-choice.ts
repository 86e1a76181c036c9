import type { Tariff } from "../domain/fees.ts";
import { must } from "../domain/fault.ts";
import { refuse } from "../domain/refusals.ts";
import type { Refusal } from "../domain/refusals.ts";
import type { ActSettings, RailSettings } from "./settings.ts";

const free: Tariff = Object.freeze({ basisPoints: 0, flat: 0n, flatFrom: 0n, cap: 0n });

/** The rail that takes a payment in that currency: the wanted one, or the first. Refuses `no_rail` where there is none, `invalid` for a wanted one that is not among them. */
export function railThatTakes(rails: RailSettings, currency: string, wanted: string | null = null): string | Refusal {
  const able = rails.takes[currency] ?? [];
  const first = able[0];
  if (first === undefined) return refuse("no_rail");
  if (wanted === null) return first;
  if (able.includes(wanted)) return wanted;
  return refuse("invalid", `The rail field must be one of ${able.join(", ")}; it is "${wanted.slice(0, 40)}".`, { field: "rail" });
}

/** The rail that pays out in that currency what the rail `took` took. */
export function railThatPaysOut(rails: RailSettings, currency: string, took: string): string {
  return rails.paysOut[currency] ?? took;
}

/**
 * The rail that pays out another currency than the book's: the one the settings name, in a sandbox the sandbox rail; undefined where there
 * is none, since the rail that took the payment holds other money.
 */
export function railThatPaysForeign(settings: Pick<ActSettings, "mode" | "rails">, currency: string): string | undefined {
  return settings.rails.paysOut[currency] ?? (settings.mode === "sandbox" ? "sandbox" : undefined);
}

/**
 * The rail whose balance the operator means where it names none: the one that pays out in the currency, else the first that takes it, else
 * the first that takes the books' own.
 */
export function usualRail(rails: RailSettings, currency: string): string | Refusal {
  return rails.paysOut[currency] ?? rails.takes[currency]?.[0] ?? railThatTakes(rails, "NGN");
}

/** What a payment in that currency costs at a rail; nothing where the rail has named no tariff. */
export function tariffOf(rails: RailSettings, rail: string, currency: string): Tariff {
  return rails.tariffs[rail]?.[currency] ?? free;
}

/** The rail a refund leaves by: the one that holds its payment. */
export function railThatHolds(payment: { readonly rail: string } | undefined): string {
  return must(payment, "the payment of a refund").rail;
}
