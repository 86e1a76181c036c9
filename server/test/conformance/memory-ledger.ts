import { createHash } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { JournalLeg, Ledger, Leg, Post, Posted } from "./ledger.ts";
import { signed } from "./ledger.ts";

/** One thing that a ledger does wrong: each is what one check, and no other, finds. */
export const defects = [
  "takes_unbalanced",
  "renames_history",
  "hashes_without_amount",
  "forgets_older_keys",
  "looks_then_remembers",
  "drops_in_a_crowd",
  "loses_credits_in_a_crowd",
  "reads_a_stale_balance",
  "guards_too_early",
  "rounds_small_money",
  "sums_across_currencies",
  "deletes_what_is_reversed",
  "files_euros_under_a_neighbour",
  "repeats_account_numbers",
  "calls_refused_done",
] as const;
export type Defect = (typeof defects)[number];

type Line = Omit<JournalLeg, "sequence" | "accountSequence" | "prevHash" | "entryHash" | "entryId">;

/** A ledger in memory that is right, or wrong in exactly one way. It is not ours: it is what the checks are tried on. */
export class MemoryLedger implements Ledger {
  readonly #defect: Defect | undefined;
  #lines: Line[] = [];
  #balances = new Map<string, number>();
  #changes = new Map<string, number>();
  #keys = new Map<string, Posted["status"]>();
  #inFlight = 0;
  #units = 0;

  constructor(defect?: Defect) {
    this.#defect = defect;
  }

  async reset(): Promise<void> {
    this.#lines = [];
    this.#balances = new Map();
    this.#changes = new Map();
    this.#keys = new Map();
    this.#units = 0;
  }

  async post(post: Post): Promise<Posted> {
    this.#inFlight += 1;
    try {
      // Somebody else may always come between the call and the work.
      await nextTurn();
      return await this.#work(post);
    } finally {
      this.#inFlight -= 1;
    }
  }

  async #work(post: Post): Promise<Posted> {
    const answer = (status: Posted["status"]): Posted => ({ status, transactionId: post.transactionId, reason: null });
    const before = this.#keys.get(post.idempotencyKey);
    if (this.#is("looks_then_remembers")) await nextTurn();
    if (before === "REJECTED") return answer(this.#is("calls_refused_done") ? "DUPLICATE" : "REJECTED");
    if (before !== undefined) return answer("DUPLICATE");
    if (this.#is("forgets_older_keys")) this.#keys.clear();
    if (!this.#fits(post)) return answer(this.#remember(post, "REJECTED"));
    this.#remember(post, "APPLIED");
    if (this.#is("guards_too_early")) await nextTurn();
    if (!this.#skips(post)) this.#write(post);
    return answer("APPLIED");
  }

  #remember(post: Post, status: Posted["status"]): Posted["status"] {
    this.#keys.set(post.idempotencyKey, status);
    return status;
  }

  #fits({ legs, allowOverdraft }: Post): boolean {
    const sums = new Map<string, number>();
    for (const leg of legs) {
      const name = this.#is("sums_across_currencies") ? "all" : leg.currency;
      sums.set(name, (sums.get(name) ?? 0) + signed(leg));
    }
    const one = sums.size === 1 && this.#is("takes_unbalanced");
    if (!one && [...sums.values()].some((sum) => sum !== 0)) return false;
    return allowOverdraft || legs.every((leg) => leg.type === "CREDIT" || this.#holds(leg) >= leg.amountSubunits);
  }

  #holds({ accountId, currency }: Leg): number {
    return this.#balances.get(`${accountId} ${currency}`) ?? 0;
  }

  /** Answered as applied, and not done. */
  #skips({ legs }: Post): boolean {
    if (this.#is("drops_in_a_crowd")) return this.#inFlight > 450;
    if (!this.#is("rounds_small_money") || legs[0]?.amountSubunits !== 1) return false;
    this.#units += 1;
    return this.#units % 700 === 0;
  }

  #write({ legs, transactionId }: Post): void {
    if (this.#is("deletes_what_is_reversed") && this.#takeBack(legs)) return;
    const inside = legs.every((leg) => leg.accountId.startsWith("acct:"));
    for (const leg of legs) {
      const lost = this.#is("loses_credits_in_a_crowd") && this.#inFlight > 350 && inside && leg.type === "CREDIT";
      if (!lost) this.#change(leg);
      this.#lines.push({ ...leg, transactionId, accountId: this.#filedUnder(leg) });
    }
    if (this.#is("renames_history") && this.#lines.length > 8) {
      const first = this.#lines[0]?.transactionId;
      this.#lines = this.#lines.map((line) => (line.transactionId === first ? { ...line, transactionId: `${first}*` } : line));
    }
  }

  #change(leg: Leg): void {
    const name = `${leg.accountId} ${leg.currency}`;
    this.#balances.set(name, (this.#balances.get(name) ?? 0) + signed(leg));
    this.#changes.set(name, (this.#changes.get(name) ?? 0) + 1);
  }

  #filedUnder({ accountId, currency }: Leg): string {
    if (!this.#is("files_euros_under_a_neighbour") || currency !== "EUR" || accountId !== "acct:2") return accountId;
    return "acct:4";
  }

  /** Takes the last transaction out of the journal if these legs turn it round. */
  #takeBack(legs: readonly Leg[]): boolean {
    const last = this.#lines.at(-1)?.transactionId;
    const own = this.#lines.filter((line) => line.transactionId === last);
    const mirror = (a: Leg, b: Line) => a.accountId === b.accountId && a.type !== b.type && a.amountSubunits === b.amountSubunits;
    if (own.length !== legs.length || !legs.every((leg) => own.some((line) => mirror(leg, line)))) return false;
    for (const leg of legs) this.#change(leg);
    this.#lines = this.#lines.filter((line) => line.transactionId !== last);
    return true;
  }

  async balance(account: string, currency: string): Promise<number> {
    const name = `${account} ${currency}`;
    const changes = this.#changes.get(name) ?? 0;
    const stale = this.#is("reads_a_stale_balance") && changes > 150 && changes < 250;
    return (this.#balances.get(name) ?? 0) - (stale ? 1 : 0);
  }

  async journal(): Promise<readonly JournalLeg[]> {
    let prevHash = "GENESIS";
    return this.#lines.map((line, i) => {
      const sequence = i + 1;
      const amount = this.#is("hashes_without_amount") ? "" : line.amountSubunits;
      const text = [prevHash, line.transactionId, line.accountId, line.type, amount, line.currency, sequence].join("|");
      const entryHash = createHash("sha256").update(text).digest("hex");
      const accountSequence = this.#is("repeats_account_numbers") ? Math.ceil(sequence / 40) : sequence;
      const leg = { ...line, entryId: String(sequence), sequence, accountSequence, prevHash, entryHash };
      prevHash = entryHash;
      return leg;
    });
  }

  #is(defect: Defect): boolean {
    return this.#defect === defect;
  }
}
