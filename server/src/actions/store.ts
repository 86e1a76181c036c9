import { arrayParam } from "../db/array-param.ts";
import type { ElementType } from "../db/array-param.ts";
import type { Query, Queryable } from "../db/connect.ts";
import { run } from "../db/connect.ts";
import type { ColumnKind, Table } from "../db/table.ts";
import { tableOf } from "../db/table.ts";
import * as tables from "../db/tables.ts";
import type { Order } from "../domain/order.ts";
import { isLive } from "../domain/order-table.ts";
import type { JournalEntry, JournalPosting } from "../ledger/post.ts";
import type { Book } from "./book.ts";
import type { Known } from "./known.ts";
import type { Effects, Message, Notice, Notification, Transition } from "./effects.ts";

/** `called`: what tells its statement apart where two kinds of rows go into one table. */
function insertOnly<Row extends object>(name: string, columns: Record<keyof Row & string, ColumnKind>, called = name): Table<Row> {
  const table = tableOf<Row>(name, columns, { key: [] });
  return { ...table, insert: { ...table.insert, name: `insert_${called}` } };
}

const transitions = insertOnly<Transition>("transitions", {
  sellerId: "id",
  seq: "id",
  object: "text",
  objectId: "id",
  version: "int",
  action: "text",
  fromState: "text",
  toState: "text",
  party: "text",
  actor: "text",
  event: "text",
  orderId: "id",
  entrySeq: "id",
  at: "time",
  note: "json",
  commandId: "uuid",
  step: "int",
  key: "text",
  fingerprint: "hex",
  answer: "answer",
});
const entries = insertOnly<JournalEntry>("entries", {
  sellerId: "id",
  seq: "id",
  cause: "text",
  orderId: "id",
  at: "time",
  orderDigest: "hex",
  reverses: "id",
});
const postings = insertOnly<JournalPosting>("postings", {
  sellerId: "id",
  seq: "id",
  entrySeq: "id",
  debit: "text",
  credit: "text",
  amount: "amount",
  currency: "text",
  hash: "hex",
});
const messages = insertOnly<Message>("messages", {
  sellerId: "id",
  id: "id",
  orderId: "id",
  party: "text",
  kind: "text",
  orderVersion: "int",
  dueAt: "time",
});
const notices = insertOnly<Notice>(
  "messages",
  { sellerId: "id", id: "id", toEmail: "text", party: "text", kind: "text", orderVersion: "int", dueAt: "time" },
  "notices",
);
const notifications = insertOnly<Notification>("notifications", {
  sellerId: "id",
  id: "id",
  transitionSeq: "id",
  orderId: "id",
  receiverId: "id",
  envelope: "text",
  message: "text",
  toState: "text",
  createdAt: "time",
  dueAt: "time",
});
const operatorOrders = insertOnly<Effects["operatorOrders"][number]>("operator_orders", {
  operatorId: "id",
  orderId: "id",
  sellerId: "id",
});
const newCheckouts = insertOnly<Effects["checkouts"][number]>("checkouts", {
  tokenHash: "hex",
  sellerId: "id",
  orderId: "id",
  createdAt: "time",
});
// A waiting order that is handed out again takes no step by which a lost answer would be found: the same command then brings its token again.
const checkouts = { ...newCheckouts, insert: { ...newCheckouts.insert, text: `${newCheckouts.insert.text} ON CONFLICT DO NOTHING` } };
const attemptReferences = insertOnly<Effects["attemptReferences"][number]>("attempt_references", {
  rail: "text",
  reference: "text",
  sellerId: "id",
  attemptId: "id",
});

/**
 * The same update, which fails where it does not find every row it was given. It must fail in the database: COMMIT travels with it, and an
 * answer that is counted here comes too late. The first array names the rows' sellers (of sellers: themselves).
 */
function whole(update: Query): Query {
  return {
    name: `${update.name}_whole`,
    text: `WITH found AS (${update.text} RETURNING 1)
           SELECT CASE WHEN count(*) = cardinality($1::bigint[]) THEN 0 ELSE ('${update.name} found only ' || count(*))::int END FROM found`,
  };
}

