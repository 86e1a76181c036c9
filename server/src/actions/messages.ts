import { later } from "../domain/deadlines.ts";
import type { Order } from "../domain/order.ts";
import type { Message } from "./effects.ts";
import type { ActSettings } from "./settings.ts";

/** Who hears of an order's step; each gets a link to the order's page, made when the message is sent. */
const told: Readonly<Record<string, readonly ("buyer" | "seller")[]>> = {
  "order.funded": ["buyer", "seller"],
  "order.delivered": ["buyer"],
  "order.accepted": ["buyer", "seller"],
  "order.rejected": ["buyer", "seller"],
  "order.cancelled": ["buyer", "seller"],
  "order.lapsed": ["buyer", "seller"],
  "order.contested": ["buyer", "seller"],
  "order.redelivery_agreed": ["buyer", "seller"],
  "order.replacement_promised": ["buyer", "seller"],
  "order.returned": ["buyer", "seller"],
  "order.disputed": ["buyer", "seller"],
  "order.resolved": ["buyer", "seller"],
  "order.reopened": ["buyer", "seller"],
  "order.charged_back": ["buyer", "seller"],
  "order.completed": ["buyer", "seller"],
  "order.expired": [],
};

/**
 * The messages an order's step sends. Reminders are due later and are dropped unsent if the order has moved on by then
 * (each message names the version it was written for).
 */
export function messagesFor(order: Order, event: string, settings: ActSettings): Pick<Message, "party" | "kind" | "dueAt">[] {
  const now = order.updatedAt;
  const messages = (told[event] ?? []).map((party) => ({ party, kind: event, dueAt: now }));
  const until = order.respondBy ?? order.acceptBy;
  if (event !== "order.delivered" || until === null) return messages;
  const span = until.getTime() - now.getTime();
  const reminders = settings.reminders.map((percent) => ({
    party: "buyer" as const,
    kind: "reminder.respond",
    dueAt: later(now, Math.floor((span * percent) / 100)),
  }));
  return [...messages, ...reminders];
}
