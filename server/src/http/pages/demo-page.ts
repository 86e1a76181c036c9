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
  // Areas that scroll are reached by keyboard.
  const panel = (id: string, title: string, hint: string, empty: string) =>
    html`<section class="block" aria-labelledby="${id}-title"><div class="head"><h2 id="${id}-title">${title}</h2><p class="hint">${hint}</p></div><div id="${id}" class="stack scrolls" tabindex="0" role="group" aria-labelledby="${id}-title"><p class="muted">${empty}</p></div></section>`;
  const body = html`<div class="hero"><h1>A marketplace in miniature</h1>
<p class="lead">A buyer pays a milestone into escrow; nobody touches the money until the work is accepted or somebody decides. Play every part, and watch each kobo move.</p>
<ol id="track" class="track" aria-label="The life of a milestone"><li class="now">Agree</li><li>Pay in</li><li>Deliver</li><li>Decide</li><li>Pay out</li><li>Done</li></ol></div>
<noscript><p class="note warn">This page acts through a script. Without one, use the curl lines that the server printed at its start; the <a href="/seller">seller’s</a> and the <a href="/operator">operator’s</a> pages need none.</p></noscript>
<div id="demo" class="stack" data-known="${known}">
<p id="say" class="note" role="status">Start with a project. Every button makes the same HTTP call that your own code would; it stands beside the button, ready to copy.</p>
<div class="columns"><div class="stack"><section class="block" aria-labelledby="start-title"><h2 id="start-title">1. Projects and milestones</h2>
<ul id="projects" class="projects"><li class="muted">Looking …</li></ul>
<div class="demo-step"><button id="make" type="button">Make a project</button><div id="make-call"></div></div></section>
<section class="block" aria-labelledby="pay-title"><h2 id="pay-title">2. Pay a milestone</h2>
<form id="pay" method="post" action="/pay">
<div class="demo-choices">${textField({ name: "order_product_name", label: "Milestone", form: "pay", value: "Foundation", maxlength: 120, errors: [] })}
<div class="field"><label for="price">Price (NGN)</label><input id="price" inputmode="decimal" value="4,000.00"></div>
<div class="field"><label for="provider">Who does the work?</label><select id="provider"><option value="">The seller itself</option></select></div>
<div class="field" id="share-field" hidden><label for="share">The seller keeps (%)</label><input id="share" inputmode="decimal" value="20"></div></div>
<div class="demo-step"><button id="mason" type="button" class="quiet">Register a mason</button><p class="hint">A service provider gets the price, less what the seller keeps.</p><div id="mason-call"></div></div>
<span id="hidden" hidden></span>
<p id="pay-note" class="note">Make a project first.</p>
<div class="demo-ways"><div class="way"><h3>Standard</h3><p class="hint">A form of your shop leads the buyer to the escrow page.</p><button id="standard" disabled>Pay with the standard form</button><div id="standard-call"></div></div>
<div class="way"><h3>Inline</h3><p class="hint">A script opens a dialog over your own page first.</p><button id="inline" type="button" disabled>Pay with the inline script</button><div id="inline-call"></div></div></div>
</form></section></div>
<section class="block" aria-labelledby="turn-title"><h2 id="turn-title">3. What can happen now</h2>
<div id="state" class="stack"><p class="muted">Choose or pay a milestone: its state, its deadlines and everybody’s buttons appear here.</p></div>
<div class="demo-choices" id="choices" hidden>
<div class="field" id="reason-field"><label for="reason">Reason for a rejection</label><select id="reason">${reasonChoices.map(({ value, text }) => html`<option value="${value}">${text}</option>`)}</select></div>
<div class="field" id="gets-field"><label for="gets">Of a split or a ruling, the buyer gets (NGN)</label><input id="gets" inputmode="decimal" value="2000.00"></div>
</div>
<div id="steps" class="stack"></div></section></div>
<div class="columns">
${panel("notifications", "Notifications to the shop", "What the shop’s server is told, and what it answered. The demo’s shop checks token and signature.", "Nothing sent yet: the first one goes out when the seller delivers.")}
${panel("letters", "Mailbox", "The buyer’s and the seller’s letters. Their links act without a password.", "No letters yet: the first come when a milestone is paid.")}
${panel("calls", "The calls so far", "What this page has sent, and what came back.", "None yet. Each step shows up here as curl, with its answer.")}
${panel("balances", "Ledger: balances", "What this order left on each account; minus is a debit.", "Nothing posted yet: the first posting is the payment.")}
${panel("postings", "Ledger: postings", "Each moves one amount from one account to another, and is never edited.", "Nothing posted yet: the first posting is the payment.")}
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
