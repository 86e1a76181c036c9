import { loseDispute, openDispute, winDispute } from "../actions/charge-back.ts";
import { settlePayment } from "../actions/book-steps.ts";
import type { Answer, Command } from "../actions/command.ts";
import { holdForOperator } from "../actions/holds.ts";
import { movePayment } from "../actions/payment-steps.ts";
import { receivePayment } from "../actions/receive-payment.ts";
import { raiseAlarm, raiseAlarmWhileItLasts } from "../db/alarms.ts";
import { run } from "../db/connect.ts";
import type { OfRails } from "../db/due.ts";
import { railEventQueries } from "../db/rail-events.ts";
import { later } from "../domain/deadlines.ts";
import { isRefusal } from "../domain/refusals.ts";
import type { RailEvent } from "../rails/rail.ts";
import type { Engine, Fired } from "./engine.ts";
import { untilSomethingFires } from "./all-due.ts";
import { askAboutPayment } from "./ask-payments.ts";
import { byRail } from "./engine.ts";
import { renewed } from "./renewed.ts";
import { askAboutAttempt, concludeIt } from "./send-money.ts";
import { sideBySide } from "./side-by-side.ts";
import { ringForUnknownMoney, takeUnknownMoney } from "./unknown-money.ts";

interface Stored {
  readonly id: bigint;
  readonly rail: string;
  readonly type: string;
  readonly reference: string;
  readonly tries: number;
  readonly parsed: Omit<RailEvent, "amount" | "fee" | "occurredAt"> & {
    readonly amount?: number;
    readonly fee?: number;
    readonly occurredAt: string;
  };
}

/** Events are mostly of different payments, and one that is asked about at the rail holds nobody else's up. */
const atOnce = 16;

/**
 * Handles what the rails told us: of one reference in the order it was stored, of several side by side, so that they share the engine's
 * batches. What nobody understands stays, for the operator to see. `of` some rails, or of all: what one of them is asked about keeps others waiting.
 */
export async function ingestRailEvents(engine: Engine, of: OfRails | null = null): Promise<Fired[]> {
  return untilSomethingFires(
    () => claim(engine, of),
    (events) => takeAllIn(engine, events),
  );
}

async function claim(engine: Engine, of: OfRails | null): Promise<Stored[]> {
  const { rows } = await run(engine.pool, railEventQueries.claim, [
    engine.now().toISOString(),
    of === null ? null : [...of.rails],
    of?.only ?? true,
    engine.turns.resting(),
  ]);
  return (rows as unknown as Stored[]).toSorted((a, b) => Number(a.id - b.id));
}

async function takeAllIn(engine: Engine, events: readonly Stored[]): Promise<Fired[]> {
  const left = new Set(events.map(({ id }) => id));
  // A slow database must not hand what still waits here to another process, which would count one try more.
  const renew = () => run(engine.pool, railEventQueries.renew, [engine.now().toISOString(), [...left]]);
  const groupOf = (event: Stored) => `${event.rail} ${event.reference}`;
  const fired = await renewed(renew, () => sideBySide(events, groupOf, atOnce, (event) => takeIn(engine, event, left)));
  return fired.flat();
}

async function takeIn(engine: Engine, event: Stored, left: Set<bigint>): Promise<Fired[]> {
  try {
    const { outcome, seller, note, early } = await handle(engine, event);
    // What is finished is not renewed: that would make it due again.
    left.delete(event.id);
    await finish(engine, event, outcome, note, early === true ? lookAgain(engine.now(), event) : null);
    return [{ what: `rail event ${event.type}`, seller, id: Number(event.id), result: outcome }];
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    engine.log.error({ event: Number(event.id), type: event.type, error: reason }, "a rail event could not be handled; it is tried again");
    left.delete(event.id);
    if (event.tries >= worrying) await worry(engine, event);
    await finish(engine, event, "failed", reason, later(engine.now(), waitOf(event)));
    return [];
  }
}

/** After so many tries a person should look; it goes on being tried, at least hourly. */
const worrying = 8;

async function worry(engine: Engine, { id, rail, type, reference }: Stored): Promise<void> {
  const says = `The report ${id} of ${rail} (${type} of ${reference}) could not be handled ${worrying} times; it is still being tried.`;
  await raiseAlarmWhileItLasts(engine.pool, { kind: "report_keeps_failing", about: `${rail} ${id}`, says, at: engine.now() });
}

function waitOf(event: Stored): number {
  return Math.min(1_000 * 2 ** event.tries, 3_600_000);
}

/** An event may be told before the receipt that it is about; so long after it happened it is still tried again. */
const waitsForReceipt = 30 * 86_400_000;

function lookAgain(now: Date, event: Stored): Date | null {
  return now < later(new Date(event.parsed.occurredAt), waitsForReceipt) ? later(now, waitOf(event)) : null;
}

