import { afterAll, beforeAll, expect, test } from "vitest";
import { Webhook } from "standardwebhooks";
import { accept } from "../src/actions/accept.ts";
import { cancel } from "../src/actions/cancel.ts";
import { confirmReturn } from "../src/actions/confirm-return.ts";
import { contestReturn, escalate } from "../src/actions/contest.ts";
import { deliver } from "../src/actions/deliver.ts";
import { makeOffer } from "../src/actions/offer.ts";
import { redeliver } from "../src/actions/redeliver.ts";
import { reject } from "../src/actions/reject.ts";
import { setSeller } from "../src/actions/sellers.ts";
import { agreeSplit, reopen, rule, withdrawDispute } from "../src/actions/settle-dispute.ts";
import { hmacToken, makeAuthtoken } from "../src/atarapay/tokens.ts";
import { run } from "../src/db/connect.ts";
import { sellerQueries } from "../src/db/sellers.ts";
import { must } from "../src/domain/fault.ts";
import type { OrderState } from "../src/domain/order-table.ts";
import { webhookSecret } from "../src/events/webhook-signature.ts";
import { rotateKeys } from "../src/http/key-rotation.ts";
import { backendReads, behaviours, envelopes, pluginReads, startReceiver } from "./setup/receiver.ts";
import { about, keysOf, notifications, openShop } from "./setup/shop.ts";
import type { Shop } from "./setup/shop.ts";
import { fallDue, lose, reach } from "./setup/states.ts";
import type { World } from "./setup/world.ts";
import { details, testWorld } from "./setup/world.ts";

let world: World;
let shop: Shop;
beforeAll(async () => {
  world = await testWorld();
  shop = await openShop(world);
});
afterAll(async () => {
  await shop.close();
  await world.close();
});

/** One step and what a shop must hear of it: the envelope, the title in `data`. */
interface Told {
  readonly what: string;
  readonly from: OrderState;
  readonly step: (id: number) => Promise<unknown>;
  readonly envelope: (typeof envelopes)[number];
  readonly message: string;
  readonly title: string;
}

const { on, done } = {
  on: (...args: Parameters<World["on"]>) => world.on(...args),
  done: (...args: Parameters<World["done"]>) => world.done(...args),
};
const byClock = async (id: number) => {
  await fallDue(world, id);
  await world.due();
};

const table: readonly Told[] = [
  {
    what: "the seller delivers",
    from: "funded",
    step: (id) => done(deliver(on("seller", id))),
    envelope: "Delivered",
    message: "Order is marked completed",
    title: "Awaiting Buyer Response",
  },
  {
    what: "the buyer accepts",
    from: "delivered",
    step: (id) => done(accept(on("buyer", id))),
    envelope: "Accepted",
    message: "Buyer Accepts Order",
    title: "Accepted",
  },
  {
    what: "the buyer rejects",
    from: "delivered",
    step: (id) => done(reject(on("buyer", id), { reason: "damaged" })),
    envelope: "Rejected",
    message: "Buyer Rejects Order",
    title: "Rejected",
  },
  {
    what: "the buyer cancels",
    from: "funded",
    step: (id) => done(cancel(on("buyer", id))),
    envelope: "Rejected",
    message: "Transaction is canceled",
    title: "Canceled",
  },
  {
    what: "the seller cancels",
    from: "funded",
    step: (id) => done(cancel(on("seller", id))),
    envelope: "Canceled",
    message: "Transaction is canceled",
    title: "Canceled",
  },
  {
    what: "the time passes without a delivery",
    from: "funded",
    step: byClock,
    envelope: "Canceled",
    message: "Transaction is canceled",
    title: "Canceled",
  },
  {
    what: "the time passes after a delivery",
    from: "delivered",
    step: byClock,
    envelope: "Refunded",
    message: "Buyer is refunded",
    title: "Rejected",
  },
  {
    what: "the seller confirms the return",
    from: "rejected",
    step: (id) => done(confirmReturn(on("seller", id))),
    envelope: "Refunded",
    message: "Buyer is refunded",
    title: "Rejected",
  },
  {
    what: "the seller contests the return",
    from: "rejected",
    step: (id) => done(contestReturn(on("seller", id))),
    envelope: "Dispute",
    message: "Order is in dispute",
    title: "Dispute",
  },
  {
    what: "the dispute is raised",
    from: "contested",
    step: (id) => done(escalate(on("buyer", id))),
    envelope: "Disputed",
    message: "Dispute is raised",
    title: "Disputed",
  },
  {
    what: "the buyer withdraws the dispute",
    from: "disputed",
    step: (id) => done(withdrawDispute(on("buyer", id))),
    envelope: "Complete",
    message: "Dispute is cancelled, Transaction Completed",
    title: "Complete",
  },
  {
    what: "the seller withdraws the dispute",
    from: "contested",
    step: (id) => done(withdrawDispute(on("seller", id))),
    envelope: "Complete",
    message: "Dispute is cancelled, Transaction Completed",
    title: "Complete",
  },
  {
    what: "the operator rules",
    from: "disputed",
    step: (id) => done(rule(on("operator", id), { buyerGets: 200_000n })),
    envelope: "Complete",
    message: "Dispute is settled, Transaction Completed",
    title: "Complete",
  },
  {
    what: "the ruling is taken back",
    from: "resolved",
    step: (id) => done(reopen(on("operator", id))),
    envelope: "Disputed",
    message: "Dispute is raised",
    title: "Disputed",
  },
  {
    what: "a second delivery is agreed",
    from: "rejected",
    step: secondDelivery,
    envelope: "Pending II",
    message: "Second Delivery Attempt",
    title: "Pending II",
  },
  {
    what: "a split is agreed",
    from: "contested",
    step: split,
    envelope: "Complete",
    message: "Dispute is settled, Transaction Completed",
    title: "Complete",
  },
  {
    what: "the bank takes the payment back",
    from: "funded",
    step: (id) => lose(world, id),
    envelope: "Canceled",
    message: "Transaction is canceled",
    title: "Canceled",
  },
];

