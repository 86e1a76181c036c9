import type { Query } from "../db/connect.ts";
import { holdingStates } from "../domain/order-table.ts";
import { firstOrderDigest } from "./chain.ts";
import { isoTime, sha256 } from "./prove-journal.ts";

const these = "seller_id BETWEEN $1::bigint AND $2::bigint";

/**
 * Every order's steps from its first: they join without a gap, give its digest, state and version, and every entry's digest is one of
 * them. All orders take their first step together, then all their second. As many steps are stored as the orders' versions say, so that
 * none is left over. $3 to $4 are orders' numbers.
 */
export const ordersFit: Query = {
  name: "prove_orders",
  text: `WITH RECURSIVE steps AS MATERIALIZED (
           SELECT seller_id, object_id, version, from_state, to_state, order_id = object_id AS filed,
             '",' || version || ',' || substr(to_json(ARRAY[action, from_state, to_state, party, ${isoTime("at")}])::text, 2) AS rest
           FROM transitions WHERE ${these} AND object = 'order' AND object_id BETWEEN $3::bigint AND $4::bigint),
         walk AS (
           SELECT seller_id, id, 0 AS version, decode('${firstOrderDigest}', 'hex') AS digest, 'none' AS state, true AS sound, version AS last
           FROM orders WHERE ${these} AND id BETWEEN $3 AND $4
           UNION ALL
           SELECT w.seller_id, w.id, s.version, ${sha256(`'["' || encode(w.digest, 'hex') || s.rest`)}, s.to_state,
             s.from_state = w.state AND s.filed AND s.version <= w.last, w.last
           FROM walk w JOIN steps s ON s.seller_id = w.seller_id AND s.object_id = w.id AND s.version = w.version + 1)
         SELECT seller_id FROM walk WHERE sound IS NOT TRUE
         UNION
         SELECT o.seller_id FROM orders o LEFT JOIN walk w ON w.seller_id = o.seller_id AND w.id = o.id AND w.version = o.version
         WHERE o.${these} AND o.id BETWEEN $3 AND $4 AND (w.state = o.state AND w.digest = o.digest) IS NOT TRUE
         UNION
         SELECT e.seller_id FROM entries e
         WHERE e.${these} AND e.order_id BETWEEN $3 AND $4
           AND NOT EXISTS (SELECT 1 FROM walk w WHERE w.seller_id = e.seller_id AND w.id = e.order_id AND w.digest = e.order_digest)
         UNION
         SELECT coalesce(s.seller_id, o.seller_id) FROM (SELECT seller_id, count(*) AS steps FROM steps GROUP BY seller_id) s
         FULL JOIN (SELECT seller_id, sum(version) AS steps FROM orders WHERE ${these} AND id BETWEEN $3 AND $4 GROUP BY seller_id) o USING (seller_id)
         WHERE s.steps IS DISTINCT FROM o.steps`,
};

/** Escrow against the order's state. The account's row stands for the postings, which `balancesFit` holds it against. */
export const escrowFits: Query = {
  name: "prove_escrow",
  text: `SELECT DISTINCT o.seller_id FROM orders o
         LEFT JOIN accounts a ON a.seller_id = o.seller_id AND a.account = 'order:' || o.id || ':escrow' AND a.currency = o.book_currency
         WHERE o.${these} AND o.id BETWEEN $3::bigint AND $4::bigint AND coalesce(a.balance, 0) IS DISTINCT FROM
           CASE WHEN o.state IN (${holdingStates.map((state) => `'${state}'`).join(", ")}) THEN o.amount - o.lost ELSE 0 END`,
};

function lastStep(object: string, table: string): Query {
  return {
    name: `prove_last_step_of_${table}`,
    text: `SELECT DISTINCT t.seller_id FROM ${table} t LEFT JOIN LATERAL (
             SELECT to_state, version FROM transitions
             WHERE seller_id = t.seller_id AND object = '${object}' AND object_id = t.id ORDER BY version DESC LIMIT 1) s ON true
           WHERE t.${these} AND (s.to_state IS DISTINCT FROM t.state OR s.version IS DISTINCT FROM t.version)`,
  };
}

/** What else `checkHistory` looks at, for many books at once; each names the sellers whose books look wrong. */
export const historyFits: readonly Query[] = [
  {
    name: "prove_no_strays",
    text: `SELECT DISTINCT e.seller_id FROM entries e WHERE e.${these} AND ((e.order_id IS NULL) <> (e.order_digest IS NULL)
             OR (e.order_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM orders o WHERE o.seller_id = e.seller_id AND o.id = e.order_id)))`,
  },
  {
    name: "prove_other_steps",
    text: `SELECT DISTINCT seller_id FROM (
             SELECT seller_id, object, version, from_state, lag(version) OVER thing AS version_before, lag(to_state) OVER thing AS state_before
             FROM transitions WHERE ${these} AND object <> 'order' WINDOW thing AS (PARTITION BY seller_id, object, object_id ORDER BY version)) t
           WHERE object <> 'book' AND NOT (object = 'seller' AND version_before IS NULL)
             AND (version = coalesce(version_before, 0) + 1 AND from_state = coalesce(state_before, 'none')) IS NOT TRUE`,
  },
  lastStep("payment", "payments"),
  lastStep("disbursement", "disbursements"),
  lastStep("offer", "offers"),
  lastStep("hold", "holds"),
  lastStep("project", "projects"),
  lastStep("provider", "providers"),
];
