import { randomUUID } from "node:crypto";
import type pg from "pg";
import type { Lanes } from "../actions/lanes.ts";
import { setSeller } from "../actions/sellers.ts";
import { sellerByEmail } from "../db/sellers.ts";
import { Fault } from "../domain/fault.ts";
import { isRefusal } from "../domain/refusals.ts";
import { demoShopPath } from "../http/demo-shop.ts";
import { isLoopback } from "../net/addresses.ts";

/**
 * Has the demo seller told of its orders at the demo's own shop, in this server. A seller who ever changed its settings keeps what it chose, also
 * no address at all; only an address of this shop moves along when the server starts on another port. A server that is reached from elsewhere
 * posts to no private address, so it gets none.
 */
export async function pointDemoShop(
  { pool, lanes }: { readonly pool: pg.Pool; readonly lanes: Lanes },
  email: string,
  at: { readonly host: string; readonly port: number },
): Promise<void> {
  if (!isLoopback(at.host)) return;
  const seller = await sellerByEmail(pool, email);
  if (seller === undefined) return;
  const callbackUrl = `http://${at.host.includes(":") ? `[${at.host}]` : at.host}:${at.port}${demoShopPath}`;
  const untouched = seller.callbackUrl === null && seller.version === 1;
  if (!untouched && !isEarlierShop(seller.callbackUrl, callbackUrl)) return;
  const ask = { id: randomUUID(), sellerId: seller.id, actor: { party: "operator", name: "installation" } as const };
  const answer = await lanes.one(setSeller(ask, { callbackUrl }));
  if (isRefusal(answer)) throw new Fault(`the demo's shop could not be named: ${answer.detail}`);
}

/** The same shop on another port of this machine. */
function isEarlierShop(stored: string | null, now: string): boolean {
  if (stored === null || stored === now || !URL.canParse(stored)) return false;
  const { pathname, hostname } = new URL(stored);
  return pathname === demoShopPath && isLoopback(hostname);
}
