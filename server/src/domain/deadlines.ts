import type { Order, OrderChange } from "./order.ts";
import type { OrderState } from "./order-table.ts";
import type { OrderTerms } from "./terms.ts";

/** `at` plus a number of milliseconds. */
export function later(at: Date, by: number): Date {
  return new Date(at.getTime() + by);
}

const none = {
  agreeBy: null,
  payBy: null,
  deliverBy: null,
  respondBy: null,
  acceptBy: null,
  returnBy: null,
  escalateBy: null,
  ruleBy: null,
} as const;

/**
 * The deadlines an order has on entering a state, counted from the events that `terms` name; the rest are cleared.
 * `deliverBy` is kept through delivery, because the time to respond is the later of it and delivery plus the response time.
 */
export function deadlinesOnEntering(
  state: OrderState,
  order: Pick<Order, "deliverBy" | "freeCancelUntil">,
  terms: OrderTerms,
  now: Date,
): OrderChange {
  switch (state) {
    case "proposed":
    case "agreed":
      return due({ ...none, agreeBy: later(now, terms.agreeFor) });
    case "awaiting_payment":
      return due({ ...none, payBy: later(now, terms.payFor) });
    case "funded":
      return due({
        ...none,
        freeCancelUntil: terms.freeCancelFor === null ? null : later(now, terms.freeCancelFor),
        deliverBy: later(now, terms.deliverFor),
      });
    case "redelivery":
      return due({ ...none, deliverBy: later(now, terms.deliverFor) });
    case "delivered": {
      const response = later(now, terms.respondAfterDelivery);
      const respondBy = order.deliverBy !== null && order.deliverBy > response ? order.deliverBy : response;
      if (terms.acceptAfter !== null) return due({ ...none, deliverBy: order.deliverBy, acceptBy: later(now, terms.acceptAfter) });
      return due({ ...none, deliverBy: order.deliverBy, respondBy });
    }
    case "rejected":
      return due({ ...none, returnBy: later(now, terms.returnFor) });
    case "contested":
      return due({ ...none, escalateBy: later(now, terms.escalateFor) });
    case "disputed":
      return due({ ...none, ruleBy: later(now, terms.ruleFor) });
    default:
      return due({ ...none });
  }
}

/** The next time the clock must look at an order, from the deadlines that act in its state; `deliverBy` acts only where no other stands. */
export function dueOf(order: OrderChange): Date | null {
  const first = order.respondBy ?? order.acceptBy;
  return first ?? order.agreeBy ?? order.payBy ?? order.returnBy ?? order.escalateBy ?? order.ruleBy ?? order.deliverBy ?? null;
}

function due(change: OrderChange): OrderChange {
  return { ...change, dueAt: dueOf(change) };
}

export const deadlineNames = [
  "agreeBy",
  "payBy",
  "freeCancelUntil",
  "deliverBy",
  "respondBy",
  "acceptBy",
  "returnBy",
  "escalateBy",
  "ruleBy",
] as const;
export type DeadlineName = (typeof deadlineNames)[number];

/** What happens if nobody does anything, in plain words, for pages and messages. */
export function silenceMeans(order: Pick<Order, "state" | "dueAt" | "agreedBeforehand" | "terms">): string | null {
  if (order.dueAt === null) return null;
  switch (order.state) {
    case "proposed":
    case "agreed":
      return "the order expires";
    case "awaiting_payment":
      return order.agreedBeforehand ? "the checkout closes" : "the order expires";
    case "funded":
    case "redelivery":
      return "the buyer gets the money back, less the escrow fee";
    case "delivered":
      return order.terms.acceptAfter === null
        ? "the buyer gets the money back, less the escrow fee"
        : "the delivery counts as accepted and the seller is paid";
    case "rejected":
      return "the return counts as confirmed and the buyer is refunded";
    case "contested":
      return "the operator decides the dispute";
    case "disputed":
      return "the operator is reminded; only a decision moves the money";
    default:
      return null;
  }
}

/**
 * Deadlines that fell inside an outage move by its length; later and earlier ones stay.
 * `from` and `to` are the ends of the outage in the book's own time.
 */
export function extended(order: Order, from: Date, to: Date): OrderChange {
  const length = to.getTime() - from.getTime();
  return move(order, (at) => (at >= from && at <= to ? later(at, length) : at));
}

/** Deadlines from `from` on move by `length` milliseconds: the clock stood still that long. */
export function postponed(order: Order, from: Date, length: number): OrderChange {
  return move(order, (at) => (at >= from ? later(at, length) : at));
}

function move(order: Order, by: (at: Date) => Date): OrderChange {
  const moved = (at: Date | null): Date | null => (at === null ? null : by(at));
  const change = {
    agreeBy: moved(order.agreeBy),
    payBy: moved(order.payBy),
    freeCancelUntil: moved(order.freeCancelUntil),
    deliverBy: moved(order.deliverBy),
    respondBy: moved(order.respondBy),
    acceptBy: moved(order.acceptBy),
    returnBy: moved(order.returnBy),
    escalateBy: moved(order.escalateBy),
    ruleBy: moved(order.ruleBy),
  };
  // When it is looked at next follows from the deadlines, because the clock may have put that off meanwhile; where none acts, it moves like one.
  return { ...change, dueAt: dueOf(change) ?? moved(order.dueAt) };
}
