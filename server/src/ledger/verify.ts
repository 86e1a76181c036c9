import pg from "pg";
import type { Query, Queryable } from "../db/connect.ts";
import { run } from "../db/connect.ts";
import { checkNotedHeads, walkChain } from "./verify-chain.ts";
import type { BookRow, NotedHead } from "./verify-chain.ts";
import { checkHistory } from "./verify-history.ts";
import { checkMoney } from "./verify-money.ts";
import { checkReferences } from "./verify-references.ts";
import { Findings } from "./verify-report.ts";
import type { Finding, SolvencyRow, VerifyReport } from "./verify-report.ts";

export interface VerifyOptions {
  /** Only this seller's book. Solvency is then left out, because it is the installation's. */
  readonly sellerId?: number;
  /** Heads that were noted down outside of the database: they show a journal whose end was cut off together with its head. */
  readonly heads?: readonly NotedHead[];
  readonly onProgress?: (done: { readonly sellerId: number; readonly postings: number }) => void;
  /** Rows read at once. */
  readonly pageSize?: number;
  /** How many findings are kept for each book. */
  readonly findingsPerBook?: number;
}

export const verifyQueries = {
  books: {
    name: "verify_books",
    text: `SELECT seller_id, entry_seq, posting_seq, event_seq, chain_head FROM books
           WHERE $1::bigint IS NULL OR seller_id = $1 ORDER BY seller_id`,
  },
} satisfies Record<string, Query>;

type HeadRow = { seller_id: bigint; entry_seq: bigint; posting_seq: bigint; event_seq: bigint; chain_head: Buffer | null };

/**
 * Proves the books, or says what is wrong with them: walks every hash chain from its beginning, replays the journal and compares every
 * kept balance, follows every order's steps, and checks that money on its way is backed and that the installation is solvent. Changes
 * nothing, needs only the rights of `tranche_read`, and reads page by page.
 *
 * Given a pool, it looks at one snapshot without limits of time. Given a connection, the caller has begun a transaction at REPEATABLE READ,
 * or nobody writes meanwhile; otherwise books that change under its eyes look wrong.
 */
export async function verifyBooks(client: Queryable, options: VerifyOptions = {}): Promise<VerifyReport> {
  if (!(client instanceof pg.Pool)) return verifySnapshot(client, options);
  const own = await client.connect();
  let broken: Error | undefined;
  // Out of the pool nobody else listens, and a server that dies between two pages would otherwise end the process.
  const remember = (error: Error) => {
    broken = error;
  };
  own.on("error", remember);
  try {
    await own.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    await own.query("SELECT set_config('statement_timeout', '0', true), set_config('idle_in_transaction_session_timeout', '0', true)");
    return await verifySnapshot(own, options);
  } finally {
    await own.query("ROLLBACK").catch(remember);
    own.off("error", remember);
    own.release(broken);
  }
}

async function verifySnapshot(client: Queryable, options: VerifyOptions): Promise<VerifyReport> {
  const pageSize = options.pageSize ?? 5_000;
  const { rows } = await run<HeadRow>(client, verifyQueries.books, [options.sellerId ?? null]);
  const found: Finding[] = [];
  const sums = new Map<string, { held: bigint; owed: bigint }>();
  let entries = 0;
  let postings = 0;
  for (const row of rows) {
    const book = readBook(row);
    const { sellerId } = book;
    const findings = new Findings(sellerId, options.findingsPerBook ?? 100);
    let done = 0;
    const walked = await walkChain(client, book, findings, pageSize, (more) => {
      done += more;
      options.onProgress?.({ sellerId, postings: done });
    });
    const heads = (options.heads ?? []).filter((head) => head.sellerId === sellerId);
    await checkNotedHeads(client, heads, findings);
    await checkMoney(client, sellerId, walked.replay, findings, pageSize);
    await checkHistory(client, book, walked.replay, findings, pageSize);
    walked.replay.addSolvency(sums);
    entries += walked.entries;
    postings += walked.postings;
    found.push(...findings.list());
  }
  found.push(...(await checkReferences(client, options.sellerId ?? null)));
  const solvency = options.sellerId === undefined ? solvencyRows(sums) : [];
  for (const { currency, surplus } of solvency) {
    if (surplus < 0n) found.push({ sellerId: 0, says: `the rails hold ${-surplus} ${currency} less than is owed to the parties` });
  }
  return { ok: found.length === 0, books: rows.length, entries, postings, findings: found, solvency };
}

function readBook(row: HeadRow): BookRow {
  return {
    sellerId: Number(row.seller_id),
    entrySeq: Number(row.entry_seq),
    postingSeq: Number(row.posting_seq),
    eventSeq: Number(row.event_seq),
    chainHead: row.chain_head?.toString("hex") ?? null,
  };
}

function solvencyRows(sums: ReadonlyMap<string, { readonly held: bigint; readonly owed: bigint }>): SolvencyRow[] {
  return [...sums]
    .map(([currency, { held, owed }]) => ({ currency, held, owed, surplus: held - owed }))
    .toSorted((a, b) => (a.currency < b.currency ? -1 : 1));
}
