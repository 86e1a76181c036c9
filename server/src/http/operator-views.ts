import { standingAlarms } from "../db/alarms.ts";
import type { Unapplied } from "../db/operator-views.ts";
import { readOperatorRows } from "../db/operator-views.ts";
import type { OrderView as Read } from "../db/orders.ts";
import { readOrder, readOrderView } from "../db/orders.ts";
import { unexplainedEvents } from "../db/rail-events.ts";
import { clockOffset, sellerById } from "../db/sellers.ts";
import { later } from "../domain/deadlines.ts";
import type { Hold } from "../domain/facts.ts";
import { must } from "../domain/fault.ts";
import type { Order } from "../domain/order.ts";
import type { App } from "./app-context.ts";
import type { Fields } from "./fields.ts";
import { text, wholeNumber } from "./fields.ts";
import { freed } from "./freed-by.ts";
import { orderView, whoGets } from "./order-views.ts";
import type { DisputeView } from "./pages/dispute-page.ts";
import type { HoldLine } from "./pages/operator-money.ts";
import type { OperatorView } from "./pages/operator-page.ts";
import type { SignedInView } from "./pages/seller-page.ts";
import { momentText } from "./pages/time.ts";

type Shown =
  | "now"
  | "disputes"
  | "alarms"
  | "unapplied"
  | "parked"
  | "holds"
  | "solvency"
  | "railEvents"
  | "receivables"
  | "counts"
  | "next";

const alarmsAtOnce = 50;
const eventsAtOnce = 50;
const linesAtOnce = 100;

/** What the overview shows, without the frame around it; `asked` says from where on, by the names that `next` has. */
export async function overview(app: App, asked: Fields = {}): Promise<Pick<OperatorView, Shown>> {
  const now = app.now();
  const from = {
    disputes: text(asked, "disputes_after"),
    unapplied: text(asked, "unapplied_before"),
    parked: text(asked, "parked_before"),
    holds: text(asked, "holds_before"),
    receivables: text(asked, "receivables_after"),
  };
  const [rows, alarms, solvency, events] = await Promise.all([
    readOperatorRows(app.pool, from, linesAtOnce),
    standingAlarms(app.pool, wholeNumber(text(asked, "alarms_before")) ?? null, alarmsAtOnce),
    app.work.solvency(),
    unexplainedEvents(app.pool, wholeNumber(text(asked, "reports_before")) ?? null, eventsAtOnce),
  ]);
  return {
    now,
    counts: {
      alarms: alarms.count,
      railEvents: events.count,
      disputes: rows.disputes.count,
      unapplied: rows.unapplied.count,
      parked: rows.parked.count,
      holds: rows.holds.count,
      receivables: rows.receivables.count,
    },
    next: {
      alarms_before: alarms.next,
      reports_before: events.next,
      disputes_after: rows.disputes.next,
      unapplied_before: rows.unapplied.next,
      parked_before: rows.parked.next,
      holds_before: rows.holds.next,
      receivables_after: rows.receivables.next,
    },
    disputes: rows.disputes.lines.map(({ order, sellerName, proposed }) => ({
      sellerId: order.sellerId,
      orderId: order.id,
      url: orderUrl(order),
      sellerName,
      amount: order.amount - order.lost,
      currency: order.bookCurrency,
      since: order.updatedAt,
      ruleBy: order.ruleBy,
      late: order.ruleBy !== null && order.dueAt === null,
      proposed,
    })),
    alarms: alarms.alarms,
    unapplied: rows.unapplied.lines.map((payment) => ({
      sellerId: payment.sellerId,
      paymentId: payment.id,
      reference: payment.reference,
      amount: payment.unapplied,
      currency: payment.receivedCurrency ?? payment.currency,
      receivedAt: payment.receivedAt ?? payment.openedAt,
      why: whyUnapplied(payment),
      goesBack: goesBack(payment),
      unknown: payment.sellerId === 0,
      orderUrl: payment.orderId === null ? null : `/operator/orders/${payment.sellerId}/${payment.orderId}`,
    })),
    parked: rows.parked.lines.map((one) => ({
      sellerId: one.sellerId,
      id: one.id,
      kind: one.kind,
      payee: `${one.payeeKind.replaceAll("_", " ")} ${one.payeeId}`,
      payeeKind: one.payeeKind,
      amount: one.amount,
      currency: one.currency,
      paidAs: one.outCurrency === one.currency ? null : { amount: one.outAmount, currency: one.outCurrency },
      since: one.createdAt,
      ...freed(one, "operator"),
      verify: (one.reason ?? "").includes("identity") ? (one.payeeKind === "operator" ? one.payeeId : one.sellerId) : null,
      orderUrl: one.orderId === null ? null : `/operator/orders/${one.sellerId}/${one.orderId}`,
      orderId: one.orderId,
    })),
    holds: rows.holds.lines.map(holdLine),
    solvency,
    railEvents: events.events,
    receivables: rows.receivables.lines,
  };
}

