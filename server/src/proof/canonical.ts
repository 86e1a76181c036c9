import { hash } from "node:crypto";

/** What a proof is made of: amounts and times are texts, so that every language reads the same. */
export type Plain = string | number | readonly Plain[] | { readonly [name: string]: Plain };

/**
 * The one way of writing a value down: JSON without spaces, names sorted by code unit, whole numbers only.
 * Throws a RangeError on a number that is not a safe whole one.
 */
export function canonical(value: Plain): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number") {
    if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is no whole number that every reader understands`);
    return String(value);
  }
  if (isList(value)) return `[${value.map(canonical).join(",")}]`;
  const names = Object.keys(value).toSorted((a, b) => (a < b ? -1 : 1));
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(value[name] ?? "")}`).join(",")}}`;
}

function isList(value: Plain): value is readonly Plain[] {
  return Array.isArray(value);
}

/** SHA-256 in hex of a text's UTF-8 bytes. */
export function sha256(text: string): string {
  return hash("sha256", text, "hex");
}
