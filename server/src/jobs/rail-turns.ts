import type { Rail } from "../rails/rail.ts";
import { NoAnswer } from "../rails/rail.ts";

/** What a rail that asked to be left alone is given as its answer by whoever cannot simply come back later. */
export const leftAlone = "it asked to be left alone for a while";

/** The longest that one answer can keep a rail from being called, in milliseconds. */
const longestRest = 15 * 60_000;

interface Turns {
  under: number;
  readonly waiting: (() => void)[];
  restsUntil: number;
}

/**
 * Whose turn it is to call a rail: at most as many calls at a time as the rail bears (`can.callsAtOnce` or the setting, of this process), each rail by
 * itself, so that a slow one keeps none of the others waiting. A rail that says it is called too often is left alone for the time it names.
 */
export class RailTurns {
  readonly #rails: ReadonlyMap<string, Rail>;
  readonly #clock: () => Date;
  readonly #most: ReadonlyMap<string, number>;
  readonly #of = new Map<string, Turns>();
  readonly #keyRefused: ((rail: string) => Promise<void>) | undefined;

  /**
   * `clock`: the time by which rails wait; `most`: how many calls at a time, where that is not what the adapter says; `refused`: told of each time a
   * rail refuses its key.
   */
  constructor(
    rails: ReadonlyMap<string, Rail>,
    clock: () => Date,
    most: ReadonlyMap<string, number> = new Map(),
    refused?: (rail: string) => Promise<void>,
  ) {
    this.#rails = rails;
    this.#clock = clock;
    this.#most = most;
    this.#keyRefused = refused;
  }

  /** Runs it when it is its turn, and throws what it throws. Undefined: the rail is to be left alone by then, so it was not run. */
  async run<T>(rail: string, work: () => Promise<T>): Promise<T | undefined> {
    const turns = this.#turns(rail);
    const most = this.#most.get(rail) ?? this.#rails.get(rail)?.can.callsAtOnce ?? 1;
    if (turns.under >= most) await new Promise<void>((go) => turns.waiting.push(go));
    else turns.under += 1;
    try {
      return this.resting().includes(rail) ? undefined : await work();
    } finally {
      const next = turns.waiting.shift();
      // The turn is handed on, and never free in between.
      if (next === undefined) turns.under -= 1;
      else next();
    }
  }

  /** One call, when it is its turn. A rail that is to be left alone is one that gives no answer; that it is called too often is remembered. */
  async call<T>(rail: string, work: () => Promise<T>): Promise<T> {
    try {
      const answer = await this.run(rail, async () => ({ said: await work() }));
      if (answer === undefined) throw new NoAnswer(leftAlone);
      return answer.said;
    } catch (error) {
      await this.heard(rail, error);
      throw error;
    }
  }

  /** To be told what a call to a rail threw: if it was that it is called too often, it rests; that it refuses its key is passed on. */
  async heard(rail: string, error: unknown): Promise<void> {
    if (!(error instanceof NoAnswer)) return;
    if (error.keyRefused) await this.#keyRefused?.(rail);
    if (error.waitFor === undefined) return;
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
