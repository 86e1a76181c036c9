import { randomBytes } from "node:crypto";

/**
 * A fresh id for a command: a UUID of version 7, whose first 48 bits are the milliseconds since 1970, so that the ids of a book's commands follow one
 * another in the index where each is looked up and noted. Random ones would each touch another page of it, and the larger the book, the more of
 * those are cold and go to the log as a whole.
 */
export function newCommandId(): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(Date.now(), 0, 6);
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  const hex = bytes.toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
