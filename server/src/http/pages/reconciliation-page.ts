import { doneMessage, furtherPages, link, note, table } from "./blocks.ts";
import type { FieldError } from "./form.ts";
import { button, errorSummary, fieldId, postForm, textField } from "./form.ts";
import type { Hidden, Html, Value } from "./html.ts";
import { foreign, hiddenFields, html, safeAddress } from "./html.ts";
import { money } from "./money.ts";
import { small } from "./operator-money.ts";
import type { SignedInView } from "./seller-page.ts";
import { signedIn } from "./seller-page.ts";
import { moment } from "./time.ts";

/** Something in which the rail and the books disagree. Closing it posts `action=close_break`, `break`, `note`, and `book=yes` where the fee is booked. */
export interface BreakLine {
  readonly id: number;
  readonly rail: string;
  readonly kind: string;
  readonly says: string;
  readonly suggestion: string;
  readonly foundAt: Date;
  /** Orders that are held, as `seller/order`. */
  readonly orders: readonly string[];
  /** The currency in which nothing leaves the rail meanwhile. */
  readonly stops: string | null;
}

/** A balance from which nothing is sent, and what is missing there. */
export interface RailStop {
  readonly rail: string;
  readonly currency: string;
  readonly short: bigint;
  readonly since: Date;
}

export interface EndedBreak {
  readonly id: number;
  readonly kind: string;
  readonly says: string;
  /** `healed` or `closed`. */
  readonly state: string;
  readonly note: string;
  readonly by: string;
  readonly endedAt: Date;
}

export interface SettlementRow {
  readonly rail: string;
  readonly id: string;
  readonly currency: string;
  readonly amount: bigint;
  readonly settledAt: Date;
  readonly source: string;
  readonly lines: number;
  /** Matched or explained. */
  readonly agreed: number;
  readonly open: number;
}

export interface SettlementLineView {
  readonly id: string;
  readonly kind: string;
  readonly reference: string | null;
  readonly railReference: string | null;
  readonly gross: bigint;
  readonly fee: bigint;
  readonly net: bigint;
  readonly state: string;
  readonly note: string | null;
}

/** In minor units; see `expectedBalance` for what explains what. */
export interface RailBalanceLine {
  readonly rail: string;
  readonly currency: string;
  readonly available: bigint;
  readonly cash: bigint;
  readonly outgoing: bigint;
  readonly unbooked: bigint;
  readonly deducted: bigint;
  readonly judged: boolean;
  readonly at: Date;
}

export interface RailRun {
  readonly rail: string;
  readonly askedAt: Date;
  readonly outcome: string | null;
}

/** Its forms post to `actionUrl`; a file goes to `actionUrl/file` with `rail` and `file`. */
export interface ReconciliationView extends SignedInView {
  readonly actionUrl: string;
  readonly hidden: Hidden;
  readonly now: Date;
  readonly breaks: readonly BreakLine[];
  readonly open: number;
  readonly next: { readonly after: number | null; readonly ended_before: number | null; readonly settled_before: string | null };
  readonly stops: readonly RailStop[];
  readonly ended: readonly EndedBreak[];
  readonly settlements: readonly SettlementRow[];
  readonly balances: readonly RailBalanceLine[];
  readonly runs: readonly RailRun[];
  readonly done: string | null;
  readonly errors: readonly FieldError[];
  /** `break-7`, `upload` or `run`: the form that failed. */
  readonly tried: string | null;
}

export function reconciliationPage(view: ReconciliationView): string {
  const body = html`<div class="head"><h1>Reconciliation</h1><p class="muted">As of ${moment(view.now)}</p></div>${doneMessage(view.done)}${errorSummary(view.errors, view.tried ?? "")}
${stopped(view.stops)}
${section("Breaks", view.open, html`${breaks(view)}${further(view, "after", view.next.after, "breaks")}`)}
${section("Balances", view.balances.length, balances(view.balances))}
<section class="block"><h2>Settlements</h2>${settlements(view)}${further(view, "settled_before", view.next.settled_before, "settlements")}</section>
<section class="block"><h2>Ask, or give a file</h2>${runs(view)}${uploadForm(view)}</section>
<section class="block"><h2>Breaks that are over</h2>${ended(view.ended)}${further(view, "ended_before", view.next.ended_before, "breaks that are over")}</section>`;
  return signedIn(view, { title: "Reconciliation", body });
}

