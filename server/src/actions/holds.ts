import type { Disbursement, Hold } from "../domain/facts.ts";
import { later } from "../domain/deadlines.ts";
import { decide } from "../domain/machine.ts";
import type { Order } from "../domain/order.ts";
import { isRefusal, refuse } from "../domain/refusals.ts";
import { holdNeeds } from "../domain/side-needs.ts";
import { holdMachine } from "../domain/side-tables.ts";
import type { Ask, Command } from "./command.ts";
import { command } from "./command.ts";
import { theOrder } from "./order-step.ts";
import type { OrderAsk } from "./order-step.ts";
import type { Writer } from "./writer.ts";

const noScope = { orderId: null, projectId: null, payeeKind: null, payeeId: null } as const;

/** The operator stops an order's or a project's money, saying why. */
export function placeHold(
  ask: Ask,
  input: { readonly orderId?: number | undefined; readonly projectId?: number | undefined; readonly note: string },
): Command {
  const { orderId, projectId } = input;
  const refs = { ...(orderId === undefined ? {} : { orders: [orderId] }), ...(projectId === undefined ? {} : { projects: [projectId] }) };
  return command("hold.place", ask, refs, (book) => {
    const order = book.orders.get(orderId);
    const project = book.projects.get(projectId);
    if (order === undefined && project === undefined) return refuse("not_yours", "There is no such order or project.");
    if (input.note.trim() === "") return refuse("reason_needed");
    return (writer) => {
      const scope =
        order === undefined
          ? ({ scope: "project", projectId: project?.id ?? null } as const)
          : ({ scope: "order", orderId: order.id } as const);
      const hold = writer.placeHold({ ...noScope, ...scope, reason: "operator", note: input.note.trim(), liftsAt: null });
      return { hold: hold.id, reason: hold.reason };
    };
  });
}

/** The rail's settlement and the books do not agree about an order: its money stays until they do, or an operator has closed the matter. */
export function holdForBreak(ask: OrderAsk, { note }: { readonly note: string }): Command {
  return holdOnce(ask, { reason: "reconciliation", note }, () => true);
}

/** Something about an order that no rule covers: its money stays until the operator has looked. Said twice it is one hold. */
export function holdForOperator(ask: OrderAsk, { note }: { readonly note: string }): Command {
  return holdOnce(ask, { reason: "operator", note }, (one) => one.note === note);
}

/** A hold over an order, unless one of that reason stands that `says` the same. */
function holdOnce(ask: OrderAsk, hold: Pick<Hold, "reason" | "note">, says: (one: Hold) => boolean): Command {
  return command("hold.place", ask, { orders: [ask.orderId] }, (book) => {
    const order = book.orders.get(ask.orderId);
    if (order === undefined) return refuse("not_yours");
    const standing = book.standingHolds({ orderId: order.id, projectId: null }).find((one) => one.reason === hold.reason && says(one));
    if (standing !== undefined) return () => ({ hold: standing.id, reason: standing.reason, again: true });
    return (writer) => {
      const { id, reason } = writer.placeHold({ ...noScope, ...hold, scope: "order", orderId: order.id, liftsAt: null });
      return { hold: id, reason };
    };
  });
}

/** Lifts a hold: the operator any, the clock those whose time is over. */
export function liftHold(ask: Ask, input: { readonly holdId: number }): Command {
  return command("hold.lift", ask, { holds: [input.holdId] }, (book) => {
    const hold = book.holds.get(input.holdId);
    if (hold === undefined) return refuse("not_yours", `There is no standing hold ${input.holdId}.`);
    const row = decide(holdMachine, hold.state, "lift", ask.actor.party, (need) => holdNeeds[need].judge({ hold, now: book.now }));
    if (isRefusal(row)) return row;
    return (writer) => {
      wakeBehind(writer, writer.stepHold(hold, "lift", { liftedAt: writer.now }));
      return { hold: hold.id, reason: hold.reason };
    };
  });
}

