import type { Pool } from "pg";
import type { Ask } from "../actions/command.ts";
import type { Lanes } from "../actions/lanes.ts";
import type { ActSettings } from "../actions/settings.ts";
import type { Mailer } from "../net/mail.ts";
import type { SmsSender } from "../net/sms.ts";
import type { Rail } from "../rails/rail.ts";
import type { Delivery } from "./deliver.ts";
import type { RailTurns } from "./rail-turns.ts";
import { newCommandId } from "../db/command-id.ts";

/** What a job works with; put together in main.ts. */
export interface Engine {
  readonly pool: Pool;
  readonly lanes: Lanes;
  readonly settings: ActSettings;
  readonly rails: ReadonlyMap<string, Rail>;
  /** Whose turn it is to call a rail. */
  readonly turns: RailTurns;
  readonly mailer: Mailer | undefined;
  readonly sms: SmsSender | undefined;
  /** How sellers' shops are told; without it notifications wait. */
  readonly delivery?: Delivery | undefined;
  /** Where people reach this installation. */
  readonly baseUrl: string;
  readonly linkLife: number;
  /** How long a rail may take to settle a payment before it counts as missing; milliseconds. */
  readonly settledWithin: number;
  /** Real time; books add their own offset. */
  readonly now: () => Date;
  readonly log: Log;
}

export interface Log {
  info(fields: object, says: string): void;
  warn(fields: object, says: string): void;
  error(fields: object, says: string): void;
}

/** Something a job did, for whoever moved the clock and for the log. */
export interface Fired {
  readonly what: string;
  readonly seller: number;
  readonly id: number;
  readonly order?: number;
  readonly result?: string;
}

/** The clock's own command. */
export function byClock(sellerId: number, job: string): Ask {
  return { id: newCommandId(), sellerId, actor: { party: "clock", name: job } };
}

/** A rail's report. */
export function byRail(sellerId: number, rail: string): Ask {
  return { id: newCommandId(), sellerId, actor: { party: "rail", name: `rail:${rail}` } };
}
