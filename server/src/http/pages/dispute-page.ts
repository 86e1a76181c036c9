import type { Offer } from "../../domain/facts.ts";
import { format } from "../../domain/currency.ts";
import type { WhoGetsWhat } from "./blocks.ts";
import { doneMessage, facts, note, whoGetsWhat, whySection } from "./blocks.ts";
import { button, errorSummary, postForm, textArea, textField } from "./form.ts";
import type { Html, Value } from "./html.ts";
import { foreign, html, safeAddress } from "./html.ts";
import { money, typed } from "./money.ts";
import { deliveredFacts } from "./order-facts.ts";
import type { HoldLine } from "./operator-money.ts";
import { holdsTable } from "./operator-money.ts";
import { moneyOutSection } from "./order-money.ts";
import { historySection, orderHead } from "./order-page.ts";
import type { OrderView } from "./order-view.ts";
import { stateSentence } from "./order-words.ts";
import type { SignedInView } from "./seller-page.ts";
import { signedIn } from "./seller-page.ts";
import { moment } from "./time.ts";

/** How buyer and seller can be reached, for the one who decides. */
export interface PartyContact {
  readonly name: string;
  readonly email: string;
  readonly phone: string;
}

/**
 * One order as the operator sees it. GET of `actionUrl` shows this page; forms post to `actionUrl` with `action`: `preview_rule` (`buyer_gets` in major units, `comment`), `rule` (the
 * same, confirmed), `reopen` (`comment`), `hold` (`note`), `lift_hold` (`seller`, `hold`), `requeue` (`disbursement`). Only `rule` and `reopen` in `allowed` count here.
 */
export interface DisputeView extends OrderView, SignedInView {
  readonly buyer: PartyContact;
  readonly seller: PartyContact;
  readonly ruleBy: Date | null;
  /** What was typed and is to be confirmed: in major units as typed, and who would get what. */
  readonly draft: { readonly amount: string; readonly comment: string; readonly gets: WhoGetsWhat; readonly needsSecond: boolean } | null;
  /** An operator's ruling that waits for a second one, with who would get what. */
  readonly proposal:
    | (Pick<Offer, "id" | "partyName" | "buyerGets" | "madeAt" | "expiresAt"> & { readonly own: boolean; readonly gets: WhoGetsWhat })
    | null;
  readonly holds: readonly HoldLine[];
}

/** A dispute, or any other order, with what the operator can do about it. */
export function disputePage(view: DisputeView): string {
  const { order } = view;
  const may = (action: "rule" | "reopen"): boolean => view.allowed.some((step) => step.action === action);
  const body = html`${orderHead(order, view.shopName)}${doneMessage(view.done)}${errorSummary(view.errors, view.tried ?? "")}
${standing(view)}
${view.proposal !== null && proposal(view, view.proposal, may("rule"))}
${may("rule") && ruling(view)}
${may("reopen") && reopening(view)}
${whySection(view.why)}
${moneyOutSection(view)}
<div class="columns">${contact("The buyer", view.buyer)}${contact("The seller", view.seller)}</div>
${deliveredFacts(view)}
${historySection(view.history)}
<section class="block"><h2>Holds over this order</h2>${holdsTable(view, view.holds)}${holdForm(view)}</section>`;
  return signedIn(view, { title: `Order ${order.id}`, body });
}

function standing(view: DisputeView): Html {
  const { order } = view;
  const split = order.ending !== null && whoGetsWhat({ ...order.ending, currency: order.bookCurrency }, "Who got what", "operator");
  return html`<section class="block"><h2>How it stands</h2><p>${stateSentence(order.state, view.missing)}</p>${facts([
    ["In escrow", money(view.escrow, order.bookCurrency)],
    ["Taken back by the buyer’s bank", order.lost > 0n ? money(order.lost, order.bookCurrency) : null],
    [
      "Decide by",
      view.ruleBy === null ? null : html`${moment(view.ruleBy)} <span class="muted">(no clock pays here: it only reminds)</span>`,
    ],
    ["Clock", view.clockStopped ? "stands still: the buyer’s bank disputes the payment" : null],
    ["Offer of a party", offerText(view)],
  ])}${split}</section>`;
}

function offerText(view: DisputeView): Value {
  const { offer } = view;
  if (offer === null || offer.kind === "ruling") return null;
  const what =
    offer.kind === "redelivery"
      ? "a second delivery"
      : html`a split: ${money(offer.buyerGets ?? 0n, view.order.bookCurrency)} for the buyer`;
  return html`The ${offer.party} offers ${what}, open until ${moment(offer.expiresAt)}`;
}

