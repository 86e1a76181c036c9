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
import type { Counts } from "./outside.ts";
import { count } from "./outside.ts";
import { Random } from "./random.ts";

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

export interface Parts {
  readonly config: Config;
  readonly ownerUrl: string;
  readonly clock: Clock;
  readonly seed: number;
  readonly counts: Counts;
  readonly rail: Rail;
  readonly poster: SafePost;
  readonly secretKey: Buffer;
}

/** One server process: the engine as it is put together for serving, on connections that break at times. */
export interface ServerProcess {
  readonly engine: Engine;
  stop(): Promise<void>;
}

export function startProcess(parts: Parts, name: string): ServerProcess {
  const { config, ownerUrl, clock, counts } = parts;
  const random = new Random(parts.seed, `process ${name}`);
  const assembled: Assembled = assemble({
    config,
    ownerUrl,
    baseUrl: "http://127.0.0.1:4000",
    secretKey: parts.secretKey,
    log: silent,
    now: clock.now,
  });
  const { lanes: limits } = config;
  const lanes = new Lanes(
    async () => breaking(await openLane(ownerUrl, { applicationName: "simulated lane", onLost: () => undefined }), random, counts),
    () => assembled.engine.settings,
    { lanes: limits.count, batch: limits.batch, perSeller: limits.perSeller, waitingPerSeller: limits.waitingPerSeller },
  );
  const mails = new Map<string, number>();
  const send = async ({ to }: { readonly to: string }) => {
    const nth = (mails.get(to) ?? 0) + 1;
    mails.set(to, nth);
    if (new Random(parts.seed, `letter ${to}/${nth} of ${name}`).chance(0.01)) {
      count(counts, "letter not taken");
      throw new Error("simulated: the mail server is down");
    }
  };
  const delivery = { ...must(assembled.engine.delivery, "the delivery"), poster: parts.poster, patience: 20 };
  const rails = new Map([[parts.rail.name, parts.rail]]);
  const engine: Engine = { ...assembled.engine, lanes, rails, delivery, mailer: { send }, sms: { send } };
  return {
    engine,
    stop: async () => {
      await lanes.close();
      await assembled.close();
    },
  };
}

/**
 * A connection that is cut now and then: before a statement of a transaction, or after COMMIT has taken effect and before its answer is
 * heard. The command must have exactly one effect either way.
 */
function breaking(lane: Lane, random: Random, counts: Counts): Lane {
  const ask = lane.query.bind(lane) as (query: unknown) => Promise<{ command: string }>;
  const cut = (what: string): Error => {
    count(counts, what);
    const { connection } = lane as unknown as { connection: { stream: { destroy(): void } } };
    connection.stream.destroy();
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
