import type { Query, Queryable } from "../db/connect.ts";
import { balancesFit } from "./prove-balances.ts";
import { historyFits } from "./prove-history.ts";
import { chainFits } from "./prove-journal.ts";
import { moneyFits } from "./prove-money.ts";
import { escrowFits, longOrdersFit, ordersFit } from "./prove-orders.ts";

/** How much there is of a book, as its head says: enough to cut it into pieces. A head that is wrong makes pieces of another size. */
export interface BookSize {
  readonly sellerId: number;
  readonly postings: number;
}

/** What the set-wise checks say: the sellers whose books look wrong, and each book's part of the installation's solvency. */
export interface Proof {
  readonly suspects: ReadonlySet<number>;
  readonly solvency: readonly BookSolvency[];
  /** How many entries and postings there are. */
  readonly entries: number;
  readonly postings: number;
}

export interface BookSolvency {
  readonly sellerId: number;
  readonly currency: string;
  readonly held: bigint;
  readonly owed: bigint;
}

export const proveQueries = {
  /** Whose head is not where the journal and the history end, or whose events have a gap; and how much there is of all. */
  ends: {
    name: "prove_ends",
    text: `SELECT (SELECT count(*) FROM postings WHERE seller_id BETWEEN $1::bigint AND $2::bigint) AS postings, coalesce(sum(e.entries), 0)::bigint AS entries,
             array_agg(b.seller_id) FILTER (WHERE (
               b.posting_seq = coalesce(p.seq, 0) AND b.entry_seq = coalesce(p.entry_seq, 0) AND b.chain_head IS NOT DISTINCT FROM p.hash
               AND b.entry_seq = coalesce(e.last, 0) AND b.event_seq = coalesce(t.last, 0) AND b.event_seq = coalesce(t.events, 0)) IS NOT TRUE) AS wrong
           FROM books b
           LEFT JOIN LATERAL (SELECT seq, entry_seq, hash FROM postings WHERE seller_id = b.seller_id ORDER BY seq DESC LIMIT 1) p ON true
           LEFT JOIN (SELECT seller_id, count(*) AS entries, max(seq) AS last FROM entries WHERE seller_id BETWEEN $1 AND $2 GROUP BY seller_id) e
             ON e.seller_id = b.seller_id
           LEFT JOIN (SELECT seller_id, count(*) AS events, max(seq) AS last FROM transitions WHERE seller_id BETWEEN $1 AND $2 GROUP BY seller_id) t
             ON t.seller_id = b.seller_id
           WHERE b.seller_id BETWEEN $1 AND $2`,
  },
  /** The entries that the last postings of a book's stretches belong to. */
  entryBorders: {
    name: "prove_entry_borders",
    text: "SELECT seq, entry_seq FROM postings WHERE seller_id = $1 AND seq = ANY($2::bigint[])",
  },
  orderBorders: {
    name: "prove_order_borders",
    text: `SELECT id FROM (SELECT id, row_number() OVER (ORDER BY id) AS place FROM orders WHERE seller_id = $1) o WHERE place % $2 = 0 ORDER BY id`,
  },
} satisfies Record<string, Query>;

/** Every statement of the set-wise checks. */
export const allProofs: readonly Query[] = [
  ...Object.values(proveQueries),
  chainFits,
  balancesFit,
  ordersFit,
  longOrdersFit,
  escrowFits,
  ...historyFits,
  ...moneyFits,
];

/** One thing to look at. Jobs that are handed in are shared out like the checks. */
export type Job = (client: Queryable) => Promise<void>;
type Suspect = { seller_id: bigint };
type Ends = { postings: bigint; entries: bigint; wrong: readonly bigint[] | null };
type Sums = { seller_id: bigint; currency: string; wrong: boolean; counts: boolean; held: string; owed: string };

const lastNumber = 2n ** 63n - 1n;

/**
 * Makes every check of the books set-wise, in the database: many short books at a time, a long one in stretches of `pieceSize` postings.
 * Says only which books look wrong; what is wrong with them is found by walking them. The pieces are shared out among `clients`, which
 * must look at one snapshot. Any failed statement fails the whole.
 */
