import { isLate } from "../actions/cancel.ts";
import { feeForReason } from "../actions/confirm-return.ts";
import { previewEnding } from "../actions/end-order.ts";
import type { EndingTerms } from "../actions/end-order.ts";
import type { OrderView as Read } from "../db/orders.ts";
import { phoneIsProven } from "../db/codes.ts";
import { clockOffset } from "../db/sellers.ts";
import { later, silenceMeans } from "../domain/deadlines.ts";
import type { Disbursement } from "../domain/facts.ts";
import { must } from "../domain/fault.ts";
import type { Party } from "../domain/machine.ts";
import { allowedOrderActions } from "../domain/order-decide.ts";
import type { OrderFacts } from "../domain/order-needs.ts";
import { concludedStates } from "../domain/money-out-table.ts";
import type { Order } from "../domain/order.ts";
import type { OrderAction } from "../domain/order-table.ts";
import type { Seller } from "../domain/seller.ts";
import type { App } from "./app-context.ts";
import { freed } from "./freed-by.ts";
import { shopName } from "./names.ts";
import type { WhoGetsWhat } from "./pages/blocks.ts";
import type { Hidden } from "./pages/html.ts";
import type { AllowedStep, HistoryStep, MoneyOut, OrderView, PageAction } from "./pages/order-view.ts";
import type { MissingMoney } from "./pages/order-words.ts";
import { whyNotOut } from "./why.ts";

/** Steps that need no person's button, or have a page of their own. */
const noButton: readonly OrderAction[] = ["propose", "amend", "agree", "open_checkout", "assign_provider", "charge_back", "fund", "settle"];

/** A person's look at an order: what the page shows and offers is decided here, from the same needs that judge the step itself. */
export async function orderView(
  app: App,
  read: Read,
  seller: Seller,
  look: { readonly viewer: "buyer" | "seller" | "operator"; readonly actionUrl: string; readonly hidden: Hidden; readonly name: string },
): Promise<OrderView> {
  const { order } = read;
  const now = later(app.now(), await clockOffset(app.pool, order.sellerId));
  const facts = factsFrom(app, read, now, look.viewer, look.name);
  return {
    sandbox: app.mode === "sandbox",
    viewer: look.viewer,
    actionUrl: look.actionUrl,
    hidden: look.hidden,
    order,
    shopName: shopName(seller),
    buyerName: `${read.buyer?.firstName ?? ""} ${read.buyer?.lastName ?? ""}`.trim(),
    providerName: read.provider === undefined ? null : `${read.provider.firstName} ${read.provider.lastName}`.trim(),
    project: order.projectId === null ? null : { id: order.projectId, name: `Project ${order.projectId}`, position: order.position },
    escrow: read.escrow,
    silence: silenceMeans(order),
    clockStopped: read.holds.some((hold) => hold.reason === "chargeback" && hold.orderId === order.id),
    allowed: allowedSteps(facts, read, look.viewer),
    offer: read.offer ?? null,
    splitDraft: null,
    codeNeeded: look.viewer === "buyer" && (await needsProof(app, order)) ? [...releasing] : [],
    codeSentTo: null,
    moneyOut: moneyOut(read, look.viewer),
    missing: missingMoney(read),
    why: whyNotOut(read, now, look.viewer),
    history: history(read),
    done: null,
    tried: null,
    errors: [],
    typed: {},
  };
}

async function needsProof(app: App, order: Order): Promise<boolean> {
  return app.acceptCode && order.contactPhone !== null && !(await phoneIsProven(app.pool, order.sellerId, order.contactPhone));
}

/** What a buyer can do by a link that lets money go to the seller's side: the first time it needs a code from the confirmed phone. */
export const releasing: readonly PageAction[] = ["accept", "agree_split", "withdraw_dispute"];

/** The facts of an order for asking what is allowed, from rows read without a lock. */
export function factsFrom(app: App, read: Read, now: Date, by: Party, byName: string): OrderFacts {
  return {
    order: read.order,
    now,
    by,
    byName,
    acting: false,
    input: {},
    escrow: read.escrow,
    payments: read.payments,
    disbursements: read.disbursements.filter((one) => !one.source.startsWith("payment:")),
    offer: read.offer,
    holds: read.holds.filter((hold) => hold.scope === "seller" || hold.orderId === read.order.id),
    siblings: read.siblings,
    secondOperatorAbove: app.settings.secondOperatorAbove,
  };
}