async function secondDelivery(id: number): Promise<void> {
  const { offer } = await done(makeOffer(on("seller", id), { kind: "redelivery" }));
  await done(redeliver(on("buyer", id), { offerId: Number(offer) }));
}

async function split(id: number): Promise<void> {
  const { offer } = await done(makeOffer(on("seller", id), { kind: "split", buyerGets: 100_000n }));
  await done(agreeSplit(on("buyer", id), { offerId: Number(offer) }));
}

test("the steps below use every envelope that clients know", () => {
  expect(new Set(table.map((told) => told.envelope))).toEqual(new Set(envelopes));
});

test.each(table)("when $what, a backend built from the documents is told $envelope, and so is the plugin in its own form", async (told) => {
  for (const platform of [null, "Woocommerce"]) {
    const id = await reach(world, told.from, { details: { ...details, platform } });
    await told.step(id);
    await world.due();
    const read = platform === null ? backendReads : pluginReads;
    const came = about(shop, id).map((request) => read(request, shop.keys));
    expect(came.at(-1)).toMatchObject({ envelope: told.envelope, message: told.message, data: { id, status: { title: told.title } } });
    const stored = await notifications(world, id);
    expect(came).toMatchObject(stored.map(({ envelope }) => ({ envelope })));
    expect(stored.at(-1)).toMatchObject({
      state: "delivered",
      format: platform === null ? "json" : "multipart",
      attempts: [{ number: 1, status: 200 }],
    });
  }
});

test("steps that the wire has no word for are not told: payment, offers, deadlines, settlement", async () => {
  const id = await reach(world, "completed");
  expect((await notifications(world, id)).map((one) => one.envelope)).toEqual(["Delivered", "Accepted"]);
});

test("the notification shows the order as the order's own call would, money and all", async () => {
  const id = await world.accepted();
  await world.due();
  const read = backendReads(must(about(shop, id).at(-1), "a notification"), shop.keys);
  const order = await world.order(id);
  expect(read).toMatchObject({
    data: {
      amount_payed: Number(order.amount),
      amount_net: Number(order.net),
      product_id: order.shopOrderId,
      payment: { status: "1" },
      payout: { beneficiary_id: world.seller },
      customers: { email: world.contact.email },
    },
  });
});

test("nothing is sent from inside an action: it succeeds at once while its receiver is down", async () => {
  const other = await startReceiver();
  await other.close();
  const id = await world.funded();
  await shop.stored(other.url);
  const began = performance.now();
  await done(deliver(on("seller", id)));
  expect(performance.now() - began).toBeLessThan(1_000);
  expect((await world.order(id)).state).toBe("delivered");
  expect(await notifications(world, id)).toMatchObject([{ envelope: "Delivered", state: "queued", body: null, attempts: [] }]);
  await world.due();
  expect(await notifications(world, id)).toMatchObject([
    { state: "queued", attempts: [{ status: null, error: "the connection was refused" }] },
  ]);
  await shop.stored(shop.url);
});

test("notifications go only to the address the signed-in seller stored, never to an order's callback_url", async () => {
  const elsewhere = await startReceiver();
  const byShop = { ...details, callbackUrl: elsewhere.url, raw: { callback_url: elsewhere.url } };
  const told = await world.delivered({ details: byShop });
  await world.due();
  expect(about(shop, told)).toHaveLength(1);
  await shop.stored(null);
  const untold = await world.delivered({ details: byShop });
  await world.due();
  expect(await notifications(world, untold)).toEqual([]);
  expect(elsewhere.received).toEqual([]);
  await elsewhere.close();
  await shop.stored(shop.url);
});

test("the address that counts is the one stored when it is sent; without one it is dropped", async () => {
  const moved = await startReceiver();
  const first = await world.delivered();
  await shop.stored(moved.url);
  await world.due();
  expect(about(moved, first)).toHaveLength(1);
  const second = await world.delivered();
  await shop.stored(null);
  await world.due();
  expect(await notifications(world, second)).toMatchObject([{ state: "dropped", dueAt: null, attempts: [] }]);
  await shop.stored(shop.url);
  await world.due();
  expect([...about(shop, first), ...about(shop, second), ...about(moved, second)]).toEqual([]);
  await moved.close();
});

