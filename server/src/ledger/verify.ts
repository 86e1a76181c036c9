import pg from "pg";
import type { Query, Queryable } from "../db/connect.ts";
import { run } from "../db/connect.ts";
import { prove } from "./prove.ts";
import type { BookSize } from "./prove.ts";
import type { Replay } from "./replay.ts";
import { checkNotedHeads, walkChain } from "./verify-chain.ts";
import type { BookRow, NotedHead } from "./verify-chain.ts";
import { checkHistory } from "./verify-history.ts";
import { checkMoney } from "./verify-money.ts";
import { referenceChecks } from "./verify-references.ts";
import { Findings } from "./verify-report.ts";
import type { Finding, SolvencyRow, VerifyReport } from "./verify-report.ts";

export interface VerifyOptions {
  /** Only this seller's book. Solvency is then left out, because it is the installation's. */
  readonly sellerId?: number;
  /** Heads that were noted down outside of the database: they show a journal whose end was cut off together with its head. */
  readonly heads?: readonly NotedHead[];
  readonly onProgress?: (done: { readonly sellerId: number; readonly postings: number }) => void;
  /** Postings looked at in one statement. */
  readonly pageSize?: number;
  /** How many findings are kept for each book. */
  readonly findingsPerBook?: number;
  /** Walks every book row by row, whether or not it looks wrong: the hashes are then worked out in this process, not in the database. */
  readonly walk?: boolean;
  /** From how many postings on a second connection of the pool takes half of the work. */
  readonly shareFrom?: number;
}

export const verifyQueries = {
  books: {
    name: "verify_books",
    // A head may say anything. Only where it speaks of more than one piece are the postings counted: into so many pieces the book is cut.
    text: `SELECT seller_id, CASE WHEN posting_seq > $2::bigint
             THEN (SELECT count(*) FROM postings p WHERE p.seller_id = b.seller_id) ELSE greatest(posting_seq, 0) END AS postings
           FROM books b WHERE $1::bigint IS NULL OR seller_id = $1 ORDER BY seller_id`,
  },
  heads: {
    name: "verify_heads",
    text: "SELECT seller_id, entry_seq, posting_seq, event_seq, encode(chain_head, 'hex') AS chain_head FROM books WHERE seller_id = ANY($1::bigint[])",
  },
} satisfies Record<string, Query>;

type HeadRow = { seller_id: bigint; entry_seq: bigint; posting_seq: bigint; event_seq: bigint; chain_head: string | null };

/**
 * Every check joins whole pieces of tables, and a hash join takes the same time for each row however many there are and whatever is known of them.
 * Where a table has no statistics, or old ones, or one book is much longer than the others, PostgreSQL takes other joins and goes through all of one
 * side for each row of the other. Walks and look-ups of single rows want those, so they are only off meanwhile.
 */
const planning = {
  off: "SET LOCAL enable_nestloop = off; SET LOCAL enable_mergejoin = off",
  asBefore: "SET LOCAL enable_nestloop TO DEFAULT; SET LOCAL enable_mergejoin TO DEFAULT",
};

/**
 * Proves the books, or says what is wrong with them: every hash chain from its beginning, every kept balance against a replay of the
 * journal, every order's steps, that money on its way is backed and that the installation is solvent. Changes nothing, and needs only the
 * rights of `tranche_read`.
 *
 * The checks are made set-wise in the database, piece by piece. Each book that looks wrong is then walked row by row, which says what is wrong.
 *
 * Given a pool, it looks at one snapshot, with up to two connections. Given a connection, the caller has begun a transaction at REPEATABLE
 * READ, or nobody writes meanwhile; otherwise books that change under its eyes look wrong.
 */
export async function verifyBooks(client: Queryable, options: VerifyOptions = {}): Promise<VerifyReport> {
  if (!(client instanceof pg.Pool)) return verifySnapshot([client], await readBooks(client, options), options);
  return withSnapshot(client, undefined, async (own) => {
    const books = await readBooks(own, options);
    const postings = books.reduce((sum, book) => sum + book.postings, 0);
    const spare = client.idleCount + client.options.max - client.totalCount;
    if (postings < (options.shareFrom ?? 20_000) || spare < 1) return verifySnapshot([own], books, options);
    const { rows } = await own.query<{ snapshot: string }>("SELECT pg_export_snapshot() AS snapshot");
    return withSnapshot(client, rows[0]?.snapshot, (second) => verifySnapshot([own, second], books, options));
  });
}

/** Lends a connection that sees one moment: its own, or that of a snapshot another one exported. */
export async function withSnapshot<T>(
  pool: pg.Pool,
  snapshot: string | undefined,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  // Out of the pool nobody else listens, and a session that ends between two statements would otherwise end the process.
  const remember = (error: Error) => {
    broken = error;
  };
  client.on("error", remember);
  try {
    await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    if (snapshot !== undefined) await client.query(`SET TRANSACTION SNAPSHOT ${client.escapeLiteral(snapshot)}`);
    // A piece takes seconds. The connection rests while another works; its pieces are for one processor, and too few rows to compile a plan for.
    // The general plan, which a connection takes from the sixth time on, took minutes where one for these books takes seconds.
    await client.query(`SELECT set_config('statement_timeout', '30min', true), set_config('idle_in_transaction_session_timeout', '0', true),
      set_config('work_mem', '32MB', true), set_config('max_parallel_workers_per_gather', '0', true), set_config('jit', 'off', true), set_config('plan_cache_mode', 'force_custom_plan', true)`);
    return await work(client);
  } finally {
    await client.query("ROLLBACK").catch(remember);
    client.off("error", remember);
    client.release(broken);
  }
}

