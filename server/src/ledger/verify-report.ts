/** One thing that is wrong. `entry` numbers a journal entry of the seller's book, `order` is an order's id. */
export interface Finding {
  /** Whose book; 0 is the house's, and stands for the whole installation where solvency is meant. */
  readonly sellerId: number;
  readonly entry?: number;
  readonly order?: number;
  readonly says: string;
}

/** What the rails hold for us against what we owe the parties, in minor units of one currency. */
export interface SolvencyRow {
  readonly currency: string;
  readonly held: bigint;
  readonly owed: bigint;
  readonly surplus: bigint;
}

export interface VerifyReport {
  readonly ok: boolean;
  readonly books: number;
  readonly entries: number;
  readonly postings: number;
  /** Per book; the first wrong entry stands first. */
  readonly findings: readonly Finding[];
  readonly solvency: readonly SolvencyRow[];
}

/** Gathers what is wrong with one book. One bad row can make thousands of others look wrong, so that only the first ones are kept. */
export class Findings {
  readonly #sellerId: number;
  readonly #limit: number;
  readonly #list: Finding[] = [];
  #left = 0;

  constructor(sellerId: number, limit: number) {
    this.#sellerId = sellerId;
    this.#limit = limit;
  }

  add(says: string, about: { readonly entry?: number; readonly order?: number } = {}): void {
    if (this.#list.length < this.#limit) this.#list.push({ sellerId: this.#sellerId, ...about, says });
    else this.#left += 1;
  }

  get none(): boolean {
    return this.#list.length + this.#left === 0;
  }

  /** Those that name an entry come first, in the journal's order; the rest as they were found. */
  list(): Finding[] {
    const sorted = this.#list.toSorted((a, b) => (a.entry ?? Infinity) - (b.entry ?? Infinity) || 0);
    const more = { sellerId: this.#sellerId, says: `and ${this.#left} more` };
    return this.#left === 0 ? sorted : [...sorted, more];
  }
}