async function finish(engine: Engine, event: Stored, outcome: string, note: string | null, dueAt: Date | null): Promise<void> {
  await run(engine.pool, railEventQueries.finish, [event.id, dueAt?.toISOString() ?? null, outcome, note]);
}

interface Handled {
  readonly outcome: string;
  readonly seller: number;
  readonly note: string | null;
  /** What it is about may still come: it is handled again later. */
  readonly early?: boolean;
}

async function handle(engine: Engine, event: Stored): Promise<Handled> {
  if (event.type === "payment.changed") return lookAtPayment(engine, event);
  if (event.type === "send.changed" || event.type === "refund.changed") return lookAtSends(engine, event);
  if (event.type.startsWith("send.")) return handleSend(engine, event);
  if (event.type.startsWith("payment.")) return handlePayment(engine, event);
  return { outcome: "unknown_type", seller: 0, note: "No rule for this type of event; it is kept." };
}

/** A hint that carries no facts: the rail itself says what became of the payment. */
async function lookAtPayment(engine: Engine, { rail, reference }: Stored): Promise<Handled> {
  const found = await paymentOf(engine, rail, reference);
  if (found === undefined) return unknownMoney(engine, rail, reference);
  const payment = { sellerId: found.sellerId, id: found.paymentId, orderId: found.orderId, rail, reference, state: "open" };
  const said = await askAboutPayment(engine, payment, false);
  if (said === "no answer") throw new Error("the rail gave no answer about the payment");
  return { outcome: "taken_in", seller: found.sellerId, note: `The rail was asked: ${said}.` };
}

/** If money came that nobody asked for, it is the operator's to place. */
async function unknownMoney(engine: Engine, rail: string, reference: string): Promise<Handled> {
  const came = (await takeUnknownMoney(engine, rail, reference)) > 0;
  const note = came ? "The money stands in the house book until the operator places it." : "No payment has this reference.";
  return { outcome: "unknown_reference", seller: 0, note };
}

/** A hint about a send, or about the refunds of a payment: each that is not decided is asked about. */
async function lookAtSends(engine: Engine, { rail, reference, type }: Stored): Promise<Handled> {
  const query = type === "send.changed" ? railEventQueries.attemptOf : railEventQueries.refundsOf;
  const { rows } = await run<{ seller_id: bigint; attempt_id: bigint }>(engine.pool, query, [rail, reference]);
  const said: string[] = [];
  for (const row of rows) said.push(await askAboutAttempt(engine, Number(row.seller_id), Number(row.attempt_id)));
  const seller = Number(rows[0]?.seller_id ?? 0);
  if (rows.length === 0 && type === "send.changed") return { outcome: "unknown_reference", seller, note: "No attempt has this reference." };
  return { outcome: "taken_in", seller, note: `The rail was asked: ${said.join(", ") || "nothing is undecided"}.` };
}

async function handleSend(engine: Engine, event: Stored): Promise<Handled> {
  const { rows } = await run<{ seller_id: bigint; attempt_id: bigint }>(engine.pool, railEventQueries.attemptOf, [
    event.rail,
    event.reference,
  ]);
  const found = rows[0];
  if (found === undefined) return { outcome: "unknown_reference", seller: 0, note: "No attempt has this reference." };
  const sellerId = Number(found.seller_id);
  const attemptId = Number(found.attempt_id);
  const reason = event.parsed.reason ?? "the rail gave no reason";
  const cost = BigInt(event.parsed.fee ?? 0);
  const outcome =
    event.type === "send.succeeded"
      ? ({ status: "succeeded", cost } as const)
      : event.type === "send.failed"
        ? ({ status: "failed", fault: event.parsed.fault ?? "rail", reason } as const)
        : ({ status: "reversed", reason } as const);
  return told(sellerId, await concludeIt(engine, { sellerId, attemptId, rail: event.rail }, outcome));
}

