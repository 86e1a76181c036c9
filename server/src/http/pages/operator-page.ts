import { doneMessage, facts, furtherPages, link, note, table } from "./blocks.ts";
import type { FieldError } from "./form.ts";
import { errorSummary } from "./form.ts";
import type { Hidden, Html, Value } from "./html.ts";
import { foreign, html } from "./html.ts";
import { money } from "./money.ts";
import type { HoldLine, ParkedLine, ReceivableLine, UnappliedLine } from "./operator-money.ts";
import { holdsTable, parkedTable, receivablesTable, small, unappliedSection } from "./operator-money.ts";
import type { SignedInView } from "./seller-page.ts";
import { signedIn } from "./seller-page.ts";
import { moment } from "./time.ts";

export interface DisputeLine {
  readonly sellerId: number;
  readonly orderId: number;
  readonly url: string;
  readonly sellerName: string;
  readonly amount: bigint;
  readonly currency: string;
  readonly since: Date;
  readonly ruleBy: Date | null;
  /** `rule_by` has passed. */
  readonly late: boolean;
  /** An operator proposed a ruling that waits for a second one. */
  readonly proposed: boolean;
}

/** Something only a person can look at. Clearing it posts `action=clear_alarm`, `alarm`. */
export interface AlarmLine {
  readonly id: number;
  readonly kind: string;
  readonly about: string;
  readonly says: string;
  readonly at: Date;
}

/** Held = incoming + cash + disputed − outgoing; owed = escrow, unapplied, payable, refundable; in minor units. */
export interface SolvencyLine {
  readonly currency: string;
  readonly held: bigint;
  readonly owed: bigint;
}

/** A report for which nothing was done. Posts `action=retry_report` or `set_aside_report` with `report`. */
export interface RailEventLine {
  readonly id: number;
  readonly rail: string;
  readonly type: string;
  readonly reference: string;
  readonly receivedAt: Date;
  /** How often it was told, and how often handled. */
  readonly times: number;
  readonly tries: number;
  /** When it is handled again by itself; null: not any more. */
  readonly dueAt: Date | null;
  readonly outcome: string;
  readonly note: string | null;
}

type Next =
  | "alarms_before"
  | "reports_before"
  | "disputes_after"
  | "unapplied_before"
  | "parked_before"
  | "holds_before"
  | "receivables_after";

/** The operator's first page. Its forms post to `actionUrl` with `action`; see `operator-money.ts`. */
export interface OperatorView extends SignedInView {
  readonly actionUrl: string;
  readonly hidden: Hidden;
  readonly now: Date;
  readonly disputes: readonly DisputeLine[];
  readonly alarms: readonly AlarmLine[];
  readonly unapplied: readonly UnappliedLine[];
  readonly parked: readonly ParkedLine[];
  readonly holds: readonly HoldLine[];
  readonly solvency: readonly SolvencyLine[];
  readonly railEvents: readonly RailEventLine[];
  readonly receivables: readonly ReceivableLine[];
  /** How many there are in all; the lists hold a page of them, and `next` asks for the next one. */
  readonly counts: Readonly<Record<"alarms" | "railEvents" | "disputes" | "unapplied" | "parked" | "holds" | "receivables", number>>;
  readonly next: Readonly<Record<Next, number | string | null>>;
  readonly done: string | null;
  readonly errors: readonly FieldError[];
  /** Ids of the form that failed begin with it, e.g. `match-812`. */
  readonly tried: string | null;
}

export function operatorPage(view: OperatorView): string {
  const { counts } = view;
  const body = html`<div class="head"><h1>Overview</h1><p class="muted">As of ${moment(view.now)}</p></div>${doneMessage(view.done)}${errorSummary(view.errors, view.tried ?? "")}
${alarms(view)}
${section("Disputes waiting for a decision", counts.disputes, html`${disputes(view.disputes)}${further(view, "disputes_after", "disputes")}`)}
<div class="columns">${solvency(view.solvency)}${section("Sellers that owe money", counts.receivables, html`${receivablesTable(view, view.receivables)}${further(view, "receivables_after", "sellers that owe money")}`)}</div>
${section("Money that fits nothing yet", counts.unapplied, html`${unappliedSection(view, view.unapplied)}${further(view, "unapplied_before", "money that fits nothing")}`)}
${section("Parked payouts and refunds", counts.parked, html`${parkedTable(view, view.parked)}${further(view, "parked_before", "parked payouts and refunds")}`)}
${section("Holds", counts.holds, html`${holdsTable(view, view.holds)}${further(view, "holds_before", "holds")}`)}
${section("Reports of the payment company that nothing was done for", counts.railEvents, html`${railEvents(view)}${further(view, "reports_before", "reports")}`)}`;
  return signedIn(view, { title: "Overview", body });
}

