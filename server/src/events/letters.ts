import { format } from "../domain/currency.ts";
import { silenceMeans } from "../domain/deadlines.ts";
import type { Order } from "../domain/order.ts";

export interface Letter {
  readonly subject: string;
  readonly text: string;
  /** One sentence for a text message; null: this letter goes by mail alone. */
  readonly sms: string | null;
}

type Side = "buyer" | "seller";

const says: Readonly<Record<string, Partial<Record<Side, string>>>> = {
  "order.funded": {
    buyer: "Your payment is held in escrow. The seller can deliver now; nobody is paid before you accept.",
    seller: "The buyer has paid into escrow. You can deliver now.",
  },
  "order.delivered": { buyer: "The seller says the order was delivered. Please accept it, or reject it and say why." },
  "reminder.respond": { buyer: "You have not answered the delivery yet. Please accept it, or reject it and say why." },
  "order.accepted": {
    buyer: "The order is accepted. The seller is being paid.",
    seller: "The buyer's acceptance releases the money. Your payout is on its way.",
  },
  "order.rejected": {
    buyer: "You rejected the delivery. The seller may confirm the return, offer a second delivery, or contest it.",
    seller: "The buyer rejected the delivery. Confirm the return, offer a second delivery, or contest it.",
  },
  "order.cancelled": { buyer: "The order was cancelled. Your money is on its way back.", seller: "The order was cancelled." },
  "order.lapsed": {
    buyer: "The time for this order has passed. Your money is on its way back, less the escrow fee.",
    seller: "The time for this order has passed; the buyer is refunded.",
  },
  "order.contested": {
    buyer: "The seller contests the order. You can agree on a split, or ask the operator to decide.",
    seller: "You contested the order.",
  },
  "order.redelivery_agreed": { buyer: "There will be a second delivery.", seller: "The buyer agreed to a second delivery." },
  "order.replacement_promised": { buyer: "The seller will deliver a replacement.", seller: "You promised a replacement delivery." },
  "order.returned": {
    buyer: "The return is confirmed. Your money is on its way back.",
    seller: "The return is confirmed; the buyer is refunded.",
  },
  "order.disputed": { buyer: "The operator will decide this dispute.", seller: "The operator will decide this dispute." },
  "order.resolved": { buyer: "The dispute is settled.", seller: "The dispute is settled." },
  "order.reopened": {
    buyer: "The ruling was taken back; the dispute is open again.",
    seller: "The ruling was taken back; the dispute is open again.",
  },
  "order.charged_back": {
    buyer: "Your bank took the payment back; the order has ended.",
    seller: "The buyer's bank took the payment back; the order has ended.",
  },
  "refund.account_needed": {
    buyer: "Your card or bank did not take the refund. Please name a bank account for it.",
  },
  "payout.account_needed": {
    seller: "Your bank did not take the payout, or sent it back. Please name another bank account in your settings; the money goes there.",
  },
  "provider_payout.account_needed": {
    seller: "The bank of your service provider did not take its payout, or sent it back. Please give us another account of the provider.",
  },
  "link.fresh": {
    buyer: "Here is the fresh link you asked for.",
    seller: "Here is the fresh link you asked for.",
  },
  "order.completed": {
    buyer: "The order is complete: all money of it has arrived.",
    seller: "The order is complete: all money of it has arrived.",
  },
};

/** What a person is told about an order, with the link to its page. The link is the person's key to the order, so it is made only here. */
export function letterFor(order: Order, side: Side, kind: string, link: string): Letter {
  const what = says[kind]?.[side] ?? "Something changed in this order.";
  const name = order.details.productName.slice(0, 80);
  const silence = silenceMeans(order);
  const lines = [
    what,
    "",
    `Order ${order.id}: ${name}`,
    `Paid: ${format(order.amount, order.bookCurrency)}`,
    ...(order.dueAt !== null && silence !== null ? [`If nobody does anything by ${when(order.dueAt)}, ${silence}.`] : []),
    "",
    "See the order and what you can do:",
    link,
    "",
    "This link is only for you. It ends when the order moves on; a newer one then comes by itself.",
  ];
  const asks = kind === "order.delivered" || kind === "reminder.respond";
  return {
    subject: `Order ${order.id}: ${what.split(". ")[0] ?? what}`.slice(0, 150),
    text: lines.join("\n"),
    sms: asks ? `${what} ${link}` : null,
  };
}

/** What a payee is told whose payout details were changed: by whom it may have been, how long money waits, and what to do. */
export function detailsChangedLetter(party: "seller" | "service_provider", waits: number): Letter {
  const hours = Math.round(waits / 3_600_000);
  const lines = [
    party === "seller"
      ? "The bank account that your payouts go to was changed on your page or by your shop's program."
      : "The account that your payouts go to was changed by the seller you work for.",
    "",
    hours > 0
      ? `Money waits ${hours} hours before it goes to the new account. If this was not you, write to the operator of this installation within that time.`
      : "If this was not you, write to the operator of this installation at once.",
    "",
    "We write this to every address that we knew before the change.",
  ];
  return { subject: "Your payout details were changed", text: lines.join("\n"), sms: null };
}

/** What a marketplace's operator is told whose part of an order its account did not take. */
export function operatorsAccountLetter(): Letter {
  const text =
    "Your bank did not take your part of a marketplace order, or sent it back. Please name another bank account in your settings; the money goes there.";
  return { subject: "Your payout came back", text, sms: null };
}

/** A moment with its zone, as people write it. */
function when(at: Date): string {
  return `${at.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
