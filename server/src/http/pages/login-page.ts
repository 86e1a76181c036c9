import type { FieldError } from "./form.ts";
import { button, errorSummary, postForm, textField } from "./form.ts";
import type { Hidden, PageView } from "./html.ts";
import { document, html } from "./html.ts";

/** Signing in; posts `email` and `password`. */
export interface LoginView extends PageView {
  readonly kind: "seller" | "operator";
  readonly actionUrl: string;
  readonly hidden: Hidden;
  /** What was typed before an error. */
  readonly email: string;
  /** One sentence for the whole form: never which of the two was wrong. */
  readonly error: string | null;
}

export function loginPage(view: LoginView): string {
  const title = view.kind === "seller" ? "Seller sign-in" : "Operator sign-in";
  const what =
    view.kind === "seller" ? "Your orders, payouts, keys and terms." : "Disputes, money that needs a hand, and the state of the books.";
  const errors: readonly FieldError[] = view.error === null ? [] : [{ field: "", message: view.error }];
  const fields = html`${textField({ name: "email", label: "E-mail", type: "email", autocomplete: "username", value: view.email, required: true, maxlength: 254 })}
${textField({ name: "password", label: "Password", type: "password", autocomplete: "current-password", required: true, maxlength: 1024 })}
${button({ text: "Sign in" })}`;
  const body = html`<div class="head"><h1>${title}</h1><p class="muted">${what}</p></div>${errorSummary(errors)}<section class="block">${postForm({ url: view.actionUrl, hidden: view.hidden, body: fields })}</section>`;
  return document({ title, body, sandbox: view.sandbox });
}
