import { arrayParam } from "../db/array-param.ts";
import type { Query, Queryable } from "../db/connect.ts";
import { run, runCells } from "../db/connect.ts";
import type { Table } from "../db/table.ts";
import * as tables from "../db/tables.ts";
import { must } from "../domain/fault.ts";
import { Book } from "./book.ts";
import type { Command, Refs } from "./command.ts";
import { Known } from "./known.ts";
import type { ActSettings } from "./settings.ts";

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
  // A statement of its own, so that it is read after the lock was granted.
  time: { name: "read_time", text: "SELECT clock_timestamp()::timestamptz(3) AS at" },
  // Only those whose row is not the one that was read before: xmin is another after every change, whoever made it.
  sellers: {
    name: "load_sellers",
    text: `SELECT ${t.sellers.select("s")}, s.stamp FROM (SELECT unnest($1::bigint[]) AS i, unnest($2::text[]) AS known) u,
           LATERAL (SELECT *, xmin::text AS stamp FROM sellers WHERE id = u.i LIMIT 1) s WHERE s.stamp <> u.known`,
  },
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
  // With each order those it names.
  orders: {
    name: "load_orders",
    text: `SELECT ${[t.orders.select("o"), t.buyers.select("b"), t.projects.select("p"), t.providers.select("v")].join(", ")}
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
} satisfies Record<string, Query>;

type Pair = readonly [readonly number[], readonly (number | string)[]];
type Arrays = readonly [readonly number[], ...(readonly (number | string)[])[]];

/**
 * Reads everything the commands refer to, for books already locked by the same pipeline. Sends all statements before waiting for any.
 */
export async function loadBooks(
  lane: Queryable,
  commands: readonly Command[],
  settings: ActSettings,
  known: Known = new Known(),
): Promise<{ books: Map<number, Book>; memory: Memory }> {
  const sellerIds = [...new Set(commands.map((one) => one.sellerId))].toSorted((a, b) => a - b);
  const refs = collect(commands);
  const ask = (query: Query, pair: Pair) => (pair[0].length === 0 ? empty : rows(lane, query, pair));
  const cells = (query: Query, arrays: Arrays) => (arrays[0].length === 0 ? none : runCells(lane, query, arrays.map(listParam)));
  const keyed = commands.filter((one) => one.key !== undefined);
  const keyArrays = [keyed.map((one) => one.sellerId), keyed.map((one) => one.actor.name), keyed.map((one) => one.key?.key ?? "")];
  const accounts = accountNames(refs, sellerIds);
  const asked = {
    heads: rows(lane, lockBooks, [sellerIds]),
    time: rows(lane, factQueries.time, []),
    sellers: runCells(lane, factQueries.sellers, [
      ids(sellerIds),
      arrayParam(
        "text",
        sellerIds.map((id) => known.stampOf(id)),
      ),
    ]),
    operators: rows(lane, factQueries.operators, [sellerIds]),
    earlier: run(lane, factQueries.earlier, [
      ids(commands.map((one) => one.sellerId)),
      arrayParam(
        "uuid",
        commands.map((one) => one.id),
      ),
    ]).then((result) => result.rows),
    keys: keyed.length === 0 ? empty : rows(lane, factQueries.keys, keyArrays),
    refusals: keyed.length === 0 ? empty : rows(lane, factQueries.refusals, keyArrays),
    holds: cells(factQueries.holds, [sellerIds]),
    escrow: ask(factQueries.escrow, accounts),
    ordersWithTheirs: cells(factQueries.orders, refs.orders),
    orders: [
      cells(factQueries.siblings, refs.orders),
      cells(factQueries.milestones, refs.projects),
      cells(factQueries.shopOrders, refs.shopOrders),
      cells(factQueries.ordersOfParked, refs.payees),
      cells(factQueries.ordersOfHolds, refs.holds),
    ],
    payments: [
      cells(factQueries.payments, refs.payments),
      cells(factQueries.paymentsOfOrders, refs.orders),
      cells(factQueries.milestonePayments, refs.projects),
      cells(factQueries.shopPayments, refs.shopOrders),
      cells(factQueries.paymentsOfDisbursements, refs.disbursements),
      cells(factQueries.siblingPayments, refs.siblingsOf),
    ],
    disbursements: [
      cells(factQueries.disbursements, refs.disbursements),
      cells(factQueries.disbursementsOfOrders, refs.orders),
      cells(factQueries.disbursementsOfAttempts, refs.attempts),
      cells(factQueries.parked, refs.payees),
      cells(factQueries.disbursementsOfHousePayments, refs.payments),
      cells(factQueries.disbursementsOfHolds, refs.holds),
    ],
    attempts: [cells(factQueries.attempts, refs.attempts)],
    offers: [cells(factQueries.offers, refs.orders)],
    projects: [cells(factQueries.projects, refs.projects)],
    buyers: [cells(factQueries.buyers, refs.buyers), cells(factQueries.contacts, refs.contacts)],
    providers: [cells(factQueries.providers, refs.providers), cells(factQueries.providersOfDisbursements, refs.disbursements)],
    positions: ask(factQueries.positions, refs.projects),
  };
  const everything: Promise<unknown>[] = Object.values(asked).flat();
  await Promise.all(everything);

  const books = new Map<number, Book>();
  for (const row of await asked.sellers) known.keepSeller(tables.sellers.readCells(row), String(row.at(-1)));
  const at = must((await asked.time)[0], "the time")["at"] as Date;
  for (const row of await asked.heads) {
    const sellerId = Number(row["seller_id"]);
    const now = new Date(at.getTime() + Number(row["clock_offset_ms"]));
    const head = { entrySeq: Number(row["entry_seq"]), postingSeq: Number(row["posting_seq"]), chainHead: hex(row["chain_head"]) };
    const seller = must(known.seller(sellerId), `seller ${sellerId}`);
    books.set(sellerId, new Book({ sellerId, now, settings, seller, head, eventSeq: Number(row["event_seq"]) }));
  }
  for (const row of await asked.operators) books.get(Number(row["of_seller"]))?.operators.set(Number(row["id"]), tables.sellers.read(row));
  for (const row of await asked.escrow) {
    if (row["balance"] !== null) {
      books.get(Number(row["seller_id"]))?.loadBalance(String(row["account"]), String(row["currency"]), row["balance"] as bigint);
    }
  }
  for (const row of await asked.positions) {
    if (row["position"] !== null) books.get(Number(row["seller_id"]))?.loadLastPosition(Number(row["project_id"]), Number(row["position"]));
  }
  const around = [tables.orders, tables.buyers, tables.projects, tables.providers] as const;
  for (const row of await asked.ordersWithTheirs) {
    let at = 0;
    for (const table of around) {
      const own = row.slice(at, at + table.columns);
      at += table.columns;
      if (own[0] !== null) fill(books, table.name as "orders", own);
    }
  }
  const names = ["orders", "payments", "disbursements", "attempts", "offers", "projects", "buyers", "providers"] as const;
  for (const name of names) {
    for (const part of asked[name]) for (const row of await part) fill(books, name, row);
  }
  for (const row of await asked.holds) fill(books, "holds", row);
  const memory = { earlier: await asked.earlier, keys: await asked.keys, refusals: await asked.refusals };
  return { books, memory };
}

/** What earlier runs of the same commands, or earlier uses of the same keys, left behind. */
export interface Memory {
  readonly earlier: Record<string, unknown>[];
  readonly keys: Record<string, unknown>[];
  readonly refusals: Record<string, unknown>[];
}

const empty: Promise<Record<string, unknown>[]> = Promise.resolve([]);
const none: Promise<unknown[][]> = Promise.resolve([]);

/** Runs a look-up whose arrays are of ids, or of texts. */
function rows(lane: Queryable, query: Query, values: readonly (readonly (number | string)[])[]): Promise<Record<string, unknown>[]> {
  return run(lane, query, values.map(listParam)).then((result) => result.rows);
}

function listParam(list: readonly (number | string)[]): Buffer {
  return typeof list[0] === "string" ? arrayParam("text", list) : ids(list);
}

function ids(list: readonly unknown[]): Buffer {
  return arrayParam("bigint", list);
}

function fill(
  books: Map<number, Book>,
  name: "orders" | "payments" | "disbursements" | "attempts" | "offers" | "holds" | "projects" | "buyers" | "providers",
  cells: readonly unknown[],
): void {
  const table = tables[name] as Table<{ sellerId: number; id: number }>;
  const row = table.readCells(cells);
  const book = must(books.get(row.sellerId), "a locked book");
  (book[name] as { load(row: unknown): void }).load(row);
}

function hex(value: unknown): string | null {
  return Buffer.isBuffer(value) ? value.toString("hex") : null;
}

function collect(commands: readonly Command[]) {
  const pairs = <T>(pick: (refs: Refs) => readonly T[] | undefined): [number[], T[]] => {
    const sellerIds: number[] = [];
    const values: T[] = [];
    for (const one of commands) {
      for (const value of pick(one.refs) ?? []) {
        sellerIds.push(one.sellerId);
        values.push(value);
      }
    }
    return [sellerIds, values];
  };
  const [contactSellers, contacts] = pairs((refs) => refs.contacts);
  const [payeeSellers, payees] = pairs((refs) => refs.payees);
  return {
    orders: pairs((refs) => refs.orders),
    accounts: pairs((refs) => refs.accounts),
    projects: pairs((refs) => refs.projects),
    payments: pairs((refs) => refs.payments),
    attempts: pairs((refs) => refs.attempts),
    disbursements: pairs((refs) => refs.disbursements),
    holds: pairs((refs) => refs.holds),
    siblingsOf: pairs((refs) => refs.siblingsOf),
    providers: pairs((refs) => refs.providers),
    buyers: pairs((refs) => refs.buyers),
    shopOrders: pairs((refs) => refs.shopOrders),
    contacts: [contactSellers, contacts.map((contact) => contact.email), contacts.map((contact) => contact.phone)] as const,
    payees: [payeeSellers, payees.map((payee) => payee.kind), payees.map((payee) => payee.id)] as const,
  };
}

/** The balances decisions read: escrow of each order, what each seller owes, and accounts asked for by name. */
function accountNames(
  refs: { readonly orders: readonly [number[], number[]]; readonly accounts: readonly [number[], string[]] },
  sellerIds: readonly number[],
): [number[], string[]] {
  const [orderSellers, orderIds] = refs.orders;
  const [namedSellers, names] = refs.accounts;
  const owing = sellerIds.filter((id) => id > 0);
  return [
    [...orderSellers, ...owing, ...namedSellers],
    [...orderIds.map((id) => `order:${id}:escrow`), ...owing.map((id) => `seller:${id}:receivable`), ...names],
  ];
}
