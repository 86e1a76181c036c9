import type { Query } from "./connect.ts";

export const changedPayeeQueries = {
  list: { name: "list_changed_payees", text: "SELECT seller_id, version FROM changed_payees ORDER BY seller_id LIMIT 20" },
  // What is parked for a seller in its own book, and for a marketplace operator in those of its sellers.
  parked: {
    name: "parked_for_changed_payee",
    text: `SELECT d.* FROM (SELECT $1::bigint AS book, 'seller' AS kind UNION ALL SELECT seller_id, 'operator' FROM associations WHERE operator_id = $1) b,
             LATERAL (SELECT seller_id, id, order_id, payee_kind FROM disbursements WHERE seller_id = b.book AND state = 'parked' AND payee_kind = b.kind
               AND payee_id = $1 AND id > $2 ORDER BY id LIMIT 100) d ORDER BY d.id LIMIT 100`,
  },
  done: { name: "changed_payee_is_woken", text: "DELETE FROM changed_payees WHERE seller_id = $1 AND version = $2" },
} satisfies Record<string, Query>;
