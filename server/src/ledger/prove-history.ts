import type { Query } from "../db/connect.ts";

const these = "seller_id BETWEEN $1::bigint AND $2::bigint";

/** What has a state and a version beside its steps, orders excepted. */
const things = [
  ["payment", "payments"],
  ["disbursement", "disbursements"],
  ["offer", "offers"],
  ["hold", "holds"],
  ["project", "projects"],
  ["provider", "providers"],
] as const;

/** What else `checkHistory` looks at, for many books at once; each names the sellers whose books look wrong. */
export const historyFits: readonly Query[] = [
  {
    // An entry that names an order has one of its digests; so says `ordersFit`.
    name: "prove_no_strays",
    text: `SELECT DISTINCT seller_id FROM entries WHERE ${these} AND order_id IS NULL AND order_digest IS NOT NULL`,
  },
  {
    // The steps of each thing follow one another, and its row is where the last one led.
    name: "prove_other_steps",
    text: `WITH steps AS MATERIALIZED (
             SELECT seller_id, object, object_id, version, from_state, to_state, lag(version) OVER thing AS version_before,
               lag(to_state) OVER thing AS state_before, lead(version) OVER thing IS NULL AS last
             FROM transitions WHERE ${these} AND object <> 'order'
             WINDOW thing AS (PARTITION BY seller_id, object COLLATE "C", object_id ORDER BY version))
           SELECT seller_id FROM steps
           WHERE object <> 'book' AND NOT (object = 'seller' AND version_before IS NULL)
             AND (version = coalesce(version_before, 0) + 1 AND from_state = coalesce(state_before, 'none')) IS NOT TRUE${things
               .map(
                 ([object, table]) => `
           UNION
           SELECT t.seller_id FROM ${table} t
           LEFT JOIN (SELECT * FROM steps WHERE last AND object = '${object}') s ON s.seller_id = t.seller_id AND s.object_id = t.id
           WHERE t.${these} AND (s.to_state IS DISTINCT FROM t.state OR s.version IS DISTINCT FROM t.version)`,
               )
               .join("")}`,
  },
];
