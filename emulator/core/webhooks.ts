import type { Clock } from "./clock.ts";
import type { FaultSet } from "./faults.ts";

const minute = 60_000;
const hour = 60 * minute;

/** How one rail writes, signs and repeats what it tells. */
export interface WebhookManner {
  readonly rail: string;
  /** The very bytes and headers of an event. A forged one says something untrue and is signed with a key that is not the rail's. */
  encode(event: object, forged: boolean): { readonly body: string; readonly headers: Readonly<Record<string, string>> };
  /** How long to wait before the next try, given how many were made and for how long; undefined gives up. */
  nextTry(tries: number, since: number): number | undefined;
  /** Whether that status counts as received. */
  received(status: number): boolean;
  /** How long the receiver may take, in real milliseconds. */
  readonly patience: number;
}

/** One try to tell one target of one event. `status` is 0 where no answer came. */
export interface Delivery {
  readonly event: object;
  readonly to: string;
  readonly at: Date;
  readonly forged: boolean;
  readonly status: number;
}

/** Sends a rail's events to whoever was named, in order, and again until they are received, with the faults of what they tell of. */
export class Webhooks {
  readonly #clock: Clock;
  readonly #manner: WebhookManner;
  #targets: readonly string[] = [];
  #log: Delivery[] = [];
  #events: object[] = [];
  #held: (() => void)[] = [];
  /** One after the other, so that an order means something. */
  #line: Promise<void> = Promise.resolve();

  constructor(clock: Clock, manner: WebhookManner) {
    this.#clock = clock;
    this.#manner = manner;
  }

  point(targets: readonly string[]): void {
    this.#targets = targets;
  }

  targets(): readonly string[] {
    return this.#targets;
  }

  /** Every event that came about, whether or not anybody was told. */
  events(): readonly object[] {
    return this.#events;
  }

  deliveries(): readonly Delivery[] {
    return this.#log;
  }

  clear(): void {
    this.#log = [];
    this.#events = [];
    this.#held = [];
  }

  send(event: object, faults: FaultSet): void {
    this.#events.push(event);
    if (faults.has("webhook_never")) return;
    const wait = faults.has("webhook_late") ? 6 * hour : 0;
    const tell = () => {
      if (faults.has("webhook_forged")) this.#tell(event, true, wait);
      this.#tell(event, false, wait);
      if (faults.has("webhook_duplicate")) this.#tell(event, false, wait + 1);
    };
    if (faults.has("webhook_reordered")) return this.#hold(tell);
    tell();
    this.#release();
  }

  /** Holds an event back until another one has gone before it, or ten minutes have passed. */
  #hold(tell: () => void): void {
    const held = this.#held;
    const once = () => {
      if (!this.#held.includes(once)) return;
      this.#held = this.#held.filter((other) => other !== once);
      tell();
    };
    // Two that are held pass each other: the later one goes first.
    const waiting = held.length > 0;
    this.#held = [...held, once];
    if (waiting) {
      once();
      this.#release();
    } else this.#clock.after(this.#manner.rail, 10 * minute, once);
  }

  #release(): void {
    for (const tell of this.#held) tell();
  }

  #tell(event: object, forged: boolean, wait: number): void {
    for (const to of this.#targets) this.#try({ event, forged, to, tries: 0, since: this.#clock.now().getTime() + wait }, wait);
  }

  #try(what: { event: object; forged: boolean; to: string; tries: number; since: number }, wait: number): void {
    this.#clock.after(this.#manner.rail, wait, () => {
      this.#line = this.#line.then(async () => {
        const status = await this.#post(what.to, what.event, what.forged);
        this.#log.push({ event: what.event, to: what.to, at: this.#clock.now(), forged: what.forged, status });
        // Whoever forges does not come back.
        if (what.forged || this.#manner.received(status)) return;
        const next = this.#manner.nextTry(what.tries + 1, this.#clock.now().getTime() - what.since);
        if (next !== undefined) this.#try({ ...what, tries: what.tries + 1 }, next);
      });
      return this.#line;
    });
  }

  async #post(to: string, event: object, forged: boolean): Promise<number> {
    const { body, headers } = this.#manner.encode(event, forged);
    try {
      const answer = await fetch(to, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body,
        redirect: "manual",
        signal: AbortSignal.timeout(this.#manner.patience),
      });
      await answer.arrayBuffer();
      return answer.status;
    } catch {
      return 0;
    }
  }
}
