import { raiseAlarmAgain } from "../db/alarms.ts";
import { breakListQueries } from "../db/break-lists.ts";
import { inTransaction, run } from "../db/connect.ts";
import { format } from "../domain/currency.ts";
import { railsToStop } from "../domain/reconciliation.ts";
import { solvency } from "../ledger/solvency.ts";
import type { Engine } from "./engine.ts";

/**
 * Money that a rail should have and does not have is first the operator's own loss, out of what it holds above what it owes. Where it is more than
 * that, somebody's money is missing and nobody knows whose: nothing leaves those rails in that currency until the breaks are over, or the operator
 * has put in enough. Weighed whenever breaks or the operator's own money change.
 */
export async function weighStops(engine: Pick<Engine, "pool" | "now">): Promise<void> {
  const { rows: short } = await run<{ rail: string; currency: string; short: bigint }>(engine.pool, breakListQueries.short);
  // The whole journal is summed only where there is something to weigh.
  const surplus = short.length === 0 ? [] : await solvency(engine.pool);
  const stops = railsToStop(short, new Map(surplus.map((line) => [line.currency, line.surplus])));
  const at = engine.now();
  const rails = stops.map((stop) => stop.rail);
  const currencies = stops.map((stop) => stop.currency);
  await inTransaction(engine.pool, async (client) => {
    await run(client, breakListQueries.goOn, [rails, currencies]);
    const shorts = stops.map((stop) => stop.short);
    const { rows } = await run<{ rail: string; currency: string; new: boolean }>(client, breakListQueries.stop, [
      rails,
      currencies,
      shorts,
      at.toISOString(),
    ]);
    for (const { rail, currency } of rows.filter((row) => row.new)) {
      const missing = stops.find((stop) => stop.rail === rail && stop.currency === currency)?.short ?? 0n;
      const says = `${format(missing, currency)} are missing at ${rail}, and with all that is missing in ${currency} it is more than the installation holds above what it owes. Nothing is sent from there in ${currency} until the breaks are over or you have put in what is missing.`;
      await raiseAlarmAgain(client, { kind: "rail_stopped", about: `${rail} ${currency}`, says, at });
    }
  });
}

/** Whether nothing is sent from a rail in a currency, as it stands now. */
export async function stoppedRails(engine: Pick<Engine, "pool">): Promise<(rail: string, currency: string) => boolean> {
  const { rows } = await run<{ rail: string; currency: string }>(engine.pool, breakListQueries.stops);
  const stopped = new Set(rows.map((row) => `${row.rail} ${row.currency}`));
  return (rail, currency) => stopped.has(`${rail} ${currency}`);
}
