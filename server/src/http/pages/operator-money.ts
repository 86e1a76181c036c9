import type { PayeeKind } from "../../domain/facts.ts";
import type { HoldReason } from "../../domain/side-tables.ts";
import { link, table } from "./blocks.ts";
import type { FieldError } from "./form.ts";
import { postForm, textField } from "./form.ts";
import type { Hidden, Html, Value } from "./html.ts";
import { foreign, html } from "./html.ts";
import { money } from "./money.ts";
import { moment } from "./time.ts";

/** Where the operator's small forms post to. */
export interface OperatorForms {
  readonly actionUrl: string;
  readonly hidden: Hidden;
  readonly errors: readonly FieldError[];
  readonly tried: string | null;
}

/** Money that arrived and belongs to no order. Posts `action=match` (`payment`, `seller`, `to_seller`, `to_order`) or `action=give_back` (`payment`, `seller`). */
export interface UnappliedLine {
  readonly sellerId: number;
  readonly paymentId: number;
  readonly reference: string;
  readonly amount: bigint;
  readonly currency: string;
  readonly receivedAt: Date;
  /** Late, second, short, excess, wrong currency, or an unknown reference: why it fits nothing. */
  readonly why: string;
  /** Nobody knows whose it is. */
  readonly unknown: boolean;
  /** When it goes back by itself; null: it does not, and the operator gives it back or matches it to an order. */
  readonly goesBack: string | null;
  readonly orderUrl: string | null;
}

/** A payout or refund that waits for its payee. An identity check posts `action=verify_identity`, `seller`; sending it again `action=requeue`, `seller`, `disbursement`. */
export interface ParkedLine {
  readonly sellerId: number;
  readonly id: number;
  readonly kind: "payout" | "refund";
  readonly payee: string;
  readonly payeeKind: PayeeKind;
  readonly amount: bigint;
  readonly currency: string;
  /** What leaves in another currency, where the payee is paid in one. */
  readonly paidAs?: { readonly amount: bigint; readonly currency: string } | null;
  readonly since: Date;
  /** What happened to it; null: nothing, it only waits. */
  readonly cause: string | null;
  readonly freedBy: string;
  /** The operator may vouch for its account and have it sent there again. */
  readonly sendAgain: boolean;
  /** The seller (or marketplace operator) of whom the operator's word that its identity is verified would free it. */
  readonly verify: number | null;
  readonly orderUrl: string | null;
  readonly orderId: number | null;
}

/** A standing hold. Posts `action=lift_hold`, `seller`, `hold`. */
export interface HoldLine {
  readonly sellerId: number;
  readonly id: number;
  readonly reason: HoldReason;
  /** What it holds: `order 3021`, `payee: seller Ada Stores`. */
  readonly over: string;
  readonly url: string | null;
  readonly note: string;
  readonly placedAt: Date;
  readonly liftsAt: Date | null;
  /** False where only the payment company, or the end of a break, can lift it. */
  readonly liftable: boolean;
}

/** What a seller owes after a chargeback. Posts `action=write_off`, `seller`, `currency`, `amount` (in major units). */
export interface ReceivableLine {
  readonly sellerId: number;
  readonly sellerName: string;
  readonly amount: bigint;
  readonly currency: string;
}

/** One button of the operator's: a form of its own, for one thing. */
export function small(
  forms: OperatorForms,
  view: { action: string; hidden: Hidden; text: string; label: string; fields?: Value; look?: string },
): Html {
  const body = html`<div class="inline-form">${view.fields}<button type="submit" class="${view.look ?? "quiet"} small">${view.text}</button></div>`;
  return postForm({ url: forms.actionUrl, hidden: { ...forms.hidden, ...view.hidden, action: view.action }, label: view.label, body });
}

export function unappliedSection(forms: OperatorForms, lines: readonly UnappliedLine[]): Html {
  return table({
    caption: "Late, second, short, excess or unknown money",
    columns: ["Payment", "Amount", "Arrived", "Why it fits nothing", "What to do"],
    figures: [1],
    empty: "All money that arrived has its place.",
    rows: lines.map((one) => [
      html`${one.orderUrl === null ? String(one.paymentId) : link({ href: one.orderUrl, text: String(one.paymentId) })}<br><code>${one.reference}</code>`,
      money(one.amount, one.currency),
      moment(one.receivedAt),
      one.why,
      one.goesBack ?? unknownForms(forms, one),
    ]),
  });
}

function unknownForms(forms: OperatorForms, one: UnappliedLine): Html {
  const form = `match-${one.paymentId}`;
  const errors = forms.tried === form ? forms.errors : [];
  const fields = html`${textField({ name: "to_seller", label: "Seller’s number", form, inputmode: "numeric", errors })}${textField({ name: "to_order", label: "Order’s number", form, inputmode: "numeric", errors })}`;
  const hidden = { payment: String(one.paymentId), seller: String(one.sellerId) };
  return html`<div class="stack">${small(forms, { action: "match", hidden, text: "Match to this order", label: `Match payment ${one.paymentId} to an order`, fields })}${giveBackForm(forms, one)}</div>`;
}

