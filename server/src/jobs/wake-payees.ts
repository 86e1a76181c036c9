import { wake } from "../actions/unpark.ts";
import { changedPayeeQueries } from "../db/changed-payees.ts";
import { run } from "../db/connect.ts";
import type { PayeeKind } from "../domain/facts.ts";
import { isRefusal } from "../domain/refusals.ts";
import type { Engine, Fired } from "./engine.ts";
import { byClock } from "./engine.ts";

/**
 * A seller's new account or verified identity, or a service provider's new account: everything that is parked for it is looked at again, in the books
 * of others where it is their marketplace's operator. Whoever dies on the way leaves the row, and all of it is done again.
 */
export async function wakePayees(engine: Engine): Promise<Fired[]> {
  const fired: Fired[] = [];
  const { rows } = await run<{ seller_id: bigint; provider_id: bigint; version: number }>(engine.pool, changedPayeeQueries.list);
  for (const { seller_id: seller, provider_id: provider, version } of rows) {
    if (!(await wakeAll(engine, [seller, provider], fired))) continue;
    // Where it changed once more meanwhile, the row stays.
    await run(engine.pool, changedPayeeQueries.done, [seller, provider, version]);
  }
  return fired;
}

/** False where a book was too busy: the rest is woken by the next look. */
async function wakeAll(engine: Engine, payee: readonly bigint[], fired: Fired[]): Promise<boolean> {
  for (let after = 0n; ; ) {
    const { rows } = await run<{ seller_id: bigint; id: bigint; order_id: bigint | null; payee_kind: PayeeKind; payee_id: bigint }>(
      engine.pool,
      changedPayeeQueries.parked,
      [...payee, after],
    );
    const answers = await Promise.all(
      rows.map((row) =>
        engine.lanes.one(
          wake({
            ...byClock(Number(row.seller_id), "wake-payees"),
            disbursementId: Number(row.id),
            orderId: row.order_id === null ? null : Number(row.order_id),
            payeeKind: row.payee_kind,
            payeeId: Number(row.payee_id),
          }),
        ),
      ),
    );
    if (answers.some((answer) => isRefusal(answer))) return false;
    for (const row of rows) fired.push({ what: "parked money looked at again", seller: Number(row.seller_id), id: Number(row.id) });
    const last = rows.at(-1);
    if (last === undefined) return true;
    after = last.id;
  }
}
