import type { Query } from "./connect.ts";

export const changedPayeeQueries = {
  list: {
    name: "list_changed_payees",
    text: "SELECT seller_id, provider_id, version FROM changed_payees ORDER BY seller_id, provider_id LIMIT 20",
  },
  // What is parked for a seller in its own book, and for a marketplace operator in those of its sellers; or for a seller's service provider.
  parked: {
    name: "parked_for_changed_payee",
    text: `SELECT d.* FROM (SELECT $1::bigint AS book, 'seller' AS kind, $1 AS payee WHERE $2::bigint = 0
                   UNION ALL SELECT seller_id, 'operator', $1 FROM associations WHERE operator_id = $1 AND $2 = 0
                   UNION ALL SELECT $1, 'service_provider', $2 WHERE $2 <> 0) b,
             LATERAL (SELECT seller_id, id, order_id, payee_kind, payee_id FROM disbursements WHERE seller_id = b.book AND state = 'parked' AND payee_kind = b.kind
               AND payee_id = b.payee AND id > $3 ORDER BY id LIMIT 100) d ORDER BY d.id LIMIT 100`,
  },
  done: { name: "changed_payee_is_woken", text: "DELETE FROM changed_payees WHERE seller_id = $1 AND provider_id = $2 AND version = $3" },
} satisfies Record<string, Query>;
