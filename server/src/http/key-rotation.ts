import type pg from "pg";
import type { Query } from "../db/connect.ts";
import { inTransaction, run } from "../db/connect.ts";
import { sellerQueries } from "../db/sellers.ts";
import { later } from "../domain/deadlines.ts";
import { seal } from "../secrets/box.ts";
import { newPrivateKey, newPublicKey } from "../secrets/tokens.ts";
import { keyContext } from "./keys.ts";

export const keyRotationQueries = {
  // The book's lock, as every action takes it: two rotations at once would otherwise retire each other's new pair.
  lock: { name: "lock_book_for_keys", text: "SELECT seller_id FROM books WHERE seller_id = $1 FOR NO KEY UPDATE" },
} satisfies Record<string, Query>;

/** How long a key pair goes on working beside a new one: a week, in milliseconds. */
export const rotationTime = 7 * 86_400_000;

/** Makes a new pair; the present one goes on for a week, one that was already running out ends. So at most two work at a time. */
export async function rotateKeys(
  pool: pg.Pool,
  secretKey: Buffer,
  sellerId: number,
  now: Date,
): Promise<{ publicKey: string; privateKey: string }> {
  const fresh = { publicKey: newPublicKey(), privateKey: newPrivateKey() };
  const sealed = seal(secretKey, fresh.privateKey, keyContext(fresh.publicKey));
  await inTransaction(pool, async (client) => {
    await run(client, keyRotationQueries.lock, [sellerId]);
    await run(client, sellerQueries.endRunningOut, [sellerId, now.toISOString()]);
    await run(client, sellerQueries.insertKey, [fresh.publicKey, sellerId, sealed, now.toISOString()]);
    await run(client, sellerQueries.retireKeys, [sellerId, fresh.publicKey, later(now, rotationTime).toISOString()]);
  });
  return fresh;
}