function ruling(view: DisputeView): Html {
  if (view.draft !== null) return confirmation(view, view.draft);
  const mine = view.tried === "preview_rule";
  const { bookCurrency, amount } = view.order;
  const hint = html`In ${bookCurrency}, from 0 (everything to the seller’s side) to ${format(amount, bookCurrency)} (everything back).`;
  const fields = html`${textField({ name: "buyer_gets", label: "Amount for the buyer, before fees", form: "preview_rule", hint, inputmode: "decimal", short: true, required: true, value: mine ? (view.typed["buyer_gets"] ?? "") : "", errors: mine ? view.errors : [] })}
${textArea({ name: "comment", label: "Reasons", form: "preview_rule", hint: "Both sides read them.", value: mine ? (view.typed["comment"] ?? "") : "", maxlength: 4000, errors: mine ? view.errors : [] })}
${button({ text: "Show who gets what" })}`;
  return html`<section class="block"><h2>Decide</h2><p>You see the consequences first; nothing moves yet.</p>${postForm({ url: view.actionUrl, hidden: { ...view.hidden, action: "preview_rule" }, body: fields })}</section>`;
}

function confirmation(view: DisputeView, draft: NonNullable<DisputeView["draft"]>): Html {
  const second =
    draft.needsSecond &&
    note(
      "warn",
      "A second operator is needed",
      html`<p>The amount is above your installation’s limit. Your ruling is kept as a proposal, and takes effect when another operator rules the same.</p>`,
    );
  const hidden = { ...view.hidden, action: "rule", buyer_gets: draft.amount, comment: draft.comment };
  const reasons = draft.comment !== "" && html`<p class="pre">Reasons: “${foreign(draft.comment)}”</p>`;
  return html`<section class="block"><h2>Confirm the ruling</h2>${whoGetsWhat(draft.gets, "Who would get what", "operator")}${reasons}${second}<div class="actions">${postForm(
    {
      url: view.actionUrl,
      hidden,
      label: "Confirm the ruling",
      body: button({ text: draft.needsSecond ? "Propose this ruling" : "Rule so" }),
    },
  )}<a class="button quiet" href="${safeAddress(view.actionUrl)}">Back, change it</a></div></section>`;
}

function proposal(view: DisputeView, one: NonNullable<DisputeView["proposal"]>, mayRule: boolean): Html {
  const { bookCurrency } = view.order;
  const amount = one.buyerGets ?? 0n;
  const said = one.own
    ? "You proposed this ruling. Another operator must rule the same."
    : html`${foreign(one.partyName)} proposed this ruling. It takes effect if you rule the same.`;
  const form =
    !one.own &&
    mayRule &&
    postForm({
      url: view.actionUrl,
      hidden: { ...view.hidden, action: "rule", buyer_gets: typed(amount, bookCurrency), proposal: String(one.id) },
      label: "Second the ruling",
      body: button({ text: "Rule the same" }),
    });
  return html`<section class="block"><h2>A ruling is proposed</h2><p>${said} Proposed ${moment(one.madeAt)}, open until ${moment(one.expiresAt)}.</p>${whoGetsWhat(one.gets, "Who would get what", "operator")}${form}</section>`;
}

function reopening(view: DisputeView): Html {
  const fields = html`${textArea({ name: "comment", label: "Why", form: "reopen", rows: 2, maxlength: 4000, errors: view.tried === "reopen" ? view.errors : [] })}${button({ text: "Reopen the dispute", look: "danger" })}`;
  return html`<section class="block"><h2>Reopen</h2><p>Nothing of this ruling has been sent yet. Reopening puts the money back into escrow and cancels the payouts that wait.</p>${postForm({ url: view.actionUrl, hidden: { ...view.hidden, action: "reopen" }, body: fields })}</section>`;
}

function contact(heading: string, who: PartyContact): Html {
  return html`<section class="block"><h2>${heading}</h2>${facts([
    ["Name", foreign(who.name)],
    ["E-mail", foreign(who.email)],
    ["Phone", foreign(who.phone)],
  ])}</section>`;
}

function holdForm(view: DisputeView): Html {
  const fields = html`${textField({ name: "note", label: "Stop this order’s money, because", form: "hold", required: true, maxlength: 500, errors: view.tried === "hold" ? view.errors : [] })}${button({ text: "Place a hold", look: "quiet" })}`;
  return postForm({ url: view.actionUrl, hidden: { ...view.hidden, action: "hold" }, body: fields, label: "Place a hold" });
}
