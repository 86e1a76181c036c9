import type { Query, Queryable } from "../db/connect.ts";
import { run } from "../db/connect.ts";
import type { SolvencyRow } from "./verify-report.ts";

export const solvencyQueries = {
  // Held: incoming + cash + disputed − outgoing (assets are debit positive). Owed: escrow, unapplied, payable, refundable. All books together.
  solvency: {
    name: "solvency",
    text: `SELECT currency, sum(held)::bigint AS held, sum(owed)::bigint AS owed, sum(held - owed)::bigint AS surplus FROM (
             SELECT p.currency,
               CASE WHEN x.account ~ '^rail:[a-z0-9_]+:(incoming|cash|disputed|outgoing)$' THEN -x.credit ELSE 0 END AS held,
               CASE WHEN x.account ~ '^(order:[0-9]+:escrow|payment:[0-9]+:unapplied|payee:[a-z_]+:[0-9]+:payable|buyer:[0-9]+:refundable)$'
                 THEN x.credit ELSE 0 END AS owed
             FROM postings p, LATERAL (VALUES (p.debit, -p.amount), (p.credit, p.amount)) x (account, credit)) s
           GROUP BY currency ORDER BY currency`,
  },
} satisfies Record<string, Query>;

/**
 * What the rails hold for the parties against what is owed to them, per currency and over all books, in minor units. The installation is
 * solvent where no surplus is negative. Sums the whole journal.
 */
export async function solvency(client: Queryable): Promise<SolvencyRow[]> {
  const { rows } = await run<{ currency: string; held: bigint; owed: bigint; surplus: bigint }>(client, solvencyQueries.solvency);
  return rows;
}
