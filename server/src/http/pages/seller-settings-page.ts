import { doneMessage, note } from "./blocks.ts";
import type { FieldError } from "./form.ts";
import { button, errorSummary, postForm, radios, textArea, textField } from "./form.ts";
import type { Hidden, Html } from "./html.ts";
import { html } from "./html.ts";
import { bankFields } from "./order-money.ts";
import type { SignedInView } from "./seller-page.ts";
import { signedIn } from "./seller-page.ts";
import { settingsTerms } from "./seller-terms.ts";

/** The names of all settings' fields; `reasons_with_fee` comes once per ticked box. Amounts in naira with two decimals. */
export type SettingName =
  | "callback_url"
  | "callback_format"
  | "callback_token"
  | "escrow_fee_bearer"
  | "rail_fee_bearer"
  | "provider_fee_bearer"
  | "non_split"
  | "policy"
  | "sla"
  | "cancellation_fee"
  | "max_delivery_days"
  | "accept_after_days"
  | "origins"
  | "unsigned_checkout"
  | "provider_share_limit"
  | "bank_name"
  | "bank_code"
  | "account_number"
  | "account_name";

/** The seller's settings, three forms: each posts its fields and `section` (`shop`, `terms`, `bank`). */
export interface SellerSettingsView extends SignedInView {
  readonly actionUrl: string;
  readonly hidden: Hidden;
  /** As they stand, or as they were typed before an error. `origins` one per line. */
  readonly values: Readonly<Record<SettingName, string>>;
  readonly reasonsWithFee: readonly string[];
  readonly slaUnit: "days" | "hours";
  /** Limits of this installation, said in the hints. */
  readonly limits: { readonly maxDays: number; readonly maxCancellationFeePercent: number; readonly coolingOffHours: number };
  readonly errors: readonly FieldError[];
  readonly done: string | null;
}

export function sellerSettingsPage(view: SellerSettingsView): string {
  const body = html`<div class="head"><h1>Settings</h1><p class="muted">Changes count for new orders. An order that is open keeps the terms its buyer saw.</p></div>${doneMessage(view.done)}${errorSummary(view.errors)}
<section class="block"><h2>Terms of your orders</h2>${form(view, "terms", html`${settingsTerms(view)}${button({ text: "Save the terms" })}`)}</section>
<section class="block"><h2>Your shop’s connection</h2>${form(view, "shop", html`${shopFields(view)}${button({ text: "Save the connection" })}`)}</section>
<section class="block"><h2>Your bank account</h2><p>Your part of every order is paid to this account.${
    view.limits.coolingOffHours > 0 &&
    ` After a change, money waits ${view.limits.coolingOffHours} hours, and we tell the contacts we know.`
  }</p>${form(view, "bank", html`${bankFields({ form: "", errors: view.errors, typed: view.values })}${button({ text: "Save the account" })}`)}</section>`;
  return signedIn(view, { title: "Settings", body });
}

function form(view: SellerSettingsView, section: string, body: Html): Html {
  return postForm({ url: view.actionUrl, hidden: { ...view.hidden, section }, body });
}

function shopFields(view: SellerSettingsView): Html {
  const { errors, values } = view;
  const warning =
    values.callback_token === "documented" &&
    note(
      "warn",
      "The notifications carry your private key",
      html`<p>In the documented form every notification holds a field made from your private key, and who can read your notifications can read the key. Choose the signature as soon as your shop checks it.</p>`,
    );
  return html`${textField({ name: "callback_url", label: "Address for notifications", type: "url", hint: "Notifications go here and nowhere else.", value: values.callback_url, autocomplete: "off", maxlength: 2000, errors })}
${radios({
  name: "callback_format",
  legend: "Format of notifications",
  value: values.callback_format,
  errors,
  choices: [
    { value: "auto", text: "Automatic", hint: "As a form for orders that came through a plugin which reads forms, otherwise JSON." },
    { value: "json", text: "JSON" },
    { value: "multipart", text: "Form (multipart)" },
  ],
})}
${radios({
  name: "callback_token",
  legend: "Security token in notifications",
  value: values.callback_token,
  errors,
  choices: [
    { value: "documented", text: "As documented", hint: "Existing plugins check this one. The field contains the private key." },
    { value: "hmac", text: "Signature", hint: "A signature made with the private key, which does not give it away." },
  ],
})}${warning}
${textArea({ name: "origins", label: "Origins of your shop", hint: "One per line, for example https://shop.example. Buyers are sent back to these only, and only these may show the checkout in a frame.", value: values.origins, errors })}
${radios({
  name: "unsigned_checkout",
  legend: "Checkouts without your signature",
  value: values.unsigned_checkout,
  errors,
  hint: "A checkout form passes through the buyer’s browser. Without a signature nothing shows that price, product, provider and share are the ones your shop wrote: anybody who knows your public key can send a form with other ones. Compare every paid order with your own before you deliver.",
  choices: [
    { value: "allow", text: "Allow", hint: "Existing plugins do not sign." },
    { value: "refuse", text: "Refuse", hint: "Safer, once your shop signs its forms." },
  ],
})}
${textField({ name: "provider_share_limit", label: "Most that an unsigned form may give a service provider, in percent", hint: "From 0 to 100, with at most two decimals. A signed form may give more.", value: values.provider_share_limit, inputmode: "decimal", short: true, errors })}`;
}
