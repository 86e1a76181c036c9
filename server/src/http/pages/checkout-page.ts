import type { Order } from "../../domain/order.ts";
import type { ForeignMoney } from "../paid-in-part.ts";
import { greatest } from "../../domain/money.ts";
import { facts, note, sum } from "./blocks.ts";
import { checkoutTerms } from "./checkout-terms.ts";
import type { FieldError } from "./form.ts";
import { button, errorSummary, postForm, textField } from "./form.ts";
import type { Hidden, Html, PageView, Value } from "./html.ts";
import { document, foreign, html, safeAddress } from "./html.ts";
import { money, moneyBoth } from "./money.ts";
import { plannedDelivery } from "./planned-delivery.ts";
import { moment } from "./time.ts";

/** What the buyer must know of an order before paying. An {@link Order} fits. */
export type CheckoutOrder = Pick<
  Order,
  | "id"
  | "shopOrderId"
  | "currency"
  | "bookCurrency"
  | "amountFx"
  | "productCost"
  | "escrowFee"
  | "escrowFeeOfBuyer"
  | "railFee"
  | "amount"
  | "net"
  | "terms"
  | "payBy"
> & { readonly details: Pick<Order["details"], "productName" | "productDesc" | "deliveryLocation" | "deliveryDate" | "platform"> };

/** Who is paid in the end, as the buyer may know it. */
export interface ShopView {
  readonly name: string;
  readonly email: string;
  readonly phone: string;
  /** Its identity was verified by the operator of this installation. */
  readonly verified: boolean;
}

/** The checkout. The form posts `buyer_email`, `buyer_phone` and `alt_recipient`. */
export interface CheckoutView extends PageView {
  readonly payUrl: string;
  readonly hidden: Hidden;
  /** Back to the shop, on an origin it registered; null where there is none. */
  readonly backUrl: string | null;
  readonly shop: ShopView;
  readonly order: CheckoutOrder;
  readonly project: { readonly id: number; readonly name: string } | null;
  /** The name of the provider who is paid out of the seller's part. */
  readonly providerName: string | null;
  /** What the shop sent, or what was typed before an error. */
  readonly contacts: { readonly email: string; readonly phone: string; readonly altRecipient: string };
  /** Money of this order that arrived before and fell short, in minor units of the book's currency; 0n usually. */
  readonly alreadyPaid: bigint;
  /** Money that came for it in another currency. */
  readonly foreign?: readonly ForeignMoney[];
  readonly errors: readonly FieldError[];
}

/** The page on which the buyer sees everything, confirms the contacts and pays. */
export function checkoutPage(view: CheckoutView): string {
  const { order } = view;
  const remaining = greatest(order.amount - view.alreadyPaid, 0n);
  const body = html`<div class="head"><h1>Pay into escrow</h1><p class="muted">${foreign(view.shop.name)}, order ${foreign(order.shopOrderId)}</p></div>
${errorSummary(view.errors)}
${view.alreadyPaid > 0n && shortNote(view, remaining)}${(view.foreign ?? []).map((one) => foreignNote(view, one, remaining))}
<section class="block"><h2>What you pay for</h2><p class="lead">${foreign(order.details.productName)}</p>${
    order.details.productDesc !== "" && html`<p class="muted pre">${foreign(order.details.productDesc)}</p>`
  }${facts([
    ["Milestone of project", view.project === null ? null : html`${foreign(view.project.name)} (project ${view.project.id})`],
    ["Delivered to", order.details.deliveryLocation === "" ? null : foreign(order.details.deliveryLocation)],
    ["Delivery planned for", plannedDelivery(order.details)],
  ])}</section>
<section class="block"><h2>What it costs, and who bears it</h2>${costs(order)}${sellersPart(view)}</section>
${checkoutTerms(order)}
${seller(view.shop, order.terms.source)}
${payForm(view, remaining)}`;
  const description = "What you pay, who bears which fee, and when you get your money back.";
  return document({ title: `Pay ${view.shop.name} into escrow`, body, sandbox: view.sandbox, description });
}

function shortNote(view: CheckoutView, remaining: bigint): Html {
  const { order } = view;
  const kept = html`We have ${money(view.alreadyPaid, order.bookCurrency)} of it.`;
  const body = html`<p>${kept} Pay the remaining ${money(remaining, order.bookCurrency)}${
    order.payBy !== null && html` by ${moment(order.payBy)}`
  }. If it stays short, what you paid goes back to you.</p>`;
  return note("warn", "Your payment was short", body);
}

