import type { OrderState } from "../../domain/order-table.ts";
import { orderStates } from "../../domain/order-table.ts";
import { doneMessage, link, note, paging, table } from "./blocks.ts";
import { button, postForm, selectField } from "./form.ts";
import type { DocumentView, Hidden, Html, Link, PageView } from "./html.ts";
import { document, foreign, html, safeAddress, shortened } from "./html.ts";
import { money } from "./money.ts";
import { orderBody } from "./order-page.ts";
import type { OrderView } from "./order-view.ts";
import { stateTitle, whoseTurn } from "./order-words.ts";
import { moment } from "./time.ts";

/** What every page of somebody signed in carries: links to the other pages, and how to sign out. */
export interface SignedInView extends PageView {
  readonly nav: readonly Link[];
  readonly signOut: { readonly url: string; readonly hidden: Hidden };
}

/** The frame of a page of somebody signed in. */
export function signedIn(view: SignedInView, page: Pick<DocumentView, "title" | "body">): string {
  return document({ ...page, sandbox: view.sandbox, nav: view.nav, signOut: view.signOut, wide: true });
}

/** One line of a list of orders. Amounts in minor units of `currency`. */
export interface OrderLine {
  readonly id: number;
  readonly url: string;
  readonly shopOrderId: string;
  readonly productName: string;
  readonly buyer: string;
  readonly amount: bigint;
  readonly currency: string;
  readonly state: OrderState;
  /** When something happens by itself. */
  readonly dueAt: Date | null;
  readonly createdAt: Date;
}

/** A marketplace operator wants to take this seller on; nothing happens unless the seller confirms. Posts `operator`, its number. */
export interface Invitation {
  readonly operatorId: number;
  readonly operatorName: string;
  readonly at: Date;
}

/** The seller's first page. The filter is a GET form with `state`. */
export interface SellerOrdersView extends SignedInView {
  readonly name: string;
  readonly orders: readonly OrderLine[];
  /** The chosen filter; null: all. */
  readonly state: OrderState | null;
  readonly filterUrl: string;
  readonly newerUrl: string | null;
  readonly olderUrl: string | null;
  readonly invitations: readonly Invitation[];
  readonly invitationUrl: string;
  readonly hidden: Hidden;
  readonly done: string | null;
}

export function sellerOrdersPage(view: SellerOrdersView): string {
  const choices = orderStates.map((value) => ({ value, text: stateTitle(value) }));
  const filter = html`<form method="get" action="${safeAddress(view.filterUrl)}" class="inline-form" aria-label="Filter">${selectField({ name: "state", label: "State", choices, empty: "All", value: view.state ?? "" })}${button({ text: "Show", look: "quiet" })}</form>`;
  const empty = view.state === null ? "No orders yet. They appear here when a buyer opens a checkout." : "No orders in this state.";
  const body = html`<div class="head"><h1>Orders</h1><p class="muted">${foreign(view.name)}</p></div>${doneMessage(view.done)}
${invitations(view)}
<section class="block">${filter}${orderTable("Orders, the newest first", view.orders, empty)}${paging({ newer: view.newerUrl, older: view.olderUrl })}</section>`;
  return signedIn(view, { title: "Orders", body });
}

/** A list of orders, as seller and operator see it. */
export function orderTable(caption: string, orders: readonly OrderLine[], empty: string): Html {
  return table({
    caption,
    columns: ["Order", "Product", "Buyer", "Amount", "State", "Next time limit", "Opened"],
    figures: [3],
    empty,
    rows: orders.map((order) => [
      html`${link({ href: order.url, text: String(order.id) })}<br><span class="muted small-text">shop’s ${foreign(order.shopOrderId)}</span>`,
      foreign(shortened(order.productName, 80)),
      foreign(order.buyer),
      money(order.amount, order.currency),
      html`${stateTitle(order.state)}${turnOf(order.state)}`,
      order.dueAt === null ? "none" : moment(order.dueAt),
      moment(order.createdAt),
    ]),
  });
}

function turnOf(state: OrderState): Html {
  const turn = whoseTurn(state, "operator");
  return html`${turn !== null && html`<br><span class="muted small-text">${turn}</span>`}`;
}

function invitations(view: SellerOrdersView): Html {
  const forms = view.invitations.map((one) =>
    note(
      "warn",
      html`${foreign(one.operatorName)} wants to sell for you`,
      html`<p>If you confirm, this marketplace can take orders in your name and keep its commission from them. Your own orders are not touched. If you do not want this, do nothing. Asked ${moment(one.at)}.</p>${postForm(
        {
          url: view.invitationUrl,
          hidden: { ...view.hidden, operator: String(one.operatorId) },
          label: `Invitation of ${one.operatorName}`,
          body: button({ text: "Confirm" }),
        },
      )}`,
    ),
  );
  return html`${forms}`;
}

/** One order, signed in: the same as behind the seller's link. */
export function sellerOrderPage(view: OrderView & SignedInView): string {
  return signedIn(view, { title: `Order ${view.order.id}: ${stateTitle(view.order.state)}`, body: orderBody(view) });
}