export async function prove(
  clients: readonly [Queryable, ...Queryable[]],
  books: readonly BookSize[],
  pieceSize: number,
  onPiece: (sellerId: number, postings: number) => void,
  also: readonly Job[] = [],
): Promise<Proof> {
  const [first] = clients;
  const suspects = new Set<number>();
  const solvency: BookSolvency[] = [];
  let entries = 0;
  let postings = 0;
  const look = async (client: Queryable, query: Query, values: readonly unknown[]) => {
    for (const { seller_id } of (await ask<Suspect>(client, query, values)).rows) suspects.add(Number(seller_id));
  };
  const jobs: Job[] = [];
  for (const group of grouped(books, pieceSize)) {
    const sellers = [group[0]?.sellerId, group.at(-1)?.sellerId];
    const [only, ...others] = group;
    const long = only !== undefined && others.length === 0 && only.postings > pieceSize ? only : undefined;
    const borders = long === undefined ? undefined : await entryBorders(first, long, pieceSize);
    for (const [from, to] of stretches(long?.postings ?? 0, pieceSize)) {
      jobs.push(async (client) => {
        await look(client, chainFits, [...sellers, from, to, borders?.get(from - 1n) ?? 0n, borders?.get(to) ?? lastNumber]);
        if (long === undefined) for (const book of group) onPiece(book.sellerId, book.postings);
        else onPiece(long.sellerId, Math.min(pieceSize, long.postings - Number(from) + 1));
      });
    }
    for (const ids of between(long === undefined ? [] : await orderBorders(first, long.sellerId, pieceSize))) {
      jobs.push((client) => look(client, ordersFit, [...sellers, ...ids]));
      jobs.push((client) => look(client, longOrdersFit, [...sellers, ...ids]));
    }
    jobs.push(async (client) => {
      for (const row of (await ask<Sums>(client, balancesFit, sellers)).rows) {
        const { currency, held, owed } = row;
        const sellerId = Number(row.seller_id);
        if (row.wrong) suspects.add(sellerId);
        if (row.counts) solvency.push({ sellerId, currency, held: BigInt(held), owed: BigInt(owed) });
      }
    });
    for (const query of [...historyFits, ...moneyFits, escrowFits]) jobs.push((client) => look(client, query, sellers));
    jobs.push(async (client) => {
      for (const row of (await ask<Ends>(client, proveQueries.ends, sellers)).rows) {
        entries += Number(row.entries);
        postings += Number(row.postings);
        for (const sellerId of row.wrong ?? []) suspects.add(Number(sellerId));
      }
    });
  }
  const waiting = [...jobs, ...also].values();
  let failed = false;
  // One iterator for all: each connection takes the next piece when it is done with its last. All are waited for, so that none is still
  // at work when its connection goes back.
  const done = await Promise.allSettled(
    clients.map(async (client) => {
      try {
        for (const job of waiting) {
          if (failed) return;
          await job(client);
        }
      } catch (error) {
        failed = true;
        throw error;
      }
    }),
  );
  for (const one of done) if (one.status === "rejected") throw one.reason;
  return { suspects, solvency, entries, postings };
}

/** Without a name, so that PostgreSQL plans for the very numbers: a plan for any numbers takes every range for a small one. */
function ask<Row extends Record<string, unknown>>(client: Queryable, { text }: Query, values: readonly unknown[]) {
  return client.query<Row>({ text, values: [...values] });
}

/** Neighbouring books, together not much longer than a piece; a long one stands alone. */
function grouped(books: readonly BookSize[], pieceSize: number): BookSize[][] {
  const groups: BookSize[][] = [];
  let room = 0;
  for (const book of books) {
    if (groups.length === 0 || book.postings > room) {
      groups.push([]);
      room = pieceSize;
    }
    groups.at(-1)?.push(book);
    room -= book.postings;
  }
  return groups;
}

/** From the first posting to beyond the last, whatever numbers are stored. */
function stretches(postings: number, pieceSize: number): [from: bigint, to: bigint][] {
  const count = Math.max(1, Math.ceil(postings / pieceSize));
  return Array.from({ length: count }, (_, i) => [BigInt(i * pieceSize + 1), i === count - 1 ? lastNumber : BigInt((i + 1) * pieceSize)]);
}

async function entryBorders(client: Queryable, { sellerId, postings }: BookSize, pieceSize: number): Promise<Map<bigint, bigint>> {
  const lasts = stretches(postings, pieceSize).map(([, to]) => to);
  const { rows } = await ask<{ seq: bigint; entry_seq: bigint }>(client, proveQueries.entryBorders, [sellerId, lasts]);
  return new Map(rows.map(({ seq, entry_seq }) => [seq, entry_seq]));
}

async function orderBorders(client: Queryable, sellerId: number, pieceSize: number): Promise<bigint[]> {
  const { rows } = await ask<{ id: bigint }>(client, proveQueries.orderBorders, [sellerId, Math.max(1, Math.floor(pieceSize / 5))]);
  return rows.map(({ id }) => id);
}

/** The whole line of numbers, cut after each of `cuts`. */
function between(cuts: readonly bigint[]): [from: bigint, to: bigint][] {
  return [...cuts, lastNumber].map((cut, i) => [i === 0 ? -lastNumber : (cuts[i - 1] ?? 0n) + 1n, cut]);
}
