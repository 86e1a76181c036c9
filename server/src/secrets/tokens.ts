import { hash, randomBytes, randomInt, timingSafeEqual } from "node:crypto";

const alphanumerics = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** An opaque bearer token: 32 random bytes in base64url, 43 characters. Hand it out once and store only {@link tokenHash}. */
export function randomToken(): string {
  return randomBytes(32).toString("base64url");
}

/** SHA-256 of a random token, for storage and look-up. Not for passwords or short codes. */
export function tokenHash(token: string): Buffer {
  return hash("sha256", token, "buffer");
}

/** A seller's public key in the wire's style: 32 letters and digits. */
export function newPublicKey(): string {
  return alphanumeric(32);
}

/** A seller's private key in the wire's style: 35 letters and digits, some 208 bits. */
export function newPrivateKey(): string {
  return alphanumeric(35);
}

/** A one-time code of six digits, leading zeros kept. Short: allow few tries, and keep it only as {@link codeHash}. */
export function newCode(): string {
  return randomInt(1_000_000).toString().padStart(6, "0");
}

/** SHA-256 of a code together with what it is for, so that equal codes of two people do not look equal. */
export function codeHash(code: string, purpose: string): Buffer {
  return hash("sha256", `${purpose}\n${code}`, "buffer");
}

/** Compares two secrets without telling by time where they differ; their lengths need not be equal. */
export function sameSecret(a: string | Buffer, b: string | Buffer): boolean {
  return timingSafeEqual(digest(a), digest(b));
}

function digest(value: string | Buffer): Buffer {
  return hash("sha256", value, "buffer");
}

function alphanumeric(length: number): string {
  return Array.from({ length }, () => alphanumerics.charAt(randomInt(alphanumerics.length))).join("");
}
