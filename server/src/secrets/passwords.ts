import type { ScryptOptions } from "node:crypto";
import * as crypto from "node:crypto";
import { timingSafeEqual } from "node:crypto";

const saltLength = 16;
const hashLength = 32;

// argon2id with 19 MiB, two passes, one lane; scrypt with 128 MiB where the runtime has no argon2 (Node before 24.7).
const argon = { m: 19_456, t: 2, p: 1 } as const;
const scryptCost = { ln: 17, r: 8, p: 1 } as const;

type Scheme = "argon2id" | "scrypt";

/** Whether the runtime has argon2 built in. */
export const bestScheme: Scheme = typeof crypto.argon2 === "function" ? "argon2id" : "scrypt";

/** Hashes a password for storage, as a PHC-like string that names its scheme, costs, salt and hash. Takes some 30 ms, off the main thread. */
export async function hashPassword(password: string, scheme: Scheme = bestScheme): Promise<string> {
  const salt = crypto.randomBytes(saltLength);
  if (scheme === "argon2id") {
    const hash = await argon2id(password, salt, argon.m, argon.t, argon.p, hashLength);
    return `$argon2id$v=19$m=${argon.m},t=${argon.t},p=${argon.p}$${phc(salt)}$${phc(hash)}`;
  }
  const hash = await scrypt(password, salt, scryptCost.ln, scryptCost.r, scryptCost.p, hashLength);
  return `$scrypt$ln=${scryptCost.ln},r=${scryptCost.r},p=${scryptCost.p}$${phc(salt)}$${phc(hash)}`;
}

/** True if the password is the one that was hashed. A stored string that cannot be read is false, never true. */
export async function passwordFits(password: string, stored: string): Promise<boolean> {
  const a = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/.exec(stored);
  if (a !== null) {
    const [m, t, p, salt, hash] = parts(a);
    const wanted = Buffer.from(hash, "base64");
    return same(await argon2id(password, Buffer.from(salt, "base64"), Number(m), Number(t), Number(p), wanted.length), wanted);
  }
  const s = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/.exec(stored);
  if (s === null) return false;
  const [ln, r, p, salt, hash] = parts(s);
  const wanted = Buffer.from(hash, "base64");
  return same(await scrypt(password, Buffer.from(salt, "base64"), Number(ln), Number(r), Number(p), wanted.length), wanted);
}

/** True if a stored hash is weaker than what this runtime would make now: hash the password anew at the next sign-in. */
export function needsRehash(stored: string): boolean {
  const current = bestScheme === "argon2id" ? `$argon2id$v=19$m=${argon.m},t=${argon.t},p=${argon.p}$` : `$scrypt$ln=${scryptCost.ln},`;
  return !stored.startsWith(current);
}

function argon2id(
  password: string,
  nonce: Buffer,
  memory: number,
  passes: number,
  parallelism: number,
  tagLength: number,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const parameters = { message: Buffer.from(password, "utf8"), nonce, parallelism, tagLength, memory, passes };
    crypto.argon2("argon2id", parameters, (error, hash) => (error === null ? resolve(hash) : reject(error)));
  });
}

function scrypt(password: string, salt: Buffer, ln: number, r: number, p: number, length: number): Promise<Buffer> {
  const options: ScryptOptions = { N: 2 ** ln, r, p, maxmem: 256 * 2 ** ln * r };
  return new Promise((resolve, reject) => {
    crypto.scrypt(password, salt, length, options, (error, hash) => (error === null ? resolve(hash) : reject(error)));
  });
}

function parts(match: RegExpExecArray): [string, string, string, string, string] {
  const [, a = "", b = "", c = "", d = "", e = ""] = match;
  return [a, b, c, d, e];
}

function same(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

function phc(bytes: Buffer): string {
  return bytes.toString("base64").replace(/=+$/, "");
}

/** A hash that nobody's password fits: an unknown e-mail address then costs the same time as a wrong password. */
export const nobodysPassword: string =
  bestScheme === "argon2id"
    ? `$argon2id$v=19$m=${argon.m},t=${argon.t},p=${argon.p}$${"A".repeat(22)}$${"A".repeat(43)}`
    : `$scrypt$ln=${scryptCost.ln},r=${scryptCost.r},p=${scryptCost.p}$${"A".repeat(22)}$${"A".repeat(43)}`;
