import type { PoolClient } from "pg";
import type { Refusal } from "../../domain/refusals.ts";
import { refuse } from "../../domain/refusals.ts";
import { storeEvent } from "./events.ts";
import { noPayment } from "./payments.ts";
import { recordMovement } from "./store.ts";

interface DisputedRow {
  readonly rail_reference: string;
  readonly amount: bigint;
  readonly currency: string;
  readonly lost_amount: bigint;
  readonly dispute: "open" | "won" | "lost" | null;
  readonly dispute_amount: bigint | null;
  readonly dispute_taken: boolean;
}

export interface DisputeOutcome {
  readonly eventIds: readonly string[];
}

/**
 * The payer's bank disputes the first receipt of a payment, wholly or in part. With `takesMoneyAtOnce` the rail takes the amount out of
 * the balance now; otherwise only when the dispute is lost.
 */
export async function openDispute(
  db: PoolClient,
  now: Date,
  reference: string,
  asked: bigint | undefined,
  takesMoneyAtOnce: boolean,
): Promise<DisputeOutcome | Refusal> {
  const row = await disputedRow(db, reference);
  if (row === undefined) return noPayment(reference);
  if (row.dispute === "open") return refuse("not_now", `A dispute of payment ${reference} is open already.`);
  const left = row.amount - row.lost_amount;
  const amount = asked ?? left;
  if (amount <= 0n || amount > left) return refuse("amount_out_of_range", `A dispute of payment ${reference} can be over at most ${left}.`);
  await db.query(`UPDATE sandbox_rail.receipts SET dispute = 'open', dispute_amount = $2, dispute_taken = $3 WHERE rail_reference = $1`, [
    row.rail_reference,
    amount,
    takesMoneyAtOnce,
  ]);
  const moved = { amount, currency: row.currency, reference, railReference: row.rail_reference };
  if (takesMoneyAtOnce) await recordMovement(db, { at: now, kind: "dispute_taken", ...moved });
  const eventId = await storeEvent(db, { type: "payment.dispute_opened", occurredAt: now, moneyTaken: takesMoneyAtOnce, ...moved });
  return { eventIds: [eventId] };
}

/** The open dispute ends for the platform; what was taken comes back. */
export async function winDispute(db: PoolClient, now: Date, reference: string): Promise<DisputeOutcome | Refusal> {
  const row = await disputedRow(db, reference);
  if (row === undefined) return noPayment(reference);
  if (row.dispute !== "open") return noDispute(reference);
  await db.query(`UPDATE sandbox_rail.receipts SET dispute = 'won' WHERE rail_reference = $1`, [row.rail_reference]);
  const amount = row.dispute_amount ?? 0n;
  const moved = { amount, currency: row.currency, reference, railReference: row.rail_reference };
  if (row.dispute_taken) await recordMovement(db, { at: now, kind: "dispute_returned", ...moved });
  const eventId = await storeEvent(db, { type: "payment.dispute_won", occurredAt: now, moneyTaken: row.dispute_taken, ...moved });
  return { eventIds: [eventId] };
}

/** The open dispute is lost, wholly or in part; the rail may charge for it. Money taken above the lost amount comes back. */
export async function loseDispute(
  db: PoolClient,
  now: Date,
  reference: string,
  asked: bigint | undefined,
  disputeFee: bigint,
): Promise<DisputeOutcome | Refusal> {
  const row = await disputedRow(db, reference);
  if (row === undefined) return noPayment(reference);
  if (row.dispute !== "open") return noDispute(reference);
  const disputed = row.dispute_amount ?? 0n;
  const lost = asked ?? disputed;
  if (lost <= 0n || lost > disputed) return refuse("amount_out_of_range", `At most ${disputed} of payment ${reference} is in dispute.`);
  if (disputeFee < 0n) return refuse("amount_invalid");
  await db.query(`UPDATE sandbox_rail.receipts SET dispute = 'lost', lost_amount = lost_amount + $2 WHERE rail_reference = $1`, [
    row.rail_reference,
    lost,
  ]);
  const moved = { at: now, currency: row.currency, reference, railReference: row.rail_reference };
  if (row.dispute_taken) await recordMovement(db, { ...moved, kind: "dispute_returned", amount: disputed - lost });
  else await recordMovement(db, { ...moved, kind: "dispute_taken", amount: lost });
  await recordMovement(db, { ...moved, kind: "dispute_fee", amount: disputeFee });
  const eventId = await storeEvent(db, {
    type: "payment.dispute_lost",
    occurredAt: now,
    reference,
    railReference: row.rail_reference,
    amount: lost,
    currency: row.currency,
    moneyTaken: row.dispute_taken,
    ...(disputeFee === 0n ? {} : { fee: disputeFee }),
  });
  return { eventIds: [eventId] };
}

function noDispute(reference: string): Refusal {
  return refuse("not_now", `No dispute of payment ${reference} is open.`);
}

async function disputedRow(db: PoolClient, reference: string): Promise<DisputedRow | undefined> {
  const { rows } = await db.query<DisputedRow>(
    `SELECT rail_reference, amount, currency, lost_amount, dispute, dispute_amount, dispute_taken
     FROM sandbox_rail.receipts WHERE reference = $1 ORDER BY position LIMIT 1 FOR UPDATE`,
    [reference],
  );
  return rows[0];
}