function allowedSteps(facts: OrderFacts, read: Read, viewer: "buyer" | "seller" | "operator"): AllowedStep[] {
  const { order, now } = facts;
  const actions = allowedOrderActions(facts).filter((action) => !noButton.includes(action));
  const steps: AllowedStep[] = actions.map((action) => {
    const terms = endingTerms(action, read, viewer, now);
    const fee = terms?.cancellationFee ?? 0n;
    return { action, ...(terms === undefined ? {} : { gets: whoGets(order, terms) }), ...(fee > 0n ? { fee } : {}) };
  });
  const extra: PageAction[] = [];
  if (viewer === "seller" && order.state === "rejected" && order.redeliveries === 0) extra.push("offer_redelivery");
  if (viewer !== "operator" && ["delivered", "rejected", "contested", "disputed"].includes(order.state)) extra.push("offer_split");
  const objection = read.holds.some((hold) => hold.reason === "buyer_objection" && hold.orderId === order.id && hold.liftsAt !== null);
  if (viewer === "buyer" && objection) extra.push("object");
  return [...steps, ...extra.map((action) => ({ action }))];
}

/** How an action would end the order; undefined for one that moves no money. */
function endingTerms(action: OrderAction, read: Read, viewer: string, now: Date): EndingTerms | undefined {
  const { order } = read;
  switch (action) {
    case "accept":
      return { buyerGets: 0n };
    case "cancel":
      return { buyerGets: order.amount, cancellationFee: viewer === "buyer" && isLate(order, now) ? order.terms.cancellationFee : 0n };
    case "confirm_return":
      return { buyerGets: order.amount, cancellationFee: feeForReason(order) };
    case "withdraw_dispute":
      return { buyerGets: viewer === "buyer" ? 0n : order.amount };
    case "agree_split":
      return { buyerGets: must(read.offer?.buyerGets, "the offered split") };
    default:
      return undefined;
  }
}

/** Who would get what, by the function that also does it. */
export function whoGets(order: Order, terms: EndingTerms): WhoGetsWhat {
  const ended = previewEnding(order, terms);
  return { ...ended, currency: order.bookCurrency, escrowFee: ended.escrowFeeKept, railFee: ended.railFeeRecovered };
}

function moneyOut(read: Read, viewer: "buyer" | "seller" | "operator"): MoneyOut[] {
  const shown = read.disbursements.filter((one) => viewer === "operator" || (viewer === "buyer") === (one.payeeKind === "buyer"));
  return shown
    .filter((one) => one.state !== "cancelled")
    .map((one) => ({
      id: one.id,
      kind: one.kind,
      amount: one.amount,
      currency: one.currency,
      paidAs: one.outCurrency === one.currency ? null : { amount: one.outAmount, currency: one.outCurrency },
      state: one.state,
      concludedAt: one.concludedAt,
      payee: one.payeeKind === viewer ? null : payeeName(read, one),
      ...(one.state === "parked" ? freed(one, viewer) : { cause: null, freedBy: null, sendAgain: false }),
      accountNeeded: viewer === "buyer" && one.kind === "refund" && one.state === "parked",
    }));
}

/** What has not arrived, or has come back: a completed order stays completed then, so its page must say so. */
export function missingMoney(read: Pick<Read, "disbursements">): MissingMoney[] {
  return read.disbursements
    .filter((one) => !concludedStates.includes(one.state))
    .map((one) => ({
      kind: one.kind,
      cameBack: !one.source.startsWith("payment:"),
      waitsFor: one.state !== "parked" ? "rail" : one.fault === "payee" ? "account" : "payee",
    }));
}

/** Whom a payout or refund goes to, in words. */
export function payeeName(read: Read, one: Disbursement): string {
  if (one.payeeKind === "service_provider" && read.provider?.id === one.payeeId)
    return `service provider ${read.provider.firstName} ${read.provider.lastName}`.trim();
  return one.payeeKind === "operator" ? "marketplace operator" : one.payeeKind.replaceAll("_", " ");
}

function history(read: Read): HistoryStep[] {
  return read.history
    .filter((step) => step.object === "order")
    .map((step) => {
      const note = (step.note ?? {}) as { comment?: unknown };
      return {
        at: step.at,
        action: step.action as OrderAction,
        party: step.party as Party,
        said: typeof note.comment === "string" ? note.comment : null,
      };
    })
    .toReversed();
}
