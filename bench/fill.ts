import type pg from "pg";
import { deliver } from "../server/src/actions/deliver.ts";
import { accept } from "../server/src/actions/accept.ts";
import type { Assembled } from "../server/src/commands/assemble.ts";
import { runDue } from "../server/src/jobs/run-due.ts";
import { manyLives } from "./one-commit.ts";
import { record } from "./recorded.ts";
import type { OpenOrder, Shop } from "./shop.ts";
import { ask, bulk, funding, openOrders } from "./shop.ts";
import { takeIndexesAway, together } from "./without-indexes.ts";

const part = 20_000;
/** Connections that write at the same time. */
export const writers = 2;

/**
 * Adds completed orders: one is lived by the engine and the jobs to its end, and the rows it left are written again for all others, over all shops.
 * Their numbers go on where each book stands; hashes and digests are the first one's, so `verify` would rightly find fault with these books.
 */
export async function fill(
  pool: pg.Pool,
  parts: Assembled,
  shops: readonly Shop[],
  count: number,
  say: (text: string) => void,
): Promise<void> {
  const [shop] = shops;
  if (shop === undefined) throw new Error("there are no shops");
  let order: OpenOrder | undefined;
  const life = await record(pool, shop.sellerId, async () => {
    [order] = await openOrders(parts.engine, [shop], 1);
    if (order === undefined) throw new Error("no order was opened");
    for (const step of [funding(order), deliver(ask(order, "seller")), accept(ask(order, "buyer"))]) await bulk(parts.engine, [step]);
    await runDue(parts.engine, null);
  });
  if (order === undefined) throw new Error("no order was opened");
  const { rows } = await pool.query<{ state: string; buyer: string }>(
    "SELECT state, buyer_id::text AS buyer FROM orders WHERE seller_id = $1 AND id = $2",
    [order.sellerId, order.orderId],
  );
  if (rows[0]?.state !== "completed") throw new Error(`the order to be copied is ${rows[0]?.state}, not completed`);
  const book = life.written.find(({ shape }) => shape.table === "books");
  if (book?.kind !== "update") throw new Error("the life's book was not there before");
  const rise = (column: string) => Number(book.row[column]) - Number(book.before[column]);
  const numbers = ["entry_seq", "posting_seq", "event_seq"] as const;
  const source = `(SELECT n, s, buyer, 100000000 + n AS o, 5000000000 + n AS p, n / ${shops.length} AS nth FROM filling JOIN generate_series($1::bigint, $2::bigint) n
    ON n % ${shops.length} = place) w JOIN (SELECT * FROM books) k ON k.seller_id = w.s,
    LATERAL (SELECT ${numbers.map((name) => `k.${name} + (w.nth + 1) * ${rise(name)} AS ${name}`).join(", ")}) b`;
  const statements = manyLives(life, { ...order, buyerId: Number(rows[0].buyer) }, source);
  const tables = [...new Set(statements.map(({ table }) => table))];
  const clients = await Promise.all(Array.from({ length: writers }, () => pool.connect()));
  const [first] = clients;
  if (first === undefined) throw new Error("there is nobody to write");
  try {
    for (const client of clients) {
      // Set-wise rows of one made-up life refer only to each other; asking about each again would be most of the time.
      for (const text of ["SET session_replication_role = replica", "SET synchronous_commit = off", "SET maintenance_work_mem = '512MB'"])
        await client.query(text);
      await client.query(
        `CREATE TEMP TABLE filling AS SELECT b.seller_id AS s, min(b.id) AS buyer, row_number() OVER (ORDER BY b.seller_id) - 1 AS place
         FROM buyers b WHERE b.seller_id = ANY($1) GROUP BY b.seller_id`,
        [shops.map(({ sellerId }) => sellerId)],
      );
      await client.query("ANALYZE filling");
    }
    const bringBack = await takeIndexesAway(
      first,
      tables.filter((table) => table !== "accounts"),
    );
    let written = 0;
    const parts = Array.from({ length: Math.ceil(count / part) }, (_, i) => i * part);
    await together(clients, parts, async (client, from) => {
      const to = Math.min(count, from + part) - 1;
      for (const { text } of statements) await client.query(text, [from, to]);
      written += to + 1 - from;
      if (written % 100_000 === 0) say(`  ${written.toLocaleString("en")} of ${count.toLocaleString("en")} orders written`);
    });
    const sets = numbers.map((name) => `${name} = b.${name} + ceil(${count} / ${shops.length}.0)::bigint * ${rise(name)}`);
    await first.query(`UPDATE books b SET ${sets.join(", ")} FROM filling WHERE b.seller_id = s`);
    say("  their indexes …");
    // Before there are indexes: what a reader would note in each row is noted now, and whoever builds an index need not.
    await together(clients, tables, (client, table) => client.query(`VACUUM ${table}`));
    await bringBack(clients);
  } finally {
    for (const client of clients) client.release(true);
  }
}
