import type { KeyPair } from "../atarapay/tokens.ts";
import { run } from "../db/connect.ts";
import type { Query } from "../db/connect.ts";
import { readOrder, readOrderView } from "../db/orders.ts";
import { sellerById } from "../db/sellers.ts";
import { later } from "../domain/deadlines.ts";
import { must } from "../domain/fault.ts";
import type { OrderState } from "../domain/order-table.ts";
import { waitAfter } from "../domain/retries.ts";
import type { Seller } from "../domain/seller.ts";
import type { NotificationFormat } from "../events/notifications.ts";
import { contentTypeOf, formatFor, notificationBody, tokenFor, withToken } from "../events/notifications.ts";
import { webhookHeaders } from "../events/webhook-signature.ts";
import { keepAnswer } from "../events/withhold.ts";
import type { Posted, SafePost } from "../net/safe-post.ts";
import type { Engine, Fired } from "./engine.ts";

/** A key pair of a seller that works now. */
export interface SellerKeys extends KeyPair {
  /** A call was made with it, so the shop has it. */
  readonly used: boolean;
}

/** What notifications are delivered with. */
export interface Delivery {
  /** The pairs that work now, the newest first. They are sealed; whoever puts the engine together has the key to them. */
  readonly keys: (sellerId: number) => Promise<readonly SellerKeys[]>;
  readonly poster: SafePost;
  /** How many tries one receiver may keep busy at once, so that one that hangs holds nobody else's up; and how many all together. */
  readonly perReceiver: number;
  readonly atOnce: number;
  /** How long a process keeps others off what it tries: longer than a try can last. */
  readonly lease: number;
  /** How long {@link deliverDue} waits for receivers; what is under way then goes on by itself. */
  readonly patience: number;
  /** The tries under way. */
  readonly running: Set<Promise<Fired | undefined>>;
  /** Calls off what is under way: it is tried again after the next start. */
  readonly stop: AbortController;
}

export const deliverQueries = {
  // Of each order only its first unfinished notification; of each receiver no more than may be under way. Receivers are found by hopping
  // along the index, so that one with a long queue is found as fast as one with a short queue. Due times are the book's, leases real time.
  claim: {
    name: "claim_notifications",
    text: `WITH RECURSIVE receivers AS (
             (SELECT receiver_id FROM notifications WHERE state = 'queued' ORDER BY receiver_id LIMIT 1)
             UNION ALL
             SELECT (SELECT n.receiver_id FROM notifications n WHERE n.state = 'queued' AND n.receiver_id > r.receiver_id
                     ORDER BY n.receiver_id LIMIT 1)
             FROM receivers r WHERE r.receiver_id IS NOT NULL),
           picked AS (
             SELECT p.seller_id, p.id FROM receivers r, LATERAL (
               SELECT n.seller_id, n.id FROM notifications n JOIN books b ON b.seller_id = n.seller_id
               WHERE n.receiver_id = r.receiver_id AND n.state = 'queued'
                 AND n.due_at <= $1::timestamptz + b.clock_offset_ms * interval '1 millisecond'
                 AND (n.leased_until IS NULL OR n.leased_until <= $1::timestamptz)
                 AND ($2::bigint IS NULL OR n.seller_id = $2)
                 AND n.transition_seq = (SELECT min(f.transition_seq) FROM notifications f
                                         WHERE f.seller_id = n.seller_id AND f.order_id = n.order_id AND f.state = 'queued')
               ORDER BY n.due_at, n.id
               LIMIT greatest(0, $3::int - (SELECT count(*) FROM notifications w WHERE w.receiver_id = r.receiver_id
                                            AND w.leased_until > $1::timestamptz)::int)
               FOR UPDATE OF n SKIP LOCKED) p
             LIMIT $4)
           UPDATE notifications n SET leased_until = $1::timestamptz + $5::bigint * interval '1 millisecond', tries = n.tries + 1
           FROM picked p, books b
           WHERE n.seller_id = p.seller_id AND n.id = p.id AND b.seller_id = n.seller_id
           RETURNING n.seller_id, n.id, n.order_id, n.receiver_id, n.envelope, n.message, n.to_state, n.webhook_id, n.format, n.body, n.public_key,
             n.tries, b.clock_offset_ms`,
  },
  keepBody: {
    name: "keep_notification_body",
    text: "UPDATE notifications SET format = $3, body = $4, public_key = $5 WHERE seller_id = $1 AND id = $2",
  },
  // A delivery counts even if another process took the notification over meanwhile. What waits behind it in the same order becomes due
  // together with it, or now that it is concluded; so nobody looks at it in vain.
  conclude: {
    name: "conclude_notification_attempt",
    text: `WITH concluded AS (
             UPDATE notifications SET state = $4::text, due_at = $5::timestamptz, leased_until = NULL,
               concluded_at = CASE WHEN $4::text = 'queued' THEN NULL ELSE $6::timestamptz END
             WHERE seller_id = $1 AND id = $2 AND state = 'queued' AND (tries = $3 OR $4::text = 'delivered')
             RETURNING seller_id, order_id, transition_seq),
           behind AS (
             UPDATE notifications n SET due_at = coalesce($5::timestamptz, $6::timestamptz) FROM concluded c
             WHERE n.seller_id = c.seller_id AND n.order_id = c.order_id AND n.transition_seq > c.transition_seq AND n.state = 'queued')
           INSERT INTO notification_attempts (seller_id, notification_id, number, at, duration_ms, http_status, error, answer)
           VALUES ($1, $2, $3, $7, $8, $9, $10, $11)`,
  },
  drop: {
    name: "drop_notification",
    text: `WITH dropped AS (
             UPDATE notifications SET state = 'dropped', due_at = NULL, leased_until = NULL, concluded_at = $3
             WHERE seller_id = $1 AND id = $2 AND state = 'queued' RETURNING seller_id, order_id, transition_seq)
           UPDATE notifications n SET due_at = $3 FROM dropped d
           WHERE n.seller_id = d.seller_id AND n.order_id = d.order_id AND n.transition_seq > d.transition_seq AND n.state = 'queued'`,
  },
  giveBack: {
    name: "give_notification_back",
    text: `UPDATE notifications SET leased_until = NULL, tries = tries - 1
           WHERE seller_id = $1 AND id = $2 AND state = 'queued' AND tries = $3`,
  },
} satisfies Record<string, Query>;

