import type { Assembled } from "../server/src/commands/assemble.ts";
import { once, rivalsPool } from "./cluster.ts";
import { fill, writers } from "./fill.ts";
import type { Shop } from "./shop.ts";
import { makeShops, openOrders } from "./shop.ts";

export interface TwoDatabases {
  readonly small: string;
  readonly large: string;
  readonly shops: readonly Shop[];
  /** Whose the active orders are: each of these has more of them than a page holds. */
  readonly busy: readonly Shop[];
  /** Of the large one, as a person reads it. */
  readonly size: string;
}

/** Beside which the completed orders' numbers are small, as they are when those came first. */
const after = { order_ids: 1_000_000_000, thing_ids: 10_000_000_000_000 };

/**
 * Two databases on one server with the same shops: one with active orders alone, one that was filled with completed ones before those came. What
 * is active was written last in both, by the engine, under the same numbers.
 */
export async function twoDatabases(
  large: string,
  open: (url: string) => Assembled,
  wanted: { readonly secretKey: Buffer; readonly shops: number; readonly busy: number; readonly active: number; readonly orders: number },
  say: (text: string) => void,
): Promise<TwoDatabases> {
  const small = at(large, "small");
  const filler = open(large);
  const shops = await makeShops(filler.engine, wanted.secretKey, wanted.shops);
  // One of each shop, so that it has a buyer.
  await openOrders(filler.engine, shops, shops.length);
  await filler.close();
  await once(at(large, "postgres"), [`CREATE DATABASE small TEMPLATE ${new URL(large).pathname.slice(1)}`]);
  const pool = rivalsPool(large, writers);
  const recorder = open(large);
  await fill(pool, recorder, shops, wanted.orders - wanted.active, say);
  await recorder.close();
  await pool.end();
  const busy = shops.slice(0, wanted.busy);
  say(`${wanted.active.toLocaleString("en")} active orders of ${busy.length} shops in both …`);
  for (const url of [small, large]) {
    await once(
      url,
      Object.entries(after).map(([sequence, number]) => `SELECT setval('${sequence}', ${number})`),
    );
    const parts = open(url);
    await openOrders(parts.engine, busy, wanted.active - shops.length);
    await parts.close();
  }
  const [size] = await once(large, ["SELECT pg_size_pretty(pg_database_size(current_database())) AS size"]);
  return { small, large, shops, busy, size: String(size?.["size"]) };
}

function at(url: string, database: string): string {
  const other = new URL(url);
  other.pathname = `/${database}`;
  return other.href;
}

/** As an installation is that has run for long: rows tidied, statistics taken, nothing left to be brought to the disk. */
export async function tidy(url: string): Promise<void> {
  await once(url, ["VACUUM ANALYZE", "CHECKPOINT"]);
}