async function readBooks(client: Queryable, options: VerifyOptions): Promise<BookSize[]> {
  const values = [options.sellerId ?? null, pieceOf(options)];
  const { rows } = await run<{ seller_id: bigint; postings: bigint }>(client, verifyQueries.books, values);
  return rows.map(({ seller_id, postings }) => ({ sellerId: Number(seller_id), postings: Number(postings) }));
}

/** Where the rows of some books say that they end. */
async function readHeads(client: Queryable, sellerIds: readonly number[]): Promise<Map<number, BookRow>> {
  const { rows } = await run<HeadRow>(client, verifyQueries.heads, [sellerIds]);
  return new Map(
    rows.map(({ seller_id, entry_seq, posting_seq, event_seq, chain_head: chainHead }) => {
      const sellerId = Number(seller_id);
      return [sellerId, { sellerId, entrySeq: Number(entry_seq), postingSeq: Number(posting_seq), eventSeq: Number(event_seq), chainHead }];
    }),
  );
}

/** Postings that are proved by one statement. */
const pieceOf = (options: VerifyOptions) => options.pageSize ?? 50_000;

async function verifySnapshot(
  clients: readonly [Queryable, ...Queryable[]],
  books: readonly BookSize[],
  options: VerifyOptions,
): Promise<VerifyReport> {
  const [client] = clients;
  const told = new Map<number, number>();
  const checks = referenceChecks(options.sellerId ?? null);
  const lost: Finding[][] = checks.map(() => []);
  const references = checks.map((check, i) => async (one: Queryable) => void (lost[i] = await check(one)));
  await Promise.all(clients.map((one) => one.query(planning.off)));
  const onPiece = (sellerId: number, more: number) => {
    const postings = (told.get(sellerId) ?? 0) + more;
    told.set(sellerId, postings);
    options.onProgress?.({ sellerId, postings });
  };
  const proof = await prove(clients, books, pieceOf(options), onPiece, references);
  await Promise.all(clients.map((one) => one.query(planning.asBefore)));
  const walked = await readHeads(client, options.walk === true ? books.map(({ sellerId }) => sellerId) : [...proof.suspects]);
  const solvencyOf = Map.groupBy(proof.solvency, ({ sellerId }) => sellerId);
  const found: Finding[] = [];
  const sums = new Map<string, { held: bigint; owed: bigint }>();
  for (const { sellerId } of books) {
    const findings = new Findings(sellerId, options.findingsPerBook ?? 100);
    const heads = (options.heads ?? []).filter((head) => head.sellerId === sellerId);
    const book = walked.get(sellerId);
    if (book !== undefined) {
      const replay = await walkBook(client, book, heads, findings, options.pageSize ?? 5_000);
      // Two ways of looking that disagree are themselves something wrong.
      if (proof.suspects.has(sellerId) && findings.none)
        findings.add("looks wrong to the database's own checks, though nothing is found walking it row by row");
      replay.addSolvency(sums);
    } else {
      await checkNotedHeads(client, heads, findings);
      for (const { currency, held, owed } of solvencyOf.get(sellerId) ?? []) {
        const sum = sums.get(currency) ?? { held: 0n, owed: 0n };
        sums.set(currency, { held: sum.held + held, owed: sum.owed + owed });
      }
    }
    found.push(...findings.list());
  }
  found.push(...lost.flat());
  const solvency = options.sellerId === undefined ? solvencyRows(sums) : [];
  for (const { currency, surplus } of solvency) {
    if (surplus < 0n) found.push({ sellerId: 0, says: `the rails hold ${-surplus} ${currency} less than is owed to the parties` });
  }
  const { entries, postings } = proof;
  return { ok: found.length === 0, books: books.length, entries, postings, findings: found, solvency };
}

/** Looks at a book row by row, in this process, and says what is wrong with it, the first wrong entry first. */
async function walkBook(
  client: Queryable,
  book: BookRow,
  heads: readonly NotedHead[],
  findings: Findings,
  pageSize: number,
): Promise<Replay> {
  const replay = await walkChain(client, book, findings, pageSize);
  await checkNotedHeads(client, heads, findings);
  await checkMoney(client, book.sellerId, replay, findings, pageSize);
  await checkHistory(client, book, replay, findings, pageSize);
  return replay;
}

function solvencyRows(sums: ReadonlyMap<string, { readonly held: bigint; readonly owed: bigint }>): SolvencyRow[] {
  return [...sums]
    .map(([currency, { held, owed }]) => ({ currency, held, owed, surplus: held - owed }))
    .toSorted((a, b) => (a.currency < b.currency ? -1 : 1));
}
