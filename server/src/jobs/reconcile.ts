import { setTimeout as sleep } from "node:timers/promises";
import { holdForBreak, liftHold } from "../actions/holds.ts";
import { alarmQueries } from "../db/alarms.ts";
import { countOpenBreaks } from "../db/break-lists.ts";
import type { Queryable } from "../db/connect.ts";
import { inTransaction, run } from "../db/connect.ts";
import { breakQueries, openBreak, settlementQueries } from "../db/settlements.ts";
import { format } from "../domain/currency.ts";
import { later } from "../domain/deadlines.ts";
import { isRefusal } from "../domain/refusals.ts";
import type { Engine } from "./engine.ts";
import { byRail } from "./engine.ts";
import type { Import } from "./import-settlement.ts";
import { importSettlement } from "./import-settlement.ts";
import { weighStops } from "./rail-stops.ts";
import { compareBalances } from "./reconcile-balances.ts";
import { judgeLines } from "./reconcile-lines.ts";

export interface Reconciled {
  readonly rail: string;
  /** Settlements that were not known before, and lines that were judged. */
  readonly settlements: number;
  readonly lines: number;
  /** Breaks of this rail that are open now. */
  readonly open: number;
  /** Why the rail could not be asked, where it could not. */
  readonly silent?: string;
}

const day = 86_400_000;

/** So far before the newest settlement we know we ask again: rails date settlements back. */
const overlap = 3 * day;
const firstTime = 30 * day;

/** Asks every connected rail that tells of settlements, at most once a day however many processes there are; `asked` asks at once. */
export async function reconcileRails(
  engine: Engine,
  asked?: { readonly rail?: string | undefined; readonly since?: Date | undefined },
): Promise<Reconciled[]> {
  const done: Reconciled[] = [];
  for (const [name, rail] of engine.rails) {
    if (rail.settlements === undefined || (asked?.rail !== undefined && asked.rail !== name)) continue;
    const { rowCount } = await run(engine.pool, settlementQueries.claim, [name, engine.now().toISOString(), asked !== undefined]);
    if (rowCount === 1) done.push(await reconcileRail(engine, name, asked?.since));
  }
  return done;
}

async function reconcileRail(engine: Engine, name: string, since: Date | undefined): Promise<Reconciled> {
  let silent: string | undefined;
  const found: Import[] = [];
  try {
    const from = since ?? (await startOf(engine, name));
    const settlements = await engine.turns.call(name, async () => (await engine.rails.get(name)?.settlements?.(from)) ?? []);
    for (const settlement of settlements) found.push({ rail: name, source: "rail", settlement, at: engine.now() });
  } catch (error) {
    silent = error instanceof Error ? error.message : String(error);
    engine.log.warn({ rail: name, error: silent }, "the rail did not tell of its settlements; it is asked again");
  }
  const result = await reconcile(engine, name, found);
  const outcome = silent === undefined ? saysOf(result) : `The rail gave no answer: ${silent}`;
  await run(engine.pool, settlementQueries.ended, [name, engine.now().toISOString(), outcome, silent !== undefined]);
  return silent === undefined ? result : { ...result, silent };
}

export function saysOf({ settlements, lines, open }: Reconciled): string {
  return `${settlements} new settlements, ${lines} lines looked at, ${open} breaks open.`;
}

async function startOf(engine: Engine, rail: string): Promise<Date> {
  const { rows } = await run<{ at: Date | null }>(engine.pool, settlementQueries.latest, [rail]);
  const newest = rows[0]?.at;
  return later(newest ?? engine.now(), newest === null || newest === undefined ? -firstTime : -overlap);
}

/**
 * Takes in what came and holds everything of the rail against the books: lines that agree are booked, the rest are breaks, and orders that a
 * break touches are held until it heals or is closed. Every step can be done again; one that was cut off is finished by the next run.
 */
export async function reconcile(engine: Engine, rail: string, imports: readonly Import[]): Promise<Reconciled> {
  return inTurn(engine, rail, async () => {
    let settlements = 0;
    for (const one of imports) if ((await importSettlement(engine.pool, one)) === "new") settlements += 1;
    const lines = await judgeLines(engine, rail);
    await findWhatDoesNotAddUp(engine, rail);
    await findMissing(engine, rail);
    await compareBalances(engine, rail);
    await alarmAndHold(engine);
    return { rail, settlements, lines, open: await countOpenBreaks(engine.pool, rail) };
  });
}

