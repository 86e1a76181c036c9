import type { FieldError } from "./form.ts";
import { button, checkbox, errorSummary, postForm, textField } from "./form.ts";
import type { Hidden, PageView } from "./html.ts";
import { document, foreign, html } from "./html.ts";
import { money } from "./money.ts";

/** The sandbox rail's own pay page. Posts `outcome` (the button), and `card`, `amount`, `currency` where they are set. */
export interface SandboxPayView extends PageView {
  readonly payUrl: string;
  readonly hidden: Hidden;
  readonly reference: string;
  readonly shopName: string;
  readonly amount: bigint;
  readonly currency: string;
  readonly errors: readonly FieldError[];
}

const outcomes = [
  { value: "success", text: "Pay successfully", look: "main" },
  { value: "decline", text: "Decline", look: "quiet" },
  { value: "pending_then_success", text: "Pending, then success", look: "quiet" },
  { value: "pending", text: "Pending only", look: "quiet" },
  { value: "success_browser_gone", text: "Success but the browser is gone", look: "quiet" },
] as const;

/** Plays the bank or card company: whoever tests decides how the payment ends. */
export function sandboxPayPage(view: SandboxPayView): string {
  const unusual = html`<details${view.errors.length > 0 && html` open`}><summary>Unusual payments</summary><div class="stack">
${checkbox({ name: "card", value: "refund_dead", checked: false, label: "Pay with a card that takes no refunds", hint: "The payment works, a refund later does not: the buyer is asked for a bank account." })}
${textField({ name: "amount", label: "Amount (optional)", hint: "In kobo or cents, to pay too little or too much.", inputmode: "numeric", short: true, errors: view.errors })}
${textField({ name: "currency", label: "Currency (optional)", hint: "Three letters, to pay in a wrong one.", maxlength: 3, short: true, errors: view.errors })}
</div></details>`;
  const buttons = html`<div class="stack">${outcomes.map((one) => button({ text: one.text, look: one.look, name: "outcome", value: one.value }))}</div>`;
  const body = html`<div class="head"><h1>Sandbox payment</h1><p class="muted">This page stands for the bank or card company. It takes no card numbers.</p></div>
${errorSummary(view.errors)}
<section class="block"><h2>To ${foreign(view.shopName)}</h2><p class="key">${money(view.amount, view.currency)}</p><p class="muted">Reference <code>${view.reference}</code></p>
${postForm({ url: view.payUrl, hidden: view.hidden, body: html`${buttons}${unusual}` })}</section>`;
  return document({ title: "Sandbox payment", body, sandbox: view.sandbox });
}
