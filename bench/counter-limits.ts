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
 * One commit: a list given to act() sets off together. Log bytes stand 4 % above what was counted, for pages that split at another moment or cannot be
 * tidied up while others' transactions are open, and there is one round trip to spare; everything else is exactly what was counted.
 */
export const limits: Readonly<Record<"fund" | "deliver" | "accept", Limit>> = {
  fund: { trips: 3, statements: 20, commits: 1, rows: 360, wal: 5_060 },
  deliver: { trips: 3, statements: 13, commits: 1, rows: 168, wal: 2_529 },
  accept: { trips: 4, statements: 19, commits: 1, rows: 368, wal: 4_900 },
};
