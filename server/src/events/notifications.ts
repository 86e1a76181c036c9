import { wireAmount } from "../atarapay/order-object.ts";
import type { WireOrder } from "../atarapay/order-object.ts";
import type { Envelope, Step } from "../atarapay/status.ts";
import { notificationOf } from "../atarapay/status.ts";
import type { KeyPair } from "../atarapay/tokens.ts";
import { hmacToken, securityToken } from "../atarapay/tokens.ts";
import { Fault } from "../domain/fault.ts";
import type { Order } from "../domain/order.ts";
import type { OrderState } from "../domain/order-table.ts";
import type { Seller } from "../domain/seller.ts";
import type { WireOrderView } from "./wire-order.ts";
import { wireOrderOf } from "./wire-order.ts";

export type NotificationFormat = "json" | "multipart";

/** What the receiver is told about a step, or null where the wire has nothing to say. */
export function notificationFor(step: Step): { readonly envelope: Envelope; readonly message: string } | null {
  const told = notificationOf(step);
  return told === null ? null : { envelope: told.status, message: told.message };
}

/**
 * How a receiver wants its notifications. AtaraPay's own shop plugin reads nothing but multipart bytes; everybody else reads the documented
 * JSON. Unless the seller chose, an order that came through that plugin, or a callback address of its kind, says which it is.
 */
export function formatFor(receiver: Pick<Seller, "callbackFormat" | "callbackUrl">, order: Pick<Order, "details">): NotificationFormat {
  if (receiver.callbackFormat !== "auto") return receiver.callbackFormat;
  const path = receiver.callbackUrl !== null && URL.canParse(receiver.callbackUrl) ? new URL(receiver.callbackUrl) : undefined;
  const ofPlugin = path !== undefined && `${path.pathname}${path.search}`.includes("wc-api");
  return order.details.platform === "Woocommerce" || ofPlugin ? "multipart" : "json";
}

/** Stands in a stored body where the token goes when it is sent: a stored body gives no key away. */
export const tokenPlace = "(added when sent)";

interface Told {
  readonly format: NotificationFormat;
  readonly envelope: string;
  readonly message: string;
  readonly toState: OrderState;
  readonly webhookId: string;
}

/** The body without its token: the order as it is now, but with the state it had right after the step. */
export function notificationBody(told: Told, view: WireOrderView): string {
  const data = wireOrderOf({ ...view, order: { ...view.order, state: told.toState } });
  // The token's place comes before everything that a shop or buyer wrote, so it is found first. A field `product` at the top would be
  // taken for the redirect after a payment.
  if (told.format === "json") return JSON.stringify({ status: told.envelope, message: told.message, token: tokenPlace, data });
  const boundary = boundaryOf(told.webhookId);
  const parts = { status: told.envelope, message: told.message, token: tokenPlace, data: JSON.stringify(data) };
  const written = Object.entries(parts).map(
    ([name, value]) => `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  return `${written.join("")}--${boundary}--\r\n`;
}

/** The stored body with the token in its place. */
export function withToken(body: string, token: string): string {
  if (!body.includes(tokenPlace)) throw new Fault("a stored notification has no place for its token");
  return body.replace(tokenPlace, () => token);
}

/**
 * What a body is sent as. The plugin reads the raw body itself, which PHP leaves alone only under a type that it does not parse; so
 * multipart bytes travel as JSON, with the boundary named as if they did not.
 */
export function contentTypeOf(format: NotificationFormat, webhookId: string): string {
  return format === "json" ? "application/json" : `application/json; boundary=${boundaryOf(webhookId)}`;
}

/** The security token: the documented four parts, or the HMAC where the seller chose it. Made from the digits that stand in `data`. */
export function tokenFor(kind: Seller["callbackToken"], keys: KeyPair, envelope: string, order: Pick<Order, "id" | "amount">): string {
  const amountPayed = BigInt(wireAmount(order.amount));
  return kind === "documented" ? securityToken(keys, order.id, amountPayed) : hmacToken(keys.privateKey, order.id, amountPayed, envelope);
}

/** Letters and digits only, because readers put it into a pattern as it is. */
function boundaryOf(webhookId: string): string {
  return `tranche${webhookId.replaceAll(/[^A-Za-z0-9]/g, "")}`;
}

/** `data` as a receiver sees it. */
export type NotificationData = WireOrder;
