import { later } from "../domain/deadlines.ts";
import type { Disbursement } from "../domain/facts.ts";
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

/**
 * The letter about a parked payout or refund: to the buyer of a refund, to the seller of the seller's own payout and of a service provider's, since
 * only the seller names those accounts. A marketplace's operator is no party of the order and gets none.
 */
export function accountLetter({
  kind,
  payeeKind,
  fault,
}: Disbursement): { readonly party: "buyer" | "seller"; readonly kind: string } | undefined {
  if (kind === "refund") return { party: "buyer", kind: "refund.account_needed" };
  // What else a payout waits for, a cooling-off or company for a small sum, another account does not mend.
  if (fault !== "payee") return undefined;
  if (payeeKind === "seller") return { party: "seller", kind: "payout.account_needed" };
  return payeeKind === "service_provider" ? { party: "seller", kind: "provider_payout.account_needed" } : undefined;
}
