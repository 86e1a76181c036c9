import { createHash, createHmac, timingSafeEqual } from "node:crypto";

export interface KeyPair {
  readonly publicKey: string;
  readonly privateKey: string;
}

const key = /^[A-Za-z0-9]{8,128}$/;

/** The wire's `authtoken`: base64 of `public:private`. It carries the private key in clear, so it is a bearer secret. */
export function makeAuthtoken(keys: KeyPair): string {
  return base64(`${keys.publicKey}:${keys.privateKey}`);
}

/** The two keys of an authtoken, or undefined for anything that is not one. Missing padding and white space around it are forgiven. */
export function parseAuthtoken(authtoken: unknown): KeyPair | undefined {
  if (typeof authtoken !== "string") return undefined;
  const text = authtoken.trim().replace(/=+$/, "");
  const decoded = Buffer.from(text, "base64");
  // The decoder skips what it does not know; only a text that encodes back to itself was base64.
  if (decoded.toString("base64").replace(/=+$/, "") !== text) return undefined;
  const [publicKey, privateKey, ...more] = decoded.toString("latin1").split(":");
  if (publicKey === undefined || privateKey === undefined || more.length > 0) return undefined;
  return key.test(publicKey) && key.test(privateKey) ? { publicKey, privateKey } : undefined;
}

/**
 * The documented `token` of a notification: base64 of `public:private:order id:amount_payed`, with exactly the digits that stand in its
 * `data`. The documentation's own worked example shows the authtoken instead; AtaraPay's plugin checks the four parts.
 */
export function securityToken(keys: KeyPair, orderId: number, amountPayed: bigint): string {
  return base64(`${keys.publicKey}:${keys.privateKey}:${orderId}:${amountPayed}`);
}

/**
 * What a seller may choose to have in `token` instead: hex HMAC-SHA256 under the private key of the lines `order`, `amount_payed` and
 * `status`. It gives nothing away and covers the envelope's status too.
 */
export function hmacToken(privateKey: string, orderId: number, amountPayed: bigint, status: string): string {
  return hmac(privateKey, `order=${orderId}\namount_payed=${amountPayed}\nstatus=${status}\n`);
}

/** The fields of a checkout form that its signature covers, in this order. */
export const signedCheckoutFields = [
  "amount",
  "amount_fx",
  "currency",
  "order_product_id",
  "callback_url",
  "project_id",
  "sp_id",
  "sp_commission",
  "seller_phone",
] as const;

export type CheckoutFields = Readonly<Partial<Record<string, unknown>>>;

/**
 * The text that is signed: one line `name=value` for each of {@link signedCheckoutFields}, each ended by a line feed. Values stand exactly
 * as they are sent; a field that is missing or null has an empty value. Undefined where a value holds a line break or is no plain value:
 * two different forms could then read alike.
 */
export function canonicalCheckout(fields: CheckoutFields): string | undefined {
  let text = "";
  for (const name of signedCheckoutFields) {
    const value = plain(fields[name]);
    if (value === undefined) return undefined;
    text += `${name}=${value}\n`;
  }
  return text;
}

/** The form's `signature`: hex HMAC-SHA256 of the canonical text under the private key. Undefined for a form that cannot be signed. */
export function signCheckout(privateKey: string, fields: CheckoutFields): string | undefined {
  const text = canonicalCheckout(fields);
  return text === undefined ? undefined : hmac(privateKey, text);
}

/** True if `signature` is the form's signature under that key, compared in constant time. */
export function checkoutSignatureFits(privateKey: string, fields: CheckoutFields, signature: unknown): boolean {
  const expected = signCheckout(privateKey, fields);
  if (expected === undefined || typeof signature !== "string") return false;
  return timingSafeEqual(sha256(expected), sha256(signature.toLowerCase()));
}

/** The `signature` on the redirect to a seller that signs: hex HMAC-SHA256 of the lines `product` and `order`. */
export function signRedirect(privateKey: string, product: string, orderId: number): string {
  return hmac(privateKey, `product=${product}\norder=${orderId}\n`);
}

function plain(value: unknown): string | undefined {
  if (value === undefined || value === null) return "";
  if (typeof value !== "string" && typeof value !== "number") return undefined;
  const text = String(value);
  return /[\r\n]/.test(text) ? undefined : text;
}

function hmac(privateKey: string, text: string): string {
  return createHmac("sha256", privateKey).update(text, "utf8").digest("hex");
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text, "utf8").digest();
}

function base64(text: string): string {
  return Buffer.from(text, "utf8").toString("base64");
}