export function orderUrl(order: Pick<Order, "sellerId" | "id">): string {
  return `/operator/orders/${order.sellerId}/${order.id}`;
}

/** Short money waits for its rest; all other money of an order is on its way back from the moment it came. */
function isShort(one: Unapplied): boolean {
  return one.orderState === "awaiting_payment" && one.refundState === null && one.receivedCurrency === one.orderCurrency;
}

function whyUnapplied(one: Unapplied): string {
  if (one.sellerId === 0) return "Unknown reference: nobody knows what it was for.";
  if (isShort(one)) return "Short: it waits for the rest until the checkout closes.";
  if (one.orderCurrency !== null && one.receivedCurrency !== null && one.receivedCurrency !== one.orderCurrency)
    return `In another currency: it came in ${one.receivedCurrency}, and the order is paid in ${one.orderCurrency}.`;
  return "Late, second or excess: the order does not take it.";
}

/** When it goes back by itself; null: the operator gives it back, or matches it. */
function goesBack(one: Unapplied): string | null {
  if (one.refundState === "parked") return "Its refund is parked: see what would free it.";
  if (one.refundState !== null) return "It is on its way back to the payer.";
  if (one.sellerId === 0) return null;
  if (!isShort(one)) return "It goes back to the payer by itself.";
  return `It goes back by itself when the checkout closes${one.payBy === null ? "" : `, at ${momentText(one.payBy)}`}.`;
}

function holdLine(hold: Hold): HoldLine {
  const payee = `payee: ${(hold.payeeKind ?? "").replaceAll("_", " ")} ${hold.payeeId ?? ""}`;
  const over =
    hold.scope === "order"
      ? `order ${hold.orderId}`
      : hold.scope === "project"
        ? `project ${hold.projectId}`
        : hold.scope === "payee"
          ? payee
          : `seller ${hold.sellerId}`;
  return {
    sellerId: hold.sellerId,
    id: hold.id,
    reason: hold.reason,
    over,
    url: hold.orderId === null ? null : `/operator/orders/${hold.sellerId}/${hold.orderId}`,
    note: hold.note,
    placedAt: hold.placedAt,
    liftsAt: hold.liftsAt,
    liftable: hold.reason !== "chargeback" && hold.reason !== "reconciliation",
  };
}

/** Reads an order with its surroundings, for an operator: any seller's. */
export async function readForOperator(app: App, sellerId: number, id: number): Promise<Read | undefined> {
  const order = await readOrder(app.pool, sellerId, id);
  return order === undefined ? undefined : readOrderView(app.pool, order);
}

/** One order as the operator's page shows it. */
export async function disputeView(app: App, read: Read, frame: SignedInView, csrf: string, operatorId: number): Promise<DisputeView> {
  const { order, offer } = read;
  const seller = must(await sellerById(app.pool, order.sellerId), "the seller");
  const name = `operator:${operatorId}`;
  const view = await orderView(app, read, seller, { viewer: "operator", actionUrl: orderUrl(order), hidden: { csrf }, name });
  const ruling = offer !== undefined && offer.kind === "ruling" ? offer : undefined;
  return {
    ...view,
    ...frame,
    hidden: { csrf },
    buyer: {
      name: view.buyerName,
      email: order.contactEmail ?? read.buyer?.email ?? "",
      phone: order.contactPhone ?? read.buyer?.phone ?? "",
    },
    seller: { name: view.shopName, email: seller.email, phone: seller.phone },
    ruleBy: order.ruleBy,
    draft: null,
    proposal:
      ruling === undefined
        ? null
        : { ...ruling, own: ruling.partyName === name, gets: whoGets(order, { buyerGets: ruling.buyerGets ?? 0n }) },
    holds: read.holds.filter((hold) => hold.scope === "seller" || hold.orderId === order.id).map(holdLine),
  };
}

/** A book's time now. */
export async function bookTime(app: App, sellerId: number): Promise<Date> {
  return later(app.now(), await clockOffset(app.pool, sellerId));
}
