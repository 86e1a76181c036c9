import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import type { Sandbox } from "../setup/program.ts";
import type { Random } from "../simulator/random.ts";
import type { Asked, Client } from "./client.ts";
import type { CrashRail } from "./rails.ts";
import { pageOf } from "./rails.ts";

/** What a buyer, a shop and an operator need to live orders. */
export interface Town {
  readonly client: Client;
  readonly sandbox: Sandbox;
  /** For what a person would see elsewhere: the bank statement, the order's number on the thank-you page. */
  readonly pool: pg.Pool;
  /** The rail's emulator; without it the sandbox rail takes and sends. */
  readonly rail: CrashRail | undefined;
  /** Who is paid in dollars, where the rail does that. */
  provider: string | undefined;
  readonly findings: string[];
  /** Every order whose payment was answered, by the rail's reference. */
  readonly paid: Map<string, number | undefined>;
}

/** One order from its checkout to its end: held and let go by the operator, then accepted, cancelled or sent back. */
export async function live(town: Town, number: number, random: Random): Promise<void> {
  const buyer = { email: `buyer${number}@crash.test`, phone: `080${String(30_000_000 + number)}` };
  const order = await pay(town, number, buyer);
  if (order === undefined) return;
  await holdAndLift(town, order, number);
  const way = random.weighted({ accept: 5, reject: 3, cancel: 2 });
  if (way === "cancel") return wire(town, order, "cancel", "cancelled", buyer);
  await wire(town, order, "deliver", "delivered", buyer);
  if (way === "accept") return byLink(town, order, "accept", buyer.email, {});
  await byLink(town, order, "reject", buyer.email, { reason: "damaged", comment: "It came broken." });
  await byLink(town, order, "confirm_return", sellerOf(town).email, {});
}

function sellerOf({ sandbox }: Town) {
  const seller = sandbox.sellers.find(({ role }) => role === "business");
  if (seller === undefined) throw new Error("the sandbox has no business seller");
  return seller;
}

async function pay(town: Town, number: number, buyer: { email: string; phone: string }): Promise<number | undefined> {
  const { client, pool } = town;
  const opened = await client.insist("/pay", {
    token: sellerOf(town).public_key,
    type: "1",
    ...(town.provider === undefined
      ? { currency: "NGN", amount: "400000" }
      : { currency: "USD", amount: "6947450", amount_fx: "169.45", sp_id: town.provider, sp_commission: "20" }),
    email: buyer.email,
    phone_number: buyer.phone,
    customer_firstname: "Ngozi",
    customer_lastname: "Obi",
    order_product_id: String(number),
    order_product_name: `Desk ${number}`,
    delivery_date: "2030-01-31 12:00:00",
    delivery_location: "Lagos, NG",
  });
  const page = pathOf(opened.location);
  if (opened.status !== 303 || page === undefined) return strange(town, "POST /pay", opened);
  const confirmed = await client.insist(page, { buyer_email: buyer.email, buyer_phone: buyer.phone });
  if (town.rail !== undefined && confirmed.status === 303) return payAtRail(town, town.rail, number, page, pageOf(confirmed.location));
  const rail = pathOf(confirmed.location);
  const reference = rail?.split("/").at(-1);
  if (confirmed.status !== 303 || rail === undefined || reference === undefined) return strange(town, "POST /pay/:token", confirmed);
  for (;;) {
    const answer = await client.send(rail, { outcome: "success" });
    if (answer !== undefined && answer.status >= 400) return strange(town, "the rail's page", answer);
    // A payer who got no answer looks at the bank statement before paying again.
    if (answer !== undefined || (await statement(pool, reference))) break;
  }
  town.paid.set(reference, undefined);
  const order = await seen(async () => {
    const sql = `SELECT o.id FROM payment_references p JOIN orders o ON o.seller_id = p.seller_id AND o.id = p.order_id
                 WHERE p.reference = $1 AND o.state = 'funded'`;
    const { rows } = await pool.query<{ id: bigint }>(sql, [reference]);
    return rows[0] === undefined ? undefined : Number(rows[0].id);
  });
  if (order === undefined) town.findings.push(`the payment ${reference} arrived at the rail and funded no order within two minutes`);
  town.paid.set(reference, order);
  return order;
}

/** At a real rail's page; then the payer comes back to ours, which asks the rail while it is looked at. */
async function payAtRail(town: Town, rail: CrashRail, number: number, page: string, railPage: string): Promise<number | undefined> {
  await rail.pay(railPage);
  let said = "nothing";
  for (const until = performance.now() + 120_000; performance.now() < until; await sleep(500)) {
    const back = await town.client.send(`${page}/done`);
    said = back === undefined ? said : `${back.status} ${back.text.replaceAll(/<style.*?<\/style>|<[^>]*>|\s+/gs, " ").slice(0, 200)}`;
    const sql = "SELECT id FROM orders WHERE shop_order_id = $1 AND state = 'funded'";
    const found = await town.pool.query<{ id: bigint }>(sql, [String(number)]).catch(() => undefined);
    if (found?.rows[0] === undefined) continue;
    const order = Number(found.rows[0].id);
    town.paid.set(railPage, order);
    return order;
  }
  town.findings.push(
    `the payment of order ${number} of the shop arrived at the rail and funded nothing within two minutes; our page says: ${said}`,
  );
  return undefined;
}