/** Sections that need a hand, each with how many things are in it. */
function section(heading: string, count: number, body: Value): Html {
  return html`<section class="block"><h2>${heading} <span class="muted">(${count})</span></h2>${body}</section>`;
}

function further(view: OperatorView, name: Next, what: string): Html {
  const cursor = view.next[name];
  return html`${cursor !== null && furtherPages({ what, first: view.actionUrl, next: `${view.actionUrl}?${name}=${encodeURIComponent(cursor)}` })}`;
}

function alarms(view: OperatorView): Html {
  const lines = view.alarms;
  if (lines.length === 0) return html``;
  const seen = (one: AlarmLine): Html =>
    small(view, {
      action: "clear_alarm",
      hidden: { alarm: String(one.id) },
      text: "I have looked",
      label: `Clear the alarm about ${one.about}`,
    });
  const line = (one: AlarmLine): Html =>
    html`<li>${one.says} <span class="muted small-text">(${one.kind}, ${foreign(one.about)}, since ${moment(one.at)})</span>${seen(one)}</li>`;
  return note("bad", `Alarms (${view.counts.alarms})`, html`<ul>${lines.map(line)}</ul>${further(view, "alarms_before", "alarms")}`);
}

function disputes(lines: readonly DisputeLine[]): Html {
  return table({
    caption: "The one that waited longest first",
    columns: ["Order", "Seller", "In escrow", "In dispute since", "Decide by", "Standing"],
    figures: [2],
    empty: "No dispute is waiting.",
    rows: lines.map((one) => [
      link({ href: one.url, text: `Order ${one.orderId}` }),
      html`${foreign(one.sellerName)} (${one.sellerId})`,
      money(one.amount, one.currency),
      moment(one.since),
      one.ruleBy === null ? "" : html`${moment(one.ruleBy)}${one.late && html` <strong>overdue</strong>`}`,
      one.proposed ? "a ruling waits for a second operator" : "nothing proposed",
    ]),
  });
}

function solvency(lines: readonly SolvencyLine[]): Html {
  const per = lines.map((one) => {
    const surplus = one.held - one.owed;
    return html`<h3>${one.currency}: ${surplus >= 0n ? "solvent" : html`<strong>not solvent</strong>`}</h3>${facts([
      ["Held at the payment companies", money(one.held, one.currency)],
      ["Owed to buyers, sellers and others", money(one.owed, one.currency)],
      [surplus >= 0n ? "Surplus" : "Missing", money(surplus >= 0n ? surplus : -surplus, one.currency)],
    ])}`;
  });
  return html`<section class="block"><h2>Held and owed</h2>${lines.length === 0 ? html`<p class="muted">No money has moved yet.</p>` : per}</section>`;
}

function railEvents(view: OperatorView): Html {
  return table({
    caption: "Kept as they came",
    columns: ["Report", "Reference", "Came", "Tried", "Why nothing was done", "What to do"],
    empty: "Every report was understood.",
    rows: view.railEvents.map((one) => [
      html`${one.rail} ${one.id}<br><span class="muted small-text">${foreign(one.type)}</span>`,
      html`<code>${one.reference}</code>`,
      html`${moment(one.receivedAt)}${one.times > 1 && html`<br><span class="muted small-text">told ${one.times} times</span>`}`,
      html`${one.tries === 1 ? "once" : `${one.tries} times`}${one.dueAt !== null && html`<br><span class="muted small-text">again ${moment(one.dueAt)}</span>`}`,
      html`${outcomes[one.outcome] ?? one.outcome}${one.note !== null && html`<br><span class="muted small-text">${foreign(one.note)}</span>`}`,
      reportForms(view, one),
    ]),
  });
}

const outcomes: Readonly<Record<string, string>> = {
  unknown_type: "no rule for what it tells",
  unknown_reference: "about something that is not known here",
  failed: "it could not be handled",
  refused: "it does not fit the state of things",
};

function reportForms(view: OperatorView, one: RailEventLine): Html {
  const hidden = { report: String(one.id) };
  const again = small(view, { action: "retry_report", hidden, text: "Try again now", label: `Handle report ${one.id} again` });
  if (one.outcome === "failed") return again;
  return html`<div class="stack">${again}${small(view, { action: "set_aside_report", hidden, text: "I have looked", label: `Set report ${one.id} aside` })}</div>`;
}