/** What waited behind a hold is looked at again now instead of when the clock would have. */
export function wakeBehind(writer: Writer, hold: Hold): void {
  const { book, now } = writer;
  const waits = (one: Disbursement) => one.state === "queued" || (one.state === "parked" && one.fault === null && hold.scope === "payee");
  const behind = (one: Disbursement) =>
    (hold.orderId !== null && one.orderId === hold.orderId) ||
    (hold.projectId !== null && book.orders.get(one.orderId)?.projectId === hold.projectId) ||
    (hold.payeeId !== null && one.payeeKind === hold.payeeKind && one.payeeId === hold.payeeId);
  for (const one of book.disbursements.where((candidate) => waits(candidate) && behind(candidate))) {
    if (one.dueAt === null || one.dueAt > now) book.disbursements.change(one.id, { dueAt: now });
  }
}

/** The buyer says "I did not cancel": the hold over the fee stays until the operator has looked. */
export function objectToCancellation(ask: OrderAsk): Command {
  return command("hold.keep", ask, { orders: [ask.orderId] }, (book) => {
    const order = theOrder(book, ask);
    if (isRefusal(order)) return order;
    const hold = book.standingHolds({ orderId: order.id, projectId: null }).find((one) => one.reason === "buyer_objection");
    if (hold === undefined) return refuse("too_late", "There is nothing of this order left to object to.");
    const row = decide(holdMachine, hold.state, "keep", ask.actor.party, (need) => holdNeeds[need].judge({ hold, now: book.now }));
    if (isRefusal(row)) return row;
    return (writer) => ({
      hold: writer.stepHold(hold, "keep", { liftsAt: null, note: "The buyer says: I did not cancel." }).id,
      order: order.id,
    });
  });
}

/**
 * New payout details wait before money goes there, and every address that was known before is told, so that whoever did not change them can
 * say so.
 */
export function holdCoolingOff(
  writer: Writer,
  payeeKind: "seller" | "service_provider",
  payeeId: number,
  knownEmails: readonly string[],
): void {
  const { coolingOff } = writer.book.settings;
  const notice = {
    sellerId: writer.book.sellerId,
    party: payeeKind,
    kind: "payee.details_changed",
    orderVersion: 0,
    dueAt: writer.now,
  } as const;
  for (const toEmail of new Set(knownEmails)) writer.effects.notices.push({ ...notice, id: writer.newId(), toEmail });
  if (coolingOff === 0) return;
  writer.placeHold({
    ...noScope,
    reason: "cooling_off",
    scope: "payee",
    payeeKind,
    payeeId,
    note: "The payout details were changed.",
    liftsAt: later(writer.now, coolingOff),
  });
}

/** A seller's first payout waits until the operator has verified once who the seller is. */
export function holdForIdentity(writer: Writer): void {
  const { book } = writer;
  if (!book.settings.identityNeeded || book.seller.identityVerifiedAt !== null) return;
  const payee = { payeeKind: "seller" as const, payeeId: book.sellerId };
  if (book.standingHolds({ orderId: null, projectId: null, ...payee }).some((hold) => hold.reason === "identity")) return;
  writer.placeHold({
    ...noScope,
    ...payee,
    reason: "identity",
    scope: "payee",
    note: "The seller's identity must be verified once.",
    liftsAt: null,
  });
}

/** Buyer and payee share an e-mail address or phone: somebody may be paying themselves, so nothing goes out before the operator has looked. */
export function holdSelfDealing(writer: Writer, order: Order): void {
  const { book } = writer;
  const buyer = book.buyers.get(order.buyerId);
  const provider = book.providers.get(order.providerId);
  if (buyer === undefined) return;
  const own = [buyer.email, buyer.phone, order.contactEmail, order.contactPhone].filter((contact) => contact !== null && contact !== "");
  const payees = [book.seller.email, book.seller.phone, provider?.email, provider?.phone];
  const shared = own.find((contact) => payees.includes(contact ?? ""));
  const standing = book.standingHolds({ orderId: order.id, projectId: null }).some((hold) => hold.reason === "self_dealing");
  if (shared === undefined || standing) return;
  writer.placeHold({
    ...noScope,
    reason: "self_dealing",
    scope: "order",
    orderId: order.id,
    note: "The buyer and a payee have the same contact.",
    liftsAt: null,
  });
}
