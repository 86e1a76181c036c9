import type { Query, Queryable } from "./connect.ts";
import { run } from "./connect.ts";

export const unfinishedRailsQueries = {
  // What is unfinished has a time at which somebody looks at it, or waits for its payee: both have an index of their own.
  unfinished: {
    name: "unfinished_rails",
    text: `SELECT rail, sum(n)::bigint AS things FROM (
             SELECT rail, count(*) AS n FROM orders WHERE due_at IS NOT NULL GROUP BY rail
             UNION ALL SELECT rail, count(*) FROM orders WHERE state = 'disputed' AND due_at IS NULL GROUP BY rail
             UNION ALL SELECT rail, count(*) FROM payments WHERE due_at IS NOT NULL GROUP BY rail
             UNION ALL SELECT rail, count(*) FROM attempts WHERE due_at IS NOT NULL GROUP BY rail
             UNION ALL SELECT rail, count(*) FROM disbursements WHERE due_at IS NOT NULL GROUP BY rail
             UNION ALL SELECT rail, count(*) FROM disbursements WHERE state = 'parked' AND due_at IS NULL GROUP BY rail
           ) every GROUP BY rail ORDER BY rail`,
  },
} satisfies Record<string, Query>;

/** Rails at which something is not finished: orders that run, payments and sends that are not decided, payouts that wait; with how many. */
export async function unfinishedRails(client: Queryable): Promise<{ readonly rail: string; readonly things: number }[]> {
  const { rows } = await run<{ rail: string; things: bigint }>(client, unfinishedRailsQueries.unfinished);
  return rows.map(({ rail, things }) => ({ rail, things: Number(things) }));
}
