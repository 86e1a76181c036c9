import type { Seller } from "../domain/seller.ts";

const mostSellers = 10_000;
const mostAccounts = 100_000;

/**
 * What a process remembers between batches so that it need not be read or written again. Nothing here is trusted unseen: a seller comes with
 * the stamp of its row, which the database compares under the book's lock, and an account that exists never goes.
 */
export class Known {
  readonly #sellers = new Map<number, { readonly seller: Seller; readonly stamp: string }>();
  readonly #accounts = new Set<string>();

  /** The stamp of a seller's row as it was last read; empty if it was not. */
  stampOf(sellerId: number): string {
    return this.#sellers.get(sellerId)?.stamp ?? "";
  }

  seller(sellerId: number): Seller | undefined {
    return this.#sellers.get(sellerId)?.seller;
  }

  keepSeller(seller: Seller, stamp: string): void {
    if (this.#sellers.size >= mostSellers) this.#sellers.clear();
    this.#sellers.set(seller.id, { seller, stamp });
  }

  hasAccount(key: string): boolean {
    return this.#accounts.has(key);
  }

  /** To be called when the transaction that opened them, or found them open, is committed. */
  keepAccounts(keys: Iterable<string>): void {
    if (this.#accounts.size >= mostAccounts) this.#accounts.clear();
    for (const key of keys) this.#accounts.add(key);
  }

  /** After a lost connection the database may be another one, restored from yesterday. */
  forget(): void {
    this.#sellers.clear();
    this.#accounts.clear();
  }
}
