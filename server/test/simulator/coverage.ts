import type pg from "pg";
import { steps } from "../../src/domain/machine.ts";
import { machines } from "../../../tools/steps-sql.ts";
import type { Counts } from "./outside.ts";

/** What people and the world must have done in a run long enough: each of it is counted where it happens. */
export const behaviours = [
  "chargeback lost",
  "chargeback opened",
  "connection cut after COMMIT",
  "connection cut within a transaction",
  "event told late",
  "event told twice",
  "form with a false e-mail",
  "hold lifted: identity",
  "hold lifted: operator",
  "hold lifted: self_dealing",
  "hold placed by the operator",
  "installation down for days",
  "keys rotated",
  "letter not taken",
  "look-up of a payment lost",
  "look-up of a send lost",
  "notification dead",
  "notification fails",
  "notification hangs",
  "notification unheard",
  "order priced in dollars",
  "order through a marketplace",
  "payee who mends nothing",
  "payment abandon",
  "payment both",
  "payment decline",
  "payment excess",
  "payment late",
  "payment pending",
  "payment short",
  "payment twice",
  "payment wrong",
  "payout came back",
  "process restarted",
  "rail out of reach",
  "ruling after another's proposal",
  "ruling waits for a second operator",
  "send lost after its effect",
  "send lost before its effect",
  "send pending for days",
  "terms amended",
  "transfer for an order, without its reference",
  "unknown money",
  "unknown money handed to its order",
] as const;

/** What only the sandbox rail can be made to do. Over an emulator its own faults stand in: each of `faultsMet` must have happened. */
const ofTheSandbox: readonly string[] = [
  "event told late",
  "event told twice",
  "look-up of a payment lost",
  "look-up of a send lost",
  "payment both",
  "payment excess",
  "payment twice",
  "payout came back",
  "send lost after its effect",
  "send lost before its effect",
  "send pending for days",
];

/** Faults of the emulator, as `weather.ts` lets them happen. */
const faultsMet = [
  "timeout_before",
  "timeout_after",
  "error_500",
  "error_500_after",
  "rate_limit",
  "pending",
  "failed",
  "reversed",
  "insufficient_balance",
  "webhook_duplicate",
  "webhook_reordered",
  "webhook_late",
  "webhook_forged",
  "webhook_never",
];

/** What happens over emulators alone, where a payee's account may come to be refused at any time. */
const ofTheEmulators = ["provider's account mended", "seller's account mended"];

/** What must have happened in a run long enough: over the sandbox rail, or over that rail's emulator. */
export function behavioursOver(rail: string | undefined): readonly string[] {
  if (rail === undefined) return behaviours;
  return [...behaviours.filter((one) => !ofTheSandbox.includes(one)), ...ofTheEmulators, ...faultsMet.map((fault) => `${rail}: ${fault}`)];
}

export interface Coverage {
  /** Behaviours of the list that never happened. */
  readonly missed: readonly string[];
  /** Rows of all tables, as `thing from action to party`, with how often they were taken. */
  readonly rows: ReadonlyMap<string, number>;
  /** Rows of the order's table that nobody took. */
  readonly untaken: readonly string[];
}

/** What a run has reached, by the transitions it left and by what was counted. */
export async function coverageOf(pool: pg.Pool, counts: Counts, rail?: string): Promise<Coverage> {
  const { rows } = await pool.query<{ row: string; times: bigint }>(
    `SELECT object || ' ' || from_state || ' ' || action || ' ' || to_state || ' ' || party AS row, count(*) AS times
     FROM transitions GROUP BY 1`,
  );
  const taken = new Map(rows.map((one) => [one.row, Number(one.times)]));
  const all = machines.flatMap((machine) =>
    steps(machine).flatMap((step) => step.by.map((party) => `${machine.name} ${step.from} ${step.action} ${step.to} ${party}`)),
  );
  return {
    missed: behavioursOver(rail).filter((one) => (counts.get(one) ?? 0) === 0),
    rows: new Map(all.map((row) => [row, taken.get(row) ?? 0])),
    untaken: all.filter((row) => row.startsWith("order ") && !taken.has(row)),
  };
}
