import { createHash } from "node:crypto";
import type pg from "pg";
import { inTransaction, run } from "../db/connect.ts";
import { openBreak, settlementQueries } from "../db/settlements.ts";
import { toJson } from "../db/table.ts";
import { format } from "../domain/currency.ts";
import type { Settlement } from "../rails/rail.ts";

export interface Import {
  readonly rail: string;
  readonly source: "rail" | "api" | "csv";
  readonly settlement: Settlement;
  /** As it came, where that is more than the settlement itself. */
  readonly raw?: unknown;
  readonly at: Date;
}

/**
 * Stores a settlement with its lines, all or nothing. Told again it changes nothing; told otherwise under a known id, what was stored stays and
 * the difference is a break. Answers what became of it.
 */
export async function importSettlement(pool: pg.Pool, given: Import): Promise<"new" | "known" | "changed"> {
  const { rail, source, settlement, at } = given;
  const { id, currency, amount, settledAt, lines } = settlement;
  const digest = digestOf(settlement);
  const raw = toJson(given.raw ?? settlement);
  return inTransaction(pool, async (client) => {
    const values = [rail, id, currency, amount, settledAt.toISOString(), source, digest, raw, at.toISOString()];
    const { rowCount } = await run(client, settlementQueries.insert, values);
    if (rowCount === 1) {
      await run(client, settlementQueries.insertLines, [rail, id, toJson(lines)]);
      return "new";
    }
    const { rows } = await run<{ digest: string }>(client, settlementQueries.digest, [rail, id]);
    if (rows[0]?.digest === digest) return "known";
    const touched = await run<{ seller_id: bigint; order_id: bigint }>(client, settlementQueries.ordersOf, [rail, id]);
    await openBreak(client, {
      rail,
      kind: "changed",
      about: `${id} ${digest.slice(0, 16)}`,
      settlementId: id,
      says: `Settlement ${id} came again and says something else than before: now ${format(amount, currency)} in ${lines.length} lines. What was stored first stays.`,
      suggestion: "Compare both with the payment company's dashboard, and close this with what you found.",
      orders: touched.rows.map((row) => ({ sellerId: Number(row.seller_id), orderId: Number(row.order_id) })),
      raw,
      at,
    });
    return "changed";
  });
}

/** The same money told in the same lines has the same digest, in whatever order the lines came. */
function digestOf({ id, currency, amount, settledAt, lines }: Settlement): string {
  const told = lines.map((line) => [line.id, line.kind, line.reference, line.railReference, line.gross, line.fee, line.net, line.at]);
  const sorted = told.map((line) => toJson(line)).toSorted();
  return createHash("sha256")
    .update(toJson([id, currency, amount, settledAt, sorted]))
    .digest("hex");
}
