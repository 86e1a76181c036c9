import type { Config } from "../config.ts";
import type { Query } from "../db/connect.ts";
import { run } from "../db/connect.ts";
import { readOrder, readOrderView } from "../db/orders.ts";
import { clockOffset } from "../db/sellers.ts";
import { format } from "../domain/currency.ts";
import { later, silenceMeans } from "../domain/deadlines.ts";
import { must } from "../domain/fault.ts";
import { whyNotOut } from "../http/why.ts";
import { CommandRefused, nothingMore, UsageError } from "./usage-error.ts";
import { withPool } from "./with-installation.ts";

export const whyQueries = {
  sellerOf: { name: "seller_of_order", text: "SELECT seller_id FROM orders WHERE id = $1" },
} satisfies Record<string, Query>;

/** `why ORDER`: why the money of an order is not out yet, and what would move it. */
export function whyCommand(config: Config, args: readonly string[]): Promise<string> {
  const [given = "", ...rest] = args;
  nothingMore(rest, "why");
  const id = /^(ord_)?([0-9]{1,15})$/.exec(given)?.[2];
  if (id === undefined) throw new UsageError("Say `why ORDER` with the order's number.");
  return withPool(config, "tranche_app", async (pool) => {
    const { rows } = await run<{ seller_id: bigint }>(pool, whyQueries.sellerOf, [id]);
    const sellerId = rows[0] === undefined ? undefined : Number(rows[0].seller_id);
    if (sellerId === undefined) throw new CommandRefused(`There is no order ${id}.`);
    const read = await readOrderView(pool, must(await readOrder(pool, sellerId, Number(id)), "the order"));
    const { order, escrow } = read;
    const now = later(new Date(), await clockOffset(pool, sellerId));
    const silence = silenceMeans(order);
    const lines = [
      `Order ${order.id} of seller ${sellerId} is ${order.state}; escrow holds ${format(escrow, order.bookCurrency)}.`,
      ...(order.dueAt !== null && silence !== null ? [`If nobody does anything by ${order.dueAt.toISOString()}, ${silence}.`] : []),
      ...whyNotOut(read, now),
    ];
    const sent = read.disbursements.filter((one) => one.state === "succeeded");
    for (const one of sent) lines.push(`The ${one.kind} of ${format(one.amount, one.currency)} has arrived.`);
    if (read.disbursements.length === 0 && escrow > 0n) lines.push("Nothing is paid out before the order ends: its money is in escrow.");
    return lines.join("\n");
  });
}