interface Claimed {
  readonly sellerId: number;
  readonly id: number;
  readonly orderId: number;
  readonly receiverId: number;
  readonly envelope: string;
  readonly message: string;
  readonly toState: OrderState;
  readonly webhookId: string;
  readonly format: NotificationFormat | null;
  readonly body: string | null;
  readonly publicKey: string | null;
  readonly tries: number;
  readonly offset: number;
}

/**
 * Takes what is due and starts to send it, without waiting: a receiver that hangs keeps only its own notifications. `onDone` is told of each
 * try that ended, because the next one of that order or receiver can begin.
 */
export async function startDeliveries(
  engine: Engine,
  sellerId: number | null,
  onDone: () => void = () => undefined,
): Promise<Promise<Fired | undefined>[]> {
  const { delivery } = engine;
  if (delivery === undefined || delivery.stop.signal.aborted || delivery.running.size >= delivery.atOnce) return [];
  const values = [engine.now().toISOString(), sellerId, delivery.perReceiver, delivery.atOnce - delivery.running.size, delivery.lease];
  const { rows } = await run(engine.pool, deliverQueries.claim, values);
  return rows.map((row) => {
    const attempt = tryOne(engine, delivery, claimedOf(row)).finally(() => {
      delivery.running.delete(attempt);
      onDone();
    });
    delivery.running.add(attempt);
    return attempt;
  });
}

/** Sends what is due and waits for it, for as long as the engine's patience: for whoever moves the clock, and for tests. */
export async function deliverDue(engine: Engine, sellerId: number | null): Promise<Fired[]> {
  const patience = engine.delivery?.patience ?? 0;
  const until = performance.now() + patience;
  const fired: Fired[] = [];
  while (performance.now() < until) {
    const started = await startDeliveries(engine, sellerId);
    if (started.length === 0) break;
    const noted = started.map((attempt) => attempt.then((done) => (done === undefined ? undefined : fired.push(done))));
    await Promise.race([Promise.all(noted), patienceOver(until - performance.now())]);
  }
  return [...fired];
}

function patienceOver(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, Math.max(0, ms)).unref();
  });
}

/** One try, from the claim to its record. A fault leaves the lease to run out, and another process tries. */
async function tryOne(engine: Engine, delivery: Delivery, claimed: Claimed): Promise<Fired | undefined> {
  const about = { seller: claimed.sellerId, id: claimed.id, order: claimed.orderId };
  const fired = (result: string): Fired => ({ what: `notification ${claimed.envelope}`, ...about, result });
  try {
    const receiver = await sellerById(engine.pool, claimed.receiverId);
    const began = engine.now();
    if (receiver === undefined || receiver.callbackUrl === null) {
      await run(engine.pool, deliverQueries.drop, [claimed.sellerId, claimed.id, later(began, claimed.offset).toISOString()]);
      return fired("dropped: the receiver has no callback address any more");
    }
    const { posted, secrets } = await send(engine, delivery, claimed, receiver, receiver.callbackUrl);
    if (delivery.stop.signal.aborted && "error" in posted) {
      await run(engine.pool, deliverQueries.giveBack, [claimed.sellerId, claimed.id, claimed.tries]);
      return undefined;
    }
    return fired(await conclude(engine, claimed, began, posted, secrets));
  } catch (error) {
    engine.log.error(
      { notification: claimed.id, seller: claimed.sellerId, error: error instanceof Error ? error.message : "" },
      "a notification could not be tried; it is tried again",
    );
    return undefined;
  }
}