export const storeQueries = {
  books: whole({
    name: "update_books",
    text: `UPDATE books b SET entry_seq = u.e, posting_seq = u.p, event_seq = u.v, chain_head = u.h
           FROM (SELECT unnest($1::bigint[]) AS s, unnest($2::bigint[]) AS e, unnest($3::bigint[]) AS p, unnest($4::bigint[]) AS v, unnest($5::bytea[]) AS h) u WHERE b.seller_id = u.s`,
  }),
  // A balance is kept only where by is not null; an account without one just needs to exist.
  accounts: {
    name: "change_accounts",
    text: `INSERT INTO accounts (seller_id, account, currency, balance)
           SELECT s, a, c, b FROM (SELECT unnest($1::bigint[]) AS s, unnest($2::text[]) AS a, unnest($3::text[]) AS c, unnest($4::bigint[]) AS b) u WHERE b >= 0
           ON CONFLICT (seller_id, account, currency) DO UPDATE SET balance = accounts.balance + excluded.balance`,
  },
  // Nothing is taken from an account that was never opened.
  accountsDown: whole({
    name: "lower_accounts",
    text: `UPDATE accounts t SET balance = t.balance + u.b FROM (SELECT unnest($1::bigint[]) AS s, unnest($2::text[]) AS a, unnest($3::text[]) AS c, unnest($4::bigint[]) AS b) u
           WHERE u.b < 0 AND t.seller_id = u.s AND t.account = u.a AND t.currency = u.c`,
  }),
  openAccounts: {
    name: "open_accounts",
    text: `INSERT INTO accounts (seller_id, account, currency) SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[])
           ON CONFLICT DO NOTHING`,
  },
  changedPayees: {
    name: "note_changed_payees",
    text: `INSERT INTO changed_payees (seller_id, provider_id, version) SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::int[])
           ON CONFLICT (seller_id, provider_id) DO UPDATE SET version = excluded.version`,
  },
  // A second receipt brings its own reference; a reference that is known already stays with the payment it was opened for.
  paymentReferences: {
    name: "insert_payment_references",
    text: `INSERT INTO payment_references (rail, reference, seller_id, payment_id, order_id)
           SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[])
           ON CONFLICT (rail, reference) DO UPDATE SET seller_id = excluded.seller_id, payment_id = excluded.payment_id, order_id = excluded.order_id`,
  },
} satisfies Record<string, Query>;

export const storeTables = {
  transitions,
  entries,
  postings,
  messages,
  notices,
  notifications,
  operatorOrders,
  checkouts,
  attemptReferences,
} as const;

type Ordered = readonly [
  "projects" | "buyers" | "providers" | "orders" | "payments" | "attempts" | "disbursements" | "offers" | "holds",
  Table<Kept>,
  { readonly all: Query; readonly often: Query },
];
type Kept = { readonly id: number };

/** In this order: a row stands before those that refer to it. */
const changed: readonly Ordered[] = (
  ["buyers", "providers", "projects", "orders", "payments", "attempts", "disbursements", "offers", "holds"] as const
).map((name) => {
  const table = tables[name] as unknown as Table<Kept>;
  const all = whole(table.update);
  // Under one name there is one statement.
  return [name, table, { all, often: table.updateOften.name === table.update.name ? all : whole(table.updateOften) }] as const;
});
const updateSellers = whole(tables.sellers.update);
export const updateQueries: readonly Query[] = [
  ...new Set([...changed.flatMap(([, , update]) => [update.all, update.often]), updateSellers]),
];

