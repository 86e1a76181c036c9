import type { Refusal } from "./refusals.ts";
import { refuse } from "./refusals.ts";

/**
 * An e-mail address in the form it is stored and compared in: trimmed, the domain in lower case, the part before `@` as given (some mail
 * servers tell capitals apart there). Refuses `invalid`, naming the field, for what cannot be a mailbox on the internet.
 */
export function normaliseEmail(value: unknown, field = "email"): string | Refusal {
  const text = typeof value === "string" ? value.trim() : "";
  const at = text.lastIndexOf("@");
  const local = text.slice(0, Math.max(at, 0));
  const domain = text.slice(at + 1).toLowerCase();
  if (text.length > 254 || local.length > 64 || !isLocal(local) || !isDomain(domain)) {
    return refuse("invalid", `${field} must be an e-mail address such as ada@example.com.`, { field });
  }
  return `${local}@${domain}`;
}

// Unquoted local parts only; letters beyond ASCII are allowed as newer mail servers do.
function isLocal(local: string): boolean {
  return /^[\p{L}\p{N}!#$%&'*+/=?^_`{|}~.-]+$/u.test(local) && !local.startsWith(".") && !local.endsWith(".") && !local.includes("..");
}

function isDomain(domain: string): boolean {
  const labels = domain.split(".");
  return labels.length >= 2 && !/\.\d+$/.test(domain) && labels.every((l) => /^[\p{L}\p{N}]([\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?$/u.test(l));
}

/**
 * A phone number in international form, `+` and digits. Takes `+234…`, `00234…`, `234…`, and Nigeria's local forms `0803…` and `803…`;
 * spaces, dots, dashes and brackets between digits are dropped, and the zero that people leave in after `+234` too. Refuses `invalid`,
 * naming the field, for anything else.
 */
export function normalisePhone(value: unknown, field = "phone_number"): string | Refusal {
  const text = typeof value === "number" ? String(value) : typeof value === "string" ? value : "";
  const international = readInternational(text.replace(/[\s().\-\u2010-\u2015]/g, ""));
  if (international === undefined) {
    return refuse("invalid", `${field} must be a phone number such as +2348031234567 or 08031234567.`, { field });
  }
  return international;
}

function readInternational(text: string): string | undefined {
  const plus = text.startsWith("+");
  const digits = plus ? text.slice(1) : text;
  if (plus) return checked(digits);
  if (digits.startsWith("00")) return checked(digits.slice(2));
  if (digits.startsWith("0")) return checked(`234${digits.slice(1)}`);
  if (/^[789]\d{9}$/.test(digits)) return checked(`234${digits}`);
  return digits.length >= 11 ? checked(digits) : undefined;
}

/**
 * E.164: digits alone, at most 15, the first not zero; fewer than 8 is no subscriber anywhere. A Nigerian mobile number has ten digits after its
 * country code, a landline seven to nine.
 */
function checked(digits: string): string | undefined {
  const mended = digits.replace(/^2340(?=\d{7,10}$)/, "234");
  const nigerian = !mended.startsWith("234") || /^234[1-9]\d{6,9}$/.test(mended);
  return nigerian && /^[1-9]\d{7,14}$/.test(mended) ? `+${mended}` : undefined;
}
