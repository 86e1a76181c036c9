import type { PoolClient } from "pg";
import { Fault, must } from "../../domain/fault.ts";
import type { Refusal } from "../../domain/refusals.ts";
import { refuse } from "../../domain/refusals.ts";
import type { SendLookUp, SendOutcome, SendRequest } from "../rail.ts";
import { behaviourOf } from "./accounts.ts";
import { storeEvent } from "./events.ts";
import { recordMovement } from "./store.ts";

/** The rail's answer did not come. What happened is for a look-up to say. */
export class SandboxTimeout extends Error {
  override readonly name = "SandboxTimeout";
}

/** How a call ended at the rail, before the caller hears of it: `unheard` is thrown at the caller after commit. */
export interface Sent {
  readonly outcome: SendOutcome;
  readonly unheard: boolean;
}

type SendStatus = "lost" | "pending" | "succeeded" | "failed" | "reversed";

interface SendRow {
  readonly reference: string;
  readonly kind: "payout" | "refund";
  readonly amount: bigint;
  readonly currency: string;
  readonly target: string;
  readonly status: SendStatus;
  readonly cost: bigint;
  readonly fault: "payee" | "rail" | null;
  readonly reason: string | null;
  readonly look_ups: number;
}

interface Decision {
  readonly status: SendStatus;
  readonly fault?: "payee" | "rail";
  readonly reason?: string;
  readonly unheard?: boolean;
}

/** Sends once per reference. The same reference with other money or another target is a fault. */
export async function send(db: PoolClient, now: Date, costPerSend: bigint, request: SendRequest): Promise<Sent> {
  const target = targetOf(request);
  // Sends to one target are judged one after the other: what the target did last time, and what is left to refund, decide the next.
  await db.query(`SELECT pg_advisory_xact_lock(hashtextextended($1, 7268014453))`, [`sandbox_rail ${lockName(request, target)}`]);
  const before = await sendRow(db, request.reference);
  if (before !== undefined) {
    const same =
      before.kind === request.kind && before.amount === request.amount && before.currency === request.currency && before.target === target;
    if (!same) throw new Fault(`send reference ${request.reference} was used before for something else`);
    if (before.status !== "lost") return { outcome: outcomeOf(before), unheard: false };
  }

  const decision = "paymentReference" in request.to ? await decideRefund(db, request) : await decideToAccount(db, request, target);
  const cost = decision.status === "succeeded" ? costPerSend : 0n;
  const back = "paymentReference" in request.to ? request.to : undefined;
  const known = back !== undefined && decision.status !== "failed";
  const { rows } = await db.query<SendRow>(
    `INSERT INTO sandbox_rail.sends (reference, kind, amount, currency, target, payment_reference, rail_reference, status, cost, fault, reason, sent_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
     ON CONFLICT (reference) DO UPDATE SET status = excluded.status, cost = excluded.cost, fault = excluded.fault,
       reason = excluded.reason, sent_at = excluded.sent_at
       WHERE sends.status = 'lost' AND sends.target = excluded.target
     RETURNING reference, kind, amount, currency, target, status, cost, fault, reason, look_ups`,
    [
      request.reference,
      request.kind,
      request.amount,
      request.currency,
      target,
      known ? back.paymentReference : null,
      known ? (back.railReference ?? null) : null,
      decision.status,
      cost,
      decision.fault ?? null,
      decision.reason ?? null,
      now,
    ],
  );
  const [row] = rows;
  // Written meanwhile for another target, whose lock is not ours.
  if (row === undefined) throw new Fault(`send reference ${request.reference} was used before for something else`);
  if (row.status === "succeeded") await moveOut(db, now, row, costPerSend);
  return { outcome: outcomeOf(row), unheard: decision.status === "lost" || decision.unheard === true };
}

