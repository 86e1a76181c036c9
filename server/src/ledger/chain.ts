import { hash } from "node:crypto";
import type { Posting } from "../domain/movements.ts";

/** What stands before the first leg of a book, and before the first transition of an order. */
export const genesis = "GENESIS";

function sha256(text: string): string {
  return hash("sha256", text, "hex");
}

/** One leg as the hash chain sees it. `amount` is in minor units, `sequence` counts a book's legs from 1. */
export interface Leg {
  readonly transactionId: string;
  readonly accountId: string;
  readonly type: "DEBIT" | "CREDIT";
  readonly amount: bigint;
  readonly currency: string;
  readonly sequence: number;
}

/**
 * The hash of a leg in the format of the Ledger Conformance Kit, so that a stranger's verifier works: SHA-256, in hex, of
 * `prevHash|transactionId|accountId|TYPE|amount|currency|sequence`. No field can contain the separator.
 */
export function legHash(previous: string, leg: Leg): string {
  return sha256(`${previous}|${leg.transactionId}|${leg.accountId}|${leg.type}|${leg.amount}|${leg.currency}|${leg.sequence}`);
}

/**
 * Adds a posting to a book's chain: its debit leg at `debitSequence`, then its credit leg at the next number.
 * Returns the credit leg's hash, the one that is stored; the debit leg's can be computed again from the row before.
 */
export function chainPosting(previous: string, transactionId: string, posting: Posting, debitSequence: number): string {
  const { debit, credit, amount, currency } = posting;
  const afterDebit = legHash(previous, { transactionId, accountId: debit, type: "DEBIT", amount, currency, sequence: debitSequence });
  return legHash(afterDebit, { transactionId, accountId: credit, type: "CREDIT", amount, currency, sequence: debitSequence + 1 });
}

/** What a journal entry says about itself. `orderDigest` is the order's running digest after the step that caused the entry. */
export interface EntryHeader {
  readonly cause: string;
  readonly orderId: number | null;
  /** To the millisecond; what is stored must not be finer. */
  readonly at: Date;
  readonly orderDigest: string | null;
  /** The number of the entry this one turns round. */
  readonly reverses: number | null;
}

/** SHA-256, in hex, of the header as a JSON array `[cause, orderId, at, orderDigest, reverses]`, the time as ISO 8601 in UTC. */
export function headerDigest({ cause, orderId, at, orderDigest, reverses }: EntryHeader): string {
  return sha256(JSON.stringify([cause, orderId, at.toISOString(), orderDigest, reverses]));
}

/** The entry's name in the chain, `seller:number:digest`: with it the legs' hashes cover the header too. */
export function entryId(sellerId: number, entrySequence: number, digest: string): string {
  return `${sellerId}:${entrySequence}:${digest}`;
}

/** One step of an order's life, as it is stored. */
export interface Step {
  readonly version: number;
  readonly action: string;
  readonly from: string;
  readonly to: string;
  readonly party: string;
  readonly at: Date;
}

/** An order's running digest after a step: SHA-256, in hex, of the JSON array `[previous, version, action, from, to, party, at]`. */
export function nextOrderDigest(previous: string, { version, action, from, to, party, at }: Step): string {
  return sha256(JSON.stringify([previous, version, action, from, to, party, at.toISOString()]));
}

/** An order's digest before its first step: 32 zero bytes. */
export const firstOrderDigest: string = "0".repeat(64);
