import type pg from "pg";
import { parseAccount, owed } from "../../src/domain/ledger-accounts.ts";
import type { OrderState } from "../../src/domain/order-table.ts";
import { hasEnded, isHolding } from "../../src/domain/order-table.ts";
import type { RailRecord } from "./rail-side.ts";

interface Step {
  readonly seller: number;
  readonly seq: number;
  readonly object: string;
  readonly id: number;
  readonly version: number;
  readonly action: string;
  readonly from: string;
  readonly to: string;
  readonly note: Readonly<Record<string, unknown>> | null;
}

export interface Broken {
  readonly says: string;
  readonly seller?: number;
  readonly order?: number;
}

/**
 * Reads what each step of the simulation has added, follows it in memory, and says what may not be. Its balances and states are its own:
 * built from postings and transitions alone, and compared with the rows the engine keeps.
 */
export class Checks {
  readonly #pool: pg.Pool;
  readonly #record: RailRecord;
  readonly #cursors = new Map<number, { event: number; posting: number }>();
  readonly #things = new Map<string, { version: number; state: string }>();
  readonly #balances = new Map<string, bigint>();
  readonly #solvency = new Map<string, bigint>();
  readonly #attempts = new Map<string, string[]>();
  readonly #sent = new Map<string, number>();
  readonly #touchedPayments = new Map<string, Step>();
  readonly #touchedSends = new Map<string, Step>();
  readonly #slots = new Map<string, Set<number>>();
  readonly broken: Broken[] = [];

  constructor(pool: pg.Pool, record: RailRecord) {
    this.#pool = pool;
    this.#record = record;
  }

