import { settlePayment } from "../actions/book-steps.ts";
import type { Query } from "../db/connect.ts";
import { inTransaction, run } from "../db/connect.ts";
import { railEventQueries } from "../db/rail-events.ts";
import type { OrderOfBreak, StoredLine } from "../db/settlements.ts";
import { breakQueries, linesNotAgreed, openBreak, settlementQueries } from "../db/settlements.ts";
import { payments } from "../db/tables.ts";
import { format } from "../domain/currency.ts";
import type { Payment } from "../domain/facts.ts";
import type { Disagreement, LineState } from "../domain/reconciliation.ts";
import { comparePayment, compareSent, madeUpOf } from "../domain/reconciliation.ts";
import { isRefusal } from "../domain/refusals.ts";
import { askAboutPayment } from "./ask-payments.ts";
import type { Engine } from "./engine.ts";
import { byRail } from "./engine.ts";
import { takeUnknownMoney } from "./unknown-money.ts";

export const reconcileLineQueries = {
  payment: { name: "payment_for_settlement", text: `SELECT ${payments.select("t")} FROM payments t WHERE t.seller_id = $1 AND t.id = $2` },
} satisfies Record<string, Query>;

/** What was found out about a line: where it stands now, what it is about, and what is wrong with it. */
interface Judged {
  readonly state: Extract<LineState, "matched" | "explained" | "open">;
  readonly sellerId?: number;
  readonly paymentId?: number;
  readonly attemptId?: number;
  readonly note?: string;
  readonly wrong?: Disagreement;
  readonly orders?: readonly OrderOfBreak[];
  /** Refunds that it adds up from. */
  readonly refunds?: readonly { readonly sellerId: number; readonly attemptId: number }[];
}

/**
 * Judges every line of the rail that is new or still disagrees, one after the other: books what agrees, and writes down what does not. What
 * was done for a line before this process died is done again and changes nothing. Answers how many lines were judged anew.
 */
export async function judgeLines(engine: Engine, rail: string): Promise<number> {
  const lines = await linesNotAgreed(engine.pool, rail);
  for (const line of lines) await writeDown(engine, line, await judge(engine, line));
  return lines.length;
}

async function judge(engine: Engine, line: StoredLine): Promise<Judged> {
  switch (line.kind) {
    case "payment":
      return judgePayment(engine, line);
    case "dispute":
      return judgeDispute(engine, line);
    case "refund":
    case "payout":
      return judgeSent(engine, line);
    case "fee":
      return { state: "explained", note: "A fee of the payment company's own; the books do not carry it." };
    case "other":
      return line.net >= -1n && line.net <= 1n
        ? { state: "explained", note: "Rounding." }
        : { state: "open", wrong: unexplained(line, "Ask the payment company what it is for, and close this with their answer.") };
  }
}

async function judgePayment(engine: Engine, line: StoredLine): Promise<Judged> {
  const payment = (await paymentOf(engine, line)) ?? (await unheardOf(engine, line));
  if (payment === undefined) return { state: "open", wrong: extra(line) };
  const about = { sellerId: payment.sellerId, paymentId: payment.id };
  const orders = ordersOf(payment);
  const other = await run<{ settlement_id: string }>(engine.pool, settlementQueries.otherLine, [
    payment.sellerId,
    payment.id,
    line.settlementId,
    line.lineId,
  ]);
  if (other.rows[0] !== undefined) return { ...about, state: "open", wrong: twice(line, other.rows[0].settlement_id), orders };
  const books = { amount: payment.received, fee: payment.railFee, currency: payment.receivedCurrency ?? payment.currency };
  const wrong = comparePayment({ amount: line.gross, fee: line.fee, currency: line.currency }, books);
  if (wrong !== undefined) return { ...about, state: "open", wrong, orders };
  const ask = { ...byRail(payment.sellerId, line.rail), paymentId: payment.id, orderId: payment.orderId };
  const answer = await engine.lanes.one(settlePayment(ask, { amount: line.gross - line.fee }));
  if (isRefusal(answer)) throw new Error(`payment ${payment.id} could not be settled: ${answer.detail}`);
  return { ...about, state: "matched" };
}

