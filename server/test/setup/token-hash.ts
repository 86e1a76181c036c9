import { randomBytes } from "node:crypto";

/** The hash of a checkout's token that nobody will ever show. */
export function newTokenHash(): string {
  return randomBytes(32).toString("hex");
}