/** The way to the rest of a list. */
function further(view: ReconciliationView, name: string, cursor: number | string | null, what: string): Html {
  const href = `${view.actionUrl}?${name}=${encodeURIComponent(String(cursor))}`;
  return html`${cursor !== null && furtherPages({ what, first: view.actionUrl, next: href })}`;
}

function stopped(stops: readonly RailStop[]): Html {
  if (stops.length === 0) return html``;
  const line = (one: RailStop): Html =>
    html`<li>Nothing is sent from ${one.rail} in ${one.currency} since ${moment(one.since)}: ${money(one.short, one.currency)} are missing there.</li>`;
  return note(
    "bad",
    "Payouts and refunds stand still",
    html`<ul>${stops.map(line)}</ul><p>More is missing than the installation holds above what it owes, and nobody knows whose it is. They go on when the breaks below are over, or when you have put in what is missing and booked it under ${link({ href: "/operator/money", text: "Money" })}.</p>`,
  );
}

function section(heading: string, count: number, body: Value): Html {
  return html`<section class="block"><h2>${heading} <span class="muted">(${count})</span></h2>${body}</section>`;
}

function breaks(view: ReconciliationView): Html {
  return table({
    caption: "Where a payment company and the books do not agree",
    columns: ["Break", "What", "What to do", "Held meanwhile", "Close it"],
    empty: "Rails and books agree.",
    rows: view.breaks.map((one) => [
      html`${one.id}<br><span class="muted small-text">${one.kind.replaceAll("_", " ")}</span>`,
      html`${foreign(one.says)}<br><span class="muted small-text">${one.rail}, found ${moment(one.foundAt)}</span>`,
      one.suggestion,
      one.stops !== null
        ? html`everything that leaves ${one.rail} in ${one.stops}`
        : one.orders.length === 0
          ? "nothing"
          : html`${one.orders.slice(0, 20).map(orderLink)}${one.orders.length > 20 && html`and ${one.orders.length - 20} more`}`,
      closeForms(view, one),
    ]),
  });
}

function orderLink(order: string): Html {
  return html`${link({ href: `/operator/orders/${order}`, text: `order ${order.split("/")[1] ?? ""}` })}<br>`;
}

function closeForms(view: ReconciliationView, one: BreakLine): Html {
  const form = `break-${one.id}`;
  const errors = view.tried === form ? view.errors : [];
  const hidden = { break: String(one.id) };
  const fields = textField({ name: "note", label: "Note", form, maxlength: 500, errors });
  const close = small(view, { action: "close_break", hidden, text: "Close", label: `Close break ${one.id}`, fields });
  if (one.kind !== "wrong_fee" && one.kind !== "wrong_amount") return close;
  const booked = textField({ name: "note", label: "Note", form: `${form}-book` });
  const more = { ...hidden, book: "yes" };
  return html`<div class="stack">${close}${small(view, { action: "close_break", hidden: more, text: "Book it as settled and close", label: `Book what was settled, break ${one.id}`, fields: booked })}</div>`;
}

function balances(lines: readonly RailBalanceLine[]): Html {
  return table({
    caption: "What the payment companies say is available, and what explains it",
    columns: ["Where", "Available there", "Cash in the books", "Under way", "Not booked", "To be taken off", "Compared"],
    figures: [1, 2, 3, 4, 5],
    empty: "No balance was asked for yet.",
    rows: lines.map((one) => [
      `${one.rail} ${one.currency}`,
      money(one.available, one.currency),
      money(one.cash, one.currency),
      money(one.outgoing, one.currency),
      money(one.unbooked, one.currency),
      money(one.deducted, one.currency),
      html`${moment(one.at)}${!one.judged && html`<br>not judged: something was under way`}`,
    ]),
  });
}

function settlements(view: ReconciliationView): Html {
  return table({
    caption: "The newest first",
    columns: ["Settlement", "Settled", "Amount", "Lines", "Agreed", "Open", "Told by"],
    figures: [2, 3, 4, 5],
    empty: "No settlement is known yet.",
    rows: view.settlements.map((one) => [
      link({ href: `${view.actionUrl}/${encodeURIComponent(one.rail)}/${encodeURIComponent(one.id)}`, text: `${one.rail} ${one.id}` }),
      moment(one.settledAt),
      money(one.amount, one.currency),
      one.lines,
      one.agreed,
      one.open === 0 ? 0 : html`<strong>${one.open}</strong>`,
      { rail: "the payment company", api: "the API", csv: "a file" }[one.source] ?? one.source,
    ]),
  });
}

