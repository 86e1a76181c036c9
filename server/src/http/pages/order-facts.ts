import { facts } from "./blocks.ts";
import { termFacts } from "./checkout-terms.ts";
import type { Html } from "./html.ts";
import { foreign, html } from "./html.ts";
import { moneyBoth } from "./money.ts";
import type { OrderView } from "./order-view.ts";
import { reasonText } from "./order-words.ts";
import { plannedDelivery } from "./planned-delivery.ts";
import { moment } from "./time.ts";

/** What was ordered, what it cost, and what was agreed. */
export function deliveredFacts(view: Pick<OrderView, "order" | "viewer" | "project" | "providerName" | "buyerName">): Html {
  const { order } = view;
  const { details } = order;
  const ordered = facts([
    ["Product", foreign(details.productName)],
    ["Description", details.productDesc === "" ? null : html`<span class="pre">${foreign(details.productDesc)}</span>`],
    [
      "Project",
      view.project === null
        ? null
        : html`${foreign(view.project.name)} (${view.project.id}${view.project.position !== null && html`, milestone ${view.project.position}`})`,
    ],
    ["Buyer", view.viewer === "buyer" || view.buyerName === "" ? null : foreign(view.buyerName)],
    ["Recipient’s phone", details.recipient === "" ? null : foreign(details.recipient)],
    ["Delivered to", details.deliveryLocation === "" ? null : foreign(details.deliveryLocation)],
    ["Delivery planned for", plannedDelivery(details)],
    ["Service provider", view.viewer === "buyer" || view.providerName === null ? null : foreign(view.providerName)],
    ["Rejected because", order.reason === null ? null : foreign(reasonText(order.reason))],
    ["Comment", order.comment === null || order.comment === "" ? null : html`<span class="pre">${foreign(order.comment)}</span>`],
    ["Escrow order", order.id],
    ["Paid", order.fundedAt === null ? null : moment(order.fundedAt)],
  ]);
  const cost = facts([
    ["Product, with shipping", moneyBoth(order.productCost, order)],
    ["Deposit", moneyBoth(order.amount, order)],
    ["Escrow fee", moneyBoth(order.escrowFee, order)],
    ["Payment fee", moneyBoth(order.railFee, order)],
    ["Seller is credited on acceptance", moneyBoth(order.net, order)],
  ]);
  return html`<section class="block"><h2>The order</h2>${ordered}</section>
<section class="block"><h2>What was agreed</h2>${cost}${termFacts(order, view.viewer === "buyer" ? "you" : "the buyer")}</section>`;
}
