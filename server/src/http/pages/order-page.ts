import { deliveredFacts } from "./order-facts.ts";
import { doneMessage, link, note, sentences, whoGetsWhat, whySection } from "./blocks.ts";
import { button, errorSummary, postForm } from "./form.ts";
import type { Hidden, Html, PageView, Value } from "./html.ts";
import { document, foreign, html, shortened } from "./html.ts";
import { money, moneyBoth } from "./money.ts";
import { moneyOutSection } from "./order-money.ts";
import { stepForms } from "./order-steps.ts";
import type { HistoryStep, OrderView, ShownOrder } from "./order-view.ts";
import type { MissingMoney, Viewer } from "./order-words.ts";
import { moneyPlace, stateSentence, stateTitle, stepText, whoseTurn } from "./order-words.ts";
import { moment } from "./time.ts";

/** Buyer's or seller's page behind a link. */
export function orderPage(view: OrderView): string {
  return document({ title: `Order ${view.order.id}: ${stateTitle(view.order.state)}`, body: orderBody(view), sandbox: view.sandbox });
}

/** The same without the frame, for the signed-in seller and the operator. */
export function orderBody(view: OrderView): Html {
  const { order } = view;
  return html`${orderHead(order, view.shopName)}
${doneMessage(view.done)}${errorSummary(view.errors, view.tried ?? "")}
${whereMoneyIs(view)}
${whatNext(view)}
${stepForms(view)}
${moneyOutSection(view)}
${whySection(view.why)}
${deliveredFacts(view)}
${historySection(view.history)}${receiptSection(view)}`;
}

/** Where the buyer gets a proof that the balance is in the installation's signed sum. */
function receiptSection({ receiptUrl }: OrderView): Value {
  if (receiptUrl === null || receiptUrl === undefined) return null;
  return html`<section class="block"><h2>Proof that your money is counted</h2><p>${link({ href: receiptUrl, text: "Download the receipt" })}: it proves, without us, that this order’s money is in the sum of everything we owe, which we signed.</p></section>`;
}

/** The page's first lines: what order this is and how it stands. */
export function orderHead(order: ShownOrder, shopName: string): Html {
  return html`<div class="head"><p class="muted">${foreign(shopName)}, order ${foreign(order.shopOrderId)}</p><h1>${foreign(shortened(order.details.productName, 120))}</h1><p><span class="state">${stateTitle(order.state)}</span></p></div>`;
}

function whereMoneyIs({ order, escrow, viewer, missing }: Pick<OrderView, "order" | "escrow" | "viewer" | "missing">): Html {
  const place = moneyPlace(order.state);
  const turn = whoseTurn(order.state, viewer);
  const sentence = html`<p>${turn !== null && html`<strong>${turn}</strong> `}${stateSentence(order.state, missing)}</p>`;
  const lost =
    order.lost > 0n &&
    place === "escrow" &&
    html`<p>${money(order.lost, order.bookCurrency)} of it was taken back by the buyer’s bank.</p>`;
  return html`<section class="block"><h2>Where the money is</h2>${moneyLine(order, escrow, place)}${lost}${sentence}${
    order.ending !== null && whoGetsWhat({ ...order.ending, currency: order.bookCurrency }, "Who got what", viewer)
  }</section>`;
}

function moneyLine(order: ShownOrder, escrow: bigint, place: "unpaid" | "escrow" | "out"): Value {
  if (place === "escrow")
    return html`<p class="key">${moneyBoth(escrow, order)}</p><p>This is held in escrow. Nobody has been paid from it.</p>`;
  if (place === "out") return html`<p>Escrow is empty: the money of this order has gone out or is on its way.</p>`;
  const due = order.state === "expired" ? "" : html` The buyer would pay ${moneyBoth(order.amount, order)}.`;
  return html`<p>Nothing was paid into escrow.${due}</p>`;
}

