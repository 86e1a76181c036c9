import type { Query, Queryable } from "./connect.ts";
import { run } from "./connect.ts";

export const codeQueries = {
  store: {
    name: "store_code",
    text: `INSERT INTO codes (seller_id, buyer_id, phone, code_hash, created_at, expires_at, tries) VALUES ($1, $2, $3, $4, $5, $6, 0)
           ON CONFLICT (seller_id, buyer_id) DO UPDATE SET phone = excluded.phone, code_hash = excluded.code_hash, created_at = excluded.created_at,
             expires_at = excluded.expires_at, tries = 0 WHERE codes.created_at < excluded.created_at - interval '30 seconds'`,
  },
  // Counted before it is compared, so that guesses in parallel cannot outrun the limit.
  try: {
    name: "try_code",
    text: "UPDATE codes SET tries = tries + 1 WHERE seller_id = $1 AND buyer_id = $2 AND expires_at > $3 AND tries < 5 RETURNING code_hash, phone",
  },
  used: { name: "code_used", text: "DELETE FROM codes WHERE seller_id = $1 AND buyer_id = $2" },
} satisfies Record<string, Query>;

/** Keeps a one-time code's hash for ten minutes; asked again within half a minute, the first one stands. True if it is new. */
export async function storeCode(client: Queryable, code: { sellerId: number; buyerId: number; phone: string; hash: string; at: Date }): Promise<boolean> {
  const until = new Date(code.at.getTime() + 10 * 60_000);
  const values = [code.sellerId, code.buyerId, code.phone, code.hash, code.at.toISOString(), until.toISOString()];
  return (await run(client, codeQueries.store, values)).rowCount === 1;
}

/** Takes one of five tries; answers the hash to compare with and the phone it went to, or undefined if there is none left. */
export async function tryCode(client: Queryable, sellerId: number, buyerId: number, at: Date): Promise<{ hash: string; phone: string } | undefined> {
  const { rows } = await run<{ code_hash: string; phone: string }>(client, codeQueries.try, [sellerId, buyerId, at.toISOString()]);
  return rows[0] === undefined ? undefined : { hash: rows[0].code_hash, phone: rows[0].phone };
}
