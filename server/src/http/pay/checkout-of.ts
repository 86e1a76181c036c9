import { findCheckout } from "../../db/links.ts";
import type { OrderView } from "../../db/orders.ts";
import { readOrder, readOrderView } from "../../db/orders.ts";
import { tokenHash } from "../../secrets/tokens.ts";
import type { App } from "../app-context.ts";

/**
 * The checkout behind a token, or undefined: a wrong token and a missing order look the same. Order and payments are those of one moment:
 * a payment that arrives while they are read would otherwise stand beside an order that still waits for it, and the payer be asked to pay again.
 */
export async function checkoutOf(app: Pick<App, "pool">, token: string): Promise<OrderView | undefined> {
  const found = await findCheckout(app.pool, tokenHash(token).toString("hex"));
  if (found === undefined) return undefined;
  const read = () => readOrder(app.pool, found.sellerId, found.orderId);
  let order = await read();
  while (order !== undefined) {
    const view = await readOrderView(app.pool, order);
    const since = await read();
    if (since?.version === order.version) return view;
    order = since;
  }
  return undefined;
}
