import type { Query, Queryable } from "../db/connect.ts";
import { run } from "../db/connect.ts";
import type { Finding } from "./verify-report.ts";

/** Which column of which table names a row of which other, where no foreign key says so. Postings and their entries are walked together elsewhere. */
const references = [
  { of: "transitions", column: "order_id", to: "orders", key: "id" },
  { of: "messages", column: "order_id", to: "orders", key: "id" },
  { of: "notifications", column: "order_id", to: "orders", key: "id" },
  { of: "notifications", column: "transition_seq", to: "transitions", key: "seq" },
  { of: "disbursements", column: "order_id", to: "orders", key: "id" },
  { of: "disbursements", column: "attempt_id", to: "attempts", key: "id" },
] as const;

function lost({ of, column, to, key }: (typeof references)[number]): Query {
  return {
    name: `verify_${of}_${column}`,
    text: `SELECT t.seller_id, t.${column} AS named, count(*) AS rows FROM ${of} t LEFT JOIN ${to} o ON o.seller_id = t.seller_id AND o.${key} = t.${column}
             AND ($1::bigint IS NULL OR o.seller_id = $1)
           WHERE ($1::bigint IS NULL OR t.seller_id = $1) AND t.${column} IS NOT NULL AND o.${key} IS NULL GROUP BY t.seller_id, t.${column}
           ORDER BY t.seller_id, t.${column} LIMIT 20`,
  };
}

export const referenceQueries: Readonly<Record<string, Query>> = Object.fromEntries(
  references.map((reference) => [`${reference.of}_${reference.column}`, lost(reference)]),
);

/**
 * Finds rows that name another which is not there. One check for each reference, over all books at once, since a join of whole tables
 * costs a fraction of a foreign key's look-up for every row (decision record 0026).
 */
export function referenceChecks(sellerId: number | null): ((client: Queryable) => Promise<Finding[]>)[] {
  return references.map((reference) => async (client) => {
    const { rows } = await run<{ seller_id: bigint; named: bigint; rows: bigint }>(client, lost(reference), [sellerId]);
    return rows.map(({ seller_id, named, rows: count }) => ({
      sellerId: Number(seller_id),
      ...(reference.to === "orders" ? { order: Number(named) } : {}),
      says: `${count} of ${reference.of} name ${named} in ${reference.to}, which is not there`,
    }));
  });
}
