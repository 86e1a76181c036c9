import { format } from "../domain/currency.ts";
import type { OrderView } from "../db/orders.ts";
import type { Disbursement, Hold } from "../domain/facts.ts";
import { freed } from "./freed-by.ts";
import { keptShort } from "./paid-in-part.ts";
import { saysKeyRefused } from "../rails/rail.ts";
import { momentText } from "./pages/time.ts";

const holdSays: Readonly<Record<Hold["reason"], string>> = {
  chargeback: "the buyer's bank disputes the payment",
  identity: "the payee's identity must be verified once",
  cooling_off: "the payout details were changed lately",
  ruling: "a ruling can still be reopened",
  buyer_objection: "the buyer may still object to a cancellation made in the buyer's name",
  self_dealing: "buyer and payee have the same contact",
  operator: "an operator stopped it",
  reconciliation: "the payment company and the books do not agree about it",
};

/**
 * "Why isn't my money out?": one sentence for money that came short, one per payout or refund that has not arrived, and one per hold. A buyer hears
 * of the buyer's own money alone, a seller of the rest too; what an operator noted is for operators.
 */
export function whyNotOut(read: OrderView, now: Date, viewer: "buyer" | "seller" | "operator" = "operator"): string[] {
  const moving = read.disbursements.filter((one) => !["succeeded", "cancelled"].includes(one.state));
  const own = moving.filter((one) => viewer !== "buyer" || one.payeeKind === "buyer");
  const holds = read.holds.filter((hold) => viewer !== "buyer" || concernsBuyer(read, hold));
  const said = holds.map((hold) => (viewer === "operator" ? holdSentence(hold) : partysHoldSentence(hold)));
  // What a rail answers to our calls is the operator's to mend, and nobody else's to read.
  const heard = (one: Disbursement) => (viewer === "operator" ? lastHeard(read, one) : "");
  return [...shortSentences(read), ...own.map((one) => sentence(one, now, viewer) + heard(one)), ...said];
}

/** A payer who paid short asks the same question, and there is no refund yet that could answer it. */
function shortSentences(read: OrderView): string[] {
  const { order } = read;
  const came = keptShort(read);
  if (came === 0n) return [];
  const at = order.payBy === null ? "" : ` at ${momentText(order.payBy)}`;
  const missing = format(order.amount - came, order.bookCurrency);
  return [`${format(came, order.bookCurrency)} came, ${missing} is missing; it goes back when the checkout closes${at}.`];
}

/** Why the outcome is not known, as its rail's last answer has it. */
function lastHeard({ attempts }: OrderView, one: Disbursement): string {
  const said = attempts.find((attempt) => attempt.id === one.attemptId)?.said ?? null;
  if (one.state !== "outcome_unknown" || said === null) return "";
  return saysKeyRefused(said) ? ` ${one.rail} refuses its key: ${said}.` : ` Last heard of ${one.rail}: ${said}.`;
}

function concernsBuyer(read: OrderView, hold: Hold): boolean {
  const { id, projectId, buyerId } = read.order;
  if (hold.scope === "order") return hold.orderId === id;
  if (hold.scope === "project") return hold.projectId !== null && hold.projectId === projectId;
  return hold.scope === "payee" && hold.payeeKind === "buyer" && hold.payeeId === buyerId;
}

function partysHoldSentence(hold: Hold): string {
  const until = hold.liftsAt === null ? "for now" : `until ${momentText(hold.liftsAt)}`;
  return `Money is not sent ${until}: ${holdSays[hold.reason]}.`;
}

function sentence(one: Disbursement, now: Date, viewer: "buyer" | "seller" | "operator"): string {
  const abroad = one.outCurrency === one.currency || one.outAmount === 0n ? "" : `, paid as ${format(one.outAmount, one.outCurrency)},`;
  const what = `The ${one.kind} of ${format(one.amount, one.currency)}${abroad}`;
  const reason = one.reason === null ? "" : ` ${one.reason}`;
  switch (one.state) {
    case "queued":
      return one.dueAt !== null && one.dueAt > now
        ? `${what} waits until ${momentText(one.dueAt)}.${reason}`
        : `${what} is about to be sent.${reason}`;
    case "sending":
      return `${what} has been handed to the rail; its answer is awaited.`;
    case "in_flight":
      return `${what} is with the rail, which says it is pending.${reason}`;
    case "outcome_unknown":
      return `${what}: the rail gave no clear answer. It is asked until it does; nothing is sent twice meanwhile.${reason}`;
    case "parked": {
      const { cause, freedBy } = freed(one, viewer);
      return `${what} is parked and waits for its payee. ${cause === null ? "" : `${cause} `}${freedBy}`;
    }
    default:
      return `${what} is ${one.state}.${reason}`;
  }
}

function holdSentence(hold: Hold): string {
  const until = hold.liftsAt === null ? "until the operator or the rail lifts it" : `until ${momentText(hold.liftsAt)}`;
  return `Hold ${hold.id} stops money from being sent ${until}: ${holdSays[hold.reason]}. ${hold.note}`.trim();
}
