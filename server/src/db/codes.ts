import type { Query, Queryable } from "./connect.ts";
import { run } from "./connect.ts";

export const codeQueries = {
  store: {
    name: "store_code",
    text: `INSERT INTO codes (seller_id, phone, code_hash, created_at, expires_at, tries) VALUES ($1, $2, $3, $4, $5, 0)
           ON CONFLICT (seller_id, phone) DO UPDATE SET code_hash = excluded.code_hash, created_at = excluded.created_at,
             expires_at = excluded.expires_at, tries = 0 WHERE codes.created_at < excluded.created_at - interval '30 seconds'`,
  },
  // Counted before it is compared, so that guesses in parallel cannot outrun the limit.
  try: {
    name: "try_code",
    text: "UPDATE codes SET tries = tries + 1 WHERE seller_id = $1 AND phone = $2 AND expires_at > $3 AND tries < 5 RETURNING code_hash",
  },
  proven: { name: "phone_is_proven", text: "SELECT proven_at FROM proven_phones WHERE seller_id = $1 AND phone = $2" },
  prove: {
    name: "prove_phone",
    text: "INSERT INTO proven_phones (seller_id, phone, proven_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
  },
} satisfies Record<string, Query>;

/** Keeps a one-time code's hash for ten minutes; asked again within half a minute, the first one stands. True if it is new. */
export async function storeCode(client: Queryable, code: { sellerId: number; phone: string; hash: string; at: Date }): Promise<boolean> {
  const until = new Date(code.at.getTime() + 10 * 60_000);
  const values = [code.sellerId, code.phone, code.hash, code.at.toISOString(), until.toISOString()];
  return (await run(client, codeQueries.store, values)).rowCount === 1;
}

/** Takes one of five tries; answers the hash to compare with, or undefined if there is none left. */
export async function tryCode(client: Queryable, sellerId: number, phone: string, at: Date): Promise<string | undefined> {
  const { rows } = await run<{ code_hash: string }>(client, codeQueries.try, [sellerId, phone, at.toISOString()]);
  return rows[0]?.code_hash;
}

/** Whoever holds this phone gave a code back once, for an order of this seller. */
export async function phoneIsProven(client: Queryable, sellerId: number, phone: string): Promise<boolean> {
  return (await run(client, codeQueries.proven, [sellerId, phone])).rows.length > 0;
}

/** The code was right: links sent to this phone's holder may release money from now on. */
export async function provePhone(client: Queryable, sellerId: number, phone: string, at: Date): Promise<void> {
  await run(client, codeQueries.prove, [sellerId, phone, at.toISOString()]);
}
