import { breakListQueries, countOpenBreaks, openBreaks, pageLength } from "../db/break-lists.ts";
import { run } from "../db/connect.ts";
import { breakQueries } from "../db/settlements.ts";
import type { App } from "./app-context.ts";
import type { Fields } from "./fields.ts";
import { text, wholeNumber } from "./fields.ts";
import type {
  BreakLine,
  EndedBreak,
  RailBalanceLine,
  RailRun,
  RailStop,
  SettlementLineView,
  SettlementRow,
} from "./pages/reconciliation-page.ts";

const endedLength = 20;
const settledLength = 50;

/** All that the page and the API show of settlements and breaks. */
export interface ReconciliationRows {
  /** A page of the open ones, the oldest first; `open` counts all of them. */
  readonly breaks: readonly BreakLine[];
  readonly open: number;
  /** What asks for the next page of each list: `after`, `ended_before`, `settled_before`; null: it is the last. */
  readonly next: { readonly after: number | null; readonly ended_before: number | null; readonly settled_before: string | null };
  readonly stops: readonly RailStop[];
  readonly ended: readonly EndedBreak[];
  readonly settlements: readonly SettlementRow[];
  readonly balances: readonly RailBalanceLine[];
  readonly runs: readonly RailRun[];
}

/** Reads what there is to see; `asked` says from where on, by the names that `next` has. */
export async function readReconciliation(app: App, asked: Fields = {}): Promise<ReconciliationRows> {
  const [rail = null, settlement = null] = text(asked, "settled_before")
    .split(/\/(.*)/s, 2)
    .filter((part) => part !== "");
  const [part, open, stops, ended, settlements, balances, runs] = await Promise.all([
    openBreaks(app.pool, wholeNumber(text(asked, "after")) ?? 0),
    countOpenBreaks(app.pool),
    run(app.pool, breakListQueries.stops),
    run(app.pool, breakListQueries.ended, [wholeNumber(text(asked, "ended_before")) ?? null, endedLength + 1]),
    run(app.pool, breakListQueries.settlements, [rail, settlement, settledLength + 1]),
    run(app.pool, breakQueries.balances),
    run(app.pool, breakQueries.runs),
  ]);
  const lastEnded = ended.rows.length > endedLength ? ended.rows[endedLength - 1] : undefined;
  const lastSettled = settlements.rows.length > settledLength ? settlements.rows[settledLength - 1] : undefined;
  return {
    breaks: part.breaks,
    open,
    next: {
      after: part.next,
      ended_before: lastEnded === undefined ? null : Number(lastEnded["id"]),
      settled_before: lastSettled === undefined ? null : `${String(lastSettled["rail"])}/${String(lastSettled["settlement_id"])}`,
    },
    stops: stops.rows.map((row) => ({
      rail: String(row["rail"]),
      currency: String(row["currency"]),
      short: row["short"] as bigint,
      since: row["since"] as Date,
    })),
    ended: ended.rows.slice(0, endedLength).map((row) => ({
      id: Number(row["id"]),
      kind: String(row["kind"]),
      says: String(row["says"]),
      state: String(row["state"]),
      note: String(row["note"]),
      by: String(row["ended_by"]),
      endedAt: row["ended_at"] as Date,
    })),
    settlements: settlements.rows.slice(0, settledLength).map((row) => ({
      rail: String(row["rail"]),
      id: String(row["settlement_id"]),
      currency: String(row["currency"]),
      amount: row["amount"] as bigint,
      settledAt: row["settled_at"] as Date,
      source: String(row["source"]),
      lines: Number(row["lines"]),
      agreed: Number(row["agreed"]),
      open: Number(row["open"]),
    })),
    balances: balances.rows.map((row) => ({
      rail: String(row["rail"]),
      currency: String(row["currency"]),
      available: row["available"] as bigint,
      cash: row["cash"] as bigint,
      outgoing: row["outgoing"] as bigint,
      unbooked: row["unbooked"] as bigint,
      deducted: row["deducted"] as bigint,
      judged: row["judged"] === true,
      at: row["at"] as Date,
    })),
    runs: runs.rows.map((row) => ({
      rail: String(row["rail"]),
      askedAt: row["asked_at"] as Date,
      outcome: row["outcome"] === null ? null : String(row["outcome"]),
    })),
  };
}

/** A page of the lines of one settlement, those after the place `after`; undefined where it is not known. */
export async function readSettlementLines(
  app: App,
  rail: string,
  id: string,
  after = 0,
): Promise<
  { readonly currency: string; readonly count: number; readonly lines: SettlementLineView[]; readonly next: number | null } | undefined
> {
  const [heads, { rows }] = await Promise.all([
    run(app.pool, breakListQueries.oneSettlement, [rail, id]),
    run(app.pool, breakListQueries.lines, [rail, id, after, pageLength + 1]),
  ]);
  const head = heads.rows[0];
  if (head === undefined) return undefined;
  const shown = rows.slice(0, pageLength);
  return {
    currency: String(head["currency"]),
    count: Number(head["lines"]),
    next: rows.length > pageLength ? Number(shown.at(-1)?.["position"]) : null,
    lines: shown.map((row) => ({
      id: String(row["line_id"]),
      kind: String(row["kind"]),
      reference: row["reference"] === null ? null : String(row["reference"]),
      railReference: row["rail_reference"] === null ? null : String(row["rail_reference"]),
      gross: row["gross"] as bigint,
      fee: row["fee"] as bigint,
      net: row["net"] as bigint,
      state: String(row["state"]),
      note: row["note"] === null ? null : String(row["note"]),
    })),
  };
}
