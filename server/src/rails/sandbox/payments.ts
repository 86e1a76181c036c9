import { randomBytes } from "node:crypto";
import type { PoolClient } from "pg";
import { isCurrency } from "../../domain/currency.ts";
import { Fault } from "../../domain/fault.ts";
import type { Refusal } from "../../domain/refusals.ts";
import { refuse } from "../../domain/refusals.ts";
import type { OpenPayment, RailPayment, RailPaymentStatus, RailReceipt } from "../rail.ts";
import { storeEvent } from "./events.ts";
import { recordMovement } from "./store.ts";

/** What the payer does on the sandbox rail's page. */
export const playOutcomes = ["success", "decline", "pending", "pending_then_success", "success_browser_gone", "abandon"] as const;
export type PlayOutcome = (typeof playOutcomes)[number];

export interface PlayOptions {
  /** What is paid instead of what was asked, for short and excess payments. */
  readonly amount?: bigint;
  /** Paid in another currency than asked. */
  readonly currency?: string;
  /** `refund_dead`: the card takes the payment but no refund later. */
  readonly card?: "refund_dead";
}

/** What the payer's page shows. */
export interface SandboxPaymentPage {
  readonly reference: string;
  readonly amount: bigint;
  readonly currency: string;
  readonly description: string;
  readonly status: RailPaymentStatus;
}

/** Where the payer's browser goes next (null: it was closed, or has nowhere to go), and the events to hand over. */
export interface Played {
  readonly returnUrl: string | null;
  readonly eventIds: readonly string[];
}

interface PaymentRow {
  readonly reference: string;
  readonly asked_amount: bigint;
  readonly asked_currency: string;
  readonly description: string;
  readonly return_url: string | null;
  readonly status: Exclude<RailPaymentStatus, "unknown_reference">;
  readonly pending_amount: bigint | null;
  readonly pending_currency: string | null;
  readonly card: string | null;
}

interface ReceiptRow {
  readonly rail_reference: string;
  readonly amount: bigint;
  readonly currency: string;
  readonly fee: bigint;
  readonly paid_at: Date;
  readonly method: string;
}

export type FeeOf = (amount: bigint, currency: string) => bigint;

/** Records the page; the same reference with the same money is the same page, with other money a fault. */
export async function openPayment(db: PoolClient, now: Date, p: OpenPayment): Promise<void> {
  await db.query(
    `INSERT INTO sandbox_rail.payments (reference, seller_id, asked_amount, asked_currency, description, return_url, status, opened_at)
     VALUES ($1, $2, $3, $4, $5, $6, 'open', $7) ON CONFLICT (reference) DO NOTHING`,
    [p.reference, p.sellerId, p.amount, p.currency, p.description, p.returnUrl, now],
  );
  const row = await paymentRow(db, p.reference);
  if (row === undefined || row.asked_amount !== p.amount || row.asked_currency !== p.currency) {
    throw new Fault(`payment reference ${p.reference} was opened before with other money`);
  }
}

/** What the payer's page shows, or undefined for an unknown reference. */
export async function paymentPage(db: PoolClient, reference: string): Promise<SandboxPaymentPage | undefined> {
  const row = await paymentRow(db, reference);
  if (row === undefined) return undefined;
  const { asked_amount, asked_currency, description, status } = row;
  return { reference, amount: asked_amount, currency: asked_currency, description, status };
}

export async function lookUpPayment(db: PoolClient, reference: string): Promise<RailPayment> {
  const row = await paymentRow(db, reference);
  if (row === undefined) return { reference, status: "unknown_reference", receipts: [] };
  const receipts = await receiptsOf(db, reference);
  const [first] = receipts;
  return { reference, status: row.status, ...first, receipts };
}

/** The payer acts. A payment that has succeeded stays so: playing again changes nothing. */
export async function play(
  db: PoolClient,
  now: Date,
  feeOf: FeeOf,
  reference: string,
  outcome: PlayOutcome,
  options: PlayOptions,
): Promise<Played | Refusal> {
  const row = await paymentRow(db, reference);
  if (row === undefined) return noPayment(reference);
  if (row.status === "succeeded") return { returnUrl: row.return_url, eventIds: [] };
  const amount = options.amount ?? row.pending_amount ?? row.asked_amount;
  const currency = options.currency ?? row.pending_currency ?? row.asked_currency;
  const wrong = impossible(amount, currency);
  if (wrong !== undefined) return wrong;
  const card = options.card ?? row.card;
  const told: string[] = [];

  if (outcome === "abandon" || outcome === "decline") {
    await setStatus(db, reference, outcome === "abandon" ? "abandoned" : "failed");
    if (outcome === "decline") {
      told.push(await storeEvent(db, { type: "payment.failed", reference, occurredAt: now, reason: "declined by the card's bank" }));
    }
    return { returnUrl: row.return_url, eventIds: told };
  }

  if (outcome === "pending" || outcome === "pending_then_success") {
    await db.query(
      `UPDATE sandbox_rail.payments SET status = 'pending', pending_amount = $2, pending_currency = $3, card = $4 WHERE reference = $1`,
      [reference, amount, currency, card],
    );
    told.push(await storeEvent(db, { type: "payment.pending", reference, amount, currency, occurredAt: now }));
    if (outcome === "pending") return { returnUrl: row.return_url, eventIds: told };
  }

  told.push(await takeMoney(db, now, feeOf, { reference, amount, currency, refundDead: card === "refund_dead" }));
  await setStatus(db, reference, "succeeded");
  return { returnUrl: outcome === "success_browser_gone" ? null : row.return_url, eventIds: told };
}

