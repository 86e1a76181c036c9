import type { Answer, Command } from "../../src/actions/command.ts";
import { Lanes } from "../../src/actions/lanes.ts";

/** Ends a turn. */
export type Done = () => void;

/**
 * One database transaction at a time, in the order in which they were asked for. What the program does next then depends on answers that come in
 * one order only, so that the same seed lives the same run, whatever the machine is busy with.
 */
export class Gate {
  readonly #waiting: (() => void)[] = [];
  #taken = false;
  #turns = 0;
  #looking = false;
  #open = false;
  #last: (() => void)[] = [];
  #quiet: (() => void)[] = [];

  /** Waits for one's turn. */
  async enter(): Promise<Done> {
    this.#turns += 1;
    if (this.#taken && !this.#open) await new Promise<void>((go) => this.#waiting.push(go));
    this.#taken = true;
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      const next = this.#waiting.shift();
      if (next !== undefined) return next();
      this.#taken = false;
      this.#look();
    };
  }

  /** Waits until nobody is in it, nobody waits to enter, and the program has nothing else to do: then all who wait here go on together. */
  last(): Promise<void> {
    return new Promise((go) => {
      this.#last.push(go);
      this.#look();
    });
  }

  /** The same, after those too: only what waits for something outside of the simulation's reach is left. */
  quiet(): Promise<void> {
    return new Promise((go) => {
      this.#quiet.push(go);
      this.#look();
    });
  }

  /** Lets everybody through from now on: at the end, when what failed may have kept its turn. */
  open(): void {
    this.#open = true;
    for (const go of this.#waiting.splice(0)) go();
    this.#look();
  }

  /** Looks whether it is quiet once all that is ready to run has run. */
  #look(): void {
    if (this.#looking || (this.#taken && !this.#open)) return;
    this.#looking = true;
    const turns = this.#turns;
    setImmediate(() => {
      this.#looking = false;
      if (this.#taken && !this.#open) return;
      if (this.#turns !== turns) return this.#look();
      const next = this.#last.length > 0 ? this.#last : this.#quiet;
      if (this.#last.length > 0) this.#last = [];
      else this.#quiet = [];
      for (const go of next) go();
      if (next.length > 0) this.#look();
    });
  }
}

/**
 * What a session in turns is spared: nobody waits for anybody's lock then but a broken connection's, and how soon PostgreSQL hears of its end is the
 * machine's chance. A lane that gave up after a second would cut its batch in halves, and live another life than on a machine with less to do.
 */
export const patient = { lock_timeout: "60s", statement_timeout: "60s", idle_in_transaction_session_timeout: "0" } as const;

/**
 * Until it is called off, nothing in this process happens every so often: what a slow machine works on for seconds would be renewed in between, with
 * turns of their own, where the simulated clock stands still and every lease lasts.
 */
export function stopIntervals(): () => void {
  const { setInterval: real } = globalThis;
  const never = () => real(() => undefined, 2 ** 31 - 1).unref();
  globalThis.setInterval = never;
  return () => {
    globalThis.setInterval = real;
  };
}

/**
 * Lanes that set off when nothing else can happen any more, with all that was asked for until then: as full as they would be under a load, where a
 * simulation that goes one step at a time would have them carry one command each.
 */
export class PatientLanes extends Lanes {
  readonly #gate: Gate;
  #gathered: { readonly commands: readonly Command[]; readonly tell: (answers: Promise<Answer[]>) => void }[] = [];

  constructor(gate: Gate, ...rest: ConstructorParameters<typeof Lanes>) {
    super(...rest);
    this.#gate = gate;
  }

  override act(commands: readonly Command[]): Promise<Answer[]> {
    return new Promise((tell) => {
      this.#gathered.push({ commands, tell });
      if (this.#gathered.length === 1) void this.#gate.last().then(() => this.#setOff());
    });
  }

  /** They have waited for everybody already; a turn more would look like quiet. */
  protected override endOfTurn(go: () => void): void {
    queueMicrotask(go);
  }

  #setOff(): void {
    const gathered = this.#gathered.splice(0);
    const answers = super.act(gathered.flatMap(({ commands }) => commands));
    let from = 0;
    for (const { commands, tell } of gathered) {
      const [first, after] = [from, from + commands.length];
      // Where one of them is at fault nobody has an answer. Asked alone, under the same ids, those that were committed have theirs.
      tell(
        answers.then(
          (all) => all.slice(first, after),
          () => super.act(commands),
        ),
      );
      from = after;
    }
  }
}
