import type { Query, Queryable } from "./connect.ts";
import { run } from "./connect.ts";

export const linkQueries = {
  insert: {
    name: "insert_link",
    text: `INSERT INTO links (token_hash, seller_id, order_id, party, order_version, sent_to, created_at, expires_at)
           VALUES (decode($1, 'hex'), $2, $3, $4, $5, $6, $7, $8)`,
  },
  find: {
    name: "find_link",
    text: "SELECT seller_id, order_id, party, order_version, sent_to, expires_at FROM links WHERE token_hash = decode($1, 'hex')",
  },
  // In parts: all at once would outlast the statement's time, and then never get done.
  sweep: {
    name: "sweep_links",
    text: `DELETE FROM links WHERE token_hash IN (
             SELECT token_hash FROM links WHERE expires_at < $1::timestamptz - interval '90 days' ORDER BY expires_at LIMIT 5000)`,
  },
  checkout: { name: "find_checkout", text: "SELECT seller_id, order_id FROM checkouts WHERE token_hash = decode($1, 'hex')" },
} satisfies Record<string, Query>;

/** Links that ended 90 days ago go. */
export async function sweepLinks(client: Queryable, now: Date): Promise<void> {
  while (((await run(client, linkQueries.sweep, [now.toISOString()])).rowCount ?? 0) > 0);
}

export interface Link {
  readonly sellerId: number;
  readonly orderId: number;
  readonly party: "buyer" | "seller";
  readonly orderVersion: number;
  readonly sentTo: string;
  readonly expiresAt: Date;
}

/** The link behind a token's hash (hex), whatever its age; the caller judges whether it still acts. */
export async function findLink(client: Queryable, tokenHash: string): Promise<Link | undefined> {
  const { rows } = await run(client, linkQueries.find, [tokenHash]);
  const row = rows[0];
  if (row === undefined) return undefined;
  return {
    sellerId: Number(row["seller_id"]),
    orderId: Number(row["order_id"]),
    party: row["party"] as Link["party"],
    orderVersion: Number(row["order_version"]),
    sentTo: String(row["sent_to"]),
    expiresAt: row["expires_at"] as Date,
  };
}

/** Stores a link by its token's hash, in hex. */
export async function storeLink(client: Queryable, tokenHash: string, link: Link, createdAt: Date): Promise<void> {
  const values = [
    tokenHash,
    link.sellerId,
    link.orderId,
    link.party,
    link.orderVersion,
    link.sentTo,
    createdAt.toISOString(),
    link.expiresAt.toISOString(),
  ];
  await run(client, linkQueries.insert, values);
}

/** The order behind a checkout's token, by its hash in hex. */
export async function findCheckout(client: Queryable, tokenHash: string): Promise<{ sellerId: number; orderId: number } | undefined> {
  const { rows } = await run<{ seller_id: bigint; order_id: bigint }>(client, linkQueries.checkout, [tokenHash]);
  const row = rows[0];
  return row === undefined ? undefined : { sellerId: Number(row.seller_id), orderId: Number(row.order_id) };
}
