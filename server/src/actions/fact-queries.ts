import type { Query } from "../db/connect.ts";
import type { Table } from "../db/table.ts";
import * as tables from "../db/tables.ts";

/**
 * Statement 1: the only lock there is. NO KEY UPDATE, because FOR UPDATE would also fight foreign keys; in order of seller, so that two
 * processes never wait for each other in a circle.
 */
export const lockBooks: Query = {
  name: "lock_books",
  text: `SELECT seller_id, entry_seq, posting_seq, event_seq, chain_head, clock_offset_ms
         FROM books WHERE seller_id = ANY($1::bigint[]) ORDER BY seller_id FOR NO KEY UPDATE`,
};

/** Look-ups are lateral with a limit: a generic plan made while a table was empty would otherwise walk the whole index until the first ANALYZE. */
function byId(name: string, table: Table<never>): Query {
  return {
    name: `load_${name}`,
    text: `SELECT ${table.select("t")} FROM (SELECT unnest($1::bigint[]) AS s, unnest($2::bigint[]) AS i) u,
           LATERAL (SELECT * FROM ${table.name} WHERE seller_id = u.s AND id = u.i LIMIT 1) t`,
  };
}

function ofOrder(name: string, table: Table<never>, also = ""): Query {
  return {
    name: `load_${name}`,
    text: `SELECT ${table.select("t")} FROM (SELECT unnest($1::bigint[]) AS s, unnest($2::bigint[]) AS i) u,
           LATERAL (SELECT * FROM ${table.name} WHERE seller_id = u.s AND order_id = u.i ${also} LIMIT 1000) t`,
  };
}

const t = tables as unknown as Record<keyof typeof tables, Table<never>>;

