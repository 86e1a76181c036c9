import type { Query } from "../db/connect.ts";
import { run } from "../db/connect.ts";
import { storeLink } from "../db/links.ts";
import { readOrder } from "../db/orders.ts";
import { clockOffset, sellerById } from "../db/sellers.ts";
import { must } from "../domain/fault.ts";
import { later } from "../domain/deadlines.ts";
import type { Order } from "../domain/order.ts";
import { detailsChangedLetter, letterFor, operatorsAccountLetter } from "../events/letters.ts";
import { randomToken, tokenHash } from "../secrets/tokens.ts";
import type { Engine, Fired } from "./engine.ts";
import { lease, renewed } from "./renewed.ts";

export const messageQueries = {
  // One at a time, under a lease that is renewed while the letter is on its way: nobody else sends it, however slow the mail server is, and
  // when this process dies another takes it over once the lease has run out.
  claim: {
    name: "claim_messages",
    text: `WITH due AS MATERIALIZED (
             SELECT t.seller_id, t.id, tb.clock_offset_ms FROM messages t JOIN books tb ON tb.seller_id = t.seller_id
             WHERE t.due_at IS NOT NULL
               AND t.due_at <= $1::timestamptz + (SELECT coalesce(max(clock_offset_ms), 0) FROM books) * interval '1 millisecond'
               AND t.due_at <= $1::timestamptz + tb.clock_offset_ms * interval '1 millisecond'
               AND ($2::bigint IS NULL OR t.seller_id = $2)
             ORDER BY t.due_at LIMIT 1 FOR UPDATE OF t SKIP LOCKED)
           UPDATE messages m SET due_at = $1::timestamptz + (due.clock_offset_ms + $3::bigint) * interval '1 millisecond', tries = m.tries + 1
           FROM due WHERE m.seller_id = due.seller_id AND m.id = due.id
           RETURNING m.seller_id, m.id, m.order_id, m.party, m.kind, m.order_version, m.tries, m.to_email`,
  },
  // Also says when a letter that could not be sent is due again.
  putOff: {
    name: "put_off_message",
    text: `UPDATE messages m SET due_at = $3::timestamptz + (b.clock_offset_ms + $4::bigint) * interval '1 millisecond'
           FROM books b WHERE b.seller_id = m.seller_id AND m.seller_id = $1 AND m.id = $2 AND m.due_at IS NOT NULL AND m.tries = $5`,
  },
  finish: {
    name: "finish_message",
    text: "UPDATE messages SET due_at = NULL, sent_at = $3, outcome = $4 WHERE seller_id = $1 AND id = $2",
  },
} satisfies Record<string, Query>;

interface Claimed {
  readonly seller_id: bigint;
  readonly id: bigint;
  readonly order_id: bigint | null;
  readonly to_email: string | null;
  readonly party: "buyer" | "seller" | "service_provider";
  readonly kind: string;
  readonly order_version: number;
  readonly tries: number;
}

/** A mail server that takes its time then holds up only a few letters; more connections it might not like. */
const atOnce = 4;
const mostEach = 16;

/** Sends what people are told, a few letters at a time, with a fresh link in each. A reminder for a state the order has left is dropped. */
export async function sendMessages(engine: Engine, sellerId: number | null): Promise<Fired[]> {
  const fired = await Promise.all(Array.from({ length: atOnce }, () => sendInTurn(engine, sellerId)));
  return fired.flat();
}

/** Takes the letter that is due longest, sends it, and takes the next: each is claimed only when it can be sent at once. */
async function sendInTurn(engine: Engine, sellerId: number | null): Promise<Fired[]> {
  const fired: Fired[] = [];
  for (let sent = 0; sent < mostEach; sent += 1) {
    const { rows } = await run(engine.pool, messageQueries.claim, [engine.now().toISOString(), sellerId, lease]);
    const claimed = rows[0] as unknown as Claimed | undefined;
    if (claimed === undefined) break;
    fired.push(...(await sendClaimed(engine, claimed)));
  }
  return fired;
}