  #say(says: string, about: Omit<Broken, "says"> = {}): void {
    this.broken.push({ says, ...about });
  }

  /** After every step: only what the step touched. What waits for a rail that is `resting` waits rightly. */
  async step(now: Date, resting: readonly string[]): Promise<void> {
    const heads = await this.#pool.query<{ seller_id: bigint; event_seq: bigint; posting_seq: bigint }>(
      "SELECT seller_id, event_seq, posting_seq FROM books",
    );
    const moved = heads.rows.filter((row) => {
      const seen = this.#cursors.get(Number(row.seller_id));
      return Number(row.event_seq) !== (seen?.event ?? 0) || Number(row.posting_seq) !== (seen?.posting ?? 0);
    });
    const sellers = moved.map((row) => Number(row.seller_id));
    const cursor = (of: "event" | "posting") => sellers.map((seller) => this.#cursors.get(seller)?.[of] ?? 0);
    // Asked for together, to share a round trip; what is read of the postings is followed after the steps.
    const [touched] = await Promise.all([this.#steps(sellers, cursor("event")), this.#postings(sellers, cursor("posting"))]);
    for (const row of moved) {
      const id = Number(row.seller_id);
      const seen = this.#cursors.get(id);
      if (seen?.event !== Number(row.event_seq))
        this.#say(`book ${id} counts ${row.event_seq} steps, ${seen?.event ?? 0} were read`, { seller: id });
      if (seen?.posting !== Number(row.posting_seq))
        this.#say(`book ${id} counts ${row.posting_seq} postings, ${seen?.posting ?? 0} were read`, { seller: id });
    }
    for (const [currency, surplus] of this.#solvency)
      if (surplus < 0n) this.#say(`the installation holds ${-surplus} ${currency} less than it owes`);
    await Promise.all([this.#orders(touched), this.#rail(), this.#byRecord(), this.#nothingLeftDue(now, resting)]);
  }

  async #steps(sellers: readonly number[], cursors: readonly number[]): Promise<Map<number, number>> {
    const { rows } = await this.#pool.query(
      `SELECT t.seller_id, t.seq, t.object, t.object_id, t.version, t.action, t.from_state, t.to_state, t.order_id, t.note
       FROM unnest($1::bigint[], $2::bigint[]) u(s, c), LATERAL (SELECT * FROM transitions WHERE seller_id = u.s AND seq > u.c ORDER BY seq) t`,
      [sellers, cursors],
    );
    const touched = new Map<number, number>();
    for (const row of rows) {
      const step: Step = {
        seller: Number(row["seller_id"]),
        seq: Number(row["seq"]),
        object: String(row["object"]),
        id: Number(row["object_id"]),
        version: Number(row["version"]),
        action: String(row["action"]),
        from: String(row["from_state"]),
        to: String(row["to_state"]),
        note: row["note"] as Step["note"],
      };
      this.#follow(step);
      if (row["order_id"] !== null) touched.set(Number(row["order_id"]), step.seller);
    }
    return touched;
  }

  /** Events: each exactly once and in order, per book and per thing; every step begins where the one before it ended. */
  #follow(step: Step): void {
    const about = { seller: step.seller, ...(step.object === "order" ? { order: step.id } : {}) };
    const cursor = this.#cursors.get(step.seller) ?? { event: 0, posting: 0 };
    if (step.seq !== cursor.event + 1) this.#say(`book ${step.seller}: step ${step.seq} follows step ${cursor.event}`, about);
    this.#cursors.set(step.seller, { ...cursor, event: step.seq });
    if (step.object === "book") return;
    const name = `${step.object} ${step.seller}/${step.id}`;
    const before = this.#things.get(name);
    if (step.version !== (before?.version ?? 0) + 1) this.#say(`${name}: version ${step.version} follows ${before?.version ?? 0}`, about);
    const first = step.object === "seller" ? "none" : (before?.state ?? "none");
    if (step.object !== "seller" && step.from !== first)
      this.#say(`${name}: ${step.action} goes from ${step.from}, but it was ${first}`, about);
    this.#things.set(name, { version: step.version, state: step.to });
    if (step.object === "payment") this.#touchedPayments.set(name, step);
    if (step.object === "disbursement") this.#touchedSends.set(name, step);
    if (step.object === "disbursement" && step.action === "send") {
      const attempt = `${step.seller}/${String(step.note?.["attempt"])}`;
      this.#attempts.set(attempt, [...(this.#attempts.get(attempt) ?? []), name]);
    }
  }

  async #postings(sellers: readonly number[], cursors: readonly number[]): Promise<void> {
    const { rows } = await this.#pool.query<{
      seller_id: bigint;
      seq: bigint;
      debit: string;
      credit: string;
      amount: bigint;
      currency: string;
    }>(
      `SELECT p.seller_id, p.seq, p.debit, p.credit, p.amount, p.currency
       FROM unnest($1::bigint[], $2::bigint[]) u(s, c), LATERAL (SELECT * FROM postings WHERE seller_id = u.s AND seq > u.c ORDER BY seq) p`,
      [sellers, cursors],
    );
    for (const row of rows) {
      const seller = Number(row.seller_id);
      this.#post(seller, row.debit, row.currency, -row.amount);
      this.#post(seller, row.credit, row.currency, row.amount);
      const cursor = this.#cursors.get(seller) ?? { event: 0, posting: 0 };
      this.#cursors.set(seller, { ...cursor, posting: Number(row.seq) });
    }
  }

  #post(seller: number, account: string, currency: string, by: bigint): void {
    const { kind, floor } = parseAccount(account);
    const key = `${seller} ${account} ${currency}`;
    const balance = (this.#balances.get(key) ?? 0n) + by;
    this.#balances.set(key, balance);
    if (floor !== null && balance < floor) this.#say(`book ${seller}: ${account} stands at ${balance} ${currency}`, { seller });
    // What rails hold stands below zero here; what is owed above.
    if (owed(kind) !== "none") this.#solvency.set(currency, (this.#solvency.get(currency) ?? 0n) - by);
  }

  /** Escrow holds all of an order's money while it should, and nothing once it has ended; one live milestone a project. */
  async #orders(touched: ReadonlyMap<number, number>): Promise<void> {
    if (touched.size === 0) return;
    const { rows } = await this.#pool.query(
      `SELECT o.seller_id, o.id, o.state, o.version, o.amount, o.lost, o.project_id, o.discharged_at, o.due_at
       FROM unnest($1::bigint[], $2::bigint[]) u(s, i), LATERAL (SELECT * FROM orders WHERE seller_id = u.s AND id = u.i LIMIT 1) o`,
      [[...touched.values()], [...touched.keys()]],
    );
    for (const row of rows) {
      const seller = Number(row["seller_id"]);
      const order = Number(row["id"]);
      const state = row["state"] as OrderState;
      const about = { seller, order };
      const seen = this.#things.get(`order ${seller}/${order}`);
      if (seen?.state !== state || seen.version !== Number(row["version"]))
        this.#say(`order ${order} is ${state}, its steps say ${seen?.state}`, about);
      const escrow = this.#balances.get(`${seller} order:${order}:escrow NGN`) ?? 0n;
      const should = isHolding(state) ? (row["amount"] as bigint) - (row["lost"] as bigint) : 0n;
      if (escrow !== should) this.#say(`order ${order} is ${state} and its escrow holds ${escrow} instead of ${should}`, about);
      const waits = !hasEnded(state) && state !== "expired" && state !== "disputed";
      if (waits && row["due_at"] === null) this.#say(`order ${order} is ${state} and no clock will ever look at it`, about);
      if (row["project_id"] === null) continue;
      const slot = `${seller}/${String(row["project_id"])}`;
      const live = this.#slots.get(slot) ?? new Set();
      if (["proposed", "agreed", "expired"].includes(state) || row["discharged_at"] !== null) live.delete(order);
      else live.add(order);
      this.#slots.set(slot, live);
    }
    for (const [slot, live] of this.#slots)
      if (live.size > 1) this.#say(`project ${slot} has milestones ${[...live].join(" and ")} at once`);
  }

  /** The payments, payouts and refunds that the step touched, beside the rail's own record of them. */
  async #byRecord(): Promise<void> {
    const paid = [...this.#touchedPayments.values()];
    const sent = [...this.#touchedSends.values()];
    this.#touchedPayments.clear();
    this.#touchedSends.clear();
    const split = (list: readonly Step[]) => [list.map((one) => one.seller), list.map((one) => one.id)] as const;
    const says = await Promise.all([this.#record.payments(...split(paid)), this.#record.sends(...split(sent))]);
    for (const one of says.flat()) this.#say(one);
  }

  /** By the rail's own record: no payout or refund leaves twice, unless it came back in between. */
  async #rail(): Promise<void> {
    for (const { back, reference, attempt } of await this.#record.moved()) {
      const members = attempt === null ? undefined : this.#attempts.get(`${attempt.seller}/${attempt.id}`);
      if (members === undefined) this.#say(`the rail sent ${reference}, which no payout or refund asked for`);
      for (const name of members ?? []) {
        const times = (this.#sent.get(name) ?? 0) + (back ? -1 : 1);
        this.#sent.set(name, times);
        if (times > 1) this.#say(`${name} left the rail ${times} times`);
      }
    }
  }

  /** Every deadline that has passed was acted on: the jobs left nothing due behind. */
  async #nothingLeftDue(now: Date, resting: readonly string[]): Promise<void> {
    const { rows } = await this.#pool.query<{ what: string; seller_id: bigint; id: bigint }>(
      `SELECT 'order' AS what, seller_id, id FROM orders WHERE due_at <= $1 AND NOT (state = 'awaiting_payment' AND rail = ANY ($2))
       UNION ALL SELECT 'offer', seller_id, id FROM offers WHERE state = 'open' AND expires_at <= $1
       UNION ALL SELECT 'hold', seller_id, id FROM holds WHERE state = 'standing' AND lifts_at <= $1
       UNION ALL SELECT kind || ' by ' || rail || ' (' || state || ', tried ' || attempts || ', ' || coalesce(reason, 'no reason') || ', due ' || due_at || ')', seller_id, id
       FROM disbursements WHERE due_at <= $1 AND rail <> ALL ($2)
       UNION ALL SELECT 'attempt', seller_id, id FROM attempts WHERE due_at <= $1 AND rail <> ALL ($2)
       UNION ALL SELECT 'payment', seller_id, id FROM payments WHERE due_at <= $1 AND rail <> ALL ($2)
       UNION ALL SELECT 'rail event ' || type || ' of ' || reference || ' (tried ' || tries || ', ' || coalesce(outcome, 'new') || ' ' || coalesce(note, '')
         || ', came ' || received_at || ')', 0, id FROM rail_events WHERE due_at <= $1 AND rail <> ALL ($2) LIMIT 5`,
      [now, resting],
    );
    for (const row of rows) {
      this.#say(`${row.what} ${row.id} is still due after all jobs ran`, {
        seller: Number(row.seller_id),
        ...(row.what === "order" ? { order: Number(row.id) } : {}),
      });
    }
  }

  /** What the books say stands in an account, all books together; debit positive. */
  held(account: string, currency = "NGN"): bigint {
    let sum = 0n;
    for (const [key, balance] of this.#balances) if (key.split(" ")[1] === account && key.endsWith(` ${currency}`)) sum -= balance;
    return sum;
  }

  /** Kept balances are what the postings say. */
  async keptBalances(): Promise<void> {
    const { rows } = await this.#pool.query<{ seller_id: bigint; account: string; currency: string; balance: bigint }>(
      "SELECT seller_id, account, currency, balance FROM accounts WHERE balance IS NOT NULL",
    );
    for (const row of rows) {
      const own = this.#balances.get(`${row.seller_id} ${row.account} ${row.currency}`) ?? 0n;
      const kept = parseAccount(row.account).class === "asset" ? -own : own;
      if (kept !== row.balance) this.#say(`book ${row.seller_id} keeps ${row.balance} for ${row.account}, its postings say ${kept}`);
    }
  }
}
