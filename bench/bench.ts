import type { Assembled } from "../server/src/commands/assemble.ts";
import type { Yardstick } from "./pgbench.ts";
import type { OpenOrder, Shop } from "./shop.ts";

/** What a measure works with. */
export interface Bench {
  readonly url: string;
  readonly dataDirectory: string;
  readonly parts: Assembled;
  readonly shops: readonly Shop[];
  readonly yardstick: Yardstick;
  /** The number of clients at which pgbench was fastest in this run. */
  readonly bestClients: number;
  /** A whole run makes this 1; a quick one less. */
  readonly scale: number;
  readonly httpUrl: string;
  /** How often a connection to the database was written to after it had last answered. */
  roundTrips(): number;
  /** Runs pgbench beside a measurement: transitions per second at its best. */
  pgbench(): Promise<number>;
  /** Orders on the rail's page, made now and not counted. */
  orders(count: number, shops?: readonly Shop[]): Promise<OpenOrder[]>;
  /** Copies of the filled database, for those who write into it without us. */
  readonly copies: Readonly<Record<"sameRows" | "whole" | "bare" | "lives", string>>;
  /** An engine like the one that is measured, on another database. */
  assemble(url: string): Assembled;
  /** Brings another database to the schema of ours. */
  prepare(url: string): Promise<void>;
  /** The headers under which the sandbox rail would send that body. */
  signed(body: string): Readonly<Record<string, string>>;
  say(text: string): void;
  /** Stands on the page, once: why something was not measured, or what went into a number. */
  note(text: string): void;
}

/** One file in bench/measures each. A round answers numbers by the keys in bench/goals.ts. */
export interface Measure {
  readonly name: string;
  round(bench: Bench): Promise<Readonly<Record<string, number>>>;
  /** Closes what the rounds kept open. */
  end?(): Promise<void>;
}
