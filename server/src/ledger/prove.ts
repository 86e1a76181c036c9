import type { Query, Queryable } from "../db/connect.ts";
import { escrowFits, historyFits, ordersFit } from "./prove-history.ts";
import { balancesFit, chainFits } from "./prove-journal.ts";
import { moneyFits } from "./prove-money.ts";

/** How much there is of a book: enough to cut it into pieces. */
export interface BookSize {
  readonly sellerId: number;
  readonly postings: number;
}

/** What the set-wise checks say: the sellers whose books look wrong, and each book's part of the installation's solvency. */
export interface Proof {
  readonly suspects: ReadonlySet<number>;
  readonly solvency: readonly BookSolvency[];
}

export interface BookSolvency {
  readonly sellerId: number;
  readonly currency: string;
  readonly held: bigint;
  readonly owed: bigint;
}

export const proveQueries = {
  orderBorders: {
    name: "prove_order_borders",
    text: `SELECT id FROM (SELECT id, row_number() OVER (ORDER BY id) AS place FROM orders WHERE seller_id = $1) o WHERE place % $2 = 0 ORDER BY id`,
  },
} satisfies Record<string, Query>;

/** Every statement of the set-wise checks. */
export const allProofs: readonly Query[] = [
  proveQueries.orderBorders,
  chainFits,
  balancesFit,
  ordersFit,
  escrowFits,
  ...historyFits,
  ...moneyFits,
];

type Job = (client: Queryable) => Promise<void>;
type Suspect = { seller_id: bigint };
type Sums = { seller_id: bigint; currency: string; wrong: boolean; counts: boolean; held: string; owed: string };

const lastNumber = 2n ** 63n - 1n;

/**
 * Makes every check of the books set-wise, in the database: many short books at a time, a long one in stretches of `pieceSize` postings.
 * Says only which books look wrong; what is wrong with them is found by walking them. The pieces are shared out among `clients`, which
 * must look at one snapshot. Any failed statement fails the whole.
 */
export async function prove(
  clients: readonly Queryable[],
  books: readonly BookSize[],
  pieceSize: number,
  onPiece: (sellerId: number, postings: number) => void,
): Promise<Proof> {
  const suspects = new Set<number>();
  const solvency: BookSolvency[] = [];
  const look = async (client: Queryable, query: Query, values: readonly unknown[]) => {
    for (const { seller_id } of (await ask<Suspect>(client, query, values)).rows) suspects.add(Number(seller_id));
  };
  const jobs: Job[] = [];
  for (const group of grouped(books, pieceSize)) {
    const sellers = [group[0]?.sellerId, group.at(-1)?.sellerId];
    const [only, ...others] = group;
    const long = only !== undefined && others.length === 0 && only.postings > pieceSize ? only : undefined;
    jobs.push(async (client) => {
      for (const row of (await ask<Sums>(client, balancesFit, sellers)).rows) {
        const { currency, held, owed } = row;
        const sellerId = Number(row.seller_id);
        if (row.wrong) suspects.add(sellerId);
        if (row.counts) solvency.push({ sellerId, currency, held: BigInt(held), owed: BigInt(owed) });
      }
    });
    for (const [from, to] of stretches(long?.postings ?? 0, pieceSize)) {
      jobs.push(async (client) => {
        await look(client, chainFits, [...sellers, from, to]);
        if (long === undefined) for (const { sellerId, postings } of group) onPiece(sellerId, postings);
        else onPiece(long.sellerId, Math.min(pieceSize, long.postings - Number(from) + 1));
      });
    }
    jobs.push(async (client) => {
      const cuts = long === undefined ? [] : await orderBorders(client, long.sellerId, pieceSize);
      for (const ids of between(cuts)) {
        await look(client, ordersFit, [...sellers, ...ids]);
        await look(client, escrowFits, [...sellers, ...ids]);
      }
    });
    for (const query of [...historyFits, ...moneyFits]) jobs.push((client) => look(client, query, sellers));
  }
  const waiting = jobs.values();
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
  return { suspects, solvency };
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

async function orderBorders(client: Queryable, sellerId: number, pieceSize: number): Promise<bigint[]> {
  const { rows } = await ask<{ id: bigint }>(client, proveQueries.orderBorders, [sellerId, Math.max(1, Math.floor(pieceSize / 5))]);
  return rows.map(({ id }) => id);
}

/** The whole line of numbers, cut after each of `cuts`. */
function between(cuts: readonly bigint[]): [from: bigint, to: bigint][] {
  return [...cuts, lastNumber].map((cut, i) => [i === 0 ? -lastNumber : (cuts[i - 1] ?? 0n) + 1n, cut]);
}
