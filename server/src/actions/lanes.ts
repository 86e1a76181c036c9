import type { Lane } from "../db/lane.ts";
import { must } from "../domain/fault.ts";
import { isRefusal, refuse } from "../domain/refusals.ts";
import { actOnce } from "./act.ts";
import type { Answer, Command } from "./command.ts";
import { Ids, OutOfIds } from "./ids.ts";
import { Known } from "./known.ts";
import type { ActSettings } from "./settings.ts";

export interface LaneSettings {
  readonly lanes: number;
  readonly batch: number;
  readonly perSeller: number;
  readonly waitingPerSeller: number;
}

interface Waiting {
  readonly command: Command;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/** SQL states after which nothing was done, or nobody knows: the same commands, with the same ids, are run again. */
const transient = /^(40001|40P01|55P03|57P0[123]|57014|08...|25006|25P0[23])$/;
const lockTimeout = "55P03";

/**
 * Brings commands to the database in batches: an idle lane takes what came in this turn of the event loop; what arrives while it is busy goes
 * together in the next transaction. No timer, so nobody waits for company.
 */
export class Lanes {
  readonly #open: () => Promise<Lane>;
  readonly #settings: () => ActSettings;
  readonly #limits: LaneSettings;
  readonly #ids = new Ids();
  readonly #known = new Known();
  readonly #queues = new Map<number, Waiting[]>();
  readonly #busySellers = new Set<number>();
  readonly #idle: (Lane | undefined)[];
  readonly #inFlight = new Map<string, Promise<Answer>>();
  readonly #after: (commands: readonly Command[]) => void;
  #turn: number[] = [];
  #working = 0;
  #waiting = 0;
  #closing: (() => void) | undefined;
  #closed = false;
  #settingOff = false;

  constructor(
    open: () => Promise<Lane>,
    settings: () => ActSettings,
    limits: LaneSettings,
    after: (commands: readonly Command[]) => void = () => undefined,
  ) {
    this.#open = open;
    this.#settings = settings;
    this.#limits = limits;
    this.#after = after;
    this.#idle = Array.from({ length: limits.lanes }, () => undefined);
  }

