import { nextDue } from "../db/due.ts";
import { run } from "../db/connect.ts";
import { clockOffset, sellerQueries } from "../db/sellers.ts";
import type { Engine, Fired } from "../jobs/engine.ts";
import { runDue } from "../jobs/run-due.ts";

/**
 * Moves one book's time ahead and runs everything that falls due on the way, step by step: to each next deadline, then to the end, so that
 * a deadline that an earlier one causes fires at its own time. Time only goes forward.
 */
export async function advanceClock(
  engine: Engine,
  sellerId: number,
  by: number,
  settle: (at: Date) => Promise<unknown>,
): Promise<{ now: Date; fired: Fired[] }> {
  const fired: Fired[] = [];
  const start = engine.now().getTime() + (await clockOffset(engine.pool, sellerId));
  const end = start + Math.ceil(by);
  for (let steps = 0; steps < 1_000; steps += 1) {
    const at = engine.now().getTime() + (await clockOffset(engine.pool, sellerId));
    if (at >= end) break;
    const { rows } = await run<{ at: Date | null }>(engine.pool, nextDue, [sellerId, new Date(at).toISOString()]);
    const next = rows[0]?.at?.getTime() ?? end;
    await run(engine.pool, sellerQueries.advance, [sellerId, Math.max(1, Math.min(next, end) - at)]);
    await settle(new Date(Math.min(next, end)));
    fired.push(...(await runDue(engine, sellerId)));
  }
  const now = new Date(engine.now().getTime() + (await clockOffset(engine.pool, sellerId)));
  fired.push(...(await runDue(engine, sellerId)));
  return { now, fired };
}
