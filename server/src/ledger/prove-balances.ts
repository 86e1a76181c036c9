import type { Query } from "../db/connect.ts";
import { wayOfAccount } from "./prove-accounts.ts";

const these = "seller_id BETWEEN $1::bigint AND $2::bigint";

/** Each posting takes from one account and then gives to another. */
const legs = `
  SELECT seller_id, debit AS account, currency, 2 * seq AS place, -amount AS change, NULL::bigint AS kept FROM postings WHERE ${these}
  UNION ALL
  SELECT seller_id, credit, currency, 2 * seq + 1, amount, NULL FROM postings WHERE ${these}`;

/**
 * Replays all postings of whole books, account by account: each account's balance, the kept balance beside it, and the sums of solvency. The
 * account's own row comes as one more line, so that a row without postings and postings without a row show.
 *
 * An account to which nothing is given after the first taking was never lower than it is now, so that its sum says all; so it is with nearly
 * every escrow. Only the others are put in order and replayed posting by posting.
 */
export const balancesFit: Query = {
  name: "prove_balances",
  text: `WITH sums AS MATERIALIZED (
           SELECT *, ${wayOfAccount} AS way FROM (
             SELECT seller_id, account, currency, sum(change) AS balance, max(kept) AS kept, count(*) FILTER (WHERE place IS NULL) AS rows,
               max(place) FILTER (WHERE change > 0) AS last_up, min(place) FILTER (WHERE change < 0) AS first_down
             FROM (${legs}
               UNION ALL
               SELECT seller_id, account, currency, NULL, 0, balance FROM accounts WHERE ${these}) l
             GROUP BY seller_id, account, currency OFFSET 0) s),
         turning AS MATERIALIZED (
           SELECT seller_id, account, currency, min(running) AS low, max(running) AS high FROM (
             SELECT seller_id, account, currency, sum(change) OVER (PARTITION BY seller_id, account COLLATE "C", currency COLLATE "C" ORDER BY place) AS running
             FROM (${legs}) l
             JOIN (SELECT seller_id, account, currency FROM sums
                   WHERE (way LIKE 'plus %' AND last_up > first_down) OR (way LIKE 'minus %' AND last_up IS NOT NULL)) t
               USING (seller_id, account, currency)) r
           GROUP BY seller_id, account, currency)
         SELECT seller_id, currency, bool_or(wrong) AS wrong, bool_or(balance <> 0 AND way NOT LIKE '% none') AS counts,
           coalesce(sum(-balance) FILTER (WHERE way LIKE '% held'), 0)::text AS held, coalesce(sum(balance) FILTER (WHERE way LIKE '% owed'), 0)::text AS owed
         FROM (
           SELECT seller_id, currency, balance, way, NOT coalesce(rows = 1
             AND CASE WHEN way LIKE 'plus %' THEN coalesce(low, balance) >= 0 AND kept = balance
                 WHEN way LIKE 'minus %' THEN coalesce(high, balance) <= 0 AND kept = -balance
                 WHEN way LIKE 'none %' THEN kept IS NULL END, false) AS wrong
           FROM sums LEFT JOIN turning USING (seller_id, account, currency)) b
         GROUP BY seller_id, currency`,
};
