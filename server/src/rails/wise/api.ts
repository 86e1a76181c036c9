import { createHash } from "node:crypto";
import { decimals } from "../../domain/currency.ts";
import { Fault } from "../../domain/fault.ts";
import type { Answered, JsonApi } from "../../net/json-call.ts";
import { NoAnswer } from "../rail.ts";
import type { RailMemory } from "../rail.ts";
import { Piece } from "../read.ts";

/** What the parts of the adapter share. */
export interface Wise {
  readonly api: JsonApi;
  readonly memory: RailMemory;
  readonly clock: () => Date;
  readonly profileId: string;
}

/** What Wise wrote around its refusal. */
export interface Refused {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  /** The field that it is about. */
  readonly path: string;
}

/** The body of an answer, or how it was refused. */
export function bodyOf(answered: Answered, what: string): { readonly body: Piece } | { readonly refused: Refused } {
  const body = new Piece(answered.body, what);
  if (answered.status < 300) return { body };
  const first = Array.isArray(body.raw("errors")) ? body.list("errors")[0] : undefined;
  const said = first ?? body;
  return {
    refused: {
      status: answered.status,
      code: said.textOr("code", ""),
      message: said.textOr("message", "no reason"),
      path: said.textOr("path", ""),
    },
  };
}

/** A list that is the whole body of an answer. */
export function listOf(answered: Answered, what: string): Piece[] {
  if (answered.status >= 300) throw new NoAnswer(`Wise did not give ${what} (status ${answered.status})`);
  return new Piece({ all: answered.body }, what).list("all");
}

/** An amount as Wise writes it: a decimal number of the major unit. Made and read by its digits, never by arithmetic. */
export function toMajor(amount: bigint, currency: string): number {
  const places = decimals(currency);
  const digits = amount.toString().padStart(places + 1, "0");
  const text = places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`;
  const number = Number(text);
  if (toMinor(number, currency) !== amount) throw new Fault(`${amount} ${currency} cannot be written as a number`);
  return number;
}

/** Undefined where the number has more decimals than the currency, or is too large to be exact. */
export function toMinor(major: unknown, currency: string): bigint | undefined {
  const places = decimals(currency);
  const [, units, part = ""] = /^(\d{1,13})(?:\.(\d+))?$/.exec(String(major)) ?? [];
  if (units === undefined || part.length > places) return undefined;
  return BigInt(units + part.padEnd(places, "0"));
}

/** The namespace of our references among all names, so that nobody else's come out the same. */
const namespace = Buffer.from("7b1c1d0e4f0e5d7ca5c6b1a40a3f4f55", "hex");

/** Wise's idempotency handle wants a UUID: the same reference always gives the same one (RFC 9562, version 5). */
export function transactionIdOf(reference: string): string {
  const bytes = createHash("sha1").update(namespace).update(reference).digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x50, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

export function isYoung(wise: Wise, since: string, wait: number): boolean {
  return wise.clock().getTime() - new Date(since).getTime() < wait;
}

/** Our balances at Wise, each with its number. */
export async function balancesOf(wise: Wise): Promise<{ readonly id: string; readonly currency: string; readonly available: bigint }[]> {
  const all = listOf(await wise.api.call("GET", `/v4/profiles/${wise.profileId}/balances?types=STANDARD`), "the balances");
  return all.map((one) => {
    const currency = one.text("currency");
    const available = toMinor(one.piece("amount").raw("value"), currency);
    if (available === undefined) throw new NoAnswer(`Wise's balance of ${currency} is no amount.`);
    return { id: one.text("id"), currency, available };
  });
}