async function judgeDispute(engine: Engine, line: StoredLine): Promise<Judged> {
  const payment = await paymentOf(engine, line);
  if (payment === undefined) return { state: "open", wrong: extra(line) };
  const taken = payment.chargedBack > 0n ? payment.chargedBack : payment.disputed;
  const books = { amount: taken, currency: payment.receivedCurrency ?? payment.currency };
  const wrong = compareSent({ amount: line.gross < 0n ? -line.gross : line.gross, currency: line.currency }, books);
  const about = { sellerId: payment.sellerId, paymentId: payment.id };
  return wrong === undefined ? { ...about, state: "matched" } : { ...about, state: "open", wrong, orders: ordersOf(payment) };
}

async function judgeSent(engine: Engine, line: StoredLine): Promise<Judged> {
  const names = [line.reference, line.railReference].filter((name) => name !== null);
  if (names.length === 0) return line.kind === "refund" ? judgeDeductions(engine, line) : { state: "open", wrong: extra(line) };
  const found = await firstOf(names, async (name) => {
    const { rows } = await run<{ seller_id: bigint; attempt_id: bigint }>(engine.pool, railEventQueries.attemptOf, [line.rail, name]);
    return rows[0];
  });
  if (found === undefined) return { state: "open", wrong: extra(line) };
  const sellerId = Number(found.seller_id);
  const attemptId = Number(found.attempt_id);
  const { rows } = await run<{ kind: string; amount: bigint; currency: string; state: string; orders: bigint[] }>(
    engine.pool,
    settlementQueries.attempt,
    [sellerId, attemptId],
  );
  const attempt = rows[0];
  if (attempt === undefined) return { state: "open", wrong: extra(line) };
  const orders = attempt.orders.map((id) => ({ sellerId, orderId: Number(id) }));
  const about = { sellerId, attemptId };
  const twin = await run<{ settlement_id: string }>(engine.pool, settlementQueries.matchedAttempt, [
    sellerId,
    attemptId,
    line.settlementId,
    line.lineId,
  ]);
  if (twin.rows[0] !== undefined) return { ...about, state: "open", wrong: twice(line, twin.rows[0].settlement_id), orders };
  const wrong = compareSent({ amount: -line.gross, currency: line.currency }, { amount: attempt.amount, currency: attempt.currency });
  return wrong === undefined ? { ...about, state: "matched" } : { ...about, state: "open", wrong, orders };
}

/** Some rails take refunds off a settlement in one sum and name none of them. */
async function judgeDeductions(engine: Engine, line: StoredLine): Promise<Judged> {
  const { rows } = await run<{ seller_id: bigint; id: bigint; amount: bigint; state: string }>(engine.pool, settlementQueries.refunds, [
    line.rail,
    line.currency,
    line.settledAt.toISOString(),
    line.settlementId,
  ]);
  // One that failed was perhaps taken and given back later.
  const candidates = rows.map(({ amount, state }) => ({ amount, likely: state !== "failed" }));
  const chosen = madeUpOf(candidates, -line.net);
  if (chosen === undefined) {
    const suggestion =
      "Compare the refunds on the payment company's dashboard with those of the orders, and close this with what you found.";
    return { state: "open", wrong: unexplained(line, suggestion) };
  }
  const refunds = chosen
    .flatMap((place) => rows.slice(place, place + 1))
    .map((row) => ({ sellerId: Number(row.seller_id), attemptId: Number(row.id) }));
  return { state: "explained", note: `Adds up from ${refunds.length} refunds.`, refunds };
}

/** The payment that a line names, by the rail's name of it or ours. One of which no money is known yet is asked about at the rail first. */
async function paymentOf(engine: Engine, line: StoredLine): Promise<Payment | undefined> {
  const found = await lookUp(engine, line);
  const unheard = found !== undefined && (found.receivedCurrency === null || isAnother(found, line));
  if (!unheard) return found;
  if (engine.rails.has(line.rail)) await askAboutPayment(engine, { ...found, state: found.state }, false);
  const again = await lookUp(engine, line);
  return again === undefined || again.receivedCurrency === null || isAnother(again, line) ? undefined : again;
}