async function send(
  engine: Engine,
  delivery: Delivery,
  claimed: Claimed,
  receiver: Seller,
  url: string,
): Promise<{ posted: Posted; secrets: readonly string[] }> {
  const keys = await delivery.keys(receiver.id);
  const order = must(await readOrder(engine.pool, claimed.sellerId, claimed.orderId), `order ${claimed.orderId}`);
  // The token is made with one pair, the same in every try while that pair works: at first with the one the shop is known to have.
  const pair = keys.find((one) => one.publicKey === claimed.publicKey) ?? keys.find((one) => one.used) ?? keys[0];
  if (pair === undefined) return { posted: { error: "the receiver has no key pair" }, secrets: [] };
  const format = claimed.format ?? formatFor(receiver, order);
  const webhookId = `msg_${claimed.webhookId}`;
  const body = claimed.body ?? notificationBody({ ...claimed, format, webhookId }, await readOrderView(engine.pool, order));
  if (claimed.body === null || claimed.publicKey !== pair.publicKey) {
    await run(engine.pool, deliverQueries.keepBody, [claimed.sellerId, claimed.id, format, body, pair.publicKey]);
  }
  const token = tokenFor(receiver.callbackToken, pair, claimed.envelope, order);
  const sent = withToken(body, token);
  const privateKeys = keys.map((one) => one.privateKey);
  const headers = {
    "content-type": contentTypeOf(format, webhookId),
    "user-agent": "Tranche",
    ...webhookHeaders(privateKeys, webhookId, engine.now(), sent),
  };
  const posted = await delivery.poster.post(url, headers, sent, delivery.stop.signal);
  return { posted, secrets: [token, ...privateKeys] };
}

/** Records the try: 2xx delivers, 410 gives up, anything else waits for the next try, if there is one. Answers what came of it. */
async function conclude(engine: Engine, claimed: Claimed, began: Date, posted: Posted, secrets: readonly string[]): Promise<string> {
  const ended = engine.now();
  const inBook = (at: Date) => later(at, claimed.offset);
  const status = "status" in posted ? posted.status : null;
  const delivered = status !== null && status >= 200 && status < 300;
  const wait = delivered || status === 410 ? null : waitAfter(claimed.tries, "status" in posted ? posted.retryAfter : null, ended);
  const state = delivered ? "delivered" : wait === null ? "failed" : "queued";
  await run(engine.pool, deliverQueries.conclude, [
    claimed.sellerId,
    claimed.id,
    claimed.tries,
    state,
    wait === null ? null : later(inBook(ended), wait).toISOString(),
    inBook(ended).toISOString(),
    inBook(began).toISOString(),
    Math.max(0, ended.getTime() - began.getTime()),
    status,
    "error" in posted ? posted.error : null,
    "status" in posted ? keepAnswer(posted.answer, secrets) : null,
  ]);
  const outcome = "error" in posted ? posted.error : String(status);
  if (delivered) return "delivered";
  const about = { notification: claimed.id, seller: claimed.sellerId, receiver: claimed.receiverId, order: claimed.orderId, outcome };
  if (state === "failed") engine.log.warn(about, "a notification was given up");
  else engine.log.info(about, "a notification was not taken; it is tried again");
  return state === "failed" ? `${outcome}: given up` : `${outcome}: tried again`;
}

function claimedOf(row: Record<string, unknown>): Claimed {
  return {
    sellerId: Number(row["seller_id"]),
    id: Number(row["id"]),
    orderId: Number(row["order_id"]),
    receiverId: Number(row["receiver_id"]),
    envelope: String(row["envelope"]),
    message: String(row["message"]),
    toState: row["to_state"] as OrderState,
    webhookId: String(row["webhook_id"]),
    format: row["format"] as NotificationFormat | null,
    body: row["body"] as string | null,
    publicKey: row["public_key"] as string | null,
    tries: Number(row["tries"]),
    offset: Number(row["clock_offset_ms"]),
  };
}
