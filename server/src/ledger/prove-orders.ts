import type { Query } from "../db/connect.ts";
import { holdingStates } from "../domain/order-table.ts";
import { firstOrderDigest } from "./chain.ts";
import { jsonTime, sha256 } from "./prove-journal.ts";

const these = "seller_id BETWEEN $1::bigint AND $2::bigint";
const theseOrders = `${these} AND id BETWEEN $3::bigint AND $4::bigint`;
const theirSteps = `${these} AND object = 'order' AND object_id BETWEEN $3::bigint AND $4::bigint`;
const first = `decode('${firstOrderDigest}', 'hex')`;

/** The steps of nearly every life; orders with more are walked by `longOrdersFit`. */
export const stepsAtOnce = 8;
const places = Array.from({ length: stepsAtOnce }, (_, i) => i + 1);
const each = (text: (place: number) => string, between = ", ") => places.map(text).join(between);

/**
 * A step as its digest's text, behind the digest before it. The five words need no escaping, because none that is stored holds a quote; with a
 * forged one the text has more parts than were hashed.
 */
const stepText = (t: string) =>
  `'",' || ${t}.version || ',"' || ${t}.action || '","' || ${t}.from_state || '","' || ${t}.to_state || '","' || ${t}.party || '",' || ${jsonTime(`${t}.at`)} || ']'`;
const fromState = (place: number) => `split_part(s${place}, '","', 2)`;
const toState = (place: number) => `split_part(s${place}, '","', 3)`;
const digestAfter = (before: string, step: string) => sha256(`'["' || encode(${before}, 'hex') || ${step}`);

/** The digest after the first step, after the second, … : each level hashes all orders' next step. Without `OFFSET 0` they would be worked out again and again. */
function digests(place: number, orders: string): string {
  if (place === 0) return orders;
  const before = place === 1 ? first : `d${place - 1}`;
  return `SELECT *, ${digestAfter(before, `s${place}`)} AS d${place} FROM (${digests(place - 1, orders)} OFFSET 0) l${place}`;
}

/**
 * Every order's steps from its first: they join without a gap, give its digest, state and version, and every entry's digest is one of theirs. An order's
 * steps are laid side by side, and all orders are hashed step by step. There are as many as its version says, and none of them is missing, so that none is
 * there twice and none is left over. Steps of no order are lines of their own. $3 to $4 are orders' numbers.
 */
export const ordersFit: Query = {
  name: "prove_orders",
  text: `WITH walk AS MATERIALIZED (
           SELECT seller_id, id, version, ${each((k) => `d${k}`)},
             filed AND steps = version AND (version > ${stepsAtOnce} OR ${fromState(1)} = 'none'
               AND ${places
                 .slice(1)
                 .map((k) => `(s${k} IS NULL OR ${fromState(k)} = ${toState(k - 1)})`)
                 .join(" AND ")}
               AND CASE version ${each((k) => `WHEN ${k} THEN digest = d${k} AND state = ${toState(k)}`, " ")} END) AS sound
           FROM (${digests(
             stepsAtOnce,
             `SELECT coalesce(o.seller_id, s.seller_id) AS seller_id, o.id, o.version, o.state, o.digest, s.filed, s.steps, ${each((k) => `s.s${k}`)}
              FROM (SELECT seller_id, id, version, state, digest FROM orders WHERE ${theseOrders}) o
              FULL JOIN (
                SELECT seller_id, object_id, count(*) AS steps, bool_and(filed) AS filed, ${each((k) => `max(step) FILTER (WHERE version = ${k}) AS s${k}`)}
                FROM (SELECT seller_id, object_id, version, order_id IS NOT DISTINCT FROM object_id AS filed, ${stepText("t")} AS step
                      FROM transitions t WHERE ${theirSteps} OFFSET 0) t
                GROUP BY seller_id, object_id) s ON s.seller_id = o.seller_id AND s.object_id = o.id`,
           )}) l)
         SELECT seller_id FROM walk WHERE sound IS NOT TRUE
         UNION
         SELECT e.seller_id FROM entries e LEFT JOIN walk w ON w.seller_id = e.seller_id AND w.id = e.order_id
         WHERE e.${these} AND e.order_id BETWEEN $3 AND $4
           AND (w.version > ${stepsAtOnce} OR e.order_digest IN (${first}, ${each((k) => `w.d${k}`)})) IS NOT TRUE`,
};

/** The same of the orders with more steps, which `ordersFit` has only counted: they are taken one after the other. */
export const longOrdersFit: Query = {
  name: "prove_long_orders",
  text: `WITH RECURSIVE long AS MATERIALIZED (
           SELECT seller_id, id, version, state, digest FROM orders WHERE ${theseOrders} AND version > ${stepsAtOnce}),
         steps AS MATERIALIZED (
           SELECT o.seller_id, o.id, t.version, t.from_state, t.to_state, ${stepText("t")} AS step FROM long o
           CROSS JOIN LATERAL (
             SELECT * FROM transitions WHERE seller_id = o.seller_id AND object = 'order' AND object_id = o.id OFFSET 0) t),
         walk AS (
           SELECT seller_id, id, 0 AS version, ${first} AS digest, 'none' AS state, true AS sound FROM long
           UNION ALL
           SELECT w.seller_id, w.id, s.version, ${digestAfter("w.digest", "s.step")}, s.to_state, s.from_state = w.state
           FROM walk w JOIN steps s ON s.seller_id = w.seller_id AND s.id = w.id AND s.version = w.version + 1)
         SELECT seller_id FROM walk WHERE sound IS NOT TRUE
         UNION
         SELECT o.seller_id FROM long o LEFT JOIN walk w ON w.seller_id = o.seller_id AND w.id = o.id AND w.version = o.version
         WHERE (w.state = o.state AND w.digest = o.digest) IS NOT TRUE
         UNION
         SELECT e.seller_id FROM long o JOIN entries e ON e.seller_id = o.seller_id AND e.order_id = o.id
         WHERE e.${these} AND e.order_id BETWEEN $3 AND $4
           AND NOT EXISTS (SELECT 1 FROM walk w WHERE w.seller_id = e.seller_id AND w.id = e.order_id AND w.digest = e.order_digest)`,
};

/** Escrow against the order's state. The account's row stands for the postings, which `balancesFit` holds it against. */
export const escrowFits: Query = {
  name: "prove_escrow",
  text: `SELECT DISTINCT o.seller_id FROM orders o
         LEFT JOIN accounts a ON a.seller_id = o.seller_id AND a.account = 'order:' || o.id || ':escrow' AND a.currency = o.book_currency AND a.${these}
         WHERE o.${these} AND coalesce(a.balance, 0) IS DISTINCT FROM
           CASE WHEN o.state IN (${holdingStates.map((state) => `'${state}'`).join(", ")}) THEN o.amount - o.lost ELSE 0 END`,
};
