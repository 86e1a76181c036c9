import { Fault } from "../domain/fault.ts";
import type { AccountId, SolvencySide } from "../domain/ledger-accounts.ts";
import { owed, parseAccount } from "../domain/ledger-accounts.ts";
import { keptSign } from "./post.ts";

export interface ReplayedPosting {
  readonly debit: string;
  readonly credit: string;
  readonly amount: bigint;
  readonly currency: string;
}

/** `sign` is 1n, −1n or 0n as in {@link keptSign}. */
interface Known {
  readonly id: AccountId;
  readonly sign: bigint;
  readonly side: SolvencySide;
}

/** Undefined for a name outside the chart of accounts. */
function read(account: string): Known | undefined {
  try {
    const { id, kind } = parseAccount(account);
    return { id, sign: keptSign(account), side: owed(kind) };
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
  readonly #known = new Map<string, Known | undefined>();

  /** Adds a posting and answers what is wrong with it: accounts outside the chart, and kept balances that it takes below zero. */
  add({ debit, credit, amount, currency }: ReplayedPosting): string[] {
    const wrong: string[] = [];
    this.#change(debit, currency, -amount, wrong);
    this.#change(credit, currency, amount, wrong);
    return wrong;
  }

  #change(account: string, currency: string, by: bigint, wrong: string[]): void {
    const key = `${account} ${currency}`;
    const before = this.#balances.get(key) ?? 0n;
    const balance = before + by;
    if (balance === 0n) this.#balances.delete(key);
    else this.#balances.set(key, balance);
    const known = this.#read(account);
    if (known === undefined) {
      wrong.push(`${account} is no account of the chart`);
      return;
    }
    const fell = known.sign * before >= 0n && known.sign * balance < 0n;
    if (fell) wrong.push(`${account} falls to ${known.sign * balance} ${currency}, below its floor`);
  }

  #read(account: string): Known | undefined {
    let known = this.#known.get(account);
    if (known === undefined) {
      // Names of orders and payments come a few times and never again: what was learned of them is forgotten now and then.
      if (this.#known.size > 50_000) this.#known.clear();
      known = read(account);
      this.#known.set(account, known);
    }
    return known;
  }

  /** The account's name once it is known to be in the chart; undefined for others. Reading a name is dear, so that it is done once. */
  named(account: string): AccountId | undefined {
    return this.#read(account)?.id;
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
