import { decimals, isCurrency } from "../domain/currency.ts";
import { conversionRatio, withinRate } from "../domain/fees.ts";
import { decide } from "../domain/machine.ts";
import type { Order, OrderDetails } from "../domain/order.ts";
import { milestoneInTheWay } from "../domain/order-needs.ts";
import { isLive, orderMachine } from "../domain/order-table.ts";
import type { OrderTerms } from "../domain/terms.ts";
import type { Refusal } from "../domain/refusals.ts";
import { isRefusal, refuse } from "../domain/refusals.ts";
import type { Book } from "./book.ts";
import type { Ask, Command, Result } from "./command.ts";
import { command } from "./command.ts";
import { expireUnpaid } from "./expire.ts";
import { blankOrder } from "./new-order.ts";
import { buyerFor, findBuyer } from "./projects.ts";
import type { Contact } from "./projects.ts";
import { railThatTakes } from "./rail-choice.ts";
import { freezeTerms, quoteFor } from "./terms.ts";

/** What a shop's form asks a buyer to pay for. Amounts: kobo, and `amountFx` in the foreign currency's smallest unit. */
export interface CheckoutInput {
  readonly contact: Contact;
  readonly productCost: bigint;
  readonly currency: string;
  readonly amountFx: bigint | null;
  readonly shopOrderId: string;
  readonly projectId: number | null;
  readonly providerId: number | null;
  /** The seller's share in hundredths of a percent. */
  readonly share: number | null;
  readonly operatorId: number | null;
  /** The rail to pay by, of those that take the currency; null: the first of them. */
  readonly rail?: string | null;
  readonly details: OrderDetails;
  readonly source: OrderTerms["source"];
  /** The payer has seen that the same shop order was paid within a day, and wants to pay another. */
  readonly payAgain: boolean;
  /** Hash of the token that the payer's address carries. */
  readonly tokenHash: string;
}

const day = 86_400_000;

/**
 * Opens a checkout: freezes terms and quote on a new order, in `awaiting_payment`. The same shop order posted again finds its waiting
 * order; one funded within the last day answers with that order instead, until the payer asks for another. Of a project it takes the only
 * slot: an unpaid milestone with nothing in doubt at the rail makes way, anything else is named in the refusal.
 */
export function openCheckout(ask: Ask, input: CheckoutInput): Command {
  const refs = {
    contacts: [input.contact],
    shopOrders: [input.shopOrderId],
    ...(input.projectId === null ? {} : { projects: [input.projectId] }),
    ...(input.providerId === null ? {} : { providers: [input.providerId] }),
  };
  return command("order.open_checkout", ask, refs, (book) => {
    const terms = freezeTerms(book.seller, book.settings, input.source, input.productCost);
    const rail = railThatTakes(book.settings.rails, "NGN", input.rail);
    if (isRefusal(rail)) return rail;
    const quote = quoteFor(input.productCost, terms, book.settings, rail, false);
    if (isRefusal(quote)) return quote;
    const wrong = checkMoney(book, input) ?? checkPayees(book, input) ?? checkProject(book, input);
    if (wrong !== undefined) return wrong;
    const same = sameShopOrder(book, input);
    const waiting = same.find((order) => order.state === "awaiting_payment" && asksTheSame(order, input));
    if (waiting !== undefined) {
      return (writer) => {
        writer.effects.checkouts.push({ tokenHash: input.tokenHash, sellerId: book.sellerId, orderId: waiting.id, createdAt: writer.now });
        return { ...checkoutResult(waiting), reused: true };
      };
    }
    const paid = same.find((order) => order.fundedAt !== null && book.now.getTime() - order.fundedAt.getTime() < day);
    if (paid !== undefined && !input.payAgain) return refuse("asked_once", undefined, { order: paid.id });
    const inTheWay = input.projectId === null ? undefined : clearSlot(book, input.projectId);
    if (isRefusal(inTheWay)) return inTheWay;
    return (writer) => {
      if (inTheWay !== undefined) expireUnpaid(writer, inTheWay);
      const buyer = buyerFor(writer, input.contact);
      const { projectId, shopOrderId, currency, amountFx, providerId, share, operatorId, details } = input;
      const blank = blankOrder(book, {
        id: writer.newId("order"),
        type: 1,
        projectId,
        position: projectId === null ? null : book.nextPosition(projectId),
        buyerId: buyer.id,
        shopOrderId,
        currency,
        amountFx,
        conversionRatio: currency === "NGN" || amountFx === null ? null : conversionRatio(input.productCost, amountFx, decimals(currency)),
        providerId,
        share,
        operatorId,
        rail,
        quote,
        terms,
        details,
        by: "buyer",
        state: "awaiting_payment",
      });
      const row = decide(orderMachine, "none", "open_checkout", "buyer", () => undefined);
      if (isRefusal(row)) throw new Error(row.detail);
      const order = writer.stepOrder(book.orders.insert(blank), row);
      writer.effects.checkouts.push({ tokenHash: input.tokenHash, sellerId: book.sellerId, orderId: order.id, createdAt: writer.now });
      if (operatorId !== null) writer.effects.operatorOrders.push({ operatorId, orderId: order.id, sellerId: book.sellerId });
      return { ...checkoutResult(order), reused: false };
    };
  });
}