export const factQueries = {
  // Read after the lock was granted, so the time is too. Of each seller only whether its row is the one that was read before (xmin is another after
  // every change, whoever made it), and whether there is more to read about it, which is seldom so.
  standing: {
    name: "load_standing",
    text: `SELECT u.i, clock_timestamp()::timestamptz(3), s.stamp <> u.known,
             EXISTS (SELECT 1 FROM associations WHERE seller_id = u.i AND state = 'confirmed'),
             EXISTS (SELECT 1 FROM holds WHERE seller_id = u.i AND state = 'standing')
           FROM (SELECT unnest($1::bigint[]) AS i, unnest($2::text[]) AS known) u,
           LATERAL (SELECT xmin::text AS stamp FROM sellers WHERE id = u.i LIMIT 1) s`,
  },
  sellers: { name: "load_sellers", text: `SELECT ${t.sellers.select("s")}, s.xmin::text FROM sellers s WHERE s.id = ANY($1::bigint[])` },
  operators: {
    name: "load_operators",
    text: `SELECT a.seller_id AS of_seller, ${t.sellers.select("s")} FROM associations a JOIN sellers s ON s.id = a.operator_id
           WHERE a.seller_id = ANY($1::bigint[]) AND a.state = 'confirmed'`,
  },
  earlier: {
    name: "load_own_transitions",
    text: `SELECT t.seller_id, t.command_id, t.answer FROM (SELECT unnest($1::bigint[]) AS s, unnest($2::uuid[]) AS c) u,
           LATERAL (SELECT * FROM transitions WHERE seller_id = u.s AND command_id = u.c AND step = 1 LIMIT 1) t`,
  },
  keys: {
    name: "load_keys",
    text: `SELECT t.seller_id, t.actor, t.key, t.fingerprint, t.answer FROM (SELECT unnest($1::bigint[]) AS s, unnest($2::text[]) AS a, unnest($3::text[]) AS k) u,
           LATERAL (SELECT * FROM transitions WHERE seller_id = u.s AND actor = u.a AND key = u.k LIMIT 1) t`,
  },
  refusals: {
    name: "load_refusals",
    text: `SELECT r.seller_id, r.actor, r.key, r.fingerprint, r.code, r.detail, r.facts FROM (SELECT unnest($1::bigint[]) AS s, unnest($2::text[]) AS a, unnest($3::text[]) AS k) u,
           LATERAL (SELECT * FROM refusals WHERE seller_id = u.s AND actor = u.a AND key = u.k LIMIT 1) r`,
  },
  // With each order those it names, and whether it has an open offer.
  orders: {
    name: "load_orders",
    text: `SELECT ${[t.orders.select("o"), t.buyers.select("b"), t.projects.select("p"), t.providers.select("v")].join(", ")},
             EXISTS (SELECT 1 FROM offers WHERE seller_id = o.seller_id AND order_id = o.id AND state = 'open')
           FROM (SELECT unnest($1::bigint[]) AS s, unnest($2::bigint[]) AS i) u,
           LATERAL (SELECT * FROM orders WHERE seller_id = u.s AND id = u.i LIMIT 1) o
           LEFT JOIN LATERAL (SELECT * FROM buyers WHERE seller_id = o.seller_id AND id = o.buyer_id LIMIT 1) b ON true
           LEFT JOIN LATERAL (SELECT * FROM projects WHERE seller_id = o.seller_id AND id = o.project_id LIMIT 1) p ON true
           LEFT JOIN LATERAL (SELECT * FROM providers WHERE seller_id = o.seller_id AND id = o.provider_id LIMIT 1) v ON true`,
  },
  siblings: {
    name: "load_siblings",
    text: `SELECT ${t.orders.select("t")} FROM (SELECT unnest($1::bigint[]) AS s, unnest($2::bigint[]) AS i) u,
           LATERAL (SELECT project_id FROM orders WHERE seller_id = u.s AND id = u.i LIMIT 1) p,
           LATERAL (SELECT * FROM orders WHERE seller_id = u.s AND project_id = p.project_id AND id <> u.i
                    AND state <> 'expired' AND discharged_at IS NULL LIMIT 100) t`,
  },
  milestones: {
    name: "load_milestones",
    text: `SELECT ${t.orders.select("t")} FROM (SELECT unnest($1::bigint[]) AS s, unnest($2::bigint[]) AS i) u,
           LATERAL (SELECT * FROM orders WHERE seller_id = u.s AND project_id = u.i
                    AND state <> 'expired' AND discharged_at IS NULL LIMIT 100) t`,
  },
  milestonePayments: {
    name: "load_milestone_payments",
    text: `SELECT ${t.payments.select("t")} FROM (SELECT unnest($1::bigint[]) AS s, unnest($2::bigint[]) AS i) u,
           LATERAL (SELECT id FROM orders WHERE seller_id = u.s AND project_id = u.i AND state = 'awaiting_payment' AND discharged_at IS NULL LIMIT 2) o,
           LATERAL (SELECT * FROM payments WHERE seller_id = u.s AND order_id = o.id LIMIT 100) t`,
  },
  positions: {
    name: "load_positions",
    text: `SELECT u.s AS seller_id, u.i AS project_id, m.position FROM (SELECT unnest($1::bigint[]) AS s, unnest($2::bigint[]) AS i) u,
           LATERAL (SELECT max(position) AS position FROM orders WHERE seller_id = u.s AND project_id = u.i AND state <> 'expired') m`,
  },
  shopOrders: {
    name: "load_shop_orders",
    text: `SELECT ${t.orders.select("t")} FROM (SELECT unnest($1::bigint[]) AS s, unnest($2::text[]) AS i) u,
           LATERAL (SELECT * FROM orders WHERE seller_id = u.s AND shop_order_id = u.i ORDER BY id DESC LIMIT 20) t`,
  },
  shopPayments: {
    name: "load_shop_payments",
    text: `SELECT ${t.payments.select("t")} FROM (SELECT unnest($1::bigint[]) AS s, unnest($2::text[]) AS i) u,
           LATERAL (SELECT id FROM orders WHERE seller_id = u.s AND shop_order_id = u.i ORDER BY id DESC LIMIT 20) o,
           LATERAL (SELECT * FROM payments WHERE seller_id = u.s AND order_id = o.id LIMIT 100) t`,
  },
  payments: byId("payments", t.payments),
  paymentsOfOrders: ofOrder("payments_of_orders", t.payments),
  paymentsOfDisbursements: {
    name: "load_payments_of_disbursements",
    text: `SELECT ${t.payments.select("t")} FROM (SELECT unnest($1::bigint[]) AS s, unnest($2::bigint[]) AS i) u,
           LATERAL (SELECT payment_id FROM disbursements WHERE seller_id = u.s AND id = u.i LIMIT 1) d,
           LATERAL (SELECT * FROM payments WHERE seller_id = u.s AND id = d.payment_id LIMIT 1) t`,
  },
  // Of the house's payments: those of an order come with it.
  housePaymentsOfAttempts: {
    name: "load_house_payments_of_attempts",
    text: `SELECT ${t.payments.select("t")} FROM (SELECT unnest($1::bigint[]) AS s, unnest($2::bigint[]) AS i) u,
           LATERAL (SELECT payment_id FROM disbursements WHERE u.s = 0 AND seller_id = 0 AND attempt_id = u.i LIMIT 100) d,
           LATERAL (SELECT * FROM payments WHERE seller_id = 0 AND id = d.payment_id LIMIT 1) t`,
  },
  // Of money that nobody asked for there is only the rail's own name: whether it came into the house book before, and wherever it went from there.
  houseReceipts: {
    name: "load_house_receipts",
    text: `SELECT ${t.payments.select("t")} FROM (SELECT unnest($1::bigint[]) AS s, unnest($2::text[]) AS r, unnest($3::text[]) AS n) u,
           LATERAL (SELECT * FROM payments WHERE u.s = 0 AND seller_id = 0 AND rail = u.r AND rail_reference = u.n LIMIT 1) t`,
  },
  disbursements: byId("disbursements", t.disbursements),
  disbursementsOfOrders: ofOrder("disbursements_of_orders", t.disbursements),
  disbursementsOfAttempts: {
    name: "load_disbursements_of_attempts",
    text: `SELECT ${t.disbursements.select("t")} FROM (SELECT unnest($1::bigint[]) AS s, unnest($2::bigint[]) AS i) u,
           LATERAL (SELECT * FROM disbursements WHERE seller_id = u.s AND attempt_id = u.i LIMIT 1000) t`,
  },
  parked: {
    name: "load_parked",
    text: `SELECT ${t.disbursements.select("t")} FROM (SELECT unnest($1::bigint[]) AS s, unnest($2::text[]) AS k, unnest($3::bigint[]) AS i) u,
           LATERAL (SELECT * FROM disbursements WHERE seller_id = u.s AND state = 'parked' AND payee_kind = u.k AND payee_id = u.i ORDER BY id LIMIT 200) t`,
  },
  // Of the house's payments: what is sent back of them belongs to no order.
  disbursementsOfHousePayments: {
    name: "load_disbursements_of_house_payments",
    text: `SELECT ${t.disbursements.select("t")} FROM (SELECT unnest($1::bigint[]) AS s, unnest($2::bigint[]) AS i) u,
           LATERAL (SELECT * FROM disbursements WHERE u.s = 0 AND seller_id = 0 AND payment_id = u.i LIMIT 100) t`,
  },
  // What a hold keeps waiting: it is looked at again when the hold is lifted.
  disbursementsOfHolds: {
    name: "load_disbursements_of_holds",
    text: `SELECT ${t.disbursements.select("t")} FROM (SELECT unnest($1::bigint[]) AS s, unnest($2::bigint[]) AS i) u,
           LATERAL (SELECT * FROM holds WHERE seller_id = u.s AND id = u.i LIMIT 1) h,
           LATERAL (
             SELECT * FROM disbursements WHERE seller_id = u.s AND order_id = h.order_id AND state = 'queued'
             UNION ALL
             SELECT d.* FROM orders o JOIN disbursements d ON d.seller_id = o.seller_id AND d.order_id = o.id
             WHERE o.seller_id = u.s AND o.project_id = h.project_id AND d.state = 'queued'
             UNION ALL
             SELECT * FROM disbursements WHERE seller_id = u.s AND state = 'parked' AND payee_kind = h.payee_kind AND payee_id = h.payee_id
             LIMIT 1000) t`,
  },
  ordersOfHolds: {
    name: "load_orders_of_holds",
    text: `SELECT ${t.orders.select("t")} FROM (SELECT unnest($1::bigint[]) AS s, unnest($2::bigint[]) AS i) u,
           LATERAL (SELECT project_id FROM holds WHERE seller_id = u.s AND id = u.i LIMIT 1) h,
           LATERAL (SELECT * FROM orders WHERE seller_id = u.s AND project_id = h.project_id LIMIT 100) t`,
  },
  ordersOfParked: {
    name: "load_orders_of_parked",
    text: `SELECT ${t.orders.select("t")} FROM (SELECT unnest($1::bigint[]) AS s, unnest($2::text[]) AS k, unnest($3::bigint[]) AS i) u,
           LATERAL (SELECT order_id FROM disbursements WHERE seller_id = u.s AND state = 'parked' AND payee_kind = u.k AND payee_id = u.i ORDER BY id LIMIT 200) d,
           LATERAL (SELECT * FROM orders WHERE seller_id = u.s AND id = d.order_id LIMIT 1) t`,
  },
  siblingPayments: {
    name: "load_sibling_payments",
    text: `SELECT ${t.payments.select("t")} FROM (SELECT unnest($1::bigint[]) AS s, unnest($2::bigint[]) AS i) u,
           LATERAL (SELECT project_id FROM orders WHERE seller_id = u.s AND id = u.i LIMIT 1) p,
           LATERAL (SELECT id FROM orders WHERE seller_id = u.s AND project_id = p.project_id AND id <> u.i AND state = 'awaiting_payment' LIMIT 2) o,
           LATERAL (SELECT * FROM payments WHERE seller_id = u.s AND order_id = o.id LIMIT 100) t`,
  },
  attempts: byId("attempts", t.attempts),
  offers: ofOrder("open_offers", t.offers, "AND state = 'open'"),
  holds: {
    name: "load_holds",
    text: `SELECT ${t.holds.select("h")} FROM holds h WHERE h.seller_id = ANY($1::bigint[]) AND h.state = 'standing'`,
  },
  projects: byId("projects", t.projects),
  buyers: byId("buyers", t.buyers),
  contacts: {
    name: "load_contacts",
    text: `SELECT ${t.buyers.select("t")} FROM (SELECT unnest($1::bigint[]) AS s, unnest($2::text[]) AS e, unnest($3::text[]) AS p) u,
           LATERAL (SELECT * FROM buyers WHERE seller_id = u.s AND email = u.e AND phone = u.p LIMIT 1) t`,
  },
  providers: byId("providers", t.providers),
  providersOfDisbursements: {
    name: "load_providers_of_disbursements",
    text: `SELECT ${t.providers.select("t")} FROM (SELECT unnest($1::bigint[]) AS s, unnest($2::bigint[]) AS i) u,
           LATERAL (SELECT payee_id FROM disbursements WHERE seller_id = u.s AND id = u.i AND payee_kind = 'service_provider' LIMIT 1) d,
           LATERAL (SELECT * FROM providers WHERE seller_id = u.s AND id = d.payee_id LIMIT 1) t`,
  },
  escrow: {
    name: "load_escrow",
    text: `SELECT a.seller_id, a.account, a.currency, a.balance FROM (SELECT unnest($1::bigint[]) AS s, unnest($2::text[]) AS n) u,
           LATERAL (SELECT * FROM accounts WHERE seller_id = u.s AND account = u.n LIMIT 4) a`,
  },
  summed: {
    name: "load_summed_accounts",
    text: `SELECT u.s AS seller_id, u.n AS account, a.currency, a.balance FROM (SELECT unnest($1::bigint[]) AS s, unnest($2::text[]) AS n) u,
           LATERAL (SELECT currency, sum(CASE WHEN credit = u.n THEN amount ELSE -amount END)::bigint AS balance FROM postings
             WHERE seller_id = u.s AND u.n IN (debit, credit) GROUP BY currency) a`,
  },
} satisfies Record<string, Query>;
