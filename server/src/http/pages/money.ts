import { format } from "../../domain/currency.ts";
import { halfUpDiv } from "../../domain/money.ts";
import type { Order } from "../../domain/order.ts";
import type { Html } from "./html.ts";
import { html } from "./html.ts";

/** An amount in minor units as people read it, never broken over two lines: `NGN 4,500.00`. */
export function money(amount: bigint, currency: string): Html {
  return html`<span class="money">${format(amount, currency)}</span>`;
}

/** An amount in minor units as it is typed into a field: `4500.00`. */
export function typed(amount: bigint, currency: string): string {
  return format(amount, currency)
    .slice(currency.length + 1)
    .replaceAll(",", "");
}

/** What is needed to say an amount in the currency the buyer shopped in. */
export type ForeignRate = Pick<Order, "currency" | "bookCurrency" | "amountFx" | "productCost">;

/**
 * An amount of the book's currency in the currency the buyer shopped in, half-up at the order's frozen rate; null where both are the same.
 * The rate is the product's price in both currencies.
 */
export function inForeign(amount: bigint, order: ForeignRate): bigint | null {
  if (order.currency === order.bookCurrency || order.amountFx === null || order.productCost <= 0n) return null;
  return halfUpDiv(amount * order.amountFx, order.productCost);
}

/** The amount with the foreign one beside it, where there is one: `NGN 4,500.00 (USD 10.98)`. */
export function moneyBoth(amount: bigint, order: ForeignRate): Html {
  const other = inForeign(amount, order);
  const own = money(amount, order.bookCurrency);
  return other === null ? own : html`${own} <span class="muted">(${money(other, order.currency)})</span>`;
}
