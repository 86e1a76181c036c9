import { doneMessage, facts, note, table } from "./blocks.ts";
import type { FieldError } from "./form.ts";
import { button, errorSummary, postForm, selectField, textField } from "./form.ts";
import type { Hidden, Html } from "./html.ts";
import { html } from "./html.ts";
import { money } from "./money.ts";
import type { SignedInView } from "./seller-page.ts";
import { signedIn } from "./seller-page.ts";
import { moment } from "./time.ts";

/** What the operator's own money can have done to it; each is looked at once more before it is booked. */
export type MoneyAct = "add_float" | "change_money" | "take_fees";

export interface HeldLine {
  readonly currency: string;
  readonly held: bigint;
  readonly owed: bigint;
}

/** What is about to be booked, in words, with everything that the form sent. */
export interface MoneyDraft {
  readonly act: MoneyAct;
  readonly says: readonly (readonly [name: string, value: Html | string])[];
  readonly fields: Hidden;
}

/** Forms post `action=preview` or `book` with `act`, the amounts in major units, and (to book) the `key` of the draft, which makes twice once. */
export interface MoneyView extends SignedInView {
  readonly actionUrl: string;
  readonly hidden: Hidden;
  readonly now: Date;
  readonly held: readonly HeldLine[];
  readonly rails: readonly string[];
  readonly draft: MoneyDraft | null;
  readonly done: string | null;
  readonly errors: readonly FieldError[];
  readonly tried: MoneyAct | null;
  readonly typed: Readonly<Record<string, string>>;
}

const words: Readonly<Record<MoneyAct, { readonly heading: string; readonly what: string; readonly book: string }>> = {
  add_float: {
    heading: "Add your own money",
    what: "You have put money of yours on the balance at a payment company: to pay what the rail keeps, or what must be paid before it is settled. Here it is booked; nothing moves by this.",
    book: "Book it as mine",
  },
  change_money: {
    heading: "Change money into another currency",
    what: "Service providers who are paid in another currency are paid out of what is changed. Change it at your payment company or bank first, then book what you gave and what came. Only what the installation holds above what it owes can be changed.",
    book: "Book the change",
  },
  take_fees: {
    heading: "Take out earned fees",
    what: "You have taken fees that the platform earned off the balance at a payment company. Only what the installation holds above what it owes can be taken.",
    book: "Book it as taken",
  },
};

export function moneyPage(view: MoneyView): string {
  const body = html`<div class="head"><h1>Money</h1><p class="muted">As of ${moment(view.now)}</p></div>${doneMessage(view.done)}${errorSummary(view.errors, view.tried ?? "")}
${view.draft === null ? html`` : draft(view, view.draft)}
${table({
  caption: "What the installation holds and owes",
  columns: ["Currency", "Held at the payment companies", "Owed", "Yours, above what is owed"],
  figures: [1, 2, 3],
  empty: "No money has moved yet.",
  rows: view.held.map((one) => [
    one.currency,
    money(one.held, one.currency),
    money(one.owed, one.currency),
    money(one.held - one.owed, one.currency),
  ]),
})}
${block(view, "add_float", html`${amount(view, "add_float", "amount", "Amount")}${currency(view, "add_float", "currency")}${rail(view, "add_float", "rail", "Where it is")}`)}
${block(
  view,
  "change_money",
  html`${amount(view, "change_money", "amount", "You gave")}${currency(view, "change_money", "currency")}${rail(view, "change_money", "rail", "From")}
${amount(view, "change_money", "to_amount", "What came")}${currency(view, "change_money", "to_currency")}${rail(view, "change_money", "to_rail", "Where it is now")}`,
)}
${block(view, "take_fees", html`${textField({ ...given(view, "take_fees", "seller"), label: "Seller", hint: "The number of the seller whose orders earned them", inputmode: "numeric", short: true, autocomplete: "off" })}${amount(view, "take_fees", "escrow_fees", "Escrow fees")}${amount(view, "take_fees", "payout_fees", "Payout fees")}${currency(view, "take_fees", "currency")}${rail(view, "take_fees", "rail", "From")}`)}`;
  return signedIn(view, { title: "Money", body });
}

function draft(view: MoneyView, one: MoneyDraft): Html {
  const form = postForm({
    url: view.actionUrl,
    hidden: { ...view.hidden, ...one.fields, act: one.act, action: "book" },
    label: words[one.act].book,
    body: button({ text: words[one.act].book }),
  });
  return note("warn", `${words[one.act].heading}: is this right?`, html`${facts(one.says)}${form}`);
}

function block(view: MoneyView, act: MoneyAct, fields: Html): Html {
  const { heading, what } = words[act];
  const form = postForm({
    url: view.actionUrl,
    hidden: { ...view.hidden, act, action: "preview" },
    label: heading,
    body: html`${fields}${button({ text: "Look at it once more", look: "quiet" })}`,
  });
  return html`<section class="block"><h2>${heading}</h2><p>${what}</p>${form}</section>`;
}

function given(view: MoneyView, act: MoneyAct, name: string) {
  const mine = view.tried === act;
  return { name, form: act, errors: mine ? view.errors : [], value: mine ? (view.typed[name] ?? "") : "" };
}

function amount(view: MoneyView, act: MoneyAct, name: string, label: string): Html {
  return textField({ ...given(view, act, name), label, hint: "Like 1500.50", inputmode: "decimal", short: true, autocomplete: "off" });
}

function currency(view: MoneyView, act: MoneyAct, name: string): Html {
  return textField({
    ...given(view, act, name),
    label: "Currency",
    hint: "Three letters, like NGN",
    short: true,
    maxlength: 3,
    autocomplete: "off",
  });
}

function rail(view: MoneyView, act: MoneyAct, name: string, label: string): Html {
  return selectField({ ...given(view, act, name), label, choices: view.rails.map((one) => ({ value: one, text: one })) });
}
