import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from "node:crypto";
import { canonical, sha256 } from "./canonical.ts";

/** To whom money is owed. `unapplied` arrived and fits no order yet; it belongs to whoever paid it. */
export const owedTo = ["order", "seller", "service_provider", "buyer", "operator", "unapplied"] as const;
export type OwedTo = (typeof owedTo)[number];

/** Where a book's journal ended. `head` is the hash of its last posting, "" for a book without one; `at` is the last entry's time. */
export type BookEnd = {
  readonly book: number;
  readonly entry: number;
  readonly posting: number;
  readonly head: string;
  readonly at: string;
};

/** What the journal says that a rail holds, in minor units as decimal text; `in_flight` is sent and its outcome not yet known. */
export type Held = {
  readonly rail: string;
  readonly incoming: string;
  readonly cash: string;
  readonly disputed: string;
  readonly in_flight: string;
};

/** One currency: what is owed, against held less in flight. `root` and `leaves` are the tree's of what is owed. */
export type CurrencyLine = {
  readonly currency: string;
  readonly owed: { readonly [to in OwedTo]: string };
  readonly total: string;
  readonly leaves: number;
  readonly root: string;
  readonly rails: readonly Held[];
  readonly held: string;
  readonly surplus: string;
};

/** What is signed: all of it read at one moment. */
export type Statement = {
  readonly format: "tranche-solvency-v1";
  readonly mode: string;
  readonly at: string;
  readonly books: readonly BookEnd[];
  readonly currencies: readonly CurrencyLine[];
  /** Ed25519, 32 bytes in hex. */
  readonly public_key: string;
};

export type SignedStatement = { readonly statement: Statement; readonly signature: string };

/** The DER bytes that stand before the 32 bytes of an Ed25519 public key (RFC 8410). */
const spki = "302a300506032b6570032100";

/** A fresh pair: the private key as PKCS #8 PEM, the public one as 32 bytes in hex. */
export function newSigningKey(): { readonly privateKey: string; readonly publicKey: string } {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  return {
    privateKey: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    publicKey: publicKey.export({ type: "spki", format: "der" }).subarray(-32).toString("hex"),
  };
}

/** The bytes that are signed: a line that names the format, then the statement in canonical JSON. */
export function signedBytes(statement: Statement): string {
  return `tranche-solvency-v1\n${canonical(statement)}`;
}

/** By which a receipt names its document: SHA-256 of the signed bytes. */
export function documentDigest(statement: Statement): string {
  return sha256(signedBytes(statement));
}

export function signStatement(statement: Statement, privateKey: string): SignedStatement {
  const signature = sign(null, Buffer.from(signedBytes(statement), "utf8"), createPrivateKey(privateKey));
  return { statement, signature: signature.toString("hex") };
}

/** Whether the key in the statement made this signature over these bytes. */
export function signatureFits(document: SignedStatement): boolean {
  const key = createPublicKey({ key: Buffer.from(spki + document.statement.public_key, "hex"), format: "der", type: "spki" });
  return verify(null, Buffer.from(signedBytes(document.statement), "utf8"), key, Buffer.from(document.signature, "hex"));
}