function runs(view: ReconciliationView): Html {
  const told = view.runs.map(
    (one) =>
      html`<li>${one.rail}: asked ${moment(one.askedAt)}. ${one.outcome ?? "It is being asked, or was cut off; it is asked again."}</li>`,
  );
  const body = html`<div class="actions">${button({ text: "Ask the payment companies now", name: "action", value: "run" })}</div>`;
  return html`${told.length > 0 && html`<ul>${told}</ul>`}${postForm({ url: view.actionUrl, hidden: view.hidden, label: "Ask the payment companies", body })}`;
}

function uploadForm(view: ReconciliationView): Html {
  const errors = view.tried === "upload" ? view.errors : [];
  const id = fieldId("file", "upload");
  const wrong = errors.find((one) => one.field === "file")?.message;
  const described = `${id}-hint${wrong === undefined ? "" : ` ${id}-error`}`;
  const file = html`<div class="field${wrong === undefined ? "" : " wrong"}"><label for="${id}">File of settlements</label><p class="hint" id="${id}-hint">Comma-separated, with a header; see docs/reconciliation.md. One wrong row, and nothing is stored.</p>${
    wrong !== undefined && html`<p class="error" id="${id}-error"><strong>Please mend:</strong> ${wrong}</p>`
  }<input type="file" id="${id}" name="file" accept=".csv,text/csv" aria-describedby="${described}"${wrong !== undefined && html` aria-invalid="true"`}></div>`;
  const rail = textField({ name: "rail", label: "Payment company", form: "upload", hint: "As it is called here, like paystack", errors });
  return html`<form method="post" enctype="multipart/form-data" action="${safeAddress(`${view.actionUrl}/file`)}" novalidate aria-label="Give a file of settlements">${hiddenFields(view.hidden)}${rail}${file}${button({ text: "Take the file in", look: "quiet" })}</form>`;
}

function ended(lines: readonly EndedBreak[]): Html {
  return table({
    caption: "The latest first",
    columns: ["Break", "What", "How it ended", "When"],
    empty: "None yet.",
    rows: lines.map((one) => [
      html`${one.id}<br><span class="muted small-text">${one.kind.replaceAll("_", " ")}</span>`,
      foreign(one.says),
      html`${one.state}: ${foreign(one.note)}<br><span class="muted small-text">${one.by}</span>`,
      moment(one.endedAt),
    ]),
  });
}

/** One settlement, line by line. */
export function settlementPage(
  view: SignedInView & {
    readonly rail: string;
    readonly id: string;
    readonly currency: string;
    readonly lines: readonly SettlementLineView[];
    /** How many lines it has in all; `next` asks for those after these. */
    readonly count: number;
    readonly next: number | null;
  },
): string {
  const { rail, id, currency, lines, next } = view;
  const own = `/operator/reconciliation/${encodeURIComponent(rail)}/${encodeURIComponent(id)}`;
  const body = html`<div class="head"><h1>Settlement ${id}</h1><p class="muted">${rail}, ${view.count} lines</p></div>
<p>${link({ href: "/operator/reconciliation", text: "← Reconciliation" })}</p>${table({
    caption: "As it came, and where each line stands",
    columns: ["Line", "Kind", "Reference", "Gross", "Fee", "Net", "Standing"],
    figures: [3, 4, 5],
    empty: "It has no lines.",
    rows: lines.map((one) => [
      html`<code>${one.id}</code>`,
      one.kind,
      html`<code>${one.reference ?? one.railReference ?? ""}</code>`,
      money(one.gross, currency),
      money(one.fee, currency),
      money(one.net, currency),
      html`${one.state}${one.note !== null && html`<br><span class="muted small-text">${foreign(one.note)}</span>`}`,
    ]),
  })}${next !== null && furtherPages({ what: "lines", first: own, next: `${own}?after=${next}` })}`;
  return signedIn(view, { title: `Settlement ${id}`, body });
}
