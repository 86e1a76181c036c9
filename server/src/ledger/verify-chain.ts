import type { Query, Queryable } from "../db/connect.ts";
import { run } from "../db/connect.ts";
import { chainPosting, entryId, genesis, headerDigest } from "./chain.ts";
import { Replay } from "./replay.ts";
import type { Findings } from "./verify-report.ts";

/** Where a book's own row says that its journal and its history end. */
export interface BookRow {
  readonly sellerId: number;
  readonly entrySeq: number;
  readonly postingSeq: number;
  readonly eventSeq: number;
  readonly chainHead: string | null;
}

/** A head that was noted down elsewhere, e.g. mailed to the operator: the only thing that shows a tail cut together with the head. */
export interface NotedHead {
  readonly sellerId: number;
  readonly postingSeq: number;
  readonly chainHead: string;
}

export const chainQueries = {
  page: {
    name: "verify_page",
    text: `SELECT p.seq, p.entry_seq, p.debit, p.credit, p.amount, p.currency, encode(p.hash, 'hex') AS hash, e.cause, e.order_id, e.at,
             encode(e.order_digest, 'hex') AS order_digest, e.reverses
           FROM (SELECT * FROM postings WHERE seller_id = $1 AND seq > $2 ORDER BY seq LIMIT $3) p
           LEFT JOIN entries e ON e.seller_id = p.seller_id AND e.seq = p.entry_seq ORDER BY p.seq`,
  },
  lastEntry: { name: "verify_last_entry", text: "SELECT max(seq) AS seq FROM entries WHERE seller_id = $1" },
  postingHash: { name: "verify_posting_hash", text: "SELECT entry_seq, hash FROM postings WHERE seller_id = $1 AND seq = $2" },
} satisfies Record<string, Query>;

type PageRow = {
  seq: bigint;
  entry_seq: bigint;
  debit: string;
  credit: string;
  amount: bigint;
  currency: string;
  hash: string;
  cause: string | null;
  order_id: bigint | null;
  at: Date | null;
  order_digest: string | null;
  reverses: bigint | null;
};

/**
 * Walks a book's journal from its first posting: works every leg's hash out anew, looks for gaps, and replays the balances. Reads page by
 * page, so that a book of millions fits. After a wrong hash it goes on from the stored one, so that later faults are found as well.
 */
export async function walkChain(client: Queryable, book: BookRow, findings: Findings, pageSize: number): Promise<Replay> {
  const walk = new Walk(book, findings);
  const read = (after: bigint) => run<PageRow>(client, chainQueries.page, [book.sellerId, after, pageSize]);
  for (let page: ReturnType<typeof read> | undefined = read(0n); page !== undefined; ) {
    const { rows }: Awaited<typeof page> = await page;
    const last = rows.at(-1);
    // The database looks for the next page while this one's hashes are worked out.
    page = last === undefined || rows.length < pageSize ? undefined : read(last.seq);
    // Should a row here be more than the walk can take, nobody waits for that page any more.
    page?.catch(() => undefined);
    for (const row of rows) walk.step(row);
  }
  const { rows } = await run<{ seq: bigint | null }>(client, chainQueries.lastEntry, [book.sellerId]);
  walk.end(Number(rows[0]?.seq ?? 0));
  return walk.replay;
}

/** Compares heads that were noted down earlier with the journal as it is now. */
export async function checkNotedHeads(client: Queryable, heads: readonly NotedHead[], findings: Findings): Promise<void> {
  for (const { sellerId, postingSeq, chainHead } of heads) {
    const { rows } = await run<{ entry_seq: bigint; hash: Buffer }>(client, chainQueries.postingHash, [sellerId, postingSeq]);
    const found = rows[0];
    if (found === undefined) findings.add(`posting ${postingSeq}, whose hash was noted down, is gone: the end of the journal was cut off`);
    else if (found.hash.toString("hex") !== chainHead) {
      findings.add(`posting ${postingSeq} is not the one whose hash was noted down`, { entry: Number(found.entry_seq) });
    }
  }
}