/** Statement 3: everything a batch decided, table by table, each row at most once, sent without waiting. The caller commits. */
export function store(lane: Queryable, books: readonly Book[], effects: Effects, known: Known): Promise<number>[] {
  const sent: Promise<number>[] = [];
  const send = (query: Query, values: unknown[]) => {
    sent.push(run(lane, query, values).then(({ rowCount }) => rowCount ?? 0));
  };
  const insert = <Row extends object>(table: Table<Row>, rows: readonly Row[]) => {
    if (rows.length > 0) send(table.insert, table.values(rows));
  };
  const sellers = books.filter((book) => book.seller.version !== book.sellerVersion).map((book) => book.seller);
  if (sellers.length > 0) send(updateSellers, tables.sellers.valuesChanged(sellers));
  for (const [name, table, update] of changed) {
    // Updates first, and of orders those that are not live any more before the others: a milestone that expires or is discharged frees the
    // project's slot that another of the same batch takes.
    const updated = books.flatMap((book) => book[name].changed() as { before: Kept; after: Kept }[]);
    const live = ({ after }: { after: Kept }) => name === "orders" && isLive(after as Order);
    for (const part of [updated.filter((row) => !live(row)), updated.filter((row) => live(row))]) {
      const [often, all] = [
        part.filter((row) => table.often(row.before, row.after)),
        part.filter((row) => !table.often(row.before, row.after)),
      ];
      if (often.length > 0) send(update.often, table.valuesOften(often.map((row) => row.after)));
      if (all.length > 0) send(update.all, table.valuesChanged(all.map((row) => row.after)));
    }
    insert(
      table,
      books.flatMap((book) => book[name].inserted() as Kept[]),
    );
  }
  insert(entries, effects.entries);
  insert(postings, effects.postings);
  storeBalances(send, effects, known);
  insert(transitions, effects.transitions);
  insert(messages, effects.messages);
  insert(notices, effects.notices);
  insert(notifications, effects.notifications);
  insert(operatorOrders, effects.operatorOrders);
  insert(checkouts, effects.checkouts);
  insert(attemptReferences, effects.attemptReferences);
  const payees = [...effects.changedPayees.values()];
  if (payees.length > 0)
    send(storeQueries.changedPayees, [
      arrayParam("bigint", payees, (one) => one.sellerId),
      arrayParam("bigint", payees, (one) => one.providerId),
      arrayParam("integer", payees, (one) => one.version),
    ]);
  const references = effects.paymentReferences;
  if (references.length > 0) {
    const of = <K extends keyof (typeof references)[number]>(key: K) => references.map((reference) => reference[key]);
    send(storeQueries.paymentReferences, [
      arrayParam("text", of("rail")),
      arrayParam("text", of("reference")),
      arrayParam("bigint", of("sellerId")),
      arrayParam("bigint", of("paymentId")),
      arrayParam("bigint", of("orderId")),
    ]);
  }
  const heads = books.map((book) => ({ ...book.head, sellerId: book.sellerId, eventSeq: book.eventSeq }));
  const ofHeads = (type: ElementType, key: keyof (typeof heads)[number]) => arrayParam(type, heads, (head) => head[key]);
  send(storeQueries.books, [
    ofHeads("bigint", "sellerId"),
    ofHeads("bigint", "entrySeq"),
    ofHeads("bigint", "postingSeq"),
    ofHeads("bigint", "eventSeq"),
    ofHeads("bytea", "chainHead"),
  ]);
  return sent;
}

function storeBalances(send: (query: Query, values: unknown[]) => void, effects: Effects, known: Known): void {
  const all = [...effects.balances.values()];
  const unkept = [...effects.balances].filter(([key, change]) => change.by === null && !known.hasAccount(key)).map(([, change]) => change);
  const kept = all.filter((change) => change.by !== null);
  const of = (list: typeof all, type: ElementType, key: keyof (typeof all)[number]) => arrayParam(type, list, (change) => change[key]);
  const arrays = (list: typeof all) => [of(list, "bigint", "sellerId"), of(list, "text", "account"), of(list, "text", "currency")];
  const raised = kept.filter((change) => (change.by ?? 0n) >= 0n);
  const lowered = kept.filter((change) => (change.by ?? 0n) < 0n);
  if (unkept.length > 0) send(storeQueries.openAccounts, arrays(unkept));
  if (raised.length > 0) send(storeQueries.accounts, [...arrays(raised), of(raised, "bigint", "by")]);
  if (lowered.length > 0) send(storeQueries.accountsDown, [...arrays(lowered), of(lowered, "bigint", "by")]);
}
