import { randomBytes } from "node:crypto";
import { text } from "node:stream/consumers";
import { hashPassword } from "../secrets/passwords.ts";
import { UsageError } from "./usage-error.ts";

const leastLength = 10;

export interface GivenPassword {
  readonly hash: string;
  /** What to print about it: a generated one is shown this once. */
  readonly told: string;
}

/** A password from the standard input where `--password-stdin` asks for it (an argument would stand in the shell's history), else a new one. */
export async function givenPassword(fromInput: boolean): Promise<GivenPassword> {
  if (!fromInput) {
    const made = randomBytes(12).toString("base64url");
    return { hash: await hashPassword(made), told: `Password (shown this once): ${made}` };
  }
  const typed = (await text(process.stdin)).replace(/\r?\n$/, "");
  if (typed.length < leastLength)
    throw new UsageError(`A password needs at least ${leastLength} characters; the standard input gave ${typed.length}.`);
  return { hash: await hashPassword(typed), told: "The password is the one given." };
}

/** Takes the option out of a command's arguments. */
export function takePasswordOption(rest: readonly string[]): { fromInput: boolean; others: string[] } {
  return { fromInput: rest.includes("--password-stdin"), others: rest.filter((one) => one !== "--password-stdin") };
}
