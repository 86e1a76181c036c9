/** What a batch of 32 commands may cost, at most. Rows, statements, commits and round trips are of the whole batch; log bytes are of one command. */
export interface Limit {
  readonly trips: number;
  readonly statements: number;
  readonly commits: number;
  /** Rows inserted, updated or deleted, in all tables. */
  readonly rows: number;
  /** Bytes of write-ahead log, without images of whole pages. */
  readonly wal: number;
}

/**
 * The one place to change when the engine gets cheaper, or when something is worth its price. Whoever raises a number says in the commit what it buys.
 * Two commits, because an idle lane takes the first command at once and the other 31 together. Log bytes stand 1.6 % above what was counted, for pages
 * that split at another moment, and there is one round trip to spare; everything else is exactly what was counted.
 */
export const limits: Readonly<Record<"fund" | "deliver" | "accept", Limit>> = {
  fund: { trips: 5, statements: 40, commits: 2, rows: 361, wal: 4_890 },
  deliver: { trips: 5, statements: 26, commits: 2, rows: 169, wal: 2_500 },
  accept: { trips: 6, statements: 37, commits: 2, rows: 370, wal: 4_840 },
};
