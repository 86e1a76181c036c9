import type pg from "pg";
import type { Rail, SendRequest } from "../../src/rails/rail.ts";
import type { SandboxControls } from "../../src/rails/sandbox/sandbox.ts";
import type { Checks } from "./checks.ts";
import type { Clock } from "./clock.ts";
import type { Counts, Outages } from "./outside.ts";

/** What payers and their banks do at a rail. What it cannot play it refuses, and nothing has happened. */
export type AtTheRail = Pick<Rail, "openPayment"> &
  Pick<SandboxControls, "play" | "payAgain" | "openDispute" | "winDispute" | "loseDispute" | "concludeSend" | "emitUnknown">;

/** One payout or refund that left the rail, or came back to it. */
export interface Moved {
  readonly back: boolean;
  readonly reference: string;
  /** The attempt that asked for it; null: nobody did. */
  readonly attempt: { readonly seller: number; readonly id: number } | null;
}

/** The rail's own record of what it moved, beside what the books say. The lists name payments and disbursements by book and number. */
export interface RailRecord {
  /** What has moved since it was asked the last time, oldest first. */
  moved(): Promise<readonly Moved[]>;
  payments(sellers: readonly number[], ids: readonly number[]): Promise<string[]>;
  sends(sellers: readonly number[], ids: readonly number[]): Promise<string[]>;
  /** When all has come to rest: rail and books hold the same. `pool` reads whole tables, which those of the simulation are not planned for. */
  atTheEnd(checks: Checks, pool: pg.Pool): Promise<string[]>;
}

export interface Float {
  /** The usual rail of that currency unless given. */
  readonly rail?: string;
  readonly currency: string;
  readonly perYear: bigint;
}

/** One rail, or some beside each other, as the simulation sees them: from the outside, and as the processes reach them. */
export interface RailSide {
  /** Who takes the payments. */
  readonly name: string;
  /** What connects a process, as environment. */
  readonly settings: Readonly<Record<string, string>>;
  readonly payers: AtTheRail;
  /** What payers cannot do here. */
  readonly never: readonly string[];
  /** Whether service providers are paid in dollars. */
  readonly dollars: boolean;
  /** Where the operator's own money lies, and how much of it for each year. */
  readonly floats: readonly Float[];
  readonly record: RailRecord;
  /** The operator's own money reaches the rail. */
  fill(float: Float, years: number): void;
  /** The rails that a process reaches; `own` are those it connected itself. */
  reached(own: ReadonlyMap<string, Rail>): ReadonlyMap<string, Rail>;
  /** The clock has been set: what was to happen until now happens. */
  passed(all: boolean): Promise<void>;
  /** What was paid long enough ago is settled, and what just happened is told. Answers whether anything was told. */
  settle(): Promise<boolean>;
  /** Somebody looks at the rail's own dashboard and does what it asks for. */
  tend(): Promise<void>;
  /** From now on nothing goes wrong any more. */
  calm(): Promise<void>;
  close(): Promise<void>;
}

/** What a side is made with. */
export interface SideParts {
  readonly seed: number;
  readonly clock: Clock;
  readonly counts: Counts;
  readonly outages: Outages;
  /** Called for every send that reaches the rail. */
  readonly onSend: (request: SendRequest) => void;
}
