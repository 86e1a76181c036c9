import { createHmac } from "node:crypto";
import type pg from "pg";
import { Lanes } from "../actions/lanes.ts";
import type { Config } from "../config.ts";
import { makePool, openLane } from "../db/connect.ts";
import { storeRailEvent } from "../db/rail-events.ts";
import { must } from "../domain/fault.ts";
import type { Engine, Log } from "../jobs/engine.ts";
import { keyIsRefused } from "../jobs/key-refused.ts";
import { RailTurns } from "../jobs/rail-turns.ts";
import { smtpMailer } from "../net/mail.ts";
import type { Rail } from "../rails/rail.ts";
import type { SandboxRail } from "../rails/sandbox/sandbox.ts";
import { makeSandboxRail } from "../rails/sandbox/sandbox.ts";
import { mailbox } from "../sandbox/mailbox.ts";
import { actSettings } from "./act-settings.ts";
import { callsAtOnce, connectRails, railSettings } from "./connect-rails.ts";
import { makeDelivery, stopDelivery } from "./delivery.ts";

export interface Assembled {
  readonly engine: Engine;
  readonly pool: pg.Pool;
  /** Connections for what somebody waits for, so that the jobs cannot take them all. */
  readonly requests: pg.Pool;
  readonly sandboxRail: SandboxRail | undefined;
  /** Called by the server once it polls: wakes the jobs after each commit. */
  onCommit(wake: () => void): void;
  close(): Promise<void>;
}

/** Puts the parts together by hand, top to bottom. `secretKey` seals keys and signs the sandbox rail's events. */
export function assemble(input: {
  readonly config: Config;
  readonly ownerUrl: string;
  readonly baseUrl: string;
  readonly secretKey: Buffer;
  readonly log: Log;
  readonly now?: () => Date;
  /** The time by which adapters of real rails wait; `now` unless a test turns a rail's clock. */
  readonly railClock?: () => Date;
}): Assembled {
  const { config, ownerUrl, baseUrl, secretKey, log } = input;
  const now = input.now ?? (() => new Date());
  const pool = makePool(ownerUrl, { role: "tranche_app", max: 6, applicationName: "tranche jobs" });
  const requests = makePool(ownerUrl, { role: "tranche_app", max: 6, applicationName: "tranche" });
  const sandbox = config.mode === "sandbox" ? mailbox(pool, now) : undefined;
  const rails = new Map<string, Rail>();
  let sandboxRail: SandboxRail | undefined;
  if (config.mode === "sandbox") {
    sandboxRail = makeSandboxRail({
      pool,
      clock: now,
      baseUrl,
      secret: createHmac("sha256", secretKey).update("sandbox rail").digest("hex"),
      deliver: async (raw, headers) => {
        const event = must(rails.get("sandbox"), "the sandbox rail").parseEvent(raw, headers);
        await storeRailEvent(pool, {
          rail: "sandbox",
          eventId: event.eventId,
          type: event.type,
          reference: event.reference,
          body: raw,
          parsed: event,
          at: now(),
        });
        wake();
      },
    });
    rails.set("sandbox", sandboxRail);
  }
  const { connected, close: closeRails } = connectRails({ config, pool, clock: input.railClock ?? now });
  for (const rail of connected) rails.set(rail.name, rail);
  const settings = actSettings(config, railSettings(config, rails));
  let wake: () => void = () => undefined;
  const lanes = new Lanes(
    () =>
      openLane(ownerUrl, {
        applicationName: "tranche lane",
        onLost: (error) => log.warn({ error: error.message }, "a writing connection was lost; another is opened"),
      }),
    () => settings,
    {
      lanes: config.lanes.count,
      batch: config.lanes.batch,
      perSeller: config.lanes.perSeller,
      waitingPerSeller: config.lanes.waitingPerSeller,
    },
    () => wake(),
  );
  const delivery = makeDelivery({ config, pool, secretKey, now });
  const engine: Engine = {
    pool,
    lanes,
    settings,
    rails,
    turns: new RailTurns(rails, input.railClock ?? now, callsAtOnce(config, rails), (rail) => keyIsRefused({ pool, now, log }, rail)),
    mailer: sandbox?.mailer ?? (config.smtp.url === undefined ? undefined : smtpMailer({ url: config.smtp.url, from: config.smtp.from })),
    sms: sandbox?.sms,
    delivery,
    baseUrl,
    linkLife: config.link.life,
    settledWithin: config.reconciliation.settledWithin,
    now,
    log,
  };
  return {
    engine,
    pool,
    requests,
    sandboxRail,
    onCommit: (wakeJobs) => {
      wake = wakeJobs;
    },
    close: async () => {
      await stopDelivery(delivery);
      await lanes.close();
      await closeRails();
      await requests.end();
      await pool.end();
    },
  };
}