class Walk {
  readonly #book: BookRow;
  readonly #findings: Findings;
  readonly replay = new Replay();
  seq = 0;
  #entry = 0;
  #id = "";
  #hash = genesis;
  /** The last entry that was reported: one wrong header makes each of its postings wrong, which is said once. */
  #reported = 0;

  constructor(book: BookRow, findings: Findings) {
    this.#book = book;
    this.#findings = findings;
  }

  step(row: PageRow): void {
    const seq = Number(row.seq);
    const entry = Number(row.entry_seq);
    const gap = seq !== this.seq + 1;
    if (gap) this.#report(this.#entryOfGap(entry), `posting ${this.seq + 1} is missing`);
    if (entry !== this.#entry || this.#id === "") this.#enter(entry, row);
    const { hash } = row;
    // After a gap the hash before is not known, and the gap has been reported.
    if (!gap && this.#expected(row, seq) !== hash) {
      this.#report(
        entry,
        `posting ${seq} does not fit its hash: it, its entry's cause, order, time or digest, or a posting before it was changed`,
      );
    }
    for (const wrong of this.replay.add(row)) this.#findings.add(`posting ${seq}: ${wrong}`, { entry });
    this.#hash = hash;
    this.seq = seq;
  }

  /** Which entry a missing posting belonged to: between two entries it may have been the one's last or the other's first. */
  #entryOfGap(next: number): number {
    if (next === this.#entry || (next === this.#entry + 1 && this.#entry > 0)) return this.#entry;
    return this.#entry + 1;
  }

  #enter(entry: number, row: PageRow): void {
    if (entry !== this.#entry + 1) {
      const missing = this.#entry + 1;
      this.#report(
        Math.min(missing, entry),
        entry > missing ? `entry ${missing} has no postings` : `posting ${row.seq} belongs to an earlier entry`,
      );
    }
    const { cause, at } = row;
    if (cause === null || at === null) {
      this.#id = entryId(this.#book.sellerId, entry, "");
      this.#report(entry, `entry ${entry} is missing`);
    } else {
      const orderId = row.order_id === null ? null : Number(row.order_id);
      const digest = headerDigest({
        cause,
        at,
        orderId,
        orderDigest: row.order_digest,
        reverses: row.reverses === null ? null : Number(row.reverses),
      });
      this.#id = entryId(this.#book.sellerId, entry, digest);
    }
    this.#entry = entry;
  }

  /** The hash a posting must have; undefined where it cannot have one, because an account's name is outside the chart. */
  #expected(row: PageRow, seq: number): string | undefined {
    const debit = this.replay.named(row.debit);
    const credit = this.replay.named(row.credit);
    if (debit === undefined || credit === undefined) return undefined;
    return chainPosting(this.#hash, this.#id, { debit, credit, amount: row.amount, currency: row.currency }, 2 * seq - 1);
  }

  #report(entry: number, says: string): void {
    if (this.#reported === entry) return;
    this.#reported = entry;
    this.#findings.add(says, { entry });
  }

  /** Compares where the journal ends with where the book's row says it does. */
  end(lastEntry: number): void {
    const { entrySeq, postingSeq, chainHead } = this.#book;
    if (lastEntry > this.#entry) this.#report(this.#entry + 1, `entry ${this.#entry + 1} has no postings`);
    if (entrySeq !== this.#entry || postingSeq !== this.seq) {
      const says = `the book's head is at entry ${entrySeq}, posting ${postingSeq}, but the journal ends at entry ${this.#entry}, posting ${this.seq}`;
      this.#findings.add(says, { entry: Math.min(entrySeq, this.#entry) + (entrySeq === this.#entry ? 0 : 1) });
    } else if ((chainHead ?? genesis) !== this.#hash) {
      this.#findings.add("the book's chain head is not the hash of its last posting", { entry: Math.max(this.#entry, 1) });
    }
  }
}