  /** Runs a list of commands; the answers come in its order. */
  act(commands: readonly Command[]): Promise<Answer[]> {
    return Promise.all(commands.map((one) => this.#join(one)));
  }

  /** To be called when rows were taken away beneath this process, as only a scratch database does. */
  forget(): void {
    this.#known.forget();
  }

  async one(command: Command): Promise<Answer> {
    return must((await this.act([command]))[0], "an answer");
  }

  /** Waits for what is under way and closes the connections. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#working > 0 || this.#waiting > 0) await new Promise<void>((resolve) => (this.#closing = resolve));
    for (const lane of this.#idle) await lane?.end().catch(() => undefined);
  }

  /** A second request with a key in flight joins the first one's answer instead of waiting for its own turn. */
  #join(command: Command): Promise<Answer> {
    if (command.key === undefined) return this.#enqueue(command);
    const name = `${command.sellerId} ${command.actor.name} ${command.key.key} ${command.key.fingerprint}`;
    const under = this.#inFlight.get(name);
    if (under !== undefined) return under.then((given) => (isRefusal(given) ? given : { ...given, replayed: true }));
    const promise = this.#enqueue(command).finally(() => this.#inFlight.delete(name));
    this.#inFlight.set(name, promise);
    return promise;
  }

  #enqueue(command: Command): Promise<Answer> {
    if (this.#closed) return Promise.resolve(refuse("too_busy", "The server is stopping."));
    const queue = this.#queues.get(command.sellerId) ?? [];
    if (queue.length >= this.#limits.waitingPerSeller) return Promise.resolve(refuse("too_busy"));
    return new Promise<Answer>((resolve, reject) => {
      const waiting = { command, resolve, reject };
      if (queue.length === 0) {
        this.#queues.set(command.sellerId, queue);
        this.#turn.push(command.sellerId);
      }
      const behind = command.background ? -1 : queue.findIndex((other) => other.command.background);
      if (behind < 0) queue.push(waiting);
      else queue.splice(behind, 0, waiting);
      this.#waiting += 1;
      this.#pumpSoon();
    });
  }

  /**
   * At the end of this turn of the event loop, when every caller that heard its answer in it has asked again and every request that has arrived
   * is read. Else a lane would leave with the first of them alone, and the others would wait for a commit of one.
   */
  #pumpSoon(): void {
    if (this.#settingOff || this.#idle.length === 0) return;
    this.#settingOff = true;
    this.endOfTurn(() => this.#pump());
  }

  protected endOfTurn(go: () => void): void {
    setImmediate(go);
  }

  #pump(): void {
    this.#settingOff = false;
    // The second lane starts only when a full batch waits: two half-full batches cost two commits.
    while (this.#idle.length > 0 && (this.#working === 0 || this.#waiting >= this.#limits.batch)) {
      const batch = this.#takeBatch();
      if (batch.length === 0) return;
      const lane = this.#idle.shift();
      this.#working += 1;
      void this.#work(lane, batch);
    }
  }

  /** Oldest first per seller, round-robin between sellers, at most one command per order and per project. */
  #takeBatch(): Waiting[] {
    const batch: Waiting[] = [];
    const seen = new Set<string>();
    const sellers = this.#turn.filter((seller) => !this.#busySellers.has(seller));
    const alone = sellers.length === 1;
    const share = alone ? this.#limits.batch : this.#limits.perSeller;
    for (const seller of sellers) {
      if (batch.length >= this.#limits.batch) break;
      const queue = must(this.#queues.get(seller), "a queue");
      const taken = takeFrom(queue, Math.min(share, this.#limits.batch - batch.length), seen);
      batch.push(...taken);
      if (taken.length > 0) this.#busySellers.add(seller);
      if (queue.length === 0) this.#queues.delete(seller);
    }
    const served = new Set(batch.map((waiting) => waiting.command.sellerId));
    const left = this.#turn.filter((seller) => this.#queues.has(seller));
    this.#turn = [...left.filter((seller) => !served.has(seller)), ...left.filter((seller) => served.has(seller))];
    this.#waiting -= batch.length;
    return batch;
  }

  async #work(idle: Lane | undefined, batch: readonly Waiting[]): Promise<void> {
    let lane = idle;
    try {
      lane = await this.#run(lane, batch, 0);
    } finally {
      for (const { command } of batch) this.#busySellers.delete(command.sellerId);
      this.#working -= 1;
      this.#idle.push(lane);
      this.#after(batch.map((one) => one.command));
      this.#pumpSoon();
      if (this.#working === 0 && this.#waiting === 0) this.#closing?.();
    }
  }

  /** Runs a batch and answers everybody in it. What could not be committed is run again; what keeps failing is cut until the culprit stands alone. */
  async #run(lane: Lane | undefined, batch: readonly Waiting[], tries: number): Promise<Lane | undefined> {
    let used = lane;
    try {
      used ??= await this.#open();
      const answers = await actOnce(
        used,
        batch.map((one) => one.command),
        this.#settings(),
        this.#ids,
        this.#known,
      );
      batch.forEach((one, i) => one.resolve(must(answers[i], "an answer")));
      return used;
    } catch (error) {
      const state = sqlState(error);
      const short = error instanceof OutOfIds;
      const again = short || (state === undefined ? isLost(error) : transient.test(state));
      if (again && !short && (state === undefined || /^(57P0|08)/.test(state))) {
        void used?.end().catch(() => undefined);
        used = undefined;
        this.#known.forget();
      }
      const halve = batch.length > 1 && (!again || state === lockTimeout || tries >= 2);
      if (halve) {
        const middle = Math.ceil(batch.length / 2);
        const first = await this.#run(used, batch.slice(0, middle), 0);
        return this.#run(first, batch.slice(middle), 0);
      }
      if (again && tries < 20) {
        await new Promise((resolve) => setTimeout(resolve, Math.min(20 * 2 ** tries, 1_000)));
        return this.#run(used, batch, tries + 1);
      }
      for (const one of batch) one.reject(error);
      return used;
    }
  }
}

/** Of so many places of a batch one is the clock's: a crowd that never ends must not keep payouts and deadlines waiting for ever. */
const clocksShare = 8;

function takeFrom(queue: Waiting[], most: number, seen: Set<string>): Waiting[] {
  const taken: Waiting[] = [];
  const kept: Waiting[] = [];
  const clocks = queue.filter(({ command }) => command.background).length;
  const peoples = most - Math.min(clocks, Math.ceil((most - 1) / clocksShare));
  for (const waiting of queue) {
    const { sellerId, refs } = waiting.command;
    const things = [...(refs.orders ?? []).map((id) => `${sellerId} o${id}`), ...(refs.projects ?? []).map((id) => `${sellerId} p${id}`)];
    // One that must wait holds back those behind it on the same thing, so that they stay in order.
    const room = waiting.command.background ? most : peoples;
    const free = taken.length < room && !things.some((thing) => seen.has(thing));
    for (const thing of things) seen.add(thing);
    (free ? taken : kept).push(waiting);
  }
  queue.splice(0, queue.length, ...kept);
  return taken;
}

function sqlState(error: unknown): string | undefined {
  const code = typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
  return typeof code === "string" && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

/** The connection broke: the answer to COMMIT may have been lost with it. */
function isLost(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = "code" in error ? String(error.code) : "";
  return (
    /^(ECONNRESET|ECONNREFUSED|EPIPE|ETIMEDOUT|ENOTFOUND)$/.test(code) ||
    /Connection terminated|connection|not queryable|Uncommitted/i.test(error.message) ||
    error.name === "Uncommitted"
  );
}
