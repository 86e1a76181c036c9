import type { Html, Link, Value } from "./html.ts";
import { html, safeAddress } from "./html.ts";
import { money } from "./money.ts";
import type { Viewer } from "./order-words.ts";

/** A box with a heading and its text; `look` never says more than the heading's words do. */
export function note(look: "plain" | "good" | "warn" | "bad", heading: Value, body: Value): Html {
  return html`<section class="note ${look}"><h2>${heading}</h2>${body}</section>`;
}

/** A message above the page that was just drawn anew: read out at once. */
export function doneMessage(message: string | null | undefined): Html {
  return html`${message !== null && message !== undefined && html`<div class="note good" role="status"><p><strong>Done.</strong> ${message}</p></div>`}`;
}

/** Names and what they are; pairs without a value are left out. */
export function facts(pairs: readonly (readonly [name: Value, value: Value])[]): Html {
  const shown = pairs.filter(([, value]) => value !== null && value !== undefined && value !== false && value !== "");
  if (shown.length === 0) return html``;
  return html`<dl class="facts">${shown.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

export interface TableView {
  readonly caption: string;
  readonly columns: readonly string[];
  /** Columns with figures, aligned to the right. */
  readonly figures?: readonly number[];
  readonly rows: readonly (readonly Value[])[];
  /** Said instead of an empty table. */
  readonly empty: string;
}

/** A table that becomes one card per row where there is little room: each cell carries its column's name. */
export function table(view: TableView): Html {
  if (view.rows.length === 0) return html`<p class="muted">${view.empty}</p>`;
  const side = (column: number): Html => html`${view.figures?.includes(column) === true && html` class="figure"`}`;
  const head = view.columns.map((name, column) => html`<th scope="col"${side(column)}>${name}</th>`);
  const cell = (value: Value, column: number): Html =>
    html`<td${side(column)}><span class="column-name" aria-hidden="true">${view.columns[column]}</span><div>${value}</div></td>`;
  return html`<table class="cards"><caption>${view.caption}</caption><thead><tr>${head}</tr></thead><tbody>${view.rows.map(
    (row) => html`<tr>${row.map(cell)}</tr>`,
  )}</tbody></table>`;
}

export interface SumView {
  readonly caption: string;
  readonly currency: string;
  readonly lines: readonly (readonly [what: Value, amount: Value])[];
  readonly total?: readonly [what: Value, amount: Value];
}

/** Amounts one below the other, and what they come to. */
export function sum(view: SumView): Html {
  const line = ([what, amount]: readonly [Value, Value]): Html =>
    html`<tr><th scope="row">${what}</th><td class="figure">${amount}</td></tr>`;
  return html`<table class="sum"><caption>${view.caption}</caption><tbody>${view.lines.map(line)}</tbody>${
    view.total !== undefined && html`<tfoot>${line(view.total)}</tfoot>`
  }</table>`;
}

/** Who is paid what when an order ends, in minor units of `currency`. `lost` was already taken back by the buyer's bank. */
export interface WhoGetsWhat {
  readonly currency: string;
  readonly buyer: bigint;
  readonly seller: bigint;
  readonly provider: bigint;
  readonly operator: bigint;
  readonly escrowFee: bigint;
  readonly payoutFee: bigint;
  readonly railFee: bigint;
  readonly lost?: bigint;
}

/**
 * The preview of every step that moves money. Buyer and seller always stand in it; others where they get something. How the seller's side
 * divides its part is its own business: the buyer sees one sum.
 */
export function whoGetsWhat(split: WhoGetsWhat, caption: string, viewer: Viewer): Html {
  const theirs: (readonly [string, bigint, boolean])[] =
    viewer === "buyer"
      ? [["The seller’s side gets", split.seller + split.provider + split.operator, true]]
      : [
          ["Seller gets", split.seller, true],
          ["Service provider gets", split.provider, false],
          ["Marketplace operator gets", split.operator, false],
        ];
  const lines: (readonly [string, bigint, boolean])[] = [
    [viewer === "buyer" ? "You get back" : "Buyer gets back", split.buyer, true],
    ...theirs,
    ["Escrow fee kept", split.escrowFee, false],
    ["Payout fee", split.payoutFee, false],
    ["Payment fee", split.railFee, false],
    ["Taken back by the buyer’s bank before", split.lost ?? 0n, false],
  ];
  const total = lines.reduce((all, [, amount]) => all + amount, 0n);
  return sum({
    caption,
    currency: split.currency,
    lines: lines.filter(([, amount, always]) => always || amount !== 0n).map(([what, amount]) => [what, money(amount, split.currency)]),
    total: ["Together", money(total, split.currency)],
  });
}

/** Sentences as a list; `empty` where there are none. */
export function sentences(lines: readonly Value[], empty?: string): Html {
  if (lines.length === 0) return html`${empty !== undefined && html`<p class="muted">${empty}</p>`}`;
  return html`<ul class="sentences">${lines.map((line) => html`<li>${line}</li>`)}</ul>`;
}

/** Why the money of an order has not gone out. */
export function whySection(why: readonly string[]): Html {
  if (why.length === 0) return html``;
  return html`<section class="block"><h2>Why isn’t the money out?</h2>${sentences(why)}</section>`;
}

export function link(to: Link, look = ""): Html {
  return html`<a href="${safeAddress(to.href)}"${look !== "" && html` class="${look}"`}>${to.text}</a>`;
}

/** Ways to the pages of a list before and after; nothing where there is only one. */
export function paging(view: { readonly newer: string | null; readonly older: string | null }): Html {
  if (view.newer === null && view.older === null) return html``;
  return html`<nav class="paging" aria-label="Pages">${view.newer !== null && link({ href: view.newer, text: "← Newer" })}${
    view.older !== null && link({ href: view.older, text: "Older →" })
  }</nav>`;
}

/** The way on in a list that is shown in parts, and back to its beginning. */
export function furtherPages(view: { readonly what: string; readonly first: string; readonly next: string }): Html {
  return html`<nav class="paging" aria-label="${`More ${view.what}`}">${link({ href: view.first, text: "From the beginning" })}${link({ href: view.next, text: `More ${view.what} →` })}</nav>`;
}
