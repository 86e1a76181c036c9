import type { Clock } from "./clock.ts";

/** One movement of money. An account whose name begins with `outside:` is not the rail's: a payer's card, a payee's bank. */
export interface Movement {
  readonly number: number;
  readonly at: Date;
  /** What it was: payment, fee, transfer, refund, … */
  readonly what: string;
  readonly from: string;
  readonly to: string;
  readonly amount: bigint;
  readonly currency: string;
  /** The reference of the payment, transfer or refund it belongs to. */
  readonly reference: string;
}

interface Totals {
  in: bigint;
  out: bigint;
  readonly accounts: Map<string, bigint>;
}

const isOutside = (account: string): boolean => account.startsWith("outside:");

/** The rail's own books, in memory: whole numbers of the smallest unit. Everything that moved stays listed, as a record beside that of the program under test. */
export class Books {
  readonly #clock: Clock;
  #movements: Movement[] = [];
  readonly #totals = new Map<string, Totals>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Moves money, and checks that what came in is what went out and what is still here. Only where `overdraw` is given may an account fall
   * below nothing: a rail takes a lost dispute from an empty balance too.
   */
  move(movement: Omit<Movement, "number" | "at">, overdraw = false): void {
    const { from, to, amount, currency } = movement;
    if (amount <= 0n || from === to || (isOutside(from) && isOutside(to))) throw new Error(`no movement: ${amount} from ${from} to ${to}`);
    const left = this.balance(from, currency) - amount;
    if (left < 0n && !isOutside(from) && !overdraw) throw new Error(`${from} has not ${amount} ${currency}`);
    const totals = this.#of(currency);
    if (isOutside(from)) totals.in += amount;
    else totals.accounts.set(from, left);
    if (isOutside(to)) totals.out += amount;
    else totals.accounts.set(to, this.balance(to, currency) + amount);
    this.#movements.push({ ...movement, number: this.#movements.length + 1, at: this.#clock.now() });
    this.#check(currency, totals);
  }

  balance(account: string, currency: string): bigint {
    return this.#totals.get(currency)?.accounts.get(account) ?? 0n;
  }

  movements(): readonly Movement[] {
    return this.#movements;
  }

  /** Per currency: what came in, what went out, and what lies where. Counted anew from the movements, and held against what was kept. */
  audit(): { currency: string; in: bigint; out: bigint; held: Record<string, bigint> }[] {
    return [...this.#totals].map(([currency, totals]) => {
      const held: Record<string, bigint> = {};
      let inward = 0n;
      let outward = 0n;
      for (const { from, to, amount, currency: moved } of this.#movements) {
        if (moved !== currency) continue;
        if (isOutside(from)) inward += amount;
        else held[from] = (held[from] ?? 0n) - amount;
        if (isOutside(to)) outward += amount;
        else held[to] = (held[to] ?? 0n) + amount;
      }
      for (const [account, kept] of totals.accounts) {
        if ((held[account] ?? 0n) !== kept) throw new Error(`${account} holds ${kept} ${currency}, its movements say ${held[account]}`);
      }
      if (inward !== totals.in || outward !== totals.out) throw new Error(`the totals of ${currency} are not those of its movements`);
      return { currency, in: inward, out: outward, held };
    });
  }

  clear(): void {
    this.#movements = [];
    this.#totals.clear();
  }

  #of(currency: string): Totals {
    const totals = this.#totals.get(currency) ?? { in: 0n, out: 0n, accounts: new Map<string, bigint>() };
    this.#totals.set(currency, totals);
    return totals;
  }

  #check(currency: string, totals: Totals): void {
    let held = 0n;
    for (const amount of totals.accounts.values()) held += amount;
    if (totals.in !== totals.out + held) throw new Error(`${currency}: ${totals.in} in is not ${totals.out} out and ${held} held`);
  }
}
