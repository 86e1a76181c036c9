import { Fault, must } from "../domain/fault.ts";
import type { Posting } from "../domain/movements.ts";
import { isCurrency } from "../domain/currency.ts";
import { parseAccount } from "../domain/ledger-accounts.ts";
import { chainPosting, entryId, genesis, headerDigest } from "./chain.ts";

/** Where a book's journal stands: the last entry, the last posting, and the hash of its last leg. */
export interface BookHead {
  readonly entrySeq: number;
  readonly postingSeq: number;
  readonly chainHead: string | null;
}

export interface EntryHeader {
  /** Why the money moved, e.g. `order.accept` */
  readonly cause: string;
  readonly orderId: number | null;
  /** The order's running digest, so that its history is sealed with its money. */
  readonly orderDigest: string | null;
  readonly at: Date;
  /** The entry this one turns round. */
  readonly reverses: number | null;
}

export interface JournalEntry extends EntryHeader {
  readonly sellerId: number;
  readonly seq: number;
}

export interface JournalPosting {
  readonly sellerId: number;
  readonly seq: number;
  readonly entrySeq: number;
  readonly debit: string;
  readonly credit: string;
  readonly amount: bigint;
  readonly currency: string;
  readonly hash: string;
}

/** An amount added to (or taken from) what an account with a floor owes. */
export interface BalanceChange {
  readonly account: string;
  readonly currency: string;
  readonly by: bigint | null;
}

export interface Posted {
  readonly head: BookHead;
  readonly entry: JournalEntry;
  readonly postings: readonly JournalPosting[];
}

/**
 * Numbers a journal entry's postings and links them to the book's chain. Pure: the caller holds the book's lock and stores what it
 * answers in the same transaction. Throws a fault for an empty entry, an unknown account or currency, or an amount that is not positive.
 */
export function post(sellerId: number, head: BookHead, header: EntryHeader, postings: readonly Posting[]): Posted {
  if (postings.length === 0) throw new Fault(`an entry for ${header.cause} without postings`);
  const entry: JournalEntry = { sellerId, seq: head.entrySeq + 1, ...header };
  const id = entryId(sellerId, entry.seq, headerDigest(header));
  let hash = head.chainHead ?? genesis;
  const chained = postings.map((posting, i): JournalPosting => {
    checkPosting(posting);
    const seq = head.postingSeq + 1 + i;
    hash = chainPosting(hash, id, posting, 2 * seq - 1);
    return {
      sellerId,
      seq,
      entrySeq: entry.seq,
      debit: posting.debit,
      credit: posting.credit,
      amount: posting.amount,
      currency: posting.currency,
      hash,
    };
  });
  const last = must(chained.at(-1), "a posting");
  return { head: { entrySeq: entry.seq, postingSeq: last.seq, chainHead: hash }, entry, postings: chained };
}

function checkPosting(posting: Posting): void {
  if (posting.amount <= 0n) throw new Fault(`a posting of ${posting.amount}`);
  if (posting.debit === posting.credit) throw new Fault(`a posting from ${posting.debit} to itself`);
  if (!isCurrency(posting.currency)) throw new Fault(`a posting in ${String(posting.currency)}`);
  parseAccount(posting.debit);
  parseAccount(posting.credit);
}

/**
 * What postings do to the balances that are kept, per account and currency: those of accounts with a floor, and the receivable, because
 * decisions read it. Every account posted to is named, with `by` null where no balance is kept. A kept balance is what is owed, so never negative.
 */
export function balanceChanges(postings: readonly Posting[]): BalanceChange[] {
  const sums = new Map<string, BalanceChange>();
  const add = (account: string, currency: string, credit: bigint) => {
    const sign = keptSign(account);
    const before = sums.get(`${account} ${currency}`)?.by ?? 0n;
    sums.set(`${account} ${currency}`, { account, currency, by: sign === 0n ? null : before + sign * credit });
  };
  for (const { debit, credit, amount, currency } of postings) {
    add(debit, currency, -amount);
    add(credit, currency, amount);
  }
  return [...sums.values()];
}

/** 1n where a credit raises the kept balance, −1n for the receivable (what it holds is owed to us), 0n where no balance is kept. */
export function keptSign(account: string): bigint {
  const { kind, floor } = parseAccount(account);
  if (kind === "seller_receivable") return -1n;
  return floor === null ? 0n : 1n;
}
