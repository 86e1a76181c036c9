import { run } from "../db/connect.ts";
import { breakQueries } from "../db/settlements.ts";
import type { App } from "./app-context.ts";
import type { BreakLine, EndedBreak, RailBalanceLine, RailRun, SettlementLineView, SettlementRow } from "./pages/reconciliation-page.ts";

/** All that the page and the API show of settlements and breaks. */
export interface ReconciliationRows {
  readonly breaks: readonly BreakLine[];
  readonly ended: readonly EndedBreak[];
  readonly settlements: readonly SettlementRow[];
  readonly balances: readonly RailBalanceLine[];
  readonly runs: readonly RailRun[];
}

/** Reads what there is to see. */
export async function readReconciliation(app: App): Promise<ReconciliationRows> {
  const [breaks, ended, settlements, balances, runs] = await Promise.all([
    run(app.pool, breakQueries.list),
    run(app.pool, breakQueries.ended),
    run(app.pool, breakQueries.settlements),
    run(app.pool, breakQueries.balances),
    run(app.pool, breakQueries.runs),
  ]);
  return {
    breaks: breaks.rows.map((row) => ({
      id: Number(row["id"]),
      rail: String(row["rail"]),
      kind: String(row["kind"]),
      says: String(row["says"]),
      suggestion: String(row["suggestion"]),
      foundAt: row["found_at"] as Date,
      orders: row["orders"] as string[],
    })),
    ended: ended.rows.map((row) => ({
      id: Number(row["id"]),
      kind: String(row["kind"]),
      says: String(row["says"]),
      state: String(row["state"]),
      note: String(row["note"]),
      by: String(row["ended_by"]),
      endedAt: row["ended_at"] as Date,
    })),
    settlements: settlements.rows.map((row) => ({
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

/** The lines of one settlement; none where it is not known. */
export async function readSettlementLines(app: App, rail: string, id: string): Promise<SettlementLineView[]> {
  const { rows } = await run(app.pool, breakQueries.lines, [rail, id]);
  return rows.map((row) => ({
    id: String(row["line_id"]),
    kind: String(row["kind"]),
    reference: row["reference"] === null ? null : String(row["reference"]),
    railReference: row["rail_reference"] === null ? null : String(row["rail_reference"]),
    gross: row["gross"] as bigint,
    fee: row["fee"] as bigint,
    net: row["net"] as bigint,
    state: String(row["state"]),
    note: row["note"] === null ? null : String(row["note"]),
  }));
}
