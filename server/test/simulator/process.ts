import { randomBytes } from "node:crypto";
import { Lanes } from "../../src/actions/lanes.ts";
import { assemble } from "../../src/commands/assemble.ts";
import type { Assembled } from "../../src/commands/assemble.ts";
import type { Config } from "../../src/config.ts";
import type { Lane } from "../../src/db/lane.ts";
import { openLane } from "../../src/db/connect.ts";
import { must } from "../../src/domain/fault.ts";
import type { Engine } from "../../src/jobs/engine.ts";
import type { SafePost } from "../../src/net/safe-post.ts";
import type { Rail } from "../../src/rails/rail.ts";
import type { Clock } from "./clock.ts";
import { patient, PatientLanes } from "./gate.ts";
import type { Done, Gate } from "./gate.ts";
import type { Counts } from "./outside.ts";
import { count } from "./outside.ts";
import { Random } from "./random.ts";
import { Trips } from "./trips.ts";

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

export interface Parts {
  readonly config: Config;
  readonly ownerUrl: string;
  readonly clock: Clock;
  readonly seed: number;
  readonly counts: Counts;
  /** The rails that it reaches, by those it connected itself. */
  readonly reached: (own: ReadonlyMap<string, Rail>) => ReadonlyMap<string, Rail>;
  readonly poster: SafePost;
  readonly secretKey: Buffer;
  /** What happens one transaction at a time; without it the processes' transactions run as they come. */
  readonly gate: Gate | undefined;
  /** How long PostgreSQL does not hear that a connection was cut, in milliseconds. */
  readonly lingering: number;
}

/** One server process: the engine as it is put together for serving, on connections that break at times. */
export interface ServerProcess {
  readonly engine: Engine;
  stop(): Promise<void>;
}

export function startProcess(parts: Parts, name: string): ServerProcess {
  const { config, ownerUrl, clock, counts, gate } = parts;
  const random = new Random(parts.seed, `process ${name}`);
  const assembled: Assembled = assemble({
    config,
    ownerUrl,
    baseUrl: "http://127.0.0.1:4000",
    secretKey: parts.secretKey,
    log: silent,
    now: clock.now,
  });
  if (gate !== undefined) new Trips(ownerUrl, "tranche_app", gate).under(assembled.pool);
  const turns = new LaneTurns(gate);
  const open = async () => {
    await turns.enter();
    const lane = await openLane(ownerUrl, {
      applicationName: "simulated lane",
      onLost: () => undefined,
      extraOptions: gate === undefined ? {} : patient,
    });
    return turns.over(breaking(lane, random, counts, parts.lingering));
  };
  const { count: twoOrMore, ...limits } = config.lanes;
  const settings = () => assembled.engine.settings;
  const lanes =
    gate === undefined
      ? new Lanes(open, settings, { lanes: twoOrMore, ...limits })
      : new PatientLanes(gate, open, settings, { lanes: 1, ...limits });
  const mails = new Map<string, number>();
  const send = async ({ to }: { readonly to: string }) => {
    const nth = (mails.get(to) ?? 0) + 1;
    mails.set(to, nth);
    if (new Random(parts.seed, `letter ${to}/${nth} of ${name}`).chance(0.01)) {
      count(counts, "letter not taken");
      throw new Error("simulated: the mail server is down");
    }
  };
  const delivery = {
    ...must(assembled.engine.delivery, "the delivery"),
    poster: parts.poster,
    patience: gate === undefined ? 20 : forEver,
  };
  const rails = parts.reached(assembled.engine.rails);
  const engine: Engine = { ...assembled.engine, lanes, rails, delivery, mailer: { send }, sms: { send } };
  return {
    engine,
    stop: async () => {
      await lanes.close();
      await assembled.close();
    },
  };
}

/** Whoever runs the jobs looks for himself whether only shops that hang are left. */
const forEver = 3_600_000;

/**
 * The turns of a process's one lane: each from what is asked before BEGIN to the answer of COMMIT or ROLLBACK. Where the connection breaks in
 * between, the turn lasts until the same commands have been run again on the next one, so that nobody comes first by chance.
 */
class LaneTurns {
  readonly #gate: Gate | undefined;
  #held: Promise<Done> | undefined;

  constructor(gate: Gate | undefined) {
    this.#gate = gate;
  }

  async enter(): Promise<void> {
    if (this.#gate === undefined) return;
    this.#held ??= this.#gate.enter();
    await this.#held;
  }

  over(lane: Lane): Lane {
    if (this.#gate === undefined) return lane;
    const ask = lane.query.bind(lane) as (query: unknown) => Promise<unknown>;
    const query = async (asked: { readonly name?: string }): Promise<unknown> => {
      await this.enter();
      const answer = await ask(asked);
      if (asked.name === "commit" || asked.name === "rollback") {
        const held = await this.#held;
        this.#held = undefined;
        held?.();
      }
      return answer;
    };
    return Object.assign(lane, { query });
  }
}

/**
 * A connection that is cut now and then: before a statement of a transaction, or after COMMIT has taken effect and before its answer is
 * heard. The command must have exactly one effect either way.
 */
function breaking(lane: Lane, random: Random, counts: Counts, lingering: number): Lane {
  const ask = lane.query.bind(lane) as (query: unknown) => Promise<{ command: string }>;
  const cut = (what: string): Error => {
    count(counts, what);
    const { connection } = lane as unknown as { connection: { stream: { destroy(): void }; emit(told: "end"): void } };
    if (lingering === 0) connection.stream.destroy();
    else {
      connection.emit("end");
      setTimeout(() => connection.stream.destroy(), lingering);
    }
    return new Error(`Connection terminated (simulated: ${what})`);
  };
  const query = (asked: { readonly name?: string }): Promise<{ command: string }> => {
    if (asked.name === "commit" && random.chance(0.01)) {
      return ask(asked).then(() => {
        throw cut("connection cut after COMMIT");
      });
    }
    if (random.chance(0.0004)) return Promise.reject(cut("connection cut within a transaction"));
    return ask(asked);
  };
  Object.assign(lane, { query });
  return lane;
}

export function newSecretKey(): Buffer {
  return randomBytes(32);
}
