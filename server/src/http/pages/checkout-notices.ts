import { facts, note } from "./blocks.ts";
import { button, postForm } from "./form.ts";
import type { Hidden, Html, PageView } from "./html.ts";
import { document, foreign, html, safeAddress } from "./html.ts";
import { money } from "./money.ts";
import { moment } from "./time.ts";

/** What all pages around a checkout show. */
export interface CheckoutNoticeView extends PageView {
  readonly shopName: string;
  readonly shopOrderId: string;
  /** Back to the shop; null where there is no address for it. */
  readonly backUrl: string | null;
}

function page(view: CheckoutNoticeView, heading: string, body: Html): string {
  const whole = html`<div class="head"><h1>${heading}</h1><p class="muted">${foreign(view.shopName)}, order ${foreign(view.shopOrderId)}</p></div>${body}`;
  return document({ title: heading, body: whole, sandbox: view.sandbox });
}

function back(view: CheckoutNoticeView, text: string, look = ""): Html {
  return html`${view.backUrl !== null && html`<a class="button ${look}" href="${safeAddress(view.backUrl)}">${text}</a>`}`;
}

export interface PaymentPendingView extends CheckoutNoticeView {
  readonly amount: bigint;
  readonly currency: string;
  /** This page again; the route sends it along in a `Refresh` header. */
  readonly refreshUrl: string;
  readonly refreshSeconds: number;
}

/** The rail has not decided yet. The route refreshes the page by a header; a link does the same by hand. */
export function paymentPendingPage(view: PaymentPendingView): string {
  const body = html`<section class="block" role="status"><p class="lead">Your payment of <strong>${money(view.amount, view.currency)}</strong> is on its way.</p>
<p>Your bank or card has not confirmed it yet. Do not pay a second time. This page looks again by itself every ${view.refreshSeconds} seconds, and you can close it: we write to your contacts when the money has arrived.</p>
<div class="actions"><a class="button" href="${safeAddress(view.refreshUrl)}">Look again now</a>${back(view, "Back to the shop", "quiet")}</div></section>`;
  return page(view, "Waiting for your payment", body);
}

export interface AlreadyFundedView extends CheckoutNoticeView {
  readonly orderId: number;
  readonly amount: bigint;
  readonly currency: string;
  readonly fundedAt: Date;
}

/** The money is in escrow: nothing is left to pay. */
export function alreadyFundedPage(view: AlreadyFundedView): string {
  const body = html`${note("good", "Your money is in escrow", html`<p>You deposited <strong>${money(view.amount, view.currency)}</strong>. There is nothing more to pay.</p>`)}
<section class="block"><h2>What happens next</h2><p>The seller has been told to deliver. A link to your order’s page went to the contacts you confirmed: there you accept or reject the delivery.</p>${facts(
    [
      ["Escrow order", view.orderId],
      ["Paid", moment(view.fundedAt)],
    ],
  )}<div class="actions">${back(view, "Back to the shop")}</div></section>`;
  return page(view, "This order is paid", body);
}

export interface CheckoutExpiredView extends CheckoutNoticeView {
  readonly expiredAt: Date | null;
}

/** The time to pay is over. */
export function checkoutExpiredPage(view: CheckoutExpiredView): string {
  const body = html`<section class="block"><p class="lead">The time to pay for this order is over${
    view.expiredAt !== null && html` since ${moment(view.expiredAt)}`
  }. Nothing was taken from you.</p><p>If you still want to buy, order again in the shop. If you paid in the meantime, the money goes back to where it came from.</p><div class="actions">${back(view, "Back to the shop")}</div></section>`;
  return page(view, "This checkout has ended", body);
}

/** Posts `hidden` (the fields of the first form) again, with `pay_again=yes`. */
export interface PayAgainView extends CheckoutNoticeView {
  readonly actionUrl: string;
  readonly hidden: Hidden;
  readonly amount: bigint;
  readonly currency: string;
  readonly earlier: { readonly orderId: number; readonly amount: bigint; readonly currency: string; readonly fundedAt: Date };
}

/** The same shop order was paid within a day: asks before another is paid. */
export function payAgainPage(view: PayAgainView): string {
  const { earlier } = view;
  const body = html`${note(
    "warn",
    "This may be a second payment",
    html`<p>An order with the same number in this shop was paid into escrow not long ago. If this is the same purchase, do not pay again.</p>`,
  )}
<section class="block"><h2>Paid already</h2>${facts([
    ["Escrow order", earlier.orderId],
    ["Amount", money(earlier.amount, earlier.currency)],
    ["Paid", moment(earlier.fundedAt)],
  ])}${postForm({
    url: view.actionUrl,
    hidden: { ...view.hidden, pay_again: "yes" },
    body: html`<div class="actions">${back(view, "It is the same, back to the shop")}${button({
      text: html`It is another one: go on to pay ${money(view.amount, view.currency)}`,
      look: "quiet",
    })}</div>`,
  })}</section>`;
  return page(view, "Pay for this order again?", body);
}

export interface MilestoneInTheWayView extends CheckoutNoticeView {
  readonly project: { readonly id: number; readonly name: string };
  readonly milestone: { readonly orderId: number; readonly position: number | null; readonly name: string; readonly state: string };
  /** Sentences: what would free the project for the next milestone. */
  readonly wouldFree: readonly string[];
}

/** A project has one live milestone at a time; names it and what would free the way. */
export function milestoneInTheWayPage(view: MilestoneInTheWayView): string {
  const { milestone, project } = view;
  const body = html`<section class="block"><p class="lead">In project ${foreign(project.name)} one milestone is paid at a time, and another one is not done yet. Nothing was taken from you.</p>${facts(
    [
      ["Project", html`${foreign(project.name)} (${project.id})`],
      [
        "Milestone in the way",
        html`${foreign(milestone.name)} (order ${milestone.orderId}${milestone.position !== null && html`, position ${milestone.position}`})`,
      ],
      ["Its state", milestone.state],
    ],
  )}</section>
<section class="block"><h2>What would free the way</h2><ul class="sentences">${view.wouldFree.map((line) => html`<li>${line}</li>`)}</ul><div class="actions">${back(view, "Back to the shop", "quiet")}</div></section>`;
  return page(view, "Another milestone comes first", body);
}
