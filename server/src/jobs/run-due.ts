import type { OfRails } from "../db/due.ts";
import { askAboutPayments } from "./ask-payments.ts";
import { actOnDeadlines, actOnOffersAndHolds } from "./deadlines.ts";
import { deliverDue, startDeliveries } from "./deliver.ts";
import type { Engine, Fired } from "./engine.ts";
import { ingestRailEvents } from "./ingest-rail-events.ts";
import { sendMessages } from "./send-messages.ts";
import { askAboutAttempts, sendMoney } from "./send-money.ts";
import { wakePayees } from "./wake-payees.ts";

type Job = (engine: Engine, sellerId: number | null) => Promise<Fired[]>;

/** What calls rails: the same job for all of them, or for some. */
const jobsAtRails = { "send-money": sendMoney, "ask-attempts": askAboutAttempts, "ask-payments": askAboutPayments } as const;

/** Every kind of work, in the order in which one makes the next due. */
export const jobs: Readonly<Record<string, Job>> = {
  "ingest-rail-events": (engine) => ingestRailEvents(engine),
  deadlines: actOnDeadlines,
  "offers-and-holds": actOnOffersAndHolds,
  "wake-payees": (engine) => wakePayees(engine),
  "send-money": sendMoney,
  "ask-attempts": askAboutAttempts,
  "ask-payments": askAboutPayments,
  "send-messages": sendMessages,
};

/** Runs all jobs, of one seller or of all, until nothing more is due, and then tells the sellers' shops. Answers what fired, in order. */
export async function runDue(engine: Engine, sellerId: number | null, most = 200): Promise<Fired[]> {
  const fired = await workOff(engine, sellerId, most);
  return [...fired, ...(await deliverDue(engine, sellerId))];
}

/** The same without the notifications, which wait for strangers: for requests that somebody waits for. */
export async function workOff(engine: Engine, sellerId: number | null, most = 200): Promise<Fired[]> {
  const all: Fired[] = [];
  for (let round = 0; round < most; round += 1) {
    const before = all.length;
    for (const job of Object.values(jobs)) all.push(...(await job(engine, sellerId)));
    if (all.length === before) return all;
  }
  engine.log.warn({ seller: sellerId, fired: all.length }, "work kept coming due; the rest is left to the pollers");
  return all;
}

/** Notifications are started and not waited for: the loop goes on while receivers take their time. */
const deliver = async (engine: Engine, onDone: () => void): Promise<number> => (await startDeliveries(engine, null, onDone)).length;

/**
 * Keeps looking for due work until stopped. A signal wakes all loops early; a loop that fails logs and goes on. Losing the process loses
 * nothing, because rows are the queue.
 */
export class Pollers {
  readonly #engine: Engine;
  readonly #every: number;
  readonly #loops: Promise<void>[] = [];
  readonly #names: string[] = [];
  readonly #wakers = new Map<string, () => void>();
  readonly #again = new Set<string>();
  #stopped = false;

  constructor(engine: Engine, every: number) {
    this.#engine = engine;
    this.#every = every;
  }

  start(): void {
    for (const [name, job] of Object.entries(this.#jobs())) {
      this.#names.push(name);
      this.#loops.push(this.#loop(name, async () => (await job(this.#engine)).length));
    }
    this.#loops.push(this.#loop("deliver", () => deliver(this.#engine, () => this.#wakeOne("deliver"))));
  }

  /** The work that rails are called for has a loop for each rail, so that one that does not answer keeps none of the others waiting. */
  #jobs(): Record<string, (engine: Engine) => Promise<Fired[]>> {
    const rails = [...this.#engine.rails.keys()];
    const each: readonly (readonly [string, OfRails])[] = [
      ...rails.map((rail) => [rail, { rails: [rail], only: true }] as const),
      ["other rails", { rails, only: false }],
    ];
    const at = (job: (engine: Engine, sellerId: null, of: OfRails) => Promise<Fired[]>, name: string) =>
      each.map(([rail, of]) => [`${name} ${rail}`, (engine: Engine) => job(engine, null, of)] as const);
    const ofRails = Object.entries(jobsAtRails).flatMap(([name, job]) => at(job, name));
    const rest = Object.entries(jobs).filter(([name]) => !(name in jobsAtRails));
    return Object.fromEntries([...rest.map(([name, job]) => [name, (engine: Engine) => job(engine, null)] as const), ...ofRails]);
  }

  /** Something was committed that may have made work due. */
  wake(): void {
    for (const name of [...this.#names, "deliver"]) this.#wakeOne(name);
  }

  #wakeOne(name: string): void {
    this.#again.add(name);
    this.#wakers.get(name)?.();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.wake();
    await Promise.all(this.#loops);
  }

  async #loop(name: string, job: () => Promise<number>): Promise<void> {
    while (!this.#stopped) {
      this.#again.delete(name);
      let worked = false;
      try {
        worked = (await job()) > 0;
      } catch (error) {
        this.#engine.log.error(
          { job: name, error: error instanceof Error ? error.message : String(error) },
          "a job failed; it looks again",
        );
        await this.#sleep(name, this.#every);
      }
      if (!worked && !this.#again.has(name) && !this.#stopped) await this.#sleep(name, this.#every);
    }
  }

  #sleep(name: string, ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wakers.set(name, () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}