/** What became of a send. A pending one of the account ending 0001 succeeds at the second look-up. */
export async function lookUpSend(db: PoolClient, now: Date, costPerSend: bigint, reference: string): Promise<SendLookUp> {
  const row = await sendRow(db, reference);
  if (row === undefined || row.status === "lost") return { status: "never_seen" };
  if (row.status === "pending") {
    if (row.look_ups >= 1 && behaviourOf(row.target) === "pending_then_succeeds") {
      await succeed(db, now, row, costPerSend);
      return { status: "succeeded", cost: costPerSend };
    }
    await db.query(`UPDATE sandbox_rail.sends SET look_ups = look_ups + 1 WHERE reference = $1`, [reference]);
  }
  return row.status === "reversed" ? reversedOf(row) : outcomeOf(row);
}

/** Ends a pending send, or reverses one that succeeded; tells it by an event. */
export async function concludeSend(
  db: PoolClient,
  now: Date,
  costPerSend: bigint,
  reference: string,
  how: "succeed" | "fail" | "reverse",
  fault: "payee" | "rail",
): Promise<{ readonly eventIds: readonly string[] } | Refusal> {
  const row = await sendRow(db, reference);
  if (row === undefined || row.status === "lost") return refuse("not_yours", `The sandbox rail has no send ${reference}.`);
  const needed = how === "reverse" ? "succeeded" : "pending";
  if (row.status !== needed) return refuse("not_now", `Send ${reference} is ${row.status}; to ${how} it must be ${needed}.`);
  const told = { reference, amount: row.amount, currency: row.currency, occurredAt: now };
  if (how === "succeed") {
    await succeed(db, now, row, costPerSend);
    return { eventIds: [await storeEvent(db, { ...told, type: "send.succeeded", fee: costPerSend })] };
  }
  const reason = how === "fail" ? "the receiving bank refused it" : "the receiving bank sent it back";
  await db.query(`UPDATE sandbox_rail.sends SET status = $2, fault = $3, reason = $4 WHERE reference = $1`, [
    reference,
    how === "fail" ? "failed" : "reversed",
    fault,
    reason,
  ]);
  if (how === "reverse") {
    await recordMovement(db, { at: now, kind: "send_returned", amount: told.amount, currency: row.currency, reference });
  }
  return { eventIds: [await storeEvent(db, { ...told, type: how === "fail" ? "send.failed" : "send.reversed", reason, fault })] };
}

async function decideToAccount(db: PoolClient, request: SendRequest, target: string): Promise<Decision> {
  if (request.amount <= 0n) throw new Fault("a send must be positive");
  const behaviour = behaviourOf(target);
  if (behaviour === "pending_then_succeeds") return { status: "pending" };
  if (behaviour === "lost_after_effect") return { status: "succeeded", unheard: true };
  if (behaviour === "dead_account") return { status: "failed", fault: "payee", reason: "the account is closed" };
  if (behaviour === "lost_before_effect" || behaviour === "rail_fault_once") {
    const { rows } = await db.query<{ status: SendStatus; fault: string | null }>(
      `SELECT status, fault FROM sandbox_rail.sends WHERE target = $1 ORDER BY sent_at DESC, position DESC LIMIT 1`,
      [target],
    );
    const last = rows[0];
    if (behaviour === "lost_before_effect") return last?.status === "lost" ? { status: "succeeded" } : { status: "lost" };
    const failedLast = last?.status === "failed" && last.fault === "rail";
    return failedLast ? { status: "succeeded" } : { status: "failed", fault: "rail", reason: "the rail is busy, try again" };
  }
  return { status: "succeeded" };
}

/** A refund to its payment: never above what arrived and was not lost or refunded, never to a card that takes none. */
async function decideRefund(db: PoolClient, request: SendRequest): Promise<Decision> {
  if (!("paymentReference" in request.to)) throw new Fault("not a refund to a payment");
  if (request.kind !== "refund") throw new Fault("only a refund goes back to a payment");
  if (request.amount <= 0n) throw new Fault("a refund must be positive");
  const { paymentReference, railReference = null } = request.to;
  const { receipts, dead, room } = await roomOf(db, paymentReference, request.currency, railReference);
  if (receipts === 0n) return { status: "failed", fault: "rail", reason: "there is no such payment in that currency" };
  if (dead) return { status: "failed", fault: "payee", reason: "the card takes no refunds any more" };
  if (request.amount > room) return { status: "failed", fault: "rail", reason: `only ${room} of that payment can be refunded` };
  return { status: "succeeded" };
}