/** A second payment arrives on a reference that was paid already. */
export async function payAgain(
  db: PoolClient,
  now: Date,
  feeOf: FeeOf,
  reference: string,
  options: PlayOptions,
): Promise<Played | Refusal> {
  const row = await paymentRow(db, reference);
  if (row === undefined) return noPayment(reference);
  if (row.status !== "succeeded") return refuse("not_now", `Payment ${reference} was not paid a first time yet; play it instead.`);
  const amount = options.amount ?? row.asked_amount;
  const currency = options.currency ?? row.asked_currency;
  const wrong = impossible(amount, currency);
  if (wrong !== undefined) return wrong;
  const eventId = await takeMoney(db, now, feeOf, { reference, amount, currency, refundDead: options.card === "refund_dead" });
  return { returnUrl: row.return_url, eventIds: [eventId] };
}

/** Money arrives on a reference that no page was opened for. */
export async function payUnknown(
  db: PoolClient,
  now: Date,
  feeOf: FeeOf,
  reference: string,
  amount: bigint,
  currency: string,
): Promise<Played | Refusal> {
  const wrong = impossible(amount, currency);
  if (wrong !== undefined) return wrong;
  const made = await db.query(
    `INSERT INTO sandbox_rail.payments (reference, asked_amount, asked_currency, description, status, opened_at)
     VALUES ($1, $2, $3, 'arrived unasked', 'succeeded', $4) ON CONFLICT (reference) DO NOTHING`,
    [reference, amount, currency, now],
  );
  if (made.rowCount === 0) return refuse("not_now", `Payment ${reference} is known already; choose another reference.`);
  const eventId = await takeMoney(db, now, feeOf, { reference, amount, currency, refundDead: false });
  return { returnUrl: null, eventIds: [eventId] };
}

/** Payments paid at least 24 hours before `now` reach the platform's balance; one event each. */
export async function settle(db: PoolClient, now: Date): Promise<string[]> {
  const paidBefore = new Date(now.getTime() - 24 * 60 * 60 * 1000);
  const { rows } = await db.query<ReceiptRow & { reference: string }>(
    `UPDATE sandbox_rail.receipts SET settled_at = $1 WHERE settled_at IS NULL AND paid_at <= $2
     RETURNING reference, rail_reference, amount, currency, fee, paid_at, method`,
    [now, paidBefore],
  );
  const told: string[] = [];
  for (const row of rows.toSorted((a, b) => a.paid_at.getTime() - b.paid_at.getTime())) {
    const net = row.amount - row.fee;
    if (net === 0n) continue;
    const moved = { amount: net, currency: row.currency, reference: row.reference, railReference: row.rail_reference };
    await recordMovement(db, { at: now, kind: "settlement", ...moved });
    told.push(await storeEvent(db, { type: "payment.settled", occurredAt: now, ...moved }));
  }
  return told;
}

/** Money that no bank could send: it could be neither booked nor shown. */
function impossible(amount: bigint, currency: string): Refusal | undefined {
  if (amount <= 0n) return refuse("amount_invalid");
  return isCurrency(currency) ? undefined : refuse("currency_unknown", "The currency must be a code of ISO 4217, such as NGN or USD.");
}

export function noPayment(reference: string): Refusal {
  return refuse("not_yours", `The sandbox rail has no payment ${reference}.`);
}

interface Money {
  readonly reference: string;
  readonly amount: bigint;
  readonly currency: string;
  readonly refundDead: boolean;
}

async function takeMoney(db: PoolClient, now: Date, feeOf: FeeOf, money: Money): Promise<string> {
  const { reference, amount, currency } = money;
  const railReference = `LNG-${randomBytes(16).toString("hex")}`;
  const fee = feeOf(amount, currency);
  await db.query(
    `INSERT INTO sandbox_rail.receipts (rail_reference, reference, amount, currency, fee, method, refund_dead, paid_at)
     VALUES ($1, $2, $3, $4, $5, 'card', $6, $7)`,
    [railReference, reference, amount, currency, fee, money.refundDead, now],
  );
  const moved = { at: now, currency, reference, railReference };
  await recordMovement(db, { ...moved, kind: "payment", amount });
  await recordMovement(db, { ...moved, kind: "payment_fee", amount: fee });
  return storeEvent(db, { type: "payment.succeeded", reference, railReference, amount, currency, fee, occurredAt: now, method: "card" });
}

async function setStatus(db: PoolClient, reference: string, status: PaymentRow["status"]): Promise<void> {
  await db.query(`UPDATE sandbox_rail.payments SET status = $2 WHERE reference = $1`, [reference, status]);
}

async function paymentRow(db: PoolClient, reference: string): Promise<PaymentRow | undefined> {
  const { rows } = await db.query<PaymentRow>(
    `SELECT reference, asked_amount, asked_currency, description, return_url, status, pending_amount, pending_currency, card
     FROM sandbox_rail.payments WHERE reference = $1 FOR UPDATE`,
    [reference],
  );
  return rows[0];
}

async function receiptsOf(db: PoolClient, reference: string): Promise<RailReceipt[]> {
  const { rows } = await db.query<ReceiptRow>(
    `SELECT rail_reference, amount, currency, fee, paid_at, method FROM sandbox_rail.receipts WHERE reference = $1 ORDER BY position`,
    [reference],
  );
  return rows.map((r) => ({
    railReference: r.rail_reference,
    amount: r.amount,
    currency: r.currency,
    fee: r.fee,
    paidAt: r.paid_at,
    method: r.method,
  }));
}