async function handlePayment(engine: Engine, event: Stored): Promise<Handled> {
  const { parsed, rail, reference } = event;
  let found = await paymentOf(engine, rail, parsed.railReference, reference);
  const amount = BigInt(parsed.amount ?? 0);
  const fee = BigInt(parsed.fee ?? 0);
  if (event.type === "payment.succeeded") {
    const receipt = {
      paymentId: found?.paymentId ?? null,
      orderId: found?.orderId ?? null,
      rail,
      reference,
      railReference: parsed.railReference ?? reference,
      amount,
      currency: parsed.currency ?? "NGN",
      fee,
    };
    const answer = await engine.lanes.one(receivePayment(byRail(found?.sellerId ?? 0, rail), receipt));
    // Known, and in the house book: it was taken in, perhaps by a process that died before the alarm rang.
    if (found === undefined || found.sellerId === 0) await ringForUnknownMoney(engine, receipt);
    if (found === undefined) {
      return { outcome: "unknown_reference", seller: 0, note: "The money stands in the house book until the operator places it." };
    }
    return told(found.sellerId, answer);
  }
  if (found === undefined) {
    return { outcome: "unknown_reference", seller: 0, note: "No payment has this reference.", early: aboutReceipt(event.type) };
  }
  if (
    aboutReceipt(event.type) &&
    parsed.railReference !== undefined &&
    (await paymentOf(engine, rail, parsed.railReference)) === undefined
  ) {
    // Told before the receipt itself. It is asked for, and this event is then about the payment that it made.
    await askAboutPayment(
      engine,
      { sellerId: found.sellerId, id: found.paymentId, orderId: found.orderId, rail, reference, state: "open" },
      false,
    );
    const receipt = await paymentOf(engine, rail, parsed.railReference);
    // The rail did not answer, or does not know of it yet. Done with now, the event would be lost: the next try asks again.
    if (receipt === undefined) throw new Error(`the receipt ${parsed.railReference} is not known yet`);
    found = receipt;
  }
  const ask = { ...byRail(found.sellerId, rail), paymentId: found.paymentId, orderId: found.orderId };
  const { disputeId } = parsed;
  switch (event.type) {
    case "payment.failed":
      return told(found.sellerId, await engine.lanes.one(movePayment(ask, "fail", { said: parsed.reason })));
    case "payment.pending":
      return told(found.sellerId, await engine.lanes.one(movePayment(ask, "pend", { method: parsed.method })));
    case "payment.settled":
      return told(found.sellerId, await engine.lanes.one(settlePayment(ask, { amount })));
    case "payment.dispute_opened":
      if (await wasDecidedLater(engine, event))
        return { outcome: "overtaken", seller: found.sellerId, note: "Its decision was told before it." };
      return disputed(engine, event, found, openDispute(ask, { disputeId, amount, takenAtOnce: parsed.moneyTaken ?? false }));
    case "payment.dispute_won":
      return disputed(engine, event, found, winDispute(ask, { disputeId, fee }));
    case "payment.dispute_lost":
      return disputed(engine, event, found, loseDispute(ask, { disputeId, amount, fee }));
    default:
      return { outcome: "unknown_type", seller: found.sellerId, note: "No rule for this type of event; it is kept." };
  }
}

/** The books have one dispute of a payment. What a rail tells of another is not booked but shown, and the order's money stays until somebody has looked. */
async function disputed(engine: Engine, event: Stored, { sellerId, paymentId, orderId }: Found, step: Command): Promise<Handled> {
  const { rail, parsed } = event;
  const answer = await engine.lanes.one(step);
  const other = isRefusal(answer) ? undefined : answer.done["other_dispute"];
  if (typeof other !== "string") return told(sellerId, answer);
  const note = `${rail} has two disputes of this payment: ${other}, which is booked, and ${parsed.disputeId}, which is not.`;
  if (orderId !== null) await engine.lanes.one(holdForOperator({ ...byRail(sellerId, rail), orderId }, { note }));
  const says = `Payment ${paymentId} of seller ${sellerId}: ${note} Look both up on its dashboard.`;
  await raiseAlarm(engine.pool, { kind: "second_dispute", about: `${rail} ${parsed.disputeId}`, says, at: engine.now() });
  return { outcome: "refused", seller: sellerId, note };
}

/** Events that only make sense once the receipt they name was taken in. */
function aboutReceipt(type: string): boolean {
  return type === "payment.settled" || type.startsWith("payment.dispute_");
}

interface Found {
  readonly sellerId: number;
  readonly paymentId: number;
  readonly orderId: number | null;
}

/** The receipt's own name first: money that was matched to an order by hand is found there again. */
async function paymentOf(engine: Engine, rail: string, ...names: readonly (string | undefined)[]): Promise<Found | undefined> {
  for (const name of names) {
    if (name === undefined) continue;
    const { rows } = await run<{ seller_id: bigint; payment_id: bigint; order_id: bigint | null }>(
      engine.pool,
      railEventQueries.paymentOf,
      [rail, name],
    );
    const row = rows[0];
    if (row !== undefined)
      return {
        sellerId: Number(row.seller_id),
        paymentId: Number(row.payment_id),
        orderId: row.order_id === null ? null : Number(row.order_id),
      };
  }
  return undefined;
}

function told(seller: number, answer: Answer): Handled {
  if (isRefusal(answer)) return { outcome: "refused", seller, note: `${answer.refused}: ${answer.detail}` };
  return { outcome: answer.done["again"] === true ? "known_already" : "taken_in", seller, note: null };
}

async function wasDecidedLater(engine: Engine, { rail, reference, parsed }: Stored): Promise<boolean> {
  const values = [rail, reference, parsed.occurredAt, parsed.railReference ?? null, parsed.disputeId ?? null];
  return (await run(engine.pool, railEventQueries.overtaken, values)).rows.length > 0;
}