function whatNext(view: OrderView): Value {
  const { order } = view;
  if (view.clockStopped) {
    return note(
      "warn",
      "The clock stands still",
      html`<p>The buyer’s bank disputes the payment. Time limits of this order do not run until that is decided.</p>`,
    );
  }
  const lines: Value[] = [];
  if (order.dueAt !== null && view.silence !== null)
    lines.push(html`If nobody acts until <strong>${moment(order.dueAt)}</strong>, ${view.silence}.`);
  if (order.state === "funded" && order.freeCancelUntil !== null)
    lines.push(html`The buyer can cancel free of charge until ${moment(order.freeCancelUntil)}.`);
  if (view.offer !== null && view.offer.kind !== "ruling") lines.push(offerLine(view, view.offer));
  if (lines.length === 0) return null;
  return html`<section class="block"><h2>What happens next</h2>${sentences(lines)}</section>`;
}

function offerLine(view: OrderView, offer: NonNullable<OrderView["offer"]>): Html {
  const own = offer.party === view.viewer;
  const who = own ? "You offered" : `The ${offer.party} offers`;
  const what =
    offer.kind === "redelivery"
      ? "a second delivery"
      : html`a split in which the buyer gets ${money(offer.buyerGets ?? 0n, view.order.bookCurrency)} back`;
  const waits = own ? "the other side can accept it" : "it is open";
  return html`${who} ${what}; ${waits} until ${moment(offer.expiresAt)}.`;
}

/** What happened so far, the newest first. */
export function historySection(history: readonly HistoryStep[]): Html {
  if (history.length === 0) return html``;
  const line = (step: HistoryStep): Html =>
    html`<li><p>${stepText(step)}.</p>${step.said !== null && step.said !== undefined && step.said !== "" && html`<p class="pre">“${foreign(step.said)}”</p>`}<p class="muted small-text">${moment(step.at)}</p></li>`;
  return html`<section class="block"><h2>What happened so far</h2><ol class="history">${history.map(line)}</ol></section>`;
}

/** A link that has ended, or a step just done: the order as it stands, without forms, and a way to a fresh link. */
export interface OrderSummaryView extends PageView {
  readonly viewer: Viewer;
  readonly order: ShownOrder;
  readonly shopName: string;
  readonly escrow: bigint;
  readonly missing?: readonly MissingMoney[];
  /** The message of the step just done; null: the link was stale. */
  readonly done: string | null;
  /** Posts nothing but `hidden`; null: no fresh link is offered. */
  readonly freshUrl: string | null;
  readonly hidden: Hidden;
}

/** Read-only: shows how the order stands, and offers a fresh link to the contact the old one went to. */
export function orderSummaryPage(view: OrderSummaryView): string {
  const stale =
    view.done === null &&
    note(
      "warn",
      "This link has ended",
      html`<p>It is too old, or the order has moved on since it was sent. You see how the order stands; to act on it, you need a fresh link.</p>`,
    );
  const again =
    view.freshUrl !== null &&
    html`<section class="block"><h2>${view.done === null ? "Get a fresh link" : "Come back to this order"}</h2><p>Each link works for one state of the order. We send the new one to the contact you confirmed.</p>${postForm({ url: view.freshUrl, hidden: view.hidden, body: button({ text: "Send me a fresh link", look: view.done === null ? "main" : "quiet" }) })}</section>`;
  const body = html`${orderHead(view.order, view.shopName)}${doneMessage(view.done)}${stale}${whereMoneyIs(view)}${again}`;
  return document({ title: `Order ${view.order.id}: ${stateTitle(view.order.state)}`, body, sandbox: view.sandbox });
}

/** One message and nothing else: a link was sent, a request was taken. */
export interface MessageView extends PageView {
  readonly title: string;
  readonly message: string;
}

export function messagePage(view: MessageView): string {
  const body = html`<div class="head"><h1>${view.title}</h1></div><section class="block" role="status"><p class="lead">${view.message}</p></section>`;
  return document({ title: view.title, body, sandbox: view.sandbox });
}
