import { createHmac } from "node:crypto";

/**
 * The secret of the Standard Webhooks signature, in that standard's spelling: `whsec_` and base64 of HMAC-SHA256 of the words
 * `tranche webhook` under the private key. Whoever has the private key can work it out; the secret does not give the key away.
 */
export function webhookSecret(privateKey: string): string {
  return `whsec_${secretBytes(privateKey).toString("base64")}`;
}

export interface SignedHeaders {
  readonly "webhook-id": string;
  readonly "webhook-timestamp": string;
  readonly "webhook-signature": string;
}

/** The three headers of Standard Webhooks 1.0.0 for one try at `at` (real time), with a signature by each of the given private keys. */
export function webhookHeaders(privateKeys: readonly string[], id: string, at: Date, body: string): SignedHeaders {
  const timestamp = Math.floor(at.getTime() / 1000).toString();
  return {
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    "webhook-signature": privateKeys.map((key) => signWebhook(secretBytes(key), id, timestamp, body)).join(" "),
  };
}

/** One signature: `v1,` and base64 of HMAC-SHA256 over id, timestamp and body. */
export function signWebhook(secret: Buffer, id: string, timestamp: string, body: string): string {
  return `v1,${createHmac("sha256", secret).update(`${id}.${timestamp}.${body}`, "utf8").digest("base64")}`;
}

function secretBytes(privateKey: string): Buffer {
  return createHmac("sha256", privateKey).update("tranche webhook", "utf8").digest();
}
