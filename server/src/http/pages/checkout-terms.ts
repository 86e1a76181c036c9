import type { Order } from "../../domain/order.ts";
import { facts } from "./blocks.ts";
import type { Html, Value } from "./html.ts";
import { html } from "./html.ts";
import { money } from "./money.ts";
import { reasonText } from "./order-words.ts";
import { counted, lengthText, moment } from "./time.ts";

/** The order's frozen terms, in the words of the buyer who is about to agree to them. */
export function checkoutTerms(order: Pick<Order, "terms" | "bookCurrency">): Html {
  return html`<section class="block"><h2>What you agree to</h2>${termFacts(order, "you")}</section>`;
}

/** Delivery, cancelling and silence as an order's terms say; `who` is how the buyer is spoken of. */
export function termFacts(
  order: Pick<Order, "terms" | "bookCurrency"> & { readonly freeCancelUntil?: Date | null },
  who: "you" | "the buyer",
): Html {
  return facts([
    ["If the goods come back", policyText(order, who)],
    ["Cancelling before delivery", cancelText(order, who)],
    ["If nothing arrives", lapseText(order, who)],
    ["After the delivery", silenceText(order, who)],
  ]);
}

const have = (who: "you" | "the buyer"): string => (who === "you" ? "You have" : "The buyer has");
const get = (who: "you" | "the buyer"): string => (who === "you" ? "you get" : "the buyer gets");
const pay = (who: "you" | "the buyer"): string => (who === "you" ? "you pay" : "the buyer pays");

function policyText(order: Pick<Order, "terms" | "bookCurrency">, who: "you" | "the buyer"): Value {
  const { terms } = order;
  const fee = order.terms.cancellationFee;
  const listed = terms.reasonsWithFee.map(reasonText).join(", ");
  const costs = fee > 0n && listed !== "" && html` A return for one of these reasons costs ${money(fee, order.bookCurrency)}: ${listed}.`;
  if (terms.policy === "replacement")
    return html`Replacement only: the seller sends the goods again. A refund needs the seller’s consent or a decision.${costs}`;
  return html`Refund: after the return ${get(who)} the money back.${costs}`;
}

function cancelText(
  order: Pick<Order, "terms" | "bookCurrency"> & { readonly freeCancelUntil?: Date | null },
  who: "you" | "the buyer",
): Value {
  const { terms } = order;
  if (terms.freeCancelFor === null) return "Free of charge at any time.";
  const until = order.freeCancelUntil ?? null;
  const free =
    until === null
      ? html`Free of charge for ${lengthText(terms.freeCancelFor)} after the payment.`
      : html`Free of charge until ${moment(until)}.`;
  if (terms.policy === "replacement") return html`${free} After that only the seller can cancel.`;
  if (terms.cancellationFee === 0n) return html`${free} Later it costs nothing either.`;
  return html`${free} After that ${pay(who)} ${money(terms.cancellationFee, order.bookCurrency)} to the seller’s side.`;
}

function lapseText(order: Pick<Order, "terms">, who: "you" | "the buyer"): Value {
  const days = counted(order.terms.maxDeliveryDays, "day");
  return html`If the seller does not deliver within ${days} of the payment, ${get(who)} the deposit back less the escrow fee.`;
}

function silenceText(order: Pick<Order, "terms">, who: "you" | "the buyer"): Value {
  const { terms } = order;
  if (terms.acceptAfter !== null) {
    return html`${have(who)} ${lengthText(terms.acceptAfter)} to accept or reject. <strong>Without an answer the delivery counts as accepted</strong> and the seller is paid.`;
  }
  const late = html`at least ${lengthText(terms.respondAfterDelivery)}, and until ${counted(terms.maxDeliveryDays, "day")} after the payment`;
  return html`${have(who)} ${late}, to accept or reject. Without an answer the deposit goes back less the escrow fee, unless the seller contests it.`;
}
