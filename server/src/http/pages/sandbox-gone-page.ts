import { document, html } from "./html.ts";

/** Shown where the payer's browser would have been closed: the payment goes on without it. */
export function sandboxGonePage(): string {
  const body = html`<div class="head"><h1>The browser is gone</h1></div>
<section class="block"><p class="lead">The payment succeeded, and the payer never came back to the shop.</p><p>The money is in escrow all the same: the rail told us itself. The order’s page is behind the link in the payer’s mailbox.</p></section>`;
  return document({ title: "The browser is gone", body, sandbox: true });
}
