import { facts } from "./blocks.ts";
import type { CheckoutView } from "./checkout-page.ts";
import { costs, sellersPart } from "./checkout-page.ts";
import { checkoutTerms } from "./checkout-terms.ts";
import { document, foreign, html } from "./html.ts";

/** What the summary shows: the order and its terms, and nobody's contacts. */
export type CheckoutSummary = Pick<CheckoutView, "sandbox" | "order" | "project" | "providerName"> & { readonly shopName: string };

/**
 * What the buyer pays and agrees to, to be read inside the dialog over the shop's page. There is nothing on it to press: no form, no link,
 * so whoever frames it can lead nobody to do anything.
 */
export function checkoutSummaryPage(view: CheckoutSummary): string {
  const { order } = view;
  const body = html`<section class="block"><h1>What it costs, and who bears it</h1>${costs(order)}${sellersPart(view)}</section>
${checkoutTerms(order)}
<section class="block"><h2>What you pay for</h2><p class="lead">${foreign(order.details.productName)}</p>${facts([
    ["Seller", foreign(view.shopName)],
    ["Milestone of project", view.project === null ? null : html`${foreign(view.project.name)} (project ${view.project.id})`],
  ])}</section>`;
  return document({ title: "What you pay and agree to", body, sandbox: view.sandbox, bare: true });
}
