import type { Engine } from "../../src/jobs/engine.ts";
import type { Rail, RailHeaders, SendRequest } from "../../src/rails/rail.ts";
import type { Posted, SafePost } from "../../src/net/safe-post.ts";
import type { SandboxRail } from "../../src/rails/sandbox/sandbox.ts";
import type { Clock } from "./clock.ts";
import { Random } from "./random.ts";

const hour = 3_600_000;

/** What happens out there, counted: a run that met no fault has proved nothing. */
export type Counts = Map<string, number>;

export function count(counts: Counts, what: string): void {
  counts.set(what, (counts.get(what) ?? 0) + 1);
}

/** Events on their way from the rail: some are told twice, some late, some overtake others. */
export class EventPost {
  readonly #seed: number;
  readonly #told = new Map<string, number>();
  readonly #clock: Clock;
  readonly #counts: Counts;
  #held: { readonly at: number; readonly tell: () => Promise<void> }[] = [];

  constructor(seed: number, clock: Clock, counts: Counts) {
    this.#seed = seed;
    this.#clock = clock;
    this.#counts = counts;
  }

  /** Takes an event from the rail; `store` is the platform's receiving end, and `what` names it by what the simulation decides. */
  async take(what: string, raw: Buffer, headers: RailHeaders, store: (raw: Buffer, headers: RailHeaders) => Promise<void>): Promise<void> {
    const times = (this.#told.get(what) ?? 0) + 1;
    this.#told.set(what, times);
    const random = new Random(this.#seed, `event ${what}/${times}`);
    const how = random.weighted({ now: 82, twice: 8, late: 7, later: 3 });
    const tell = () => store(raw, headers);
    if (how === "now" || how === "twice") await tell();
    if (how !== "now") {
      count(this.#counts, how === "twice" ? "event told twice" : "event told late");
      const wait = how === "later" ? random.whole(24, 240) : random.whole(1, 30);
      this.#held.push({ at: this.#clock.now().getTime() + wait * hour, tell });
    }
  }

  /** Hands over what has waited long enough, the youngest first: so events overtake each other. */
  async release(all = false): Promise<void> {
    const now = this.#clock.now().getTime();
    const due = this.#held.filter((one) => all || one.at <= now);
    this.#held = this.#held.filter((one) => !due.includes(one));
    for (const { tell } of due.toReversed()) await tell();
  }
}

/** Times in which the rail cannot be reached at all, for hours or days. */
export class Outages {
  #until = 0;
  /** From now on every call is answered: what is on its way at the end of a run must be able to arrive. */
  calm = false;

  begin(until: number): void {
    this.#until = Math.max(this.#until, until);
  }

  lasts(now: number): boolean {
    return !this.calm && now < this.#until;
  }
}

/** The rail as a process reaches it: calls get lost before or after their effect, some sends stay pending for days, and at times nothing answers. */
export function faultyRail(
  rail: SandboxRail,
  seed: number,
  clock: Clock,
  counts: Counts,
  outages: Outages,
  onSend: (request: SendRequest) => void,
): Rail {
  const asked = new Map<string, number>();
  const slow = new Map<string, number>();
  // A send's reference has chance in it that is not the simulation's.
  const named = new Map<string, string>();
  const drawn = (what: string): Random => {
    const times = (asked.get(what) ?? 0) + 1;
    asked.set(what, times);
    return new Random(seed, `${what}/${times}`);
  };
  const lost = (what: string): never => {
    count(counts, what);
    throw new Error(`simulated: ${what}`);
  };
  const reach = (): void => {
    if (outages.lasts(clock.now().getTime())) lost("rail out of reach");
  };
  return {
    name: rail.name,
    can: rail.can,
    tariff: (currency) => rail.tariff(currency),
    parseEvent: (raw, headers) => rail.parseEvent(raw, headers),
    openPayment: (request) => rail.openPayment(request),
    lookUpPayment: async (reference) => {
      reach();
      if (drawn(`look up ${reference}`).chance(0.1) && !outages.calm) lost("look-up of a payment lost");
      return rail.lookUpPayment(reference);
    },
    send: async (request) => {
      reach();
      onSend(request);
      named.set(request.reference, describe(request));
      const drew = drawn(`send ${describe(request)}`).weighted({ good: 88, before: 4, after: 5, days: 3 });
      const fate = outages.calm ? "good" : drew;
      if (fate === "before") lost("send lost before its effect");
      const outcome = await rail.send(request);
      if (fate === "after") lost("send lost after its effect");
      if (fate === "days" && outcome.status === "succeeded") {
        count(counts, "send pending for days");
        slow.set(request.reference, clock.now().getTime() + 3 * 24 * hour);
        return { status: "pending" };
      }
      return outcome;
    },
    lookUpSend: async (request) => {
      const { reference } = request;
      reach();
      const until = slow.get(reference);
      if (until !== undefined && clock.now().getTime() < until) return { status: "pending" };
      if (drawn(`look up ${named.get(reference) ?? ""}`).chance(0.1) && !outages.calm) lost("look-up of a send lost");
      return rail.lookUpSend(request);
    },
  };
}

/** By what the simulation decides, never by numbers or references that depend on who came first. */
function describe(request: SendRequest): string {
  const to = "paymentReference" in request.to ? request.to.paymentReference : JSON.stringify(request.to);
  return `${request.kind} ${request.amount} ${to}`;
}

/** One notification as a shop took it. */
export interface Taken {
  readonly webhookId: string;
  readonly heard: boolean;
}

/** The shops' receivers: most take what comes, some answer errors, hang, or take it and are not heard. No network is touched. */
export class Shops implements SafePost {
  readonly #seed: number;
  readonly #counts: Counts;
  readonly #tries = new Map<string, number>();
  #hanging: (() => void)[] = [];
  readonly taken: Taken[] = [];

  constructor(seed: number, counts: Counts) {
    this.#seed = seed;
    this.#counts = counts;
  }

  async post(url: string, headers: Readonly<Record<string, string>>, _body: string, stop?: AbortSignal): Promise<Posted> {
    const webhookId = String(headers["webhook-id"]);
    // Notification ids are PostgreSQL's own chance; a shop's temper is the simulation's.
    const nth = (this.#tries.get(url) ?? 0) + 1;
    this.#tries.set(url, nth);
    const how = new Random(this.#seed, `shop ${url} ${nth}`).weighted({ takes: 79, fails: 11, unheard: 5, dead: 3, hangs: 2 });
    if (how !== "takes") count(this.#counts, `notification ${how}`);
    if (how === "takes" || how === "unheard") this.taken.push({ webhookId, heard: how === "takes" });
    if (how === "takes") return { status: 200, answer: "", retryAfter: null };
    if (how === "fails") return { status: 503, answer: "down", retryAfter: null };
    if (how === "hangs") await this.#hang(stop);
    return { error: how === "unheard" ? "the answer was lost" : "no answer in time" };
  }

  /** Waits until all tries of the processes that do not hang here are over. */
  async concluded(engines: readonly Pick<Engine, "delivery">[]): Promise<void> {
    const running = () => engines.reduce((sum, { delivery }) => sum + (delivery?.running.size ?? 0), 0);
    while (running() > this.#hanging.length) await new Promise((go) => setTimeout(go, 1));
  }

  /** Whoever hung until now gives up; by then the lease over the notification may be somebody else's. */
  giveUp(): void {
    for (const end of this.#hanging) end();
    this.#hanging = [];
  }

  #hang(stop: AbortSignal | undefined): Promise<void> {
    return new Promise((end) => {
      this.#hanging.push(end);
      stop?.addEventListener("abort", () => end(), { once: true });
    });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
