import { format } from "./currency.ts";

/** Ways in which a rail and the books can disagree. */
export type BreakKind =
  | "missing"
  | "extra"
  | "wrong_amount"
  | "wrong_fee"
  | "wrong_currency"
  | "twice"
  | "sum"
  | "changed"
  | "unexplained"
  | "balance";

export type LineState = "new" | "matched" | "explained" | "open" | "closed";

/** What is wrong, and what a person can do about it, each as plain sentences. */
export interface Disagreement {
  readonly kind: BreakKind;
  readonly says: string;
  readonly suggestion: string;
}

/** Money as one side tells it, in the currency's smallest unit. */
export interface Told {
  readonly amount: bigint;
  readonly fee: bigint;
  readonly currency: string;
}

const askRail = "Compare both with the payment on the payment company's dashboard; if theirs is wrong, ask them to mend it.";

/** What a settlement's line says of a payment, against what the books have of it; undefined: they agree. */
export function comparePayment(line: Told, books: Told): Disagreement | undefined {
  if (line.currency !== books.currency) {
    const says = `It was settled in ${line.currency}, and the books received ${books.currency}.`;
    return { kind: "wrong_currency", says, suggestion: askRail };
  }
  if (line.amount !== books.amount) {
    const says = `${format(line.amount, line.currency)} were settled for it, and the books received ${format(books.amount, books.currency)}.`;
    return { kind: "wrong_amount", says, suggestion: askRail };
  }
  if (line.fee !== books.fee) {
    const says = `The fee was ${format(line.fee, line.currency)}, and the books have ${format(books.fee, books.currency)}.`;
    const suggestion =
      "If the fee on the payment company's dashboard is the settled one, close this and book that fee; otherwise ask them to mend it.";
    return { kind: "wrong_fee", says, suggestion };
  }
  return undefined;
}

/** What a line says of money that went out (`amount` positive), against the books; undefined: they agree. What sending cost is not compared. */
export function compareSent(line: Omit<Told, "fee">, books: Omit<Told, "fee">): Disagreement | undefined {
  return comparePayment({ ...line, fee: 0n }, { ...books, fee: 0n });
}

/** With more than so many, sums over all choices would be tried for too long, and one that fits by chance would be likely. */
const mostToChooseFrom = 16;

/**
 * Which of these amounts add up to `total`: all of them; or else the one choice that does. Undefined where none does, or several do, since then
 * nobody knows which it was. Answers their places.
 */
export function addsUp(amounts: readonly bigint[], total: bigint): number[] | undefined {
  const places = amounts.map((_, place) => place);
  if (amounts.length > 0 && amounts.reduce((sum, one) => sum + one, 0n) === total) return places;
  if (amounts.length > mostToChooseFrom) return undefined;
  const found: number[][] = [];
  const choose = (place: number, left: bigint, chosen: readonly number[]): void => {
    if (found.length > 1) return;
    if (left === 0n) {
      if (chosen.length > 0) found.push([...chosen]);
      return;
    }
    const amount = amounts[place];
    if (amount === undefined || left < 0n) return;
    choose(place + 1, left - amount, [...chosen, place]);
    choose(place + 1, left, chosen);
  };
  choose(0, total, []);
  return found.length === 1 ? found[0] : undefined;
}

/** One that a sum may be made of, and whether it should be part of it. */
export interface Candidate {
  readonly amount: bigint;
  readonly likely: boolean;
}

/** Of so many candidates at most, so many may be otherwise than they should be: more would be tried for too long, and fit by chance. */
const odds: readonly (readonly [candidates: number, odd: number])[] = [
  [100, 3],
  [400, 2],
];

/**
 * Which of these make up `total`: what is likely, or one choice of it; else one choice of all. Of many, all that is likely but for the fewest that
 * are otherwise: left out, or in although not likely. Undefined where nothing fits, or where several fit equally well. Answers their places.
 */
export function madeUpOf(candidates: readonly Candidate[], total: bigint): number[] | undefined {
  const likely = candidates.map((one, place) => ({ ...one, place })).filter((one) => one.likely);
  const chosen = addsUp(amountsOf(likely), total);
  if (chosen !== undefined) return likely.filter((_, at) => chosen.includes(at)).map(({ place }) => place);
  return addsUp(amountsOf(candidates), total) ?? nearly(candidates, total);
}

const amountsOf = (candidates: readonly Candidate[]): bigint[] => candidates.map(({ amount }) => amount);

function nearly(candidates: readonly Candidate[], total: bigint): number[] | undefined {
  const off = candidates.reduce((left, { amount, likely }) => (likely ? left - amount : left), total);
  const turns = candidates.map(({ amount, likely }) => (likely ? -amount : amount));
  const most = odds.find(([many]) => candidates.length <= many)?.[1] ?? 1;
  for (let odd = 1; odd <= most; odd += 1) {
    const found = turned(turns, off, odd);
    if (found.length > 1) return undefined;
    const [places] = found;
    if (places !== undefined) return candidates.flatMap(({ likely }, place) => (likely !== places.includes(place) ? [place] : []));
  }
  return undefined;
}

/** The choices of exactly `odd` of these that come to `off`; two at most, since then it is not sure any more. */
function turned(turns: readonly bigint[], off: bigint, odd: number): number[][] {
  const found: number[][] = [];
  const choose = (from: number, left: bigint, chosen: readonly number[]): void => {
    if (chosen.length === odd) {
      if (left === 0n) found.push([...chosen]);
      return;
    }
    for (const [at, amount] of turns.slice(from).entries()) {
      if (found.length > 1) return;
      choose(from + at + 1, left - amount, [...chosen, from + at]);
    }
  };
  choose(0, off, []);
  return found;
}

export interface Balances {
  /** What the rail says may be sent now. */
  readonly available: bigint;
  /** What the books have there as cash, and of it what is on its way out with its outcome unknown. */
  readonly cash: bigint;
  readonly outgoing: bigint;
  /** What settlements brought and the books do not have: lines that are open or closed, fees of the rail's own. */
  readonly unbooked: bigint;
  /** Refunds the books have as sent which the rail may still take off its next settlement. */
  readonly deducted: bigint;
}

/** What the rail should say is available: from, to. The two differ only by refunds that it may take off its next settlement. */
export function expectedBalance(b: Balances): { readonly least: bigint; readonly most: bigint } {
  const least = b.cash - b.outgoing + b.unbooked;
  return { least, most: least + b.deducted };
}

/** How far the rail's balance is from what the books explain; 0: it is explained. Positive: the rail has more. Not to be asked while sends are under way. */
export function balanceOff(b: Balances): bigint {
  const { least, most } = expectedBalance(b);
  if (b.available < least) return b.available - least;
  return b.available > most ? b.available - most : 0n;
}

export interface Short {
  readonly rail: string;
  readonly currency: string;
  /** What the rail lacks although the books count on it. */
  readonly short: bigint;
}

/** Those of `short` from which nothing may leave: all of a currency in which more is missing than the installation holds above what it owes. */
export function railsToStop<S extends Short>(short: readonly S[], surplus: ReadonlyMap<string, bigint>): S[] {
  const missing = new Map<string, bigint>();
  for (const one of short) missing.set(one.currency, (missing.get(one.currency) ?? 0n) + one.short);
  return short.filter((one) => (missing.get(one.currency) ?? 0n) > (surplus.get(one.currency) ?? 0n));
}
