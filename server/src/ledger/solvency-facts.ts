import { randomBytes } from "node:crypto";
import type { Query, Queryable } from "../db/connect.ts";
import { run } from "../db/connect.ts";
import { owed, parseAccount } from "../domain/ledger-accounts.ts";
import type { Account } from "../domain/ledger-accounts.ts";
import { must } from "../domain/fault.ts";
import { refuse } from "../domain/refusals.ts";
import type { Refusal } from "../domain/refusals.ts";
import type { BookEnd, CurrencyLine, Held, OwedTo } from "../proof/statement.ts";
import { owedTo } from "../proof/statement.ts";
import type { Leaf } from "../proof/tree.ts";
import { buildTree } from "../proof/tree.ts";

export const solvencyFactQueries = {
  books: {
    name: "solvency_books",
    text: `SELECT clock_timestamp() AS now, b.seller_id, b.entry_seq, b.posting_seq, b.chain_head, e.at FROM books b
           LEFT JOIN entries e ON e.seller_id = b.seller_id AND e.seq = b.entry_seq ORDER BY b.seller_id`,
  },
  accounts: {
    name: "solvency_accounts",
    text: `SELECT seller_id, account, currency, coalesce(j.balance, 0)::bigint AS journal, a.balance AS kept FROM (
             SELECT p.seller_id, x.account, p.currency, sum(x.credit) AS balance
             FROM postings p, LATERAL (VALUES (p.debit, -p.amount), (p.credit, p.amount)) x (account, credit)
             GROUP BY p.seller_id, x.account, p.currency) j
           FULL JOIN accounts a USING (seller_id, account, currency)
           WHERE j.balance <> 0 OR a.balance <> 0 ORDER BY seller_id, account, currency`,
  },
} satisfies Record<string, Query>;

type BookRow = { now: Date; seller_id: bigint; entry_seq: bigint; posting_seq: bigint; chain_head: Buffer | null; at: Date | null };
type AccountRow = { seller_id: bigint; account: string; currency: string; journal: bigint; kept: bigint | null };

/** What a statement says, and the leaves behind its roots. */
export interface SolvencyFacts {
  readonly at: Date;
  readonly books: readonly BookEnd[];
  readonly currencies: readonly CurrencyLine[];
  readonly leaves: ReadonlyMap<string, readonly Leaf[]>;
}

interface Sums {
  readonly owed: Map<OwedTo, bigint>;
  readonly rails: Map<string, { incoming: bigint; cash: bigint; disputed: bigint; in_flight: bigint }>;
  readonly leaves: Leaf[];
}

/**
 * Everything a proof of solvency is made of. The caller has begun a transaction at REPEATABLE READ, so that all of it is of one moment.
 * Refuses `solvency_unproven` where a kept balance and the journal differ, or something owed is below zero: nothing is signed that is not so.
 */
export async function solvencyFacts(client: Queryable): Promise<SolvencyFacts | Refusal> {
  const books = await run<BookRow>(client, solvencyFactQueries.books);
  const accounts = await run<AccountRow>(client, solvencyFactQueries.accounts);
  const sums = new Map<string, Sums>();
  for (const row of accounts.rows) {
    const wrong = wrongIn(row);
    if (wrong !== undefined)
      return refuse("solvency_unproven", `No proof can be signed: ${wrong}. Run verify, which says where it went wrong.`);
    add(sums, row);
  }
  const currencies = [...sums].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([currency, sum]) => lineOf(currency, sum));
  return {
    at: must(books.rows[0], "the house's book").now,
    books: books.rows.map((row) => ({
      book: Number(row.seller_id),
      entry: Number(row.entry_seq),
      posting: Number(row.posting_seq),
      head: row.chain_head?.toString("hex") ?? "",
      at: row.at?.toISOString() ?? "",
    })),
    currencies,
    leaves: new Map([...sums].map(([currency, { leaves }]) => [currency, leaves])),
  };
}

function wrongIn({ seller_id: book, account, currency, journal, kept }: AccountRow): string | undefined {
  const name = `${account} of book ${book}`;
  if (kept !== null && kept !== journal) return `${name} is kept at ${kept} ${currency}, its postings give ${journal}`;
  const { kind } = parseAccount(account);
  if (journal < 0n && (owed(kind) === "owed" || kind === "rail_outgoing")) return `${name} is ${journal} ${currency}, below zero`;
  return undefined;
}

function add(sums: Map<string, Sums>, { seller_id: book, account: name, currency, journal }: AccountRow): void {
  const account = parseAccount(name);
  const side = owed(account.kind);
  if (side === "none") return;
  const sum: Sums = sums.get(currency) ?? { owed: new Map(), rails: new Map(), leaves: [] };
  sums.set(currency, sum);
  if (side === "owed") {
    const to = oweesOf(account);
    sum.owed.set(to, (sum.owed.get(to) ?? 0n) + journal);
    sum.leaves.push({ holder: `${book}/${name}`, amount: journal, salt: randomBytes(16).toString("hex") });
    return;
  }
  const rail = must(account.rail, `${account.kind} to be at a rail`);
  const held = sum.rails.get(rail) ?? { incoming: 0n, cash: 0n, disputed: 0n, in_flight: 0n };
  sum.rails.set(rail, held);
  // Assets stand below zero in a credit-positive sum.
  if (account.kind === "rail_incoming") held.incoming -= journal;
  else if (account.kind === "rail_cash") held.cash -= journal;
  else if (account.kind === "rail_disputed") held.disputed -= journal;
  else held.in_flight += journal;
}

function oweesOf({ kind, party }: Account): OwedTo {
  if (kind === "payment_unapplied") return "unapplied";
  return must(
    owedTo.find((to) => to === party),
    `${kind} to be owed to somebody`,
  );
}

function lineOf(currency: string, { owed: parts, rails, leaves }: Sums): CurrencyLine {
  const { root } = buildTree(currency, leaves);
  const held = [...rails.values()].reduce((sum, rail) => sum + rail.incoming + rail.cash + rail.disputed - rail.in_flight, 0n);
  const part = (to: OwedTo) => (parts.get(to) ?? 0n).toString();
  return {
    currency,
    owed: {
      order: part("order"),
      seller: part("seller"),
      service_provider: part("service_provider"),
      buyer: part("buyer"),
      operator: part("operator"),
      unapplied: part("unapplied"),
    },
    total: root.sum.toString(),
    leaves: leaves.length,
    root: root.hash,
    rails: [...rails]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(
        ([rail, sum]): Held => ({
          rail,
          incoming: sum.incoming.toString(),
          cash: sum.cash.toString(),
          disputed: sum.disputed.toString(),
          in_flight: sum.in_flight.toString(),
        }),
      ),
    held: held.toString(),
    surplus: (held - root.sum).toString(),
  };
}
