import { findCheckout } from "../../db/links.ts";
import type { OrderView } from "../../db/orders.ts";
import { readOrder, readOrderView } from "../../db/orders.ts";
import { tokenHash } from "../../secrets/tokens.ts";
import type { App } from "../app-context.ts";

/** The checkout behind a token, or undefined: a wrong token and a missing order look the same. */
export async function checkoutOf(app: App, token: string): Promise<OrderView | undefined> {
  const found = await findCheckout(app.pool, tokenHash(token).toString("hex"));
  const order = found === undefined ? undefined : await readOrder(app.pool, found.sellerId, found.orderId);
  return order === undefined ? undefined : readOrderView(app.pool, order);
}
