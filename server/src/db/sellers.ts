import type { Seller } from "../domain/seller.ts";
import type { Query, Queryable } from "./connect.ts";
import { arrayParam } from "./array-param.ts";
import { run, runCells } from "./connect.ts";
import { sellers } from "./tables.ts";

const columns = sellers.select("s");

export const sellerQueries = {
  byId: { name: "seller_by_id", text: `SELECT ${columns} FROM sellers s WHERE s.id = $1` },
  byEmail: { name: "seller_by_email", text: `SELECT ${columns} FROM sellers s WHERE lower(s.email) = lower($1) AND s.role <> 'house'` },
  byPhone: { name: "seller_by_phone", text: `SELECT ${columns} FROM sellers s WHERE s.phone = $1 AND s.role <> 'house'` },
  list: { name: "list_sellers", text: `SELECT ${columns} FROM sellers s WHERE s.role <> 'house' ORDER BY s.id LIMIT 1000` },
  byKey: {
    name: "seller_by_key",
    text: `SELECT ${columns}, k.public_key, k.private_key_sealed, k.last_used_at FROM (SELECT unnest($1::text[]) AS key) u,
           LATERAL (SELECT * FROM api_keys WHERE public_key = u.key AND (valid_until IS NULL OR valid_until > $2) LIMIT 1) k
           JOIN sellers s ON s.id = k.seller_id`,
  },
  keys: {
    name: "keys_of_seller",
    text: "SELECT public_key, created_at, valid_until, last_used_at FROM api_keys WHERE seller_id = $1 ORDER BY created_at DESC",
  },
  sealedKeys: {
    name: "sealed_keys_of_seller",
    text: `SELECT public_key, private_key_sealed, last_used_at FROM api_keys WHERE seller_id = $1 AND (valid_until IS NULL OR valid_until > $2)
           ORDER BY created_at DESC`,
  },
  insertKey: {
    name: "insert_key",
    text: "INSERT INTO api_keys (public_key, seller_id, private_key_sealed, created_at) VALUES ($1, $2, $3, $4)",
  },
  retireKeys: {
    name: "retire_keys",
    text: "UPDATE api_keys SET valid_until = $3 WHERE seller_id = $1 AND public_key <> $2 AND (valid_until IS NULL OR valid_until > $3)",
  },
  endKey: {
    name: "end_key",
    text: "UPDATE api_keys SET valid_until = $3 WHERE seller_id = $1 AND public_key = $2 AND valid_until > $3",
  },
  endRunningOut: { name: "end_running_out_keys", text: "UPDATE api_keys SET valid_until = $2 WHERE seller_id = $1 AND valid_until > $2" },
  // At most one write per key and minute: being used must not cost a row version each time.
  touchKey: {
    name: "touch_key",
    text: "UPDATE api_keys SET last_used_at = $2 WHERE public_key = $1 AND (last_used_at IS NULL OR last_used_at < $2::timestamptz - interval '1 minute')",
  },
  insertBook: { name: "insert_book", text: "INSERT INTO books (seller_id) VALUES ($1)" },
  associate: {
    name: "associate_seller",
    text: `INSERT INTO associations (operator_id, seller_id, state, created_at) VALUES ($1, $2, $3, $4)
           ON CONFLICT (operator_id, seller_id) DO NOTHING`,
  },
  confirmAssociation: {
    name: "confirm_association",
    text: "UPDATE associations SET state = 'confirmed' WHERE operator_id = $1 AND seller_id = $2",
  },
  associationsOf: {
    name: "associations_of_seller",
    text: `SELECT a.operator_id, a.state, s.business_name, s.email FROM associations a JOIN sellers s ON s.id = a.operator_id WHERE a.seller_id = $1`,
  },
  associatedWith: {
    name: "sellers_of_operator",
    text: `SELECT ${columns}, a.state AS association FROM associations a JOIN sellers s ON s.id = a.seller_id WHERE a.operator_id = $1 ORDER BY s.id`,
  },
  clock: { name: "book_clock", text: "SELECT clock_offset_ms FROM books WHERE seller_id = $1" },
  advance: {
    name: "advance_clock",
    text: "UPDATE books SET clock_offset_ms = clock_offset_ms + $2 WHERE seller_id = $1 RETURNING clock_offset_ms",
  },
} satisfies Record<string, Query>;

async function one(client: Queryable, query: Query, values: readonly unknown[]): Promise<Seller | undefined> {
  const { rows } = await run(client, query, values);
  return rows[0] === undefined ? undefined : sellers.read(rows[0]);
}

export const sellerById = (client: Queryable, id: number): Promise<Seller | undefined> => one(client, sellerQueries.byId, [id]);
export const sellerByEmail = (client: Queryable, email: string): Promise<Seller | undefined> => one(client, sellerQueries.byEmail, [email]);
export const sellerByPhone = (client: Queryable, phone: string): Promise<Seller | undefined> => one(client, sellerQueries.byPhone, [phone]);

/** What a valid public key stands for. */
export interface KeyRow {
  readonly seller: Seller;
  readonly sealed: string;
  readonly usedAt: Date | null;
}

/** The sellers of public keys that are valid, with their sealed private keys. Times: `now` is real time. */
export async function sellersByKeys(client: Queryable, publicKeys: readonly string[], now: Date): Promise<Map<string, KeyRow>> {
  const rows = await runCells(client, sellerQueries.byKey, [arrayParam("text", publicKeys), now.toISOString()]);
  return new Map(
    rows.map((cells) => {
      const [publicKey, sealed, usedAt] = cells.slice(sellers.columns);
      return [String(publicKey), { seller: sellers.readCells(cells), sealed: String(sealed), usedAt: usedAt as Date | null }];
    }),
  );
}

/** The seller of one public key, read by itself. */
export async function sellerByKey(client: Queryable, publicKey: string, now: Date): Promise<KeyRow | undefined> {
  return (await sellersByKeys(client, [publicKey], now)).get(publicKey);
}

/** How far a book's clock is ahead of real time, in milliseconds. */
export async function clockOffset(client: Queryable, sellerId: number): Promise<number> {
  const { rows } = await run<{ clock_offset_ms: bigint }>(client, sellerQueries.clock, [sellerId]);
  return Number(rows[0]?.clock_offset_ms ?? 0n);
}
