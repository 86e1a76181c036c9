import { randomUUID } from "node:crypto";
import type pg from "pg";
import type { Transition } from "../../src/actions/effects.ts";
import { storeTables } from "../../src/actions/store.ts";
import { run } from "../../src/db/connect.ts";
import { tableOf } from "../../src/db/table.ts";
import type { Table } from "../../src/db/table.ts";
import * as tables from "../../src/db/tables.ts";
import type { Disbursement } from "../../src/domain/facts.ts";
import { payeePayable } from "../../src/domain/ledger-accounts.ts";
import type { Posting } from "../../src/domain/movements.ts";
import { firstOrderDigest, nextOrderDigest } from "../../src/ledger/chain.ts";
import { balanceChanges, post } from "../../src/ledger/post.ts";
import type { BookHead, JournalEntry, JournalPosting } from "../../src/ledger/post.ts";

const start = new Date("2026-01-05T09:00:00.123Z");
/** Only the columns a test has something to say about; the rest is the same for every order. */
type SmallOrder = { sellerId: number; id: number; state: string; version: number; digest: string; lost: bigint };
type Step = { action: string; to: string; party?: string };

const heads = tableOf<{ sellerId: number; entrySeq: number; postingSeq: number; eventSeq: number; chainHead: string | null }>(
  "books",
  { sellerId: "id", entrySeq: "id", postingSeq: "id", eventSeq: "id", chainHead: "hex" },
  { key: ["sellerId"] },
);
const accounts = tableOf<{ sellerId: number; account: string; currency: string; balance: bigint | null }>(
  "accounts",
  { sellerId: "id", account: "text", currency: "text", balance: "amount" },
  { key: [] },
);

/**
 * A book put together by hand: real entries, hashes, digests and balances, without the actions. Rows are gathered in memory and written
 * by `save`.
 */
export class SmallBook {
  readonly sellerId: number;
  head: BookHead = { entrySeq: 0, postingSeq: 0, chainHead: null };
  readonly #orders = new Map<number, SmallOrder>();
  readonly #entries: JournalEntry[] = [];
  readonly #postings: JournalPosting[] = [];
  readonly #transitions: Transition[] = [];
  readonly #disbursements = new Map<number, Disbursement>();
  readonly #balances = new Map<string, { account: string; currency: string; balance: bigint | null }>();
  #ticks = 0;

  constructor(sellerId: number) {
    this.sellerId = sellerId;
  }

  #now(): Date {
    this.#ticks += 1;
    return new Date(start.getTime() + this.#ticks * 1_234);
  }

