import type { Query } from "../db/connect.ts";
import { run } from "../db/connect.ts";
import { storeLink } from "../db/links.ts";
import { clockOffset } from "../db/sellers.ts";
import { orders } from "../db/tables.ts";
import { must } from "../domain/fault.ts";
import { later } from "../domain/deadlines.ts";
import type { Order } from "../domain/order.ts";
import { detailsChangedLetter, letterFor, operatorsAccountLetter } from "../events/letters.ts";
import { randomToken, tokenHash } from "../secrets/tokens.ts";
import type { Engine, Fired } from "./engine.ts";
import { lease, renewed } from "./renewed.ts";

export const messageQueries = {
  // As many as can be sent at once, each under a lease that is renewed while the letter is on its way: nobody else sends it, however slow the
  // mail server is, and when this process dies another takes it over once the lease has run out. With all that a letter is written from.
  claim: {
    name: "claim_messages",
    text: `WITH due AS MATERIALIZED (
             SELECT t.seller_id, t.id, t.order_id, t.due_at, tb.clock_offset_ms FROM messages t JOIN books tb ON tb.seller_id = t.seller_id
             WHERE t.due_at IS NOT NULL
               AND t.due_at <= $1::timestamptz + (SELECT coalesce(max(clock_offset_ms), 0) FROM books) * interval '1 millisecond'
               AND t.due_at <= $1::timestamptz + tb.clock_offset_ms * interval '1 millisecond'
               AND ($2::bigint IS NULL OR t.seller_id = $2)
             ORDER BY t.due_at LIMIT $4 FOR UPDATE OF t SKIP LOCKED)
           UPDATE messages m SET due_at = $1::timestamptz + (due.clock_offset_ms + $3::bigint) * interval '1 millisecond', tries = m.tries + 1
           FROM due LEFT JOIN sellers s ON s.id = due.seller_id LEFT JOIN orders o ON o.seller_id = due.seller_id AND o.id = due.order_id
           WHERE m.seller_id = due.seller_id AND m.id = due.id
           RETURNING m.seller_id AS book, m.id AS message, due.due_at AS was_due, m.party, m.kind, m.order_version, m.tries, m.to_email,
             due.clock_offset_ms, s.email AS seller_email, ${orders.select("o")}`,
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
  readonly seller: number;
  readonly id: number;
  readonly dueAt: Date;
  readonly party: "buyer" | "seller" | "service_provider";
  readonly kind: string;
  readonly orderVersion: number;
  readonly tries: number;
  readonly toEmail: string | null;
  /** How far the book's clock is ahead. */
  readonly offset: number;
  readonly sellerEmail: string | null;
  /** Undefined where the letter is about none. */
  readonly order: Order | undefined;
}

/** A mail server that takes its time then holds up only a few letters; more connections it might not like. */
const atOnce = 4;
const mostEach = 16;

/** Sends what people are told, a few letters at a time, with a fresh link in each. A reminder for a state the order has left is dropped. */
export async function sendMessages(engine: Engine, sellerId: number | null): Promise<Fired[]> {
  const claims = new Claims(engine, sellerId);
  const fired = await Promise.all(Array.from({ length: atOnce }, () => sendInTurn(engine, claims)));
  return fired.flat();
}

/** Takes the letter that is due longest, sends it, and takes the next: each is claimed only when it can be sent at once. */
async function sendInTurn(engine: Engine, claims: Claims): Promise<Fired[]> {
  const fired: Fired[] = [];
  for (let sent = 0; sent < mostEach; sent += 1) {
    const claimed = await claims.next();
    if (claimed === undefined) break;
    fired.push(...(await sendClaimed(engine, claimed)));
  }
  return fired;
}

interface Asked {
  resolve(claimed: Claimed | undefined): void;
  reject(error: unknown): void;
}

/** Letters for those that can send one now. Whoever asks in the same breath is answered by one statement, so that to look in vain is one. */
class Claims {
  readonly #engine: Engine;
  readonly #sellerId: number | null;
  #asked: Asked[] = [];

  constructor(engine: Engine, sellerId: number | null) {
    this.#engine = engine;
    this.#sellerId = sellerId;
  }

  next(): Promise<Claimed | undefined> {
    return new Promise((resolve, reject) => {
      this.#asked.push({ resolve, reject });
      if (this.#asked.length === 1) queueMicrotask(() => void this.#claim(this.#asked.splice(0)));
    });
  }

  async #claim(asked: readonly Asked[]): Promise<void> {
    try {
      const values = [this.#engine.now().toISOString(), this.#sellerId, lease, asked.length];
      const { rows } = await run(this.#engine.pool, messageQueries.claim, values);
      const claimed = rows.map(claimedOf).toSorted((a, b) => a.dueAt.getTime() - b.dueAt.getTime());
      for (const [i, { resolve }] of asked.entries()) resolve(claimed[i]);
    } catch (error) {
      for (const { reject } of asked) reject(error);
    }
  }
}

function claimedOf(row: Record<string, unknown>): Claimed {
  return {
    seller: Number(row["book"]),
    id: Number(row["message"]),
    dueAt: row["was_due"] as Date,
    party: row["party"] as Claimed["party"],
    kind: String(row["kind"]),
    orderVersion: Number(row["order_version"]),
    tries: Number(row["tries"]),
    toEmail: row["to_email"] as string | null,
    offset: Number(row["clock_offset_ms"]),
    sellerEmail: row["seller_email"] as string | null,
    order: row["id"] === null ? undefined : orders.read(row),
  };
}

async function sendClaimed(engine: Engine, claimed: Claimed): Promise<Fired[]> {
  const { seller, id, order, tries } = claimed;
  if (order === undefined && claimed.toEmail === null) return [];
  const send = () => (order === undefined ? sendNotice(engine, claimed) : sendOne(engine, claimed, order));
  const outcome = await renewed(() => putOff(engine, claimed, lease), send).catch((error: unknown) => {
    engine.log.warn({ message: id, error: error instanceof Error ? error.message : "" }, "a message could not be sent; it is tried again");
    return tries >= 10 ? "failed" : undefined;
  });
  if (outcome === undefined) {
    // Less and less often.
    await putOff(engine, claimed, 60_000 * 2 ** Math.min(tries - 1, 8));
    return [];
  }
  await run(engine.pool, messageQueries.finish, [seller, id, engine.now().toISOString(), outcome]);
  const about = order === undefined ? {} : { order: order.id };
  return [{ what: `message ${claimed.kind} to ${claimed.party}`, seller, id, ...about, result: outcome }];
}

async function putOff(engine: Engine, { seller, id, tries }: Claimed, by: number): Promise<void> {
  await run(engine.pool, messageQueries.putOff, [seller, id, engine.now().toISOString(), by, tries]);
}

/** A letter that is about no order: it names no link, and goes where it says. */
async function sendNotice(engine: Engine, claimed: Claimed): Promise<string> {
  const party = claimed.party === "seller" ? "seller" : "service_provider";
  const letter =
    claimed.kind === "payout.account_needed" ? operatorsAccountLetter() : detailsChangedLetter(party, engine.settings.coolingOff);
  await engine.mailer?.send({ to: must(claimed.toEmail, "an address"), subject: letter.subject, text: letter.text });
  return engine.mailer === undefined ? "no mail server is set" : "sent";
}

async function sendOne(engine: Engine, claimed: Claimed, order: Order): Promise<string> {
  const { party, kind } = claimed;
  if (party === "service_provider") return "no letter about an order goes to a service provider";
  if (kind.startsWith("reminder.") && order.stateVersion !== claimed.orderVersion) return "not needed any more";
  const to = addressOf(order, party, claimed.sellerEmail);
  if (to.email === null && to.phone === null) return "no confirmed contact";
  const sentTo = to.email ?? to.phone ?? "";
  const link = await mintLinkAt(engine, order, party, sentTo, later(engine.now(), claimed.offset));
  const letter = letterFor(order, party, kind, link);
  if (to.email !== null) await engine.mailer?.send({ to: to.email, subject: letter.subject, text: letter.text });
  if (to.phone !== null && letter.sms !== null) await engine.sms?.send({ to: to.phone, text: letter.sms });
  return engine.mailer === undefined ? "no mail server is set" : "sent";
}

type Minting = Pick<Engine, "pool" | "baseUrl" | "linkLife" | "now">;

/** Makes a link for one party of one order, as the order is now. The token stands only in the message; the database keeps its hash. */
export async function mintLink(engine: Minting, order: Order, party: "buyer" | "seller", sentTo: string): Promise<string> {
  return mintLinkAt(engine, order, party, sentTo, later(engine.now(), await clockOffset(engine.pool, order.sellerId)));
}

/** `at`: now, in the order's book. */
async function mintLinkAt(engine: Minting, order: Order, party: "buyer" | "seller", sentTo: string, at: Date): Promise<string> {
  const token = randomToken();
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
export function addressOf(
  order: Order,
  party: "buyer" | "seller",
  sellerEmail: string | null,
): { readonly email: string | null; readonly phone: string | null } {
  if (party === "seller") return { email: sellerEmail, phone: null };
  return { email: order.contactEmail, phone: order.contactPhone };
}
