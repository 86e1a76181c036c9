import { parseAuthtoken } from "../atarapay/tokens.ts";
import { run } from "../db/connect.ts";
import { sellerQueries } from "../db/sellers.ts";
import { refuse } from "../domain/refusals.ts";
import type { Refusal } from "../domain/refusals.ts";
import type { Seller } from "../domain/seller.ts";
import { open } from "../secrets/box.ts";
import { sameSecret } from "../secrets/tokens.ts";
import type { App } from "./app-context.ts";

/** Binds a sealed private key to its public key. */
export function keyContext(publicKey: string): string {
  return `api key ${publicKey}`;
}

export interface KeyHolder {
  readonly seller: Seller;
  readonly publicKey: string;
}

/** The seller of an `authtoken`. An unknown public key and a wrong private key get the same answer, after the same work. */
export async function sellerOfAuthtoken(app: App, authtoken: string): Promise<KeyHolder | Refusal> {
  const pair = parseAuthtoken(authtoken);
  if (pair === undefined) return refuse("wrong_key");
  const found = await app.holders.get(pair.publicKey);
  const context = keyContext(pair.publicKey);
  if (found === undefined) {
    // The same work as for a known one, so that time does not tell them apart.
    sameSecret(pair.privateKey, context);
    return refuse("wrong_key");
  }
  if (!app.opened.holds(found.sealed, context, pair.privateKey)) return refuse("wrong_key");
  const now = app.now();
  const lately = found.usedAt !== null && now.getTime() - found.usedAt.getTime() < 60_000;
  if (!lately) await run(app.pool, sellerQueries.touchKey, [pair.publicKey, now.toISOString()]);
  return { seller: found.seller, publicKey: pair.publicKey };
}

/** The seller of a public key, as a checkout form gives it, with the private key that signatures are checked by. */
export async function sellerOfPublicKey(app: App, publicKey: string): Promise<(KeyHolder & { readonly privateKey: string }) | Refusal> {
  const found = await app.holders.get(publicKey);
  if (found === undefined) return refuse("wrong_key");
  return { seller: found.seller, publicKey, privateKey: open(app.secretKey, found.sealed, keyContext(publicKey)) };
}
