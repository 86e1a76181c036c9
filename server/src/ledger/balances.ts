import type { Query, Queryable } from "../db/connect.ts";
import { run } from "../db/connect.ts";
import type { AccountClass, AccountKind } from "../domain/ledger-accounts.ts";
import { chart, parseAccount } from "../domain/ledger-accounts.ts";

export const balanceQueries = {
  balances: {
    name: "balances",
    text: `SELECT x.account, p.currency, sum(x.credit)::bigint AS balance, count(*) AS postings
           FROM postings p, LATERAL (VALUES (p.debit, -p.amount), (p.credit, p.amount)) x (account, credit)
           WHERE p.seller_id = $1 GROUP BY x.account, p.currency ORDER BY x.account, p.currency`,
  },
  statement: {
    name: "statement",
    text: `SELECT p.seq, p.entry_seq, e.at, e.cause, e.order_id, e.reverses, p.currency,
             CASE WHEN p.credit = $2 THEN p.debit ELSE p.credit END AS other,
             CASE WHEN p.credit = $2 THEN p.amount ELSE -p.amount END AS amount,
             (sum(CASE WHEN p.credit = $2 THEN p.amount ELSE -p.amount END) OVER (PARTITION BY p.currency ORDER BY p.seq))::bigint AS balance
           FROM postings p JOIN entries e ON e.seller_id = p.seller_id AND e.seq = p.entry_seq
           WHERE p.seller_id = $1 AND $2 IN (p.debit, p.credit) ORDER BY p.seq`,
  },
} satisfies Record<string, Query>;

/** An account of a book as its postings give it. */
export interface AccountBalance {
  readonly account: string;
  readonly kind: AccountKind;
  readonly class: AccountClass;
  /** What the chart of accounts says that it holds. */
  readonly holds: string;
  readonly currency: string;
  /** In minor units, credit positive: what an asset holds is its balance below zero. */
  readonly balance: bigint;
  readonly postings: number;
}

/** Every account of a book that was ever posted to, summed from the journal. */
export async function balances(client: Queryable, sellerId: number): Promise<AccountBalance[]> {
  const { rows } = await run<{ account: string; currency: string; balance: bigint; postings: bigint }>(client, balanceQueries.balances, [
    sellerId,
  ]);
  return rows.map(({ account, currency, balance, postings }) => {
    const { kind, class: accountClass } = parseAccount(account);
    return { account, kind, class: accountClass, holds: chart[kind].holds, currency, balance, postings: Number(postings) };
  });
}

/** One line of an account's statement. */
export interface StatementLine {
  readonly posting: number;
  readonly entry: number;
  readonly at: Date;
  readonly cause: string;
  readonly orderId: number | null;
  readonly reverses: number | null;
  /** The account at the posting's other side. */
  readonly other: string;
  readonly currency: string;
  /** In minor units: positive where the account was credited. */
  readonly amount: bigint;
  /** After this line, per currency. */
  readonly balance: bigint;
}

type StatementRow = {
  seq: bigint;
  entry_seq: bigint;
  at: Date;
  cause: string;
  order_id: bigint | null;
  reverses: bigint | null;
  currency: string;
  other: string;
  amount: bigint;
  balance: bigint;
};

/** Every posting to an account, in the journal's order, with the balance after it. Faults on a name outside the chart of accounts. */
export async function statement(client: Queryable, sellerId: number, account: string): Promise<StatementLine[]> {
  const { rows } = await run<StatementRow>(client, balanceQueries.statement, [sellerId, parseAccount(account).id]);
  return rows.map((row) => ({
    posting: Number(row.seq),
    entry: Number(row.entry_seq),
    at: row.at,
    cause: row.cause,
    orderId: row.order_id === null ? null : Number(row.order_id),
    reverses: row.reverses === null ? null : Number(row.reverses),
    other: row.other,
    currency: row.currency,
    amount: row.amount,
    balance: row.balance,
  }));
}
