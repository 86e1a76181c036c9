import type { Rail } from "../rails/rail.ts";
import { NoAnswer } from "../rails/rail.ts";

/** The longest that one answer can keep a rail from being called, in milliseconds. */
const longestRest = 15 * 60_000;

interface Turns {
  under: number;
  readonly waiting: (() => void)[];
  restsUntil: number;
}

/**
 * Whose turn it is to call a rail about money that leaves: at most as many at a time as the rail bears (`can.sendsAtOnce`, of this process), each rail by
 * itself, so that a slow one keeps none of the others waiting. A rail that says it is called too often is left alone for the time it names.
 */
export class RailTurns {
  readonly #rails: ReadonlyMap<string, Rail>;
  readonly #clock: () => Date;
  readonly #of = new Map<string, Turns>();

  /** `clock`: the time by which rails wait. */
  constructor(rails: ReadonlyMap<string, Rail>, clock: () => Date) {
    this.#rails = rails;
    this.#clock = clock;
  }

  /** Runs it when it is its turn. What it throws is thrown; a rail's "too often" is remembered on the way. */
  async run<T>(rail: string, work: () => Promise<T>): Promise<T> {
    const turns = this.#turns(rail);
    const most = this.#rails.get(rail)?.can.sendsAtOnce ?? 1;
    if (turns.under >= most) await new Promise<void>((go) => turns.waiting.push(go));
    else turns.under += 1;
    try {
      return await work();
    } finally {
      const next = turns.waiting.shift();
      // The turn is handed on, and never free in between.
      if (next === undefined) turns.under -= 1;
      else next();
    }
  }

  /** To be told what a call to a rail threw: if it was that it is called too often, it rests. */
  heard(rail: string, error: unknown): void {
    if (!(error instanceof NoAnswer) || error.waitFor === undefined) return;
    const turns = this.#turns(rail);
    turns.restsUntil = Math.max(turns.restsUntil, this.#clock().getTime() + Math.min(error.waitFor, longestRest));
  }

  /** The rails that are not to be called now. */
  resting(): string[] {
    const now = this.#clock().getTime();
    return [...this.#of].filter(([, turns]) => turns.restsUntil > now).map(([rail]) => rail);
  }

  #turns(rail: string): Turns {
    let turns = this.#of.get(rail);
    if (turns === undefined) this.#of.set(rail, (turns = { under: 0, waiting: [], restsUntil: 0 }));
    return turns;
  }
}
