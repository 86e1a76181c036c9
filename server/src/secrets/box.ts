import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";

const prefix = "v1.";
const nonceLength = 12;
const tagLength = 16;

/** A sealed text that does not open: another key, another place, a changed byte, or not a sealed text at all. */
export class SealBroken extends Error {
  override readonly name = "SealBroken";
}

/**
 * Encrypts a short secret for storage: AES-256-GCM with a fresh nonce, as `v1.` and base64url of nonce, ciphertext and tag.
 * `aad` names the place it is stored in (say `seller 7 private_key`); it opens only there, so rows cannot be swapped.
 */
export function seal(key: Buffer, plain: string, aad: string): string {
  checkKey(key);
  const nonce = randomBytes(nonceLength);
  const cipher = createCipheriv("aes-256-gcm", key, nonce, { authTagLength: tagLength });
  cipher.setAAD(Buffer.from(aad, "utf8"));
  const body = Buffer.concat([cipher.update(plain, "utf8"), cipher.final()]);
  return prefix + Buffer.concat([nonce, body, cipher.getAuthTag()]).toString("base64url");
}

/** Gives back what {@link seal} sealed under the same key and place; throws {@link SealBroken} otherwise. */
export function open(key: Buffer, sealed: string, aad: string): string {
  checkKey(key);
  if (!sealed.startsWith(prefix)) throw new SealBroken("not a sealed text of a known version");
  const bytes = Buffer.from(sealed.slice(prefix.length), "base64url");
  if (bytes.length < nonceLength + tagLength) throw new SealBroken("the sealed text is too short");
  const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, nonceLength), { authTagLength: tagLength });
  decipher.setAAD(Buffer.from(aad, "utf8"));
  decipher.setAuthTag(bytes.subarray(-tagLength));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(nonceLength, -tagLength)), decipher.final()]).toString("utf8");
  } catch {
    throw new SealBroken("the sealed text does not open with this key in this place");
  }
}

function checkKey(key: Buffer): void {
  if (key.length !== 32) throw new RangeError("the key must be 32 bytes");
}