/** Money that nobody asked for, and of which no notice came: if the rail knows it, it is taken in as a notice would have had it. */
async function unheardOf(engine: Engine, line: StoredLine): Promise<Payment | undefined> {
  const { rail, reference } = line;
  if (reference === null || !engine.rails.has(rail) || (await lookUp(engine, line)) !== undefined) return undefined;
  try {
    if ((await takeUnknownMoney(engine, rail, reference)) === 0) return undefined;
  } catch (error) {
    engine.log.warn({ rail, reference, error: error instanceof Error ? error.message : "" }, "a settled payment could not be asked about");
    return undefined;
  }
  return lookUp(engine, line);
}

/** The line names another receipt than the payment found by our reference. */
function isAnother(payment: Payment, line: StoredLine): boolean {
  return line.railReference !== null && payment.railReference !== null && line.railReference !== payment.railReference;
}

async function lookUp(engine: Engine, line: StoredLine): Promise<Payment | undefined> {
  const names = [line.railReference, line.reference].filter((name) => name !== null);
  return firstOf(names, async (name) => {
    const { rows } = await run<{ seller_id: bigint; payment_id: bigint }>(engine.pool, railEventQueries.paymentOf, [line.rail, name]);
    if (rows[0] === undefined) return undefined;
    const found = await run(engine.pool, reconcileLineQueries.payment, [rows[0].seller_id, rows[0].payment_id]);
    return found.rows[0] === undefined ? undefined : payments.read(found.rows[0]);
  });
}

async function firstOf<T>(names: readonly string[], find: (name: string) => Promise<T | undefined>): Promise<T | undefined> {
  for (const name of names) {
    const found = await find(name);
    if (found !== undefined) return found;
  }
  return undefined;
}

function ordersOf(payment: Payment): OrderOfBreak[] {
  return payment.orderId === null ? [] : [{ sellerId: payment.sellerId, orderId: payment.orderId }];
}

function nameOf(line: StoredLine): string {
  return line.reference ?? line.railReference ?? line.lineId;
}

function extra(line: StoredLine): Disagreement {
  return {
    kind: "extra",
    says: `${format(line.gross, line.currency)} stand under ${nameOf(line)}, which the books do not know.`,
    suggestion:
      "Look it up on the payment company's dashboard. A payment of ours is taken in when its report comes, and this heals; what is not ours, close with a note.",
  };
}

function twice(line: StoredLine, other: string): Disagreement {
  return {
    kind: "twice",
    says: `${format(line.gross, line.currency)} under ${nameOf(line)} stand in settlement ${other} already.`,
    suggestion: "The payment company will want one of them back: tell them, and close this when it is settled.",
  };
}

function unexplained(line: StoredLine, suggestion: string): Disagreement {
  return { kind: "unexplained", says: `${format(line.net, line.currency)} that nothing in the books explains.`, suggestion };
}

/** The line's new state, what it adds up from, and its break: all in one transaction. */
async function writeDown(engine: Engine, line: StoredLine, judged: Judged): Promise<void> {
  const { rail, settlementId, lineId } = line;
  const { state, sellerId = null, paymentId = null, attemptId = null, wrong, refunds = [] } = judged;
  const at = engine.now();
  await inTransaction(engine.pool, async (client) => {
    await run(client, settlementQueries.setLine, [
      rail,
      settlementId,
      lineId,
      state,
      sellerId,
      paymentId,
      attemptId,
      judged.note ?? wrong?.says ?? null,
    ]);
    if (refunds.length > 0) {
      const values = [refunds.map((one) => one.sellerId), refunds.map((one) => one.attemptId), rail, settlementId, lineId];
      await run(client, settlementQueries.explain, values);
    }
    // What was wrong before and is not any more.
    await run(client, breakQueries.endOfLine, [rail, settlementId, lineId, healed(judged), at.toISOString(), wrong?.kind ?? ""]);
    if (wrong === undefined) return;
    await openBreak(client, {
      ...wrong,
      rail,
      about: `${settlementId} ${lineId}`,
      says: `Settlement ${settlementId}, ${line.kind} ${nameOf(line)}: ${wrong.says}`,
      settlementId,
      lineId,
      sellerId,
      paymentId,
      orders: judged.orders ?? [],
      at,
    });
  });
}

function healed({ state, wrong }: Judged): string {
  return wrong === undefined ? `The line is ${state} now.` : `Now it is another matter: ${wrong.kind.replaceAll("_", " ")}.`;
}