async function sendClaimed(engine: Engine, claimed: Claimed): Promise<Fired[]> {
  const seller = Number(claimed.seller_id);
  const order = claimed.order_id === null ? undefined : await readOrder(engine.pool, seller, Number(claimed.order_id));
  if (order === undefined && claimed.to_email === null) return [];
  const send = () => (order === undefined ? sendNotice(engine, claimed) : sendOne(engine, claimed, order));
  const outcome = await renewed(() => putOff(engine, claimed, lease), send).catch((error: unknown) => {
    engine.log.warn(
      { message: Number(claimed.id), error: error instanceof Error ? error.message : "" },
      "a message could not be sent; it is tried again",
    );
    return claimed.tries >= 10 ? "failed" : undefined;
  });
  if (outcome === undefined) {
    // Less and less often.
    await putOff(engine, claimed, 60_000 * 2 ** Math.min(claimed.tries - 1, 8));
    return [];
  }
  await run(engine.pool, messageQueries.finish, [seller, claimed.id, engine.now().toISOString(), outcome]);
  return [
    {
      what: `message ${claimed.kind} to ${claimed.party}`,
      seller,
      id: Number(claimed.id),
      ...(order === undefined ? {} : { order: order.id }),
      result: outcome,
    },
  ];
}

async function putOff(engine: Engine, claimed: Claimed, by: number): Promise<void> {
  await run(engine.pool, messageQueries.putOff, [claimed.seller_id, claimed.id, engine.now().toISOString(), by, claimed.tries]);
}

/** A letter that is about no order: it names no link, and goes where it says. */
async function sendNotice(engine: Engine, claimed: Claimed): Promise<string> {
  const party = claimed.party === "seller" ? "seller" : "service_provider";
  const letter =
    claimed.kind === "payout.account_needed" ? operatorsAccountLetter() : detailsChangedLetter(party, engine.settings.coolingOff);
  await engine.mailer?.send({ to: must(claimed.to_email, "an address"), subject: letter.subject, text: letter.text });
  return engine.mailer === undefined ? "no mail server is set" : "sent";
}

async function sendOne(engine: Engine, claimed: Claimed, order: Order): Promise<string> {
  if (claimed.party === "service_provider") return "no letter about an order goes to a service provider";
  if (claimed.kind.startsWith("reminder.") && order.stateVersion !== claimed.order_version) return "not needed any more";
  const to = await addressOf(engine, order, claimed.party);
  if (to.email === null && to.phone === null) return "no confirmed contact";
  const sentTo = to.email ?? to.phone ?? "";
  const link = await mintLink(engine, order, claimed.party, sentTo);
  const letter = letterFor(order, claimed.party, claimed.kind, link);
  if (to.email !== null) await engine.mailer?.send({ to: to.email, subject: letter.subject, text: letter.text });
  if (to.phone !== null && letter.sms !== null) await engine.sms?.send({ to: to.phone, text: letter.sms });
  return engine.mailer === undefined ? "no mail server is set" : "sent";
}

/** Makes a link for one party of one order, as the order is now. The token stands only in the message; the database keeps its hash. */
export async function mintLink(
  engine: Pick<Engine, "pool" | "baseUrl" | "linkLife" | "now">,
  order: Order,
  party: "buyer" | "seller",
  sentTo: string,
): Promise<string> {
  const token = randomToken();
  const offset = await clockOffset(engine.pool, order.sellerId);
  const at = later(engine.now(), offset);
  const link = {
    sellerId: order.sellerId,
    orderId: order.id,
    party,
    orderVersion: order.stateVersion,
    sentTo,
    expiresAt: later(at, engine.linkLife),
  };
  await storeLink(engine.pool, tokenHash(token).toString("hex"), link, at);
  return `${engine.baseUrl}/o/${token}`;
}

/** A buyer is written to only where the payer of this very order confirmed it on our page; the seller where the seller signed up. */
export async function addressOf(
  engine: Pick<Engine, "pool">,
  order: Order,
  party: "buyer" | "seller",
): Promise<{ email: string | null; phone: string | null }> {
  if (party === "seller") {
    const seller = await sellerById(engine.pool, order.sellerId);
    return { email: seller?.email ?? null, phone: null };
  }
  return { email: order.contactEmail, phone: order.contactPhone };
}