  #record(
    object: string,
    objectId: number,
    version: number,
    from: string,
    { action, to, party = "clock" }: Step,
    orderId: number | null,
    at: Date,
  ) {
    this.#transitions.push({
      sellerId: this.sellerId,
      seq: this.#transitions.length + 1,
      object,
      objectId,
      version,
      action,
      fromState: from,
      toState: to,
      party,
      actor: party,
      event: `${object}.${action}`,
      orderId,
      entrySeq: null,
      at,
      note: null,
      commandId: randomUUID(),
      step: 1,
      key: null,
      fingerprint: null,
      answer: null,
    });
  }

  /** Takes steps of an order; the first one makes it. */
  order(id: number, ...steps: readonly Step[]): this {
    for (const step of steps) {
      const before = this.#orders.get(id) ?? { sellerId: this.sellerId, id, state: "none", version: 0, digest: firstOrderDigest, lost: 0n };
      const at = this.#now();
      const version = before.version + 1;
      const party = step.party ?? "clock";
      const digest = nextOrderDigest(before.digest, { version, action: step.action, from: before.state, to: step.to, party, at });
      this.#record("order", id, version, before.state, step, id, at);
      this.#orders.set(id, { ...before, state: step.to, version, digest });
    }
    return this;
  }

  /** Posts an entry, for an order or for none. */
  entry(cause: string, orderId: number | null, postings: readonly Posting[], reverses: number | null = null): this {
    const orderDigest = orderId === null ? null : (this.#orders.get(orderId)?.digest ?? null);
    const posted = post(this.sellerId, this.head, { cause, orderId, orderDigest, at: this.#now(), reverses }, postings);
    this.head = posted.head;
    this.#entries.push(posted.entry);
    this.#postings.push(...posted.postings);
    for (const { account, currency, by } of balanceChanges(postings)) {
      const key = `${account} ${currency}`;
      const before = this.#balances.get(key)?.balance ?? 0n;
      this.#balances.set(key, { account, currency, balance: by === null ? null : before + by });
    }
    return this;
  }

  /** A payout to the seller, taken through the given states. */
  payout(id: number, orderId: number, amount: bigint, ...steps: readonly Step[]): this {
    for (const step of steps) {
      const before = this.#disbursements.get(id);
      const at = this.#now();
      const next: Disbursement = {
        sellerId: this.sellerId,
        id,
        kind: "payout",
        orderId,
        paymentId: null,
        payeeKind: "seller",
        payeeId: this.sellerId,
        source: payeePayable("seller", this.sellerId),
        amount,
        currency: "NGN",
        outAmount: amount,
        outCurrency: "NGN",
        rail: "sandbox",
        state: step.to as Disbursement["state"],
        version: (before?.version ?? 0) + 1,
        attemptId: null,
        attempts: 0,
        fault: null,
        reason: null,
        borne: 0n,
        details: null,
        createdAt: at,
        dueAt: null,
        concludedAt: null,
      };
      this.#record("disbursement", id, next.version, before?.state ?? "none", step, orderId, at);
      this.#disbursements.set(id, next);
    }
    return this;
  }

  async save(pool: pg.Pool): Promise<this> {
    const { sellerId } = this;
    await pool.query(
      `INSERT INTO sellers (id, role, state, version, email, phone, first_name, last_name, callback_format, callback_token, unsigned_checkout,
         provider_share_limit, origins, terms, created_at, updated_at)
       VALUES ($1::bigint, 'business', 'active', 1, $1::text || '@seller.example', $1::text, 'S', 'S', 'auto', 'documented', 'allow', 0, '{}', '{}', $2, $2)`,
      [sellerId, start],
    );
    await pool.query(
      "INSERT INTO buyers (seller_id, id, email, phone, first_name, last_name, created_at) VALUES ($1, 1, 'b@b.example', '1', 'B', 'B', $2)",
      [sellerId, start],
    );
    for (const order of this.#orders.values()) {
      await pool.query(
        `INSERT INTO orders (seller_id, id, type, buyer_id, shop_order_id, state, version, state_version, last_action, last_party, agreed_beforehand,
           written_by, currency, book_currency, product_cost, escrow_fee, escrow_fee_of_buyer, rail_fee, amount, net, lost, charged_back, rail, terms, details,
           redeliveries, created_at, updated_at, digest)
         VALUES ($1, $2, 1, 1, 'shop', $3, $4, $4, 'accept', 'buyer', false, 'buyer', 'NGN', 'NGN', 400000, 50000, 50000, 16750, 450000, 383250, $5, 0,
           'sandbox', '{}', '{}', 0, $6, $6, decode($7, 'hex'))`,
        [sellerId, order.id, order.state, order.version, order.lost, start, order.digest],
      );
    }
    const insert = <Row extends object>(table: Table<Row>, rows: readonly Row[]) => run(pool, table.insert, table.values(rows));
    await insert(tables.disbursements, [...this.#disbursements.values()]);
    await insert(heads, [{ sellerId, ...this.head, eventSeq: this.#transitions.length }]);
    await insert(
      accounts,
      [...this.#balances.values()].map((row) => ({ sellerId, ...row })),
    );
    await insert(storeTables.entries, this.#entries);
    await insert(storeTables.postings, this.#postings);
    await insert(storeTables.transitions, this.#transitions);
    return this;
  }
}
