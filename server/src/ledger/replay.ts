import { Fault } from "../domain/fault.ts";
import type { SolvencySide } from "../domain/ledger-accounts.ts";
import { owed, parseAccount } from "../domain/ledger-accounts.ts";
import { keptSign } from "./post.ts";

export interface ReplayedPosting {
  readonly debit: string;
  readonly credit: string;
  readonly amount: bigint;
  readonly currency: string;
}

/** 1n, −1n or 0n as in {@link keptSign}; undefined for a name outside the chart of accounts. */
function read(account: string): { readonly sign: bigint; readonly side: SolvencySide } | undefined {
  try {
    return { sign: keptSign(account), side: owed(parseAccount(account).kind) };
  } catch (error) {
    if (error instanceof Fault) return undefined;
    throw error;
  }
}

/**
 * A book's balances, worked out anew from its postings. Only accounts that are not at zero take room, so that millions of ended orders
 * cost nothing.
 */
export class Replay {
  /** `account currency` → balance, credit positive. */
  readonly #balances = new Map<string, bigint>();
  readonly #known = new Map<string, ReturnType<typeof read>>();

  /** Adds a posting and answers what is wrong with it: accounts outside the chart, and kept balances that it takes below zero. */
  add({ debit, credit, amount, currency }: ReplayedPosting): string[] {
    return [...this.#change(debit, currency, -amount), ...this.#change(credit, currency, amount)];
  }

  #change(account: string, currency: string, by: bigint): string[] {
    const key = `${account} ${currency}`;
    const before = this.#balances.get(key) ?? 0n;
    const balance = before + by;
    if (balance === 0n) this.#balances.delete(key);
    else this.#balances.set(key, balance);
    const known = this.#read(account);
    if (known === undefined) return [`${account} is no account of the chart`];
    const fell = known.sign * before >= 0n && known.sign * balance < 0n;
    return fell ? [`${account} falls to ${known.sign * balance} ${currency}, below its floor`] : [];
  }

  #read(account: string): ReturnType<typeof read> {
    if (!this.#known.has(account)) {
      // Names of orders and payments come once and never again: what was learned of them is forgotten now and then.
      if (this.#known.size > 50_000) this.#known.clear();
      this.#known.set(account, read(account));
    }
    return this.#known.get(account);
  }

  /** Credit positive; 0 for an account that was never posted to. */
  balance(account: string, currency: string): bigint {
    return this.#balances.get(`${account} ${currency}`) ?? 0n;
  }

  /** What `accounts.balance` must hold; null where none is kept. */
  kept(account: string, currency: string): bigint | null {
    const known = this.#read(account);
    return known === undefined || known.sign === 0n ? null : known.sign * this.balance(account, currency);
  }

  /** Every account that is not at zero. */
  *all(): Iterable<{ readonly account: string; readonly currency: string; readonly balance: bigint }> {
    for (const [key, balance] of this.#balances) {
      const space = key.lastIndexOf(" ");
      yield { account: key.slice(0, space), currency: key.slice(space + 1), balance };
    }
  }

  /** Adds this book to the installation's solvency, per currency. */
  addSolvency(sums: Map<string, { held: bigint; owed: bigint }>): void {
    for (const { account, currency, balance } of this.all()) {
      const side = this.#read(account)?.side ?? "none";
      if (side === "none") continue;
      const sum = sums.get(currency) ?? { held: 0n, owed: 0n };
      sums.set(currency, side === "held" ? { ...sum, held: sum.held - balance } : { ...sum, owed: sum.owed + balance });
    }
  }
}
