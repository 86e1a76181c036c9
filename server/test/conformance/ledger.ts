// What the Ledger Conformance Kit asks of a ledger. Its checks see nothing else, so that any ledger can stand behind it.

export interface Leg {
  readonly accountId: string;
  readonly type: "DEBIT" | "CREDIT";
  /** Whole minor units, above zero. */
  readonly amountSubunits: number;
  readonly currency: string;
}

export interface Post {
  readonly idempotencyKey: string;
  /** The caller's own name for it; a repeat under the same key may carry another. */
  readonly transactionId: string;
  readonly allowOverdraft: boolean;
  readonly legs: readonly Leg[];
}

/** Three answers, never two: done now, done before, or refused. A refusal is an answer, not an error. */
export interface Posted {
  readonly status: "APPLIED" | "DUPLICATE" | "REJECTED";
  readonly transactionId: string;
  readonly reason: string | null;
}

/** One leg as the journal holds it. */
export interface JournalLeg {
  readonly entryId: string;
  readonly transactionId: string;
  readonly accountId: string;
  readonly type: "DEBIT" | "CREDIT";
  readonly amountSubunits: number;
  readonly currency: string;
  readonly sequence: number;
  readonly accountSequence: number;
  readonly prevHash: string;
  readonly entryHash: string;
}

export interface Ledger {
  /** Empties everything. */
  reset(): Promise<void>;
  post(post: Post): Promise<Posted>;
  /** Minor units, credit positive. */
  balance(account: string, currency: string): Promise<number>;
  /** In the order of commits. */
  journal(): Promise<readonly JournalLeg[]>;
}

/** Credit positive, debit negative. */
export function signed({ type, amountSubunits }: Pick<Leg, "type" | "amountSubunits">): number {
  return type === "CREDIT" ? amountSubunits : -amountSubunits;
}
