import type { DemoPeople } from "../app-context.ts";
import { textField } from "./form.ts";
import { document, html } from "./html.ts";
import { reasonChoices } from "./order-words.ts";

export interface DemoView extends DemoPeople {
  readonly baseUrl: string;
  readonly authtoken: string;
}

/** A marketplace in miniature. The page is a frame; its script acts over the wire and fills the panels. */
export function demoPage(view: DemoView): string {
  const { seller, buyer, baseUrl } = view;
  const known = JSON.stringify({
    base: baseUrl,
    key: seller.public_key,
    authtoken: view.authtoken,
    operator: view.operator,
    buyer,
    maker: seller.email,
  });
  const panel = (id: string, title: string, empty: string) =>
    html`<section class="block" aria-labelledby="${id}-title"><h2 id="${id}-title">${title}</h2><div id="${id}" class="stack"><p class="muted">${empty}</p></div></section>`;
  const body = html`<div class="head"><h1>A marketplace in miniature</h1>
<p class="lead">Walk a milestone from deposit to payout. You play the shop, the buyer and the operator; every button makes the same HTTP call your own code would.</p></div>
<noscript><p class="note warn">This page acts through a script. Without one, use the curl lines that the server printed at its start.</p></noscript>
<div id="demo" class="stack" data-known="${known}">
<p id="say" class="note" role="status">Start with a project.</p>
<section class="block" aria-labelledby="start-title"><h2 id="start-title">1. Open an escrow</h2>
<div class="actions"><button id="make" type="button">Make a project</button><span id="project" class="muted">No project yet.</span></div>
<form id="pay" method="post" action="/pay">
${textField({ name: "order_product_name", label: "Milestone", form: "pay", value: "Foundation", maxlength: 120, errors: [] })}
<span id="hidden"></span>
<div class="actions"><button id="standard" disabled>Pay with the standard form</button><button id="inline" type="button" class="quiet" disabled>Pay with the inline script</button></div>
<p class="hint">Both take NGN 4,000.00 plus fees into escrow; then you come back here.</p>
</form></section>
<div class="columns demo-turn"><section class="block" aria-labelledby="turn-title"><h2 id="turn-title">2. What can happen now</h2>
<div id="state" class="stack"><p class="muted">Pay a milestone first.</p></div>
<div class="demo-choices" id="choices" hidden>
<div class="field"><label for="reason">Reason for a rejection</label><select id="reason">${reasonChoices.map(({ value, text }) => html`<option value="${value}">${text}</option>`)}</select></div>
<div class="field"><label for="gets">Of a split or a ruling, the buyer gets (NGN)</label><input id="gets" inputmode="decimal" value="2000.00"></div>
</div>
<div id="steps" class="stack"></div></section>
${panel("calls", "The calls behind it", "Each step shows up here as curl, ready to copy.")}</div>
<div class="columns">
${panel("balances", "Ledger: what this order left on each account", "Nothing posted yet.")}
${panel("postings", "Ledger: postings", "Nothing posted yet.")}
${panel("notifications", "Notifications to the shop", "Nothing sent. This seller is told of each step once its settings (Seller, above) name an address.")}
${panel("letters", "Mailbox", "No letters yet.")}
</div></div>
<link rel="stylesheet" href="/assets/demo.css"><link rel="stylesheet" href="/assets/test/trustpay.inline.min.css">
<script src="/assets/test/trustpay.inline.min.js" defer></script><script src="/assets/demo.js" defer></script>`;
  const nav = [
    { href: "/", text: "Demo", current: true },
    { href: "/seller", text: "Seller" },
    { href: "/operator", text: "Operator" },
  ];
  return document({ title: "Demo", description: "Try escrow and milestone payments.", sandbox: true, wide: true, nav, body });
}
