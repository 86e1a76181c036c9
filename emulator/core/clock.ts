interface Task {
  readonly at: number;
  readonly order: number;
  readonly owner: string;
  readonly act: () => void | Promise<void>;
}

/**
 * The emulator's time, and what is to happen later. It follows `now` and can be turned forward: hours pass in no time, and everything that was
 * to happen in them happens in its order, each at its own moment.
 */
export class Clock {
  readonly #now: () => Date;
  #ahead = 0;
  #order = 0;
  #tasks: Task[] = [];
  readonly #started = new Set<Promise<void>>();

  constructor(now: () => Date) {
    this.#now = now;
  }

  now(): Date {
    return new Date(this.#now().getTime() + this.#ahead);
  }

  /** Lets something happen `ms` from now. `owner` is who can take it back with {@link forget}. */
  after(owner: string, ms: number, act: () => void | Promise<void>): void {
    this.#tasks.push({ at: this.now().getTime() + ms, order: this.#order++, owner, act });
  }

  forget(owner: string): void {
    this.#tasks = this.#tasks.filter((task) => task.owner !== owner);
  }

  /** Starts what is due, without waiting for what takes its time. */
  runDue(): void {
    for (let task = this.#take(this.now().getTime()); task !== undefined; task = this.#take(this.now().getTime())) this.#start(task);
  }

  /** Turns the clock forward. Each thing that was due on the way has ended before the next one starts. */
  async advance(ms: number): Promise<void> {
    if (!Number.isSafeInteger(ms) || ms < 0) throw new RangeError(`the clock goes forward by whole milliseconds, not by ${ms}`);
    const target = this.now().getTime() + ms;
    for (let task = this.#take(target); task !== undefined; task = this.#take(target)) {
      this.#ahead += Math.max(0, task.at - this.now().getTime());
      this.#start(task);
      await this.#ended();
    }
    this.#ahead += Math.max(0, target - this.now().getTime());
  }

  /** Waits until nothing is due and nothing is under way. */
  async idle(): Promise<void> {
    do {
      this.runDue();
      await this.#ended();
    } while (this.#tasks.some((task) => task.at <= this.now().getTime()));
  }

  #take(until: number): Task | undefined {
    let first: Task | undefined;
    for (const task of this.#tasks) {
      if (task.at > until) continue;
      if (first === undefined || task.at < first.at || (task.at === first.at && task.order < first.order)) first = task;
    }
    if (first !== undefined) this.#tasks.splice(this.#tasks.indexOf(first), 1);
    return first;
  }

  #start(task: Task): void {
    const doing = task.act();
    if (!(doing instanceof Promise)) return;
    this.#started.add(doing);
    void doing.finally(() => this.#started.delete(doing));
  }

  async #ended(): Promise<void> {
    while (this.#started.size > 0) await Promise.all(this.#started);
  }
}
