import { setSeller } from "../../src/actions/sellers.ts";
import type { KeyPair } from "../../src/atarapay/tokens.ts";
import { makeDelivery } from "../../src/commands/delivery.ts";
import type { DeliveryTimes } from "../../src/commands/delivery.ts";
import type { NotificationView } from "../../src/db/notifications.ts";
import { notificationsOf } from "../../src/db/notifications.ts";
import { must } from "../../src/domain/fault.ts";
import type { Seller, SellerRole } from "../../src/domain/seller.ts";
import type { Delivery } from "../../src/jobs/deliver.ts";
import type { Engine } from "../../src/jobs/engine.ts";
import type { Received, Receiver } from "./receiver.ts";
import { startReceiver } from "./receiver.ts";
import { wholeNow } from "./states.ts";
import type { World } from "./world.ts";

/** A seller's shop that listens for notifications, and what the engine remembers of them. */
export async function openShop(
  world: World,
  change: Partial<Pick<Seller, "callbackFormat" | "callbackToken">> = {},
  role: SellerRole = "business",
) {
  const receiver = await startReceiver();
  const sellerId = world.sellerOf(role);
  const stored = (callbackUrl: string | null) => world.done(setSeller(world.as("seller", "console", sellerId), { callbackUrl, ...change }));
  await stored(receiver.url);
  return { ...receiver, sellerId, stored, keys: keysOf(world, role) };
}

export type Shop = Awaited<ReturnType<typeof openShop>>;

export function keysOf(world: World, role: SellerRole = "business"): KeyPair {
  const found = must(
    world.seeded.sellers.find((one) => one.role === role),
    role,
  );
  return { publicKey: found.public_key, privateKey: found.private_key };
}

export function notifications(world: World, orderId: number, sellerId = world.seller): Promise<NotificationView[]> {
  return notificationsOf(world.engine.pool, sellerId, orderId);
}

/** What a shop received about one order, oldest first, whatever the format. */
export function about(receiver: Pick<Receiver, "received">, orderId: number): Received[] {
  return receiver.received.filter(({ body }) => body.includes(`{"id":${orderId},"type"`));
}

/** The same engine with delivery settings of its own; stop it with the delivery's own signal. */
export function impatient(world: World, times: DeliveryTimes, change: Partial<Delivery> = {}): Engine & { readonly delivery: Delivery } {
  const { config, engine, secretKey } = world;
  return { ...engine, delivery: { ...makeDelivery({ config, pool: engine.pool, secretKey, now: engine.now }, times), ...change } };
}

/** Makes every queued notification due now. */
export async function tryAgain(world: World): Promise<void> {
  await world.database.ownerPool.query(
    `UPDATE notifications n SET due_at = ${wholeNow} + b.clock_offset_ms * interval '1 millisecond' FROM books b
     WHERE b.seller_id = n.seller_id AND n.state = 'queued'`,
  );
}

/** Waits until something holds; says what it waited for when it does not. */
export async function eventually(what: string, holds: () => boolean | Promise<boolean>, most = 5_000): Promise<void> {
  const until = performance.now() + most;
  while (!(await holds())) {
    if (performance.now() > until) throw new Error(`waited in vain: ${what}`);
    await new Promise((resolve) => {
      setTimeout(resolve, 10);
    });
  }
}
