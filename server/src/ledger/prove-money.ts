import type { Query } from "../db/connect.ts";
import { isAccountOf } from "./prove-accounts.ts";

const these = "seller_id BETWEEN $1::bigint AND $2::bigint";

/**
 * What `checkMoney` looks at besides the balances, for many books at once; each names the sellers whose books look wrong. Where a balance is
 * needed, the account's row stands for its postings, which `balancesFit` holds it against.
 */
export const moneyFits: readonly Query[] = [
  {
    name: "prove_reversals",
    text: `SELECT DISTINCT e.seller_id FROM entries e WHERE e.${these} AND e.reverses IS NOT NULL AND (e.reverses >= e.seq
             OR (SELECT array_agg(ROW(debit, credit, amount, currency)::text ORDER BY seq) FROM postings WHERE seller_id = e.seller_id AND entry_seq = e.seq)
               IS DISTINCT FROM
               (SELECT array_agg(ROW(credit, debit, amount, currency)::text ORDER BY seq DESC) FROM postings
                WHERE seller_id = e.seller_id AND entry_seq = e.reverses))`,
  },
  {
    name: "prove_reversed_once",
    text: `SELECT DISTINCT seller_id FROM (
             SELECT seller_id FROM entries WHERE ${these} AND reverses IS NOT NULL GROUP BY seller_id, reverses HAVING count(*) > 1) e`,
  },
  {
    name: "prove_waiting",
    text: `SELECT DISTINCT seller_id FROM (
             SELECT seller_id, source AS account, currency, sum(amount) AS amount FROM disbursements
             WHERE ${these} AND state IN ('queued', 'parked', 'failed', 'reversed') GROUP BY seller_id, source, currency) d
           FULL JOIN (SELECT seller_id, account, currency, balance, ${isAccountOf(["payee_payable", "buyer_refundable"])} AS for_sending
             FROM accounts WHERE ${these}) a USING (seller_id, account, currency)
           WHERE (d.amount IS NOT NULL OR for_sending)
             AND CASE WHEN for_sending THEN coalesce(d.amount, 0) = balance ELSE d.amount <= balance END IS NOT TRUE`,
  },
  {
    name: "prove_outgoing",
    text: `SELECT DISTINCT seller_id FROM (
             SELECT seller_id, 'rail:' || rail || ':outgoing' AS account, currency, sum(amount) AS amount FROM (
               SELECT d.seller_id, coalesce(a.rail, d.rail) AS rail, d.currency, d.amount FROM disbursements d
               LEFT JOIN attempts a ON a.seller_id = d.seller_id AND a.id = d.attempt_id AND a.${these}
               WHERE d.${these} AND d.state IN ('sending', 'in_flight', 'outcome_unknown') AND (a.id IS NULL OR a.currency = d.currency)
               UNION ALL
               SELECT a.seller_id, a.rail, a.currency, a.amount FROM attempts a
               WHERE a.${these} AND EXISTS (SELECT 1 FROM disbursements d WHERE d.seller_id = a.seller_id AND d.attempt_id = a.id AND d.${these}
                 AND d.state IN ('sending', 'in_flight', 'outcome_unknown') AND d.currency <> a.currency)) f
             GROUP BY seller_id, rail, currency) f
           FULL JOIN (SELECT seller_id, account, currency, balance FROM accounts WHERE ${these} AND account LIKE 'rail:%:outgoing') a
             USING (seller_id, account, currency)
           WHERE coalesce(f.amount, 0) IS DISTINCT FROM coalesce(a.balance, 0)`,
  },
  {
    name: "prove_not_overpaid",
    text: `SELECT DISTINCT seller_id FROM (
             SELECT seller_id, order_id, sum(amount) AS out FROM disbursements
             WHERE ${these} AND order_id IS NOT NULL AND state <> 'cancelled' AND source NOT LIKE 'payment:%' GROUP BY seller_id, order_id) d
           LEFT JOIN (
             SELECT e.seller_id, e.order_id, sum(p.amount) AS paid FROM postings p JOIN entries e ON e.seller_id = p.seller_id AND e.seq = p.entry_seq
             WHERE p.${these} AND e.${these} AND p.credit = 'order:' || e.order_id || ':escrow'
               AND (p.debit LIKE 'rail:%:incoming' OR p.debit LIKE 'payment:%:unapplied') GROUP BY e.seller_id, e.order_id) i USING (seller_id, order_id)
           WHERE d.out > coalesce(i.paid, 0)`,
  },
];