test("a seller that chose the signature gets an HMAC in the token's place, and no key", async () => {
  await done(setSeller(world.as("seller", "console"), { callbackToken: "hmac" }));
  const id = await world.delivered();
  await world.due();
  const { body } = must(about(shop, id)[0], "a notification");
  const order = await world.order(id);
  const { token } = JSON.parse(body) as { token: string };
  expect(token).toBe(hmacToken(shop.keys.privateKey, id, order.amount, "Delivered"));
  expect(body).not.toContain(makeAuthtoken(shop.keys).slice(0, 20));
  await done(setSeller(world.as("seller", "console"), { callbackToken: "documented" }));
});

test("neither what is stored nor what is logged holds a token or a key, though the receiver answers with what it was sent", async () => {
  const said: unknown[] = [];
  const log = {
    info: (...it: unknown[]) => said.push(it),
    warn: (...it: unknown[]) => said.push(it),
    error: (...it: unknown[]) => said.push(it),
  };
  Object.assign(world.engine, { log });
  shop.behave((request, response) => response.writeHead(500).end(`you said ${request.body}`));
  const id = await world.delivered();
  await world.due();
  shop.behave(behaviours.answering(200));
  const { body } = must(about(shop, id)[0], "a notification");
  const { token } = JSON.parse(body) as { token: string };
  const { rows } = await world.database.ownerPool.query<{ all: string }>(
    "SELECT (SELECT string_agg(n::text, ' ') FROM notifications n) || (SELECT string_agg(a::text, ' ') FROM notification_attempts a) AS all",
  );
  const everything = `${rows[0]?.all} ${JSON.stringify(said)}`;
  expect(said.length).toBeGreaterThan(0);
  expect(everything).toContain("withheld");
  for (const secret of [token, shop.keys.privateKey, makeAuthtoken(shop.keys)]) expect(everything).not.toContain(secret);
  expect(everything).not.toContain(token.slice(0, 60));
});

test("while keys are rotated the signature is verified with either key, and the token is made with the one the shop is known to use", async () => {
  const old = shop.keys;
  const at = new Date();
  await run(world.engine.pool, sellerQueries.touchKey, [old.publicKey, at.toISOString()]);
  const fresh = await rotateKeys(world.engine.pool, world.secretKey, world.seller, at);
  const first = await world.delivered();
  await world.due();
  const came = must(about(shop, first).at(-1), "a notification");
  expect(came.headers["webhook-signature"]?.toString().split(" ")).toHaveLength(2);
  for (const keys of [old, fresh]) expect(new Webhook(webhookSecret(keys.privateKey)).verify(came.body, headersOf(came))).toBeTruthy();
  expect(backendReads(came, old)).toMatchObject({ envelope: "Delivered" });
  await run(world.engine.pool, sellerQueries.touchKey, [fresh.publicKey, new Date().toISOString()]);
  const second = await world.delivered();
  await world.due();
  expect(backendReads(must(about(shop, second).at(-1), "a notification"), fresh)).toMatchObject({ envelope: "Delivered" });
  // A pair that has ended signs nothing.
  await world.database.ownerPool.query("UPDATE api_keys SET valid_until = now() WHERE public_key = $1", [old.publicKey]);
  const third = await world.delivered();
  await world.due();
  const last = must(about(shop, third).at(-1), "a notification");
  expect(last.headers["webhook-signature"]?.toString().split(" ")).toHaveLength(1);
  expect(() => new Webhook(webhookSecret(old.privateKey)).verify(last.body, headersOf(last))).toThrow();
});

function headersOf(came: { headers: Readonly<Record<string, string | string[] | undefined>> }): Record<string, string> {
  return Object.fromEntries(["webhook-id", "webhook-timestamp", "webhook-signature"].map((name) => [name, String(came.headers[name])]));
}

test("of a marketplace's order the operator's shop is told, under its own keys, and the seller's shop is not", async () => {
  const market = await openShop(world, {}, "marketplace_operator");
  const { rows } = await world.engine.pool.query<{ seller_id: bigint }>(
    "SELECT seller_id FROM associations WHERE operator_id = $1 AND state = 'confirmed'",
    [market.sellerId],
  );
  const sellerId = Number(must(rows[0], "an associated seller").seller_id);
  const own = await startReceiver();
  await done(setSeller(world.as("seller", "console", sellerId), { callbackUrl: own.url }));
  const id = await world.checkout({ operatorId: market.sellerId, share: 0 }, sellerId);
  await world.pay(id, "success", {}, sellerId);
  await done(deliver(on("seller", id, sellerId)));
  await world.due();
  expect(about(market, id).map((request) => backendReads(request, keysOf(world, "marketplace_operator")))).toMatchObject([
    { envelope: "Delivered", data: { is_marketplace: 1, beneficiary_merchant_id: sellerId } },
  ]);
  expect(own.received).toEqual([]);
  await market.close();
  await own.close();
});