interface Room {
  readonly receipts: bigint;
  readonly room: bigint;
  readonly dead: boolean;
}

/** What can still be refunded of a reference and, where one is named, of that receipt on it: whichever is less. */
async function roomOf(db: PoolClient, reference: string, currency: string, railReference: string | null): Promise<Room> {
  const { rows } = await db.query<{ receipts: bigint; dead: boolean | null; whole: bigint; one: bigint }>(
    `WITH arrived AS (
       SELECT amount - lost_amount AS amount, refund_dead, ($3::text IS NULL OR rail_reference = $3) AS named
       FROM sandbox_rail.receipts WHERE reference = $1 AND currency = $2),
     sent AS (
       SELECT amount, ($3::text IS NULL OR rail_reference = $3) AS named
       FROM sandbox_rail.sends WHERE payment_reference = $1 AND currency = $2 AND status IN ('pending', 'succeeded'))
     SELECT (SELECT count(*) FROM arrived WHERE named) AS receipts, (SELECT bool_or(refund_dead) FROM arrived WHERE named) AS dead,
       ((SELECT coalesce(sum(amount), 0) FROM arrived) - (SELECT coalesce(sum(amount), 0) FROM sent))::bigint AS whole,
       ((SELECT coalesce(sum(amount), 0) FROM arrived WHERE named) - (SELECT coalesce(sum(amount), 0) FROM sent WHERE named))::bigint AS one`,
    [reference, currency, railReference],
  );
  const { receipts, dead, whole, one } = must(rows[0], "the sums");
  return { receipts, dead: dead === true, room: one < whole ? one : whole };
}

async function succeed(db: PoolClient, now: Date, row: SendRow, costPerSend: bigint): Promise<void> {
  await db.query(`UPDATE sandbox_rail.sends SET status = 'succeeded', cost = $2 WHERE reference = $1`, [row.reference, costPerSend]);
  await moveOut(db, now, row, costPerSend);
}

async function moveOut(db: PoolClient, now: Date, row: SendRow, costPerSend: bigint): Promise<void> {
  const moved = { at: now, currency: row.currency, reference: row.reference };
  await recordMovement(db, { ...moved, kind: row.kind, amount: row.amount });
  await recordMovement(db, { ...moved, kind: "send_cost", amount: costPerSend });
}

function targetOf(request: SendRequest): string {
  const { to } = request;
  if ("paymentReference" in to) return `payment:${to.paymentReference}:${to.railReference ?? ""}:`;
  return to.kind === "bank_account" ? `bank_account:${to.bankCode}:${to.accountNumber}` : `${to.kind}:${to.accountId}`;
}

/** All refunds to one payment share a lock, whichever receipt they name. */
function lockName(request: SendRequest, target: string): string {
  return "paymentReference" in request.to ? `payment:${request.to.paymentReference}` : target;
}

/** A reversed send answers its own reference with what it was when it was sent. */
function outcomeOf(row: SendRow): SendOutcome {
  if (row.status === "succeeded" || row.status === "reversed") return { status: "succeeded", cost: row.cost };
  if (row.status === "failed") return { status: "failed", fault: row.fault ?? "rail", reason: row.reason ?? "failed" };
  return { status: row.status === "pending" ? "pending" : "unknown" };
}

function reversedOf(row: SendRow): SendLookUp {
  return { status: "reversed", cost: row.cost, fault: row.fault ?? "payee", reason: row.reason ?? "reversed" };
}

async function sendRow(db: PoolClient, reference: string): Promise<SendRow | undefined> {
  const { rows } = await db.query<SendRow>(
    `SELECT reference, kind, amount, currency, target, status, cost, fault, reason, look_ups
     FROM sandbox_rail.sends WHERE reference = $1 FOR UPDATE`,
    [reference],
  );
  return rows[0];
}
