import { readFile } from "node:fs/promises";
import type { Pool, PoolClient } from "pg";

/** Makes the sandbox rail's schema and tables if they are not there, and grants them to the application's roles. May run at every start. */
export async function prepareSandboxRail(ownerPool: Pool): Promise<void> {
  const sql = await readFile(new URL("./schema.sql", import.meta.url), "utf8");
  // One simple query is one transaction, so the advisory lock in it covers the whole file.
  await ownerPool.query(sql);
}

export type MovementKind =
  | "payment"
  | "payment_fee"
  | "settlement"
  | "refund"
  | "payout"
  | "send_cost"
  | "send_returned"
  | "dispute_taken"
  | "dispute_returned"
  | "dispute_fee";

export interface Movement {
  readonly at: Date;
  readonly kind: MovementKind;
  readonly amount: bigint;
  readonly currency: string;
  readonly reference: string;
  readonly railReference?: string | null;
}

/** Writes one row of the independent record; nothing moves for zero. */
export async function recordMovement(db: PoolClient, m: Movement): Promise<void> {
  if (m.amount === 0n) return;
  await db.query(
    `INSERT INTO sandbox_rail.movements (at, kind, amount, currency, reference, rail_reference) VALUES ($1, $2, $3, $4, $5, $6)`,
    [m.at, m.kind, m.amount, m.currency, m.reference, m.railReference ?? null],
  );
}
