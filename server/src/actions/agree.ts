import type { Order, OrderDetails } from "../domain/order.ts";
import type { Project } from "../domain/facts.ts";
import { decide } from "../domain/machine.ts";
import { deadlinesOnEntering } from "../domain/deadlines.ts";
import { decideOrder } from "../domain/order-decide.ts";
import { orderMachine } from "../domain/order-table.ts";
import { isRefusal, refuse } from "../domain/refusals.ts";
import type { Book } from "./book.ts";
import type { Ask, Command } from "./command.ts";
import { command } from "./command.ts";
import { expireUnpaid } from "./expire.ts";
import { blankOrder } from "./new-order.ts";
import type { OrderAsk } from "./order-step.ts";
import { isPending } from "./open-checkout.ts";
import { plainStep, summary, theOrder } from "./order-step.ts";
import { buyerFor, findBuyer } from "./projects.ts";
import type { Contact } from "./projects.ts";
import { railThatTakes } from "./rail-choice.ts";
import { freezeTerms, quoteFor } from "./terms.ts";

/** What two persons agree on before anybody pays. Amount in kobo. */
export interface Proposal {
  readonly productCost: bigint;
  readonly details: OrderDetails;
  readonly shopOrderId: string;
}

/** A party proposes an order person to person, or plans a project's milestone; the other must agree to this very version. */
export function propose(ask: Ask, input: Proposal & { readonly contact: Contact; readonly projectId: number | null }): Command {
  const refs = { contacts: [input.contact], ...(input.projectId === null ? {} : { projects: [input.projectId] }) };
  return command("order.propose", ask, refs, (book) => {
    const terms = freezeTerms(book.seller, book.settings, "api", input.productCost);
    const rail = railThatTakes(book.settings.rails, "NGN");
    if (isRefusal(rail)) return rail;
    const quote = quoteFor(input.productCost, terms, book.settings, rail, input.projectId === null);
    if (isRefusal(quote)) return quote;
    const project: Project | undefined = book.projects.get(input.projectId);
    if (input.projectId !== null && project === undefined) return refuse("project_unknown");
    // Another buyer's project is as good as none.
    if (project !== undefined && findBuyer(book, input.contact)?.id !== project.buyerId) return refuse("project_unknown");
    if (project?.state === "closed") return refuse("project_closed");
    const row = decide(orderMachine, "none", "propose", ask.actor.party, () => undefined);
    if (isRefusal(row)) return row;
    return (writer) => {
      const buyer = buyerFor(writer, input.contact);
      const blank = blankOrder(book, {
        id: writer.newId("order"),
        type: input.projectId === null ? 2 : 1,
        projectId: input.projectId,
        position: input.projectId === null ? null : book.nextPosition(input.projectId),
        buyerId: project?.buyerId ?? buyer.id,
        shopOrderId: input.shopOrderId,
        currency: "NGN",
        amountFx: null,
        conversionRatio: null,
        providerId: null,
        share: null,
        operatorId: null,
        rail,
        quote,
        terms,
        details: input.details,
        by: ask.actor.party,
        state: "proposed",
      });
      return summary(writer.stepOrder(book.orders.insert(blank), row));
    };
  });
}

/** A new version of the terms: the agreement starts again, and the other party must agree to it. */
export function amend(ask: OrderAsk, input: Pick<Proposal, "productCost">): Command {
  return command("order.amend", ask, { orders: [ask.orderId] }, (book) => {
    const order = theOrder(book, ask);
    if (isRefusal(order)) return order;
    const row = decideOrder(book.factsOf(order, ask.actor, { terms: true }), "amend");
    if (isRefusal(row)) return row;
    const terms = freezeTerms(book.seller, book.settings, "api", input.productCost);
    // The order stays with its rail, whatever the settings say by now.
    const quote = quoteFor(input.productCost, terms, book.settings, order.rail, order.type === 2);
    if (isRefusal(quote)) return quote;
    return (writer) => {
      // The time to agree counts from the last version.
      const again = deadlinesOnEntering("proposed", order, terms, writer.now);
      return summary(writer.stepOrder(order, row, { ...again, terms, ...quote, writtenBy: ask.actor.party }));
    };
  });
}

/** The party that did not write this version agrees to it, naming the version. */
export function agree(ask: OrderAsk, input: { readonly version: number }): Command {
  return plainStep("agree", ask, { version: input.version });
}

/** The buyer goes to pay an order agreed beforehand. */
export function openAgreedCheckout(ask: OrderAsk, input: { readonly tokenHash: string }): Command {
  return command("order.open_checkout", ask, { orders: [ask.orderId], siblingsOf: [ask.orderId] }, (book) => {
    const order = theOrder(book, ask);
    if (isRefusal(order)) return order;
    const facts = book.factsOf(order, ask.actor, {});
    const unpaid = facts.siblings.find((other) => makesWay(book, other, order));
    const row = decideOrder({ ...facts, siblings: facts.siblings.filter((other) => other !== unpaid) }, "open_checkout");
    if (isRefusal(row)) return row;
    return (writer) => {
      if (unpaid !== undefined) expireUnpaid(writer, unpaid);
      const opened = writer.stepOrder(order, row);
      writer.effects.checkouts.push({ tokenHash: input.tokenHash, sellerId: order.sellerId, orderId: order.id, createdAt: writer.now });
      return summary(opened);
    };
  });
}

/** An unpaid checkout with nothing pending at the rail makes way for the next; one that was agreed upon first does not. */
function makesWay(book: Book, other: Order, order: Order): boolean {
  if (other.state !== "awaiting_payment") return false;
  if (other.agreedBeforehand && (other.position ?? 0) < (order.position ?? 0)) return false;
  return !isPending(book, other);
}