function giveBackForm(forms: OperatorForms, one: UnappliedLine): Html {
  const hidden = { payment: String(one.paymentId), seller: String(one.sellerId) };
  return small(forms, { action: "give_back", hidden, text: "Give it back", label: `Give payment ${one.paymentId} back`, look: "danger" });
}

export function parkedTable(forms: OperatorForms, lines: readonly ParkedLine[]): Html {
  return table({
    caption: "They wait only for their payee",
    columns: ["What", "Payee", "Amount", "Since", "Why, and what would free it"],
    figures: [2],
    empty: "Nothing is parked.",
    rows: lines.map((one) => [
      html`${one.kind} ${one.id}${one.orderId !== null && html`<br>${one.orderUrl === null ? `order ${one.orderId}` : link({ href: one.orderUrl, text: `order ${one.orderId}` })}`}`,
      html`${foreign(one.payee)}<br><span class="muted small-text">${one.payeeKind.replaceAll("_", " ")}</span>`,
      html`${money(one.amount, one.currency)}${
        one.paidAs !== undefined &&
        one.paidAs !== null &&
        html`<br><span class="muted small-text">${money(one.paidAs.amount, one.paidAs.currency)}</span>`
      }`,
      moment(one.since),
      html`${one.cause !== null && html`${foreign(one.cause)}<br>`}${one.freedBy}${one.sendAgain && sendAgainForm(forms, one)}${
        one.verify !== null &&
        small(forms, {
          action: "verify_identity",
          hidden: { seller: String(one.verify) },
          text: "Identity is verified",
          label: `Identity of seller ${one.verify}`,
        })
      }`,
    ]),
  });
}

/** The seller's number stands in the address of an order's page, and nowhere on the overview. */
export function sendAgainForm(
  forms: OperatorForms,
  one: { readonly id: number; readonly kind: "payout" | "refund"; readonly sellerId?: number },
): Html {
  const hidden = { ...(one.sellerId === undefined ? {} : { seller: String(one.sellerId) }), disbursement: String(one.id) };
  return small(forms, { action: "requeue", hidden, text: "Send it again", label: `Send ${one.kind} ${one.id} again` });
}

const reasons: Readonly<Record<HoldReason, string>> = {
  chargeback: "the buyer’s bank disputes the payment",
  identity: "the payee’s identity is not verified",
  cooling_off: "payout details were changed",
  ruling: "a ruling may still be reopened",
  buyer_objection: "the buyer may object to a cancellation in their name",
  self_dealing: "buyer and payee look like the same person",
  operator: "placed by an operator",
  reconciliation: "the payment company and the books do not agree",
};

/** Why a hold stands, in words. */
export function holdText(reason: HoldReason): string {
  return reasons[reason];
}

export function holdsTable(forms: OperatorForms, lines: readonly HoldLine[]): Html {
  return table({
    caption: "They stop money from being sent",
    columns: ["Hold", "Over", "Reason", "Since", "Lifts by itself", "What to do"],
    empty: "No hold stands.",
    rows: lines.map((one) => [
      one.id,
      one.url === null ? one.over : link({ href: one.url, text: one.over }),
      html`${holdText(one.reason)}${one.note !== "" && html`<br><span class="muted small-text">${foreign(one.note)}</span>`}`,
      moment(one.placedAt),
      one.liftsAt === null ? "no" : moment(one.liftsAt),
      one.liftable
        ? small(forms, {
            action: "lift_hold",
            hidden: { seller: String(one.sellerId), hold: String(one.id) },
            text: "Lift",
            label: `Lift hold ${one.id}`,
          })
        : one.reason === "reconciliation"
          ? link({ href: "/operator/reconciliation", text: "close its break" })
          : "the payment company decides",
    ]),
  });
}

export function receivablesTable(forms: OperatorForms, lines: readonly ReceivableLine[]): Html {
  return table({
    caption: "Repaid from their next releases",
    columns: ["Seller", "Owes", "Write off"],
    figures: [1],
    empty: "Nobody owes anything.",
    rows: lines.map((one) => {
      const form = `write-off-${one.sellerId}-${one.currency}`;
      const errors = forms.tried === form ? forms.errors : [];
      const fields = textField({ name: "amount", label: `Amount in ${one.currency}`, form, inputmode: "decimal", errors });
      const hidden = { seller: String(one.sellerId), currency: one.currency };
      return [
        html`${foreign(one.sellerName)} (${one.sellerId})`,
        money(one.amount, one.currency),
        small(forms, {
          action: "write_off",
          hidden,
          text: "Write off",
          label: `Write off for seller ${one.sellerId}`,
          fields,
          look: "danger",
        }),
      ];
    }),
  });
}