/** One after the other per rail, in every process: two lines of one payment must not be judged side by side. */
async function inTurn<T>(engine: Engine, rail: string, work: () => Promise<T>): Promise<T> {
  const turn = await engine.pool.connect();
  let broken: Error | undefined;
  // Out of the pool nobody else listens, and a database that dies meanwhile would otherwise end the process.
  const remember = (error: Error) => {
    broken = error;
  };
  turn.on("error", remember);
  try {
    // Asked for again and again: waiting inside the database ends after two seconds.
    for (const until = performance.now() + patience; !(await tryTurn(turn, rail)); await sleep(200)) {
      if (performance.now() > until) throw new Error(`another reconciliation of ${rail} is running`);
    }
    return await work();
  } finally {
    // A connection that could not give its turn back is thrown away, and the turn with it.
    await run(turn, settlementQueries.endTurn, [rail]).catch(remember);
    turn.off("error", remember);
    turn.release(broken);
  }
}

const patience = 60_000;

async function tryTurn(turn: Queryable, rail: string): Promise<boolean> {
  const { rows } = await run<{ mine: boolean }>(turn, settlementQueries.takeTurn, [rail]);
  return rows[0]?.mine === true;
}

/** Settlements whose lines do not come to what arrived. Nobody knows whose money is short, so all of their orders are touched. */
async function findWhatDoesNotAddUp(engine: Engine, rail: string): Promise<void> {
  const { rows } = await run<{ settlement_id: string; currency: string; amount: bigint; lines: bigint }>(
    engine.pool,
    settlementQueries.doNotAddUp,
    [rail],
  );
  for (const { settlement_id: id, currency, amount, lines } of rows) {
    const touched = await run<{ seller_id: bigint; order_id: bigint }>(engine.pool, settlementQueries.ordersOf, [rail, id]);
    const off = amount - lines;
    const says =
      off === 0n
        ? `A line of settlement ${id} is not its gross less its fee.`
        : `Settlement ${id} brought ${format(amount, currency)}, and its lines come to ${format(lines, currency)}.`;
    const suggestion =
      "Look for what was added or taken off on the payment company's dashboard, ask them, and close this with their answer.";
    const orders = touched.rows.map((row) => ({ sellerId: Number(row.seller_id), orderId: Number(row.order_id) }));
    await inTransaction(engine.pool, (client) =>
      openBreak(client, { rail, kind: "sum", about: id, settlementId: id, says, suggestion, orders, at: engine.now() }),
    );
  }
}

/** Payments that were to be settled long ago and stand in no settlement; and those that came after all. */
async function findMissing(engine: Engine, rail: string): Promise<void> {
  const at = engine.now();
  const came = await run<{ id: bigint }>(engine.pool, settlementQueries.missingNoMore, [rail]);
  for (const { id } of came.rows) {
    await run(engine.pool, breakQueries.end, [id, "healed", "Its settlement came.", "reconcile", at.toISOString()]);
  }
  const { rows } = await run<{
    seller_id: bigint;
    id: bigint;
    order_id: bigint | null;
    reference: string;
    received: bigint;
    received_currency: string;
    received_at: Date;
  }>(engine.pool, settlementQueries.missing, [rail, at.toISOString(), engine.settledWithin]);
  for (const row of rows) {
    const sellerId = Number(row.seller_id);
    const amount = format(row.received, row.received_currency);
    await inTransaction(engine.pool, (client) =>
      openBreak(client, {
        rail,
        kind: "missing",
        about: `${row.seller_id} ${row.id}`,
        sellerId,
        paymentId: Number(row.id),
        says: `Payment ${row.reference} of ${amount}, received on ${row.received_at.toISOString().slice(0, 10)}, stands in no settlement.`,
        suggestion: "Ask the payment company where it is. When its settlement comes, this heals by itself.",
        orders: row.order_id === null ? [] : [{ sellerId, orderId: Number(row.order_id) }],
        at,
      }),
    );
  }
}

/**
 * What the tables of breaks ask for is made true: an alarm for each, rails stopped that lack money, a hold on each order touched, and none where no
 * break is left.
 */
export async function alarmAndHold(engine: Engine): Promise<void> {
  await run(engine.pool, alarmQueries.ringForBreaks);
  await weighStops(engine);
  const toHold = await run<{ seller_id: bigint; order_id: bigint; rail: string; id: bigint; says: string }>(
    engine.pool,
    breakQueries.toHold,
  );
  for (const { seller_id: seller, order_id: order, rail, id, says } of toHold.rows) {
    const ask = { ...byRail(Number(seller), rail), orderId: Number(order) };
    const answer = await engine.lanes.one(holdForBreak(ask, { note: `Break ${id}: ${says}` }));
    if (isRefusal(answer)) engine.log.error({ order: Number(order), refused: answer.refused }, "an order could not be held for a break");
  }
  const toLift = await run<{ seller_id: bigint; id: bigint }>(engine.pool, breakQueries.toLift);
  for (const { seller_id: seller, id } of toLift.rows) {
    const answer = await engine.lanes.one(liftHold(byRail(Number(seller), "reconciliation"), { holdId: Number(id) }));
    if (isRefusal(answer)) engine.log.warn({ hold: Number(id), refused: answer.refused }, "a hold could not be lifted");
  }
}
