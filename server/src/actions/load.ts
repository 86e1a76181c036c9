import { arrayParam } from "../db/array-param.ts";
import type { Query, Queryable } from "../db/connect.ts";
import { run, runCells } from "../db/connect.ts";
import type { Table } from "../db/table.ts";
import * as tables from "../db/tables.ts";
import { must } from "../domain/fault.ts";
import { factQueries, lockBooks } from "./fact-queries.ts";
import { Book } from "./book.ts";
import type { Command, Refs } from "./command.ts";
import { Known } from "./known.ts";
import type { ActSettings } from "./settings.ts";

type Pair = readonly [readonly number[], readonly (number | string)[]];
type Arrays = readonly [readonly number[], ...(readonly (number | string)[])[]];

/**
 * Locks the commands' books and reads everything they refer to. All statements are sent before any is waited for.
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
  const sellers = new Map(sellerIds.map((id) => [id, known.seller(id)]));
  const asked = {
    heads: rows(lane, lockBooks, [sellerIds]),
    standing: cells(factQueries.standing, [sellerIds, sellerIds.map((id) => known.stampOf(id))]),
    earlier: run(lane, factQueries.earlier, [
      ids(commands.map((one) => one.sellerId)),
      arrayParam(
        "uuid",
        commands.map((one) => one.id),
      ),
    ]).then((result) => result.rows),
    keys: keyed.length === 0 ? empty : rows(lane, factQueries.keys, keyArrays),
    refusals: keyed.length === 0 ? empty : rows(lane, factQueries.refusals, keyArrays),
    escrow: ask(factQueries.escrow, accounts),
    summed: ask(factQueries.summed, refs.summed),
    ordersWithTheirs: cells(factQueries.orders, refs.orders),
    orders: [
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
      cells(factQueries.houseReceipts, refs.receipts),
      cells(factQueries.housePaymentsOfAttempts, refs.attempts),
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
    projects: [cells(factQueries.projects, refs.projects)],
    buyers: [cells(factQueries.buyers, refs.buyers), cells(factQueries.contacts, refs.contacts)],
    providers: [cells(factQueries.providers, refs.providers), cells(factQueries.providersOfDisbursements, refs.disbursements)],
    positions: ask(factQueries.positions, refs.projects),
  };
  await Promise.all(Object.values(asked).flat() as Promise<unknown>[]);
  const standing = await asked.standing;
  const ordersWithTheirs = await asked.ordersWithTheirs;
  const which = (flag: number) => standing.filter((row) => row[flag] === true).map(([sellerId]) => Number(sellerId));
  const ofOrders = (test: (order: readonly unknown[]) => boolean) => {
    const chosen = ordersWithTheirs.filter(test);
    return [chosen.map(([sellerId]) => Number(sellerId)), chosen.map(([, id]) => Number(id))] as const;
  };
  const inProject = tables.orders.place("projectId");
  const ofPayment = {
    seller: tables.payments.place("sellerId"),
    order: tables.payments.place("orderId"),
    unapplied: tables.payments.place("unapplied"),
  };
  // What a payment brought too much may be on its way back, also where its order came by another way than by its number.
  const tooMuch = (await Promise.all(asked.payments))
    .flat()
    .filter((row) => row[ofPayment.unapplied] !== 0n && row[ofPayment.order] !== null);
  // A second trip only where the first one found that there is more.
  const more = {
    sellers: cells(factQueries.sellers, [which(2)]),
    operators: cells(factQueries.operators, [which(3)]),
    holds: cells(factQueries.holds, [which(4)]),
    siblings: cells(
      factQueries.siblings,
      ofOrders((order) => order[inProject] !== null),
    ),
    offers: cells(
      factQueries.offers,
      ofOrders((order) => order.at(-1) === true),
    ),
    goingBack: cells(factQueries.disbursementsOfOrders, [
      tooMuch.map((row) => Number(row[ofPayment.seller])),
      tooMuch.map((row) => Number(row[ofPayment.order])),
    ]),
  };
  await Promise.all(Object.values(more));

  const books = new Map<number, Book>();
  for (const row of await more.sellers) {
    const seller = tables.sellers.readCells(row);
    sellers.set(seller.id, seller);
    known.keepSeller(seller, String(row.at(-1)));
  }
  for (const row of await asked.heads) {
    const sellerId = Number(row["seller_id"]);
    const at = must(standing[0], "the time")[1] as Date;
    const now = new Date(at.getTime() + Number(row["clock_offset_ms"]));
    const head = { entrySeq: Number(row["entry_seq"]), postingSeq: Number(row["posting_seq"]), chainHead: hex(row["chain_head"]) };
    const seller = must(sellers.get(sellerId), `seller ${sellerId}`);
    books.set(sellerId, new Book({ sellerId, now, settings, seller, head, eventSeq: Number(row["event_seq"]) }));
  }
  for (const [ofSeller, ...operator] of await more.operators) {
    const seller = tables.sellers.readCells(operator);
    books.get(Number(ofSeller))?.operators.set(seller.id, seller);
  }
  for (const row of [...(await asked.escrow), ...(await asked.summed)]) {
    if (row["balance"] !== null) {
      books.get(Number(row["seller_id"]))?.loadBalance(String(row["account"]), String(row["currency"]), row["balance"] as bigint);
    }
  }
  for (const row of await asked.positions) {
    if (row["position"] !== null) books.get(Number(row["seller_id"]))?.loadLastPosition(Number(row["project_id"]), Number(row["position"]));
  }
  const around = [tables.orders, tables.buyers, tables.projects, tables.providers] as const;
  for (const row of ordersWithTheirs) {
    let at = 0;
    for (const table of around) {
      const own = row.slice(at, at + table.columns);
      at += table.columns;
      if (own[0] !== null) fill(books, table.name as "orders", own);
    }
  }
  for (const name of ["orders", "payments", "disbursements", "attempts", "projects", "buyers", "providers"] as const) {
    for (const part of asked[name]) for (const row of await part) fill(books, name, row);
  }
  for (const row of await more.goingBack) fill(books, "disbursements", row);
  for (const row of await more.siblings) fill(books, "orders", row);
  for (const row of await more.offers) fill(books, "offers", row);
  for (const row of await more.holds) fill(books, "holds", row);
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
  const [receiptSellers, receipts] = pairs((refs) => refs.receipts);
  return {
    orders: pairs((refs) => refs.orders),
    accounts: pairs((refs) => refs.accounts),
    summed: pairs((refs) => refs.summed),
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
    receipts: [receiptSellers, receipts.map((one) => one.rail), receipts.map((one) => one.railReference)] as const,
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