/** A service provider who is paid in dollars at Wise; answers its number. */
export async function engageProvider(town: Town): Promise<string> {
  const { public_key: publicKey, private_key: privateKey } = sellerOf(town);
  const answer = await town.client.insist("/api/serviceprovider/create", {
    authtoken: Buffer.from(`${publicKey}:${privateKey}`).toString("base64"),
    type: "2",
    account_type: "wise",
    account_id: "of-the-provider",
    firstname: "Ada",
    lastname: "Okafor",
    email: "ada@crash.test",
    phone: "+2348031200001",
  });
  const id = /"id":"?(\d+)/.exec(answer.text)?.[1];
  if (id === undefined) throw new Error(`no provider: ${answer.text}`);
  return id;
}

async function statement(pool: pg.Pool, reference: string): Promise<boolean> {
  const found = await seen(
    async () => (await pool.query("SELECT 1 FROM sandbox_rail.receipts WHERE reference = $1", [reference])).rowCount ?? 0,
  );
  return found !== undefined && found > 0;
}

/** Two calls with keys: asked again under the same key until answered. */
async function holdAndLift(town: Town, order: number, number: number): Promise<void> {
  const seller = await seen(async () => {
    const { rows } = await town.pool.query<{ seller_id: bigint }>("SELECT seller_id FROM orders WHERE id = $1", [order]);
    return rows[0]?.seller_id;
  });
  const held = await keyed(town, order, "hold", { seller: String(seller), order: String(order), note: "looked at" }, `hold-${number}`);
  const hold = /"hold":(\d+)/.exec(held)?.[1];
  if (hold === undefined) return;
  await keyed(town, order, "lift_hold", { seller: String(seller), hold }, `lift-${number}`);
}

async function keyed(town: Town, order: number, action: string, fields: Record<string, string>, key: string): Promise<string> {
  const path = `/operator/api/actions/${action}`;
  const one = town.client.note(order, action, path, fields, key);
  for (;;) {
    const answer = await town.client.send(path, fields, key);
    if (answer === undefined) {
      one.unanswered += 1;
      continue;
    }
    if (answer.status !== 200) town.findings.push(`${action} with key ${key} was answered ${answer.status}: ${answer.text.slice(0, 200)}`);
    else {
      // A repeat at the first answer is the lane's own: the answer to COMMIT was lost, and it ran the command again.
      one.foundDone = answer.replayed && one.unanswered > 0;
      one.answer = answer;
    }
    return answer.text;
  }
}

/** A call of the wire has no key: the state machine answers its repeats with the documented 409. */
async function wire(town: Town, order: number, action: string, status: string, buyer: { email: string; phone: string }): Promise<void> {
  const { public_key: publicKey, private_key: privateKey } = sellerOf(town);
  const authtoken = Buffer.from(`${publicKey}:${privateKey}`).toString("base64");
  const fields = { authtoken, order: String(order), status, phone_number: buyer.phone, email: buyer.email };
  const one = town.client.note(order, action, "/api/callback/order", fields);
  for (;;) {
    const answer = await town.client.send(one.path, fields);
    if (answer === undefined) one.unanswered += 1;
    else if (answer.status === 200) {
      one.answer = answer;
      return;
    } else if (answer.status === 409 && one.unanswered > 0) {
      one.foundDone = true;
      return;
    } else {
      strange(town, `${action} of order ${order}`, answer);
      return;
    }
  }
}

/** Through the link in the newest letter. A link ends with the order's state, so whoever got no answer looks at the order first. */
async function byLink(town: Town, order: number, action: string, to: string, fields: Record<string, string>): Promise<void> {
  const one = town.client.note(order, action, "/o/", fields);
  for (const until = performance.now() + 120_000; performance.now() < until; await sleep(100)) {
    if (one.unanswered > 0 && (await done(town.pool, one))) {
      one.foundDone = true;
      return;
    }
    const link = await newestLink(town.client, to, order);
    if (link === undefined) continue;
    const answer = await town.client.send(link, { action, ...fields });
    if (answer === undefined) one.unanswered += 1;
    else if (answer.status === 200) {
      one.answer = answer;
      return;
    }
  }
  town.findings.push(`${action} of order ${order} could not be done within two minutes: no letter to ${to} had a link that works`);
}

async function done(pool: pg.Pool, { order, action }: Asked): Promise<boolean> {
  const sql = "SELECT 1 FROM transitions WHERE object = 'order' AND order_id = $1 AND action = $2";
  return ((await seen(async () => (await pool.query(sql, [order, action])).rowCount ?? 0)) ?? 0) > 0;
}

async function newestLink(client: Client, to: string, order: number): Promise<string | undefined> {
  const box = await client.send(`/sandbox/mailbox?to=${encodeURIComponent(to)}`);
  if (box?.status !== 200) return undefined;
  const { data } = JSON.parse(box.text) as { data: { channel: string; subject: string; body: string }[] };
  const letter = data.find(({ channel, subject }) => channel === "email" && subject.startsWith(`Order ${order}:`));
  const link = /\/o\/[\w-]+/.exec(letter?.body ?? "")?.[0];
  return link !== undefined && (await client.send(link))?.status === 200 ? link : undefined;
}

/** Looks at the rows until there is something to see, also while PostgreSQL is down. */
async function seen<T>(look: () => Promise<T | undefined>): Promise<T | undefined> {
  for (const until = performance.now() + 120_000; performance.now() < until; await sleep(100)) {
    const found = await look().catch(() => undefined);
    if (found !== undefined) return found;
  }
  return undefined;
}

function pathOf(location: string | null): string | undefined {
  return location === null ? undefined : new URL(location, "http://x").pathname;
}

function strange(town: Town, what: string, { status, text }: { status: number; text: string }): undefined {
  town.findings.push(`${what} was answered ${status}: ${text.replaceAll(/<[^>]*>|\s+/g, " ").slice(0, 300)}`);
  return undefined;
}