function checkoutResult(order: Order): Result {
  return { order: order.id, state: order.state, amount: Number(order.amount), project: order.projectId };
}

/** Of the same buyer: somebody else's order with the same number is another order. */
function sameShopOrder(book: Book, input: CheckoutInput): Order[] {
  const buyer = findBuyer(book, input.contact);
  if (buyer === undefined) return [];
  return book.orders.where((order) => order.shopOrderId === input.shopOrderId && order.buyerId === buyer.id && order.type === 1);
}

/**
 * Whether a waiting order is what this form asks for. Forms come through browsers: one that somebody opened before with another payee,
 * share or way back, or without the signature, is another order and must not be handed out for this one.
 */
function asksTheSame(order: Order, input: CheckoutInput): boolean {
  const money = order.productCost === input.productCost && order.currency === input.currency && order.amountFx === input.amountFx;
  const payees = order.providerId === input.providerId && order.share === input.share && order.operatorId === input.operatorId;
  const place = order.projectId === input.projectId && order.details.callbackUrl === input.details.callbackUrl;
  // The quote holds for one rail: whoever names another asks for another order.
  const rail = input.rail === undefined || input.rail === null || input.rail === order.rail;
  return money && payees && place && rail && order.terms.source === input.source;
}

function checkMoney(book: Book, input: CheckoutInput): Refusal | undefined {
  if (input.currency === "NGN") return undefined;
  const rate = book.settings.rates[input.currency];
  if (rate === undefined || !isCurrency(input.currency))
    return refuse(
      "currency_unknown",
      `This installation has no rate for ${input.currency}, so nothing can be paid in it here. Its operator can set one.`,
    );
  if (input.amountFx === null)
    return refuse("invalid", "The amount_fx field is required when currency is not NGN.", { field: "amount_fx" });
  return withinRate(input.productCost, input.amountFx, rate, decimals(input.currency))
    ? undefined
    : refuse("rate_mismatch", undefined, { rate });
}

function checkPayees(book: Book, input: CheckoutInput): Refusal | undefined {
  if (input.operatorId !== null && !book.operators.has(input.operatorId)) return refuse("seller_not_associated");
  if (input.providerId === null) return undefined;
  const provider = book.providers.get(input.providerId);
  if (provider === undefined || provider.state === "removed") {
    return refuse(
      "provider_unknown",
      `Service Provider with id (${input.providerId}) does not exist, Please add Service Provider then try`,
    );
  }
  if (provider.type === 2 && input.currency === "NGN") {
    return refuse("invalid", "A service provider paid in USD can only take part in an order that is not in NGN.", { field: "sp_id" });
  }
  const most = 10_000 - book.seller.providerShareLimit;
  if (input.source === "browser" && input.share !== null && input.share < most) return refuse("share_above_limit");
  return undefined;
}

function checkProject(book: Book, input: CheckoutInput): Refusal | undefined {
  if (input.projectId === null) return undefined;
  const unknown = refuse("project_unknown", `Project with id (${input.projectId}) does not exist`);
  const project = book.projects.get(input.projectId);
  if (project === undefined) return unknown;
  const buyer = findBuyer(book, input.contact);
  // Another buyer's project is as good as none: its existence is nobody else's business.
  if (buyer === undefined || buyer.id !== project.buyerId) return unknown;
  return project.state === "closed" ? refuse("project_closed") : undefined;
}

/** The rail is deciding a payment of it. A page that was only opened keeps nobody waiting: money that comes on it after all goes back. */
export function isPending(book: Book, order: Order): boolean {
  return book.paymentsOf(order.id).some((payment) => payment.state === "pending");
}

/** The unpaid milestone that must make way for a new checkout, undefined if the slot is free, or the refusal that names what stands in it. */
function clearSlot(book: Book, projectId: number): Order | Refusal | undefined {
  const milestones = book.orders.where((order) => order.projectId === projectId);
  const live = milestones.find((order) => isLive(order));
  if (live !== undefined && live.state !== "awaiting_payment") return milestoneInTheWay(live);
  // What was planned before comes first, even while its checkout is open and unpaid.
  const planned = milestones.find((order) => order.agreedBeforehand && ["proposed", "agreed", "awaiting_payment"].includes(order.state));
  if (planned !== undefined) return milestoneInTheWay(planned);
  if (live === undefined) return undefined;
  return isPending(book, live) ? milestoneInTheWay(live) : live;
}
