import { inTransaction, run } from "../db/connect.ts";
import { breakQueries, openBreak, settlementQueries } from "../db/settlements.ts";
import { format } from "../domain/currency.ts";
import { balanceOff, expectedBalance } from "../domain/reconciliation.ts";
import type { Engine } from "./engine.ts";

/**
 * Holds what the rail says is available against the books, per currency. It is judged only while nothing is under way: no send whose outcome
 * is unknown, no report that was not handled yet, and the same books before and after the rail was asked.
 */
export async function compareBalances(engine: Engine, name: string): Promise<void> {
  const rail = engine.rails.get(name);
  if (rail?.balances === undefined) return;
  const before = await booksAt(engine, name);
  let told: Awaited<ReturnType<NonNullable<typeof rail.balances>>>;
  try {
    told = await engine.turns.call(name, async () => (await rail.balances?.()) ?? []);
  } catch (error) {
    engine.log.warn({ rail: name, error: error instanceof Error ? error.message : "" }, "the rail did not tell its balance");
    return;
  }
  const after = await booksAt(engine, name);
  const unheard = Number((await run<{ n: bigint }>(engine.pool, settlementQueries.unheard, [name])).rows[0]?.n ?? 0n);
  for (const { currency, available } of told) {
    const was = before.get(currency) ?? nothing;
    const is = after.get(currency) ?? nothing;
    const still = unheard === 0 && is.outgoing === 0n && is.cash === was.cash && was.outgoing === 0n && is.deducted === was.deducted;
    await saveAndJudge(engine, name, { currency, available, ...is, still });
  }
}

interface AtRail {
  readonly cash: bigint;
  readonly outgoing: bigint;
  readonly unbooked: bigint;
  readonly deducted: bigint;
}
const nothing: AtRail = { cash: 0n, outgoing: 0n, unbooked: 0n, deducted: 0n };

async function booksAt(engine: Engine, rail: string): Promise<Map<string, AtRail>> {
  const [cash, unbooked, deducted] = await Promise.all([
    run<{ currency: string; cash: bigint; outgoing: bigint }>(engine.pool, settlementQueries.cash, [rail]),
    run<{ currency: string; unbooked: bigint }>(engine.pool, settlementQueries.unbooked, [rail]),
    run<{ currency: string; deducted: bigint }>(engine.pool, settlementQueries.deducted, [rail]),
  ]);
  const all = new Map<string, AtRail>();
  for (const { currency, ...part } of [...cash.rows, ...unbooked.rows, ...deducted.rows]) {
    all.set(currency, { ...(all.get(currency) ?? nothing), ...part });
  }
  return all;
}

async function saveAndJudge(
  engine: Engine,
  rail: string,
  at: AtRail & { readonly currency: string; readonly available: bigint; readonly still: boolean },
): Promise<void> {
  const { currency, available, cash, outgoing, unbooked, deducted, still } = at;
  const now = engine.now();
  const off = balanceOff(at);
  const { least } = expectedBalance(at);
  await inTransaction(engine.pool, async (client) => {
    await run(client, settlementQueries.saveBalance, [
      rail,
      currency,
      available,
      cash,
      outgoing,
      unbooked,
      deducted,
      still,
      now.toISOString(),
    ]);
    if (!still) return;
    const about = `${currency} ${off}`;
    const note = off === 0n ? "The balances agree again." : "The difference is another one now.";
    await run(client, breakQueries.healBalance, [rail, currency, note, now.toISOString(), off === 0n ? "" : about]);
    if (off === 0n) return;
    const side = off > 0n ? "more" : "less";
    await openBreak(client, {
      rail,
      kind: "balance",
      about,
      says: `${rail} says ${format(available, currency)} are available; the books explain ${format(least, currency)}, so it has ${format(off > 0n ? off : -off, currency)} ${side}.`,
      suggestion:
        "If you put money in there yourself, book it (float add); if you took out fees that were earned, book that (take_fees); put back what else you took out. Otherwise look for a movement on the payment company's dashboard that the books do not have.",
      orders: [],
      at: now,
    });
  });
}
