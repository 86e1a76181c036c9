import type { Party } from "../domain/machine.ts";
import type { PayeeKind } from "../domain/facts.ts";
import type { Refusal } from "../domain/refusals.ts";
import type { Book } from "./book.ts";
import type { Writer } from "./writer.ts";

export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

/** What an accepted command answers; remembered with its transition, so it holds nothing secret. */
export type Result = Readonly<Record<string, Json>>;

/** Who acts: the party, and the name under which that person or key is known. */
export interface Actor {
  readonly party: Party;
  /** e.g. `key`, `link`, `operator:2`, `seller:101`, `rail:sandbox`, `deadlines`; `seller_for_buyer` when a seller's key speaks for the buyer. */
  readonly name: string;
}

/** The rows a command needs to see, by id; everything that hangs on an order comes with it. */
export interface Refs {
  readonly orders?: readonly number[];
  readonly projects?: readonly number[];
  readonly payments?: readonly number[];
  /** Receipts of money that nobody here asked for: what the house book has of them. */
  readonly receipts?: readonly { readonly rail: string; readonly railReference: string }[];
  readonly attempts?: readonly number[];
  /** Accounts whose balance is not kept: what they hold is summed over the book. Long in a large book, so for rare steps alone. */
  readonly summed?: readonly string[];
  readonly disbursements?: readonly number[];
  readonly providers?: readonly number[];
  readonly buyers?: readonly number[];
  readonly contacts?: readonly { readonly email: string; readonly phone: string }[];
  readonly shopOrders?: readonly string[];
  /** With each comes what it keeps waiting. */
  readonly holds?: readonly number[];
  /** Orders whose project's unpaid checkout may have to make way: the payments of it are read. */
  readonly siblingsOf?: readonly number[];
  /** Accounts whose kept balances a decision reads, beside the escrow of its orders and what the seller owes. */
  readonly accounts?: readonly string[];
  /** Payees whose parked payouts matter. */
  readonly payees?: readonly { readonly kind: PayeeKind; readonly id: number }[];
}

/** The decision, taken before the line: what will be written. After it nothing may refuse. */
export type Plan = (writer: Writer) => Result;

/** One thing somebody wants done to one book. */
export interface Command {
  /** Given at the door; finds the command's own transition when its answer was lost. */
  readonly id: string;
  readonly sellerId: number;
  readonly action: string;
  readonly actor: Actor;
  readonly refs: Refs;
  readonly key?: { readonly key: string; readonly fingerprint: string } | undefined;
  /** The clock's commands wait behind people's. */
  readonly background: boolean;
  /** Pure: looks at facts read under the lock, answers a refusal or a plan. */
  decide(book: Book): Refusal | Plan;
}

export type Answer = { readonly done: Result; readonly replayed: boolean } | Refusal;

/** What every action takes beside its own input. */
export interface Ask {
  readonly id: string;
  readonly sellerId: number;
  readonly actor: Actor;
  readonly key?: { readonly key: string; readonly fingerprint: string } | undefined;
}

/** Builds a command. The clock and the rail carry no idempotency key; the clock's commands go behind people's. */
export function command(action: string, ask: Ask, refs: Refs, decide: (book: Book) => Refusal | Plan): Command {
  return { ...ask, action, refs, decide, background: ask.actor.party === "clock" };
}
