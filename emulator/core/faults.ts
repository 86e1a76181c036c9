import type { Chance } from "./chance.ts";

/** What can go wrong with one request, before or after it had its effect. */
const ofRequest = ["timeout_before", "timeout_after", "error_500", "error_500_after", "slow", "rate_limit"] as const;
/** What can go wrong with the money itself. */
const ofMoney = ["pending", "reversed", "failed", "wrong_amount", "wrong_currency", "blocked_recipient", "insufficient_balance"] as const;
/** What can go wrong with the notices about it. */
const ofNotices = ["webhook_duplicate", "webhook_reordered", "webhook_late", "webhook_forged", "webhook_never"] as const;
/** Ends that only some rails know: each rail says in its table what it makes of them. */
const ofState = ["otp", "received", "abandoned", "blocked", "rejected", "needs_attention"] as const;

/** Every fault, in the order of the magic amounts: the first has the number 1. */
export const faultNames = [...ofRequest, ...ofMoney, ...ofNotices, ...ofState] as const;
export type Fault = (typeof faultNames)[number];
export type FaultSet = ReadonlySet<Fault>;

const requestFaults: ReadonlySet<string> = new Set(ofRequest);

/** An amount whose last five digits (of its smallest units) are this and a fault's number has that fault. */
export const magicBase = 99_900n;

export function magicAmount(fault: Fault, above = 1_000_000n): bigint {
  return above - (above % 100_000n) + magicBase + BigInt(faultNames.indexOf(fault) + 1);
}

/** A line of a script: this fault, for requests that fit, after `skip` of them and for `times`. */
export interface Rule {
  readonly fault: Fault;
  /** Method and path as documented, such as `POST /transfer` or `GET /transfer/verify/:reference`; `*` or none fits all. `pay` is the payer's page. */
  readonly on?: string;
  readonly reference?: string;
  readonly skip?: number;
  readonly times?: number;
  /** From 0 to 1; drawn from the emulator's seed. */
  readonly chance?: number;
}

/** What is known of a request when its faults are looked for. */
export interface Asked {
  readonly operation: string;
  readonly header?: string | undefined;
  readonly amount?: bigint | undefined;
  readonly reference?: string | undefined;
}

export class UnknownFault extends Error {
  override readonly name = "UnknownFault";
}

/** Reads a list of faults parted by commas. Throws {@link UnknownFault}: a fault that is misspelled must not pass as no fault. */
export function readFaults(text: string | undefined): Fault[] {
  if (text === undefined || text.trim() === "") return [];
  return text.split(",").map((part) => {
    const found = faultNames.find((name) => name === part.trim());
    if (found === undefined) throw new UnknownFault(`there is no fault ${part.trim()}; there are ${faultNames.join(", ")}`);
    return found;
  });
}

/** Decides which faults a request has: those of its header, of its amount and of the script. */
export class Faults {
  readonly #chance: Chance;
  readonly #magicAmounts: boolean;
  #rules: { readonly rule: Rule; seen: number; done: number }[] = [];
  readonly #spent = new Set<string>();

  constructor(chance: Chance, magicAmounts = true) {
    this.#chance = chance;
    this.#magicAmounts = magicAmounts;
  }

  add(rules: readonly Rule[]): void {
    for (const rule of rules) this.#rules.push({ rule, seen: 0, done: 0 });
  }

  script(): readonly (Rule & { readonly done: number })[] {
    return this.#rules.map(({ rule, done }) => ({ ...rule, done }));
  }

  clear(): void {
    this.#rules = [];
    this.#spent.clear();
  }

  of(asked: Asked): FaultSet {
    const found = new Set(readFaults(asked.header));
    const magic = this.#magic(asked);
    if (magic !== undefined) found.add(magic);
    for (const line of this.#rules) if (this.#applies(line, asked)) found.add(line.rule.fault);
    return found;
  }

  /** The fault of a magic amount. One that spoils the request itself does so once per reference, so that a program that tries again gets through. */
  #magic({ operation, amount, reference }: Asked): Fault | undefined {
    if (amount === undefined || !this.#magicAmounts) return undefined;
    const fault = faultNames[Number((amount % 100_000n) - magicBase) - 1];
    if (fault === undefined || !requestFaults.has(fault)) return fault;
    const key = `${operation} ${reference} ${amount}`;
    if (this.#spent.has(key)) return undefined;
    this.#spent.add(key);
    return fault;
  }

  #applies(line: { readonly rule: Rule; seen: number; done: number }, asked: Asked): boolean {
    const { on = "*", reference, skip = 0, times = Number.POSITIVE_INFINITY, chance = 1 } = line.rule;
    if (on !== "*" && on !== asked.operation) return false;
    if (reference !== undefined && reference !== asked.reference) return false;
    if (line.seen++ < skip || line.done >= times || this.#chance.next() >= chance) return false;
    line.done += 1;
    return true;
  }
}
