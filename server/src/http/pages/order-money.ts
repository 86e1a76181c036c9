import type { FieldError } from "./form.ts";
import { button, postForm, textField } from "./form.ts";
import type { Html, Value } from "./html.ts";
import { foreign, html } from "./html.ts";
import { money } from "./money.ts";
import type { MoneyOut, OrderView } from "./order-view.ts";
import { moneyOutState } from "./order-words.ts";
import { sendAgainForm } from "./operator-money.ts";
import { moment } from "./time.ts";

/** The payouts and refunds of this order that the viewer may see; a parked one says what would free it. */
export function moneyOutSection(view: OrderView): Html {
  if (view.moneyOut.length === 0) return html``;
  return html`<section class="block"><h2>Money going out</h2>${view.moneyOut.map((one) => moneyOutLine(view, one))}</section>`;
}

function moneyOutLine(view: OrderView, one: MoneyOut): Html {
  const whose = one.payee === null ? "Your" : "The";
  const to = one.payee !== null && html` to ${foreign(one.payee)}`;
  const when = one.state === "succeeded" && one.concludedAt !== null && html` on ${moment(one.concludedAt)}`;
  const abroad = one.paidAs !== undefined && one.paidAs !== null && html` (paid as ${money(one.paidAs.amount, one.paidAs.currency)})`;
  const said = html`<p>${whose} ${one.kind} of <strong>${money(one.amount, one.currency)}</strong>${abroad}${to} ${moneyOutState(one.state)}${when}.</p>`;
  const freed = one.freedBy !== null && html`<p><strong>What it waits for:</strong> ${one.freedBy}</p>`;
  const cause = one.cause !== undefined && one.cause !== null && html`<p><strong>What happened:</strong> ${foreign(one.cause)}</p>`;
  return html`<div class="stack">${said}${cause}${freed}${one.sendAgain === true && sendAgainForm(view, one)}${one.accountNeeded && accountForm(view, one)}</div>`;
}

/** Posts `action=give_account`, `disbursement`, and the four fields of {@link bankFields}. */
function accountForm(view: OrderView, one: MoneyOut): Html {
  const form = `account-${one.id}`;
  const mine = view.tried === form;
  const body = html`${bankFields({ form, errors: mine ? view.errors : [], typed: mine ? view.typed : {} })}${button({ text: "Send my money to this account" })}`;
  const label = `Bank account for ${one.kind} ${one.id}`;
  return html`<div class="step"><h3>Where should the money go?</h3>${postForm({
    url: view.actionUrl,
    hidden: { ...view.hidden, action: "give_account", disbursement: String(one.id) },
    body,
    label,
  })}</div>`;
}

/** `bank_name`, `bank_code`, `account_number`, `account_name`. */
export function bankFields(view: {
  readonly form: string;
  readonly errors: readonly FieldError[];
  readonly typed: Readonly<Record<string, string>>;
}): Value {
  const { form, errors, typed } = view;
  return html`${textField({ name: "bank_name", label: "Bank", form, value: typed["bank_name"] ?? "", maxlength: 120, errors })}
${textField({ name: "bank_code", label: "Bank code", form, hint: "Three or six digits, for example 058.", value: typed["bank_code"] ?? "", inputmode: "numeric", maxlength: 12, short: true, errors })}
${textField({ name: "account_number", label: "Account number", form, hint: "Ten digits.", value: typed["account_number"] ?? "", inputmode: "numeric", autocomplete: "off", maxlength: 20, short: true, errors })}
${textField({ name: "account_name", label: "Name on the account", form, value: typed["account_name"] ?? "", autocomplete: "name", maxlength: 120, errors })}`;
}