function foreignNote({ order }: CheckoutView, one: ForeignMoney, remaining: bigint): Html {
  const came = money(one.amount, one.currency);
  const goes = one.back ? html`The ${came} went back to you.` : html`The ${came} goes back to you by itself.`;
  const body = html`<p>We got ${came}, but this order is paid in ${order.bookCurrency}. ${goes} The order still waits for ${money(remaining, order.bookCurrency)}.</p>`;
  return note("warn", "Your payment came in another currency", body);
}

/** What the buyer pays, line by line, as it adds up. */
export function costs(order: CheckoutOrder): Html {
  const both = (amount: bigint): Value => moneyBoth(amount, order);
  const lines: (readonly [Value, Value])[] = [["Product, with shipping", both(order.productCost)]];
  if (order.escrowFeeOfBuyer > 0n) {
    const half = order.terms.escrowFeeBearer === "shared" ? ", your half" : "";
    lines.push([html`Escrow fee${half} <span class="muted">– paid by you</span>`, both(order.escrowFeeOfBuyer)]);
  }
  if (order.terms.railFeeBearer === "buyer") lines.push([html`Payment fee <span class="muted">– paid by you</span>`, both(order.railFee)]);
  const total = ["Total deposit", both(order.amount)] as const;
  return html`${sum({ caption: "You pay", currency: order.bookCurrency, lines, total })}
<p class="lead">You deposit <strong>${money(order.amount, order.bookCurrency)}</strong> into escrow. Nobody is paid from it before you accept the delivery or it is clear who gets it.</p>`;
}

/** What becomes of the deposit when the buyer accepts. */
export function sellersPart(view: Pick<CheckoutView, "order" | "providerName">): Html {
  const { order } = view;
  const both = (amount: bigint): Value => moneyBoth(amount, order);
  const bearer = order.terms.escrowFeeBearer;
  const whose = bearer === "buyer" ? "which you pay" : bearer === "seller" ? "which the seller pays" : "which you and the seller share";
  const rail = order.terms.railFeeBearer === "buyer" ? "which you pay" : "which the seller pays";
  const less = (amount: bigint): Value => html`− ${both(amount)}`;
  return html`${sum({
    caption: "When you accept the delivery",
    currency: order.bookCurrency,
    lines: [
      ["Your deposit", both(order.amount)],
      [html`Escrow fee, ${whose}`, less(order.escrowFee)],
      [html`Payment fee, ${rail}`, less(order.railFee)],
    ],
    total: ["The seller is credited", both(order.net)],
  })}${view.providerName !== null && html`<p class="muted">Out of this the seller shares with its service provider ${foreign(view.providerName)}.</p>`}`;
}

function seller(shop: ShopView, source: CheckoutOrder["terms"]["source"]): Html {
  const checked = shop.verified ? "Its identity was verified by the operator of this page." : "Its identity has not been verified yet.";
  return html`<section class="block"><h2>Who the seller is</h2>${facts([
    ["Name", foreign(shop.name)],
    ["E-mail", shop.email === "" ? null : foreign(shop.email)],
    ["Phone", shop.phone === "" ? null : foreign(shop.phone)],
    ["Identity", checked],
  ])}${
    source === "browser" &&
    html`<p class="muted">The shop sent this order through your browser without its signature. Check that product and price are what you agreed on.</p>`
  }</section>`;
}

function payForm(view: CheckoutView, remaining: bigint): Html {
  const { contacts, errors, order } = view;
  const hint = "Links for this order go only to these contacts. Replace them if they are not yours.";
  const body = html`${textField({ name: "buyer_email", label: "Your e-mail", type: "email", autocomplete: "email", value: contacts.email, required: true, maxlength: 254, errors })}
${textField({ name: "buyer_phone", label: "Your phone", type: "tel", autocomplete: "tel", hint: "With the country code, for example +234 803 000 0000.", value: contacts.phone, required: true, maxlength: 32, errors })}
${textField({ name: "alt_recipient", label: "Phone of another recipient (optional)", type: "tel", hint: "If somebody else takes the delivery for you. This number gets no links.", value: contacts.altRecipient, maxlength: 32, errors })}
<p class="muted">By paying you agree to the terms on this page. They do not change for this order afterwards.</p>
<div class="actions">${button({
    text: html`${view.alreadyPaid > 0n ? "Pay the remaining" : "Pay"} ${money(remaining, order.bookCurrency)}`,
  })}${view.backUrl !== null && html`<a class="button quiet" href="${safeAddress(view.backUrl)}">Cancel, back to the shop</a>`}</div>`;
  return html`<section class="block"><h2>Confirm who you are, and pay</h2><p>${hint}</p>${postForm({ url: view.payUrl, hidden: view.hidden, body })}${
    order.payBy !== null && html`<p class="muted">This checkout is open until ${moment(order.payBy)}.</p>`
  }</section>`;
}
