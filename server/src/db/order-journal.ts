import type { Query, Queryable } from "./connect.ts";
import { run } from "./connect.ts";

export const orderJournalQueries = {
  ofOrder: {
    name: "journal_of_order",
    text: `SELECT p.seq, e.at, e.cause, p.debit, p.credit, p.amount, p.currency
           FROM entries e JOIN postings p ON p.seller_id = e.seller_id AND p.entry_seq = e.seq
           WHERE e.seller_id = $1 AND e.order_id = $2 ORDER BY p.seq LIMIT 300`,
  },
} satisfies Record<string, Query>;

/** One posting that an order caused. Amounts in minor units. */
export interface OrderPosting {
  readonly seq: number;
  readonly at: Date;
  readonly cause: string;
  readonly debit: string;
  readonly credit: string;
  readonly amount: bigint;
  readonly currency: string;
}

/** The postings of an order, in the journal's order. */
export async function orderPostings(client: Queryable, sellerId: number, orderId: number): Promise<OrderPosting[]> {
  const { rows } = await run(client, orderJournalQueries.ofOrder, [sellerId, orderId]);
  return rows.map((row) => ({
    seq: Number(row["seq"]),
    at: row["at"] as Date,
    cause: String(row["cause"]),
    debit: String(row["debit"]),
    credit: String(row["credit"]),
    amount: BigInt(String(row["amount"])),
    currency: String(row["currency"]),
  }));
}

/** What these postings alone leave on each account, credit positive. */
export function balancesOf(postings: readonly OrderPosting[]): { account: string; currency: string; balance: bigint }[] {
  const sums = new Map<string, { account: string; currency: string; balance: bigint }>();
  const add = (account: string, currency: string, amount: bigint) => {
    const key = `${account} ${currency}`;
    sums.set(key, { account, currency, balance: (sums.get(key)?.balance ?? 0n) + amount });
  };
  for (const { debit, credit, amount, currency } of postings) {
    add(debit, currency, -amount);
    add(credit, currency, amount);
  }
  return [...sums.values()];
}
