import type pg from "pg";
import type { EmulatedRail, RailName } from "../../../emulator/start.ts";
import type { Reading } from "../setup/rail-books.ts";
import { booksAndRailPart, keptUnseen, payoutsPart } from "../setup/rail-books.ts";
import { Receipts } from "./record.ts";
import type { Moved, RailRecord } from "./rail-side.ts";

export interface Recorded extends Reading {
  readonly name: RailName;
  readonly rail: EmulatedRail;
}

interface Sum {
  readonly amount: bigint;
  readonly fee: bigint;
  readonly currency: string;
}

/** Names of one rail's things among those of all. */
const key = (rail: string, reference: string): string => `${rail} ${reference}`;

/**
 * What emulated rails say they moved, read from their own books: payments and payouts by reference, refunds by the payment they go back to,
 * since that is all that a rail keeps of them.
 */
export class EmulatedRecord implements RailRecord {
  readonly #pool: pg.Pool;
  readonly #rails: readonly Recorded[];
  readonly #read = new Map<string, number>();
  readonly #paid = new Map<string, Sum>();
  /** What arrived at a bank, whether or not it came back. */
  readonly #arrived = new Map<string, Sum>();
  /** What the rail took out of what it was to send. */
  readonly #onTheWay = new Map<string, Sum>();
  /** What went back to payers: all that left, and what is left of it. */
  readonly #refunded = new Map<string, { gross: bigint; net: bigint }>();
  readonly #receipts = new Receipts();

  constructor(pool: pg.Pool, rails: readonly Recorded[]) {
    this.#pool = pool;
    this.#rails = rails;
  }

  async moved(): Promise<Moved[]> {
    // All that moved is read before anybody is waited for: what is asked about beside this must know it.
    const sends = this.#rails.map((one) => ({ of: one, sends: this.#take(one) }));
    return (await Promise.all(sends.map(({ of, sends: these }) => this.#asked(of, these)))).flat();
  }

  /** Reads on in one rail's books; answers what left for banks and came back. */
  #take(one: Recorded): { readonly reference: string; readonly back: boolean }[] {
    const movements = one.rail.movements().slice(this.#read.get(one.name) ?? 0);
    this.#read.set(one.name, (this.#read.get(one.name) ?? 0) + movements.length);
    const sends: { readonly reference: string; readonly back: boolean }[] = [];
    for (const { what, from, to, amount, currency, reference } of movements) {
      const name = key(one.name, reference);
      if (what === "payment") this.#paid.set(name, { amount, currency, fee: 0n });
      else if (what === "fee") this.#feeOf(from === "unsettled" ? this.#paid : this.#onTheWay, name, amount, currency);
      else if (to === "outside:banks" || from === "outside:banks") {
        if (to === "outside:banks") this.#arrived.set(name, { amount, currency, fee: this.#onTheWay.get(name)?.fee ?? 0n });
        sends.push({ reference, back: from === "outside:banks" });
      } else if ((to === "outside:payers" || from === "outside:payers") && what.startsWith("refund")) {
        const before = this.#refunded.get(name) ?? { gross: 0n, net: 0n };
        const gone = to === "outside:payers";
        this.#refunded.set(name, { gross: before.gross + (gone ? amount : 0n), net: before.net + (gone ? amount : -amount) });
      }
    }
    return sends;
  }

  #feeOf(sums: Map<string, Sum>, name: string, fee: bigint, currency: string): void {
    const sum = sums.get(name) ?? { amount: 0n, fee: 0n, currency };
    sums.set(name, { ...sum, fee: sum.fee + fee });
  }

  /** Who asked for each of them. */
  async #asked({ name, nameOf }: Recorded, sends: readonly { readonly reference: string; readonly back: boolean }[]): Promise<Moved[]> {
    if (sends.length === 0) return [];
    const { rows } = await this.#pool.query<{ seller_id: bigint; id: bigint; reference: string }>(
      "SELECT seller_id, id, reference FROM attempts WHERE rail = $1 AND NOT sent_to ? 'paymentReference'",
      [name],
    );
    const attempts = new Map(
      rows.map(({ seller_id: seller, id, reference }) => [nameOf(reference), { seller: Number(seller), id: Number(id) }]),
    );
    return sends.map(({ reference, back }) => ({ reference, back, attempt: attempts.get(reference) ?? null }));
  }

  async payments(sellers: readonly number[], ids: readonly number[]): Promise<string[]> {
    if (ids.length === 0) return [];
    const { rows } = await this.#pool.query<Record<string, string>>(
      `SELECT p.seller_id || '/' || p.id AS name, p.state, p.rail, p.reference, p.received::text, p.received_currency, p.rail_fee::text
       FROM unnest($1::bigint[], $2::bigint[]) u(s, i), LATERAL (SELECT * FROM payments WHERE seller_id = u.s AND id = u.i LIMIT 1) p WHERE p.received > 0
       ORDER BY (p.state = 'handed_over') DESC`,
      [sellers, ids],
    );
    return rows.flatMap((row) => {
      const name = `payment ${row["name"]}`;
      const receipt = key(row["rail"] ?? "", row["reference"] ?? "");
      const paid = this.#paid.get(receipt);
      if (paid === undefined) return [`${name} counts ${receipt}, which nobody paid at the rail`];
      const same =
        String(paid.amount) === row["received"] && paid.currency === row["received_currency"] && String(paid.fee) === row["rail_fee"];
      if (!same)
        return [
          `${name} counts ${row["received"]} ${row["received_currency"]} less ${row["rail_fee"]}, the rail took ${paid.amount} ${paid.currency} less ${paid.fee}`,
        ];
      return this.#receipts.counts(receipt, name, row["state"] === "handed_over");
    });
  }

  async sends(sellers: readonly number[], ids: readonly number[]): Promise<string[]> {
    if (ids.length === 0) return [];
    const { rows } = await this.#pool.query<Record<string, string>>(
      `SELECT DISTINCT d.seller_id || '/' || d.attempt_id AS name, a.rail, a.reference, a.amount::text, a.currency
       FROM unnest($1::bigint[], $2::bigint[]) u(s, i), LATERAL (SELECT * FROM disbursements WHERE seller_id = u.s AND id = u.i LIMIT 1) d
       JOIN attempts a ON a.seller_id = d.seller_id AND a.id = d.attempt_id WHERE d.state = 'succeeded' AND NOT a.sent_to ? 'paymentReference'`,
      [sellers, ids],
    );
    const broken = rows.flatMap((row) => {
      const says = `attempt ${row["name"]} of ${row["amount"]} ${row["currency"]} counts as sent`;
      const one = this.#rails.find(({ name }) => name === row["rail"]);
      const arrived = this.#arrived.get(key(row["rail"] ?? "", one?.nameOf(row["reference"] ?? "") ?? ""));
      if (arrived === undefined) return [`${says}; at the rail it never arrived`];
      const within = one?.feeWithin === true ? arrived.fee : 0n;
      const same = String(arrived.amount + within) === row["amount"] && arrived.currency === row["currency"];
      return same ? [] : [`${says}; the rail sent ${arrived.amount} ${arrived.currency}`];
    });
    return [...broken, ...(await this.#refunds(sellers, ids))];
  }

  /** What went back along a payment is never more than was asked for, nor less than what counts as arrived. */
  async #refunds(sellers: readonly number[], ids: readonly number[]): Promise<string[]> {
    const touched = await this.#pool.query<{ seller_id: bigint; payment_id: bigint }>(
      `SELECT DISTINCT d.seller_id, d.payment_id FROM unnest($1::bigint[], $2::bigint[]) u(s, i), LATERAL (
         SELECT * FROM disbursements WHERE seller_id = u.s AND id = u.i LIMIT 1) d WHERE d.kind = 'refund' AND d.payment_id IS NOT NULL`,
      [sellers, ids],
    );
    if (touched.rows.length === 0) return [];
    const rows = await this.#booked(
      "(p.seller_id, p.id) IN (SELECT * FROM unnest($1::bigint[], $2::bigint[]))",
      touched.rows.map((row) => row.seller_id),
      touched.rows.map((row) => row.payment_id),
    );
    return rows.flatMap(({ rail, reference, asked, arrived }) => {
      const { gross, net } = this.#refunded.get(key(rail, reference)) ?? { gross: 0n, net: 0n };
      const off = net > asked || gross < arrived;
      return off
        ? [`of payment ${reference} ${net} went back (${gross} in all); ${asked} were asked for and ${arrived} count as arrived`]
        : [];
    });
  }

  async #booked(where: string, ...values: unknown[]): Promise<{ rail: string; reference: string; asked: bigint; arrived: bigint }[]> {
    const { rows } = await this.#pool.query<{ rail: string; reference: string; asked: bigint; arrived: bigint }>(
      `SELECT p.rail, p.reference, coalesce(sum(d.amount) FILTER (WHERE d.state <> 'cancelled'), 0)::bigint AS asked,
         coalesce(sum(d.amount) FILTER (WHERE d.state = 'succeeded'), 0)::bigint AS arrived
       FROM payments p LEFT JOIN disbursements d ON d.seller_id = p.seller_id AND d.payment_id = p.id AND d.kind = 'refund' AND d.details IS NULL
       WHERE p.state <> 'handed_over' AND ${where} GROUP BY p.rail, p.reference`,
      values,
    );
    return rows;
  }

  async atTheEnd(): Promise<string[]> {
    await this.moved();
    const broken: string[] = [];
    let unseen = false;
    for (const { name, rail, ...reading } of this.#rails) {
      const kept = await keptUnseen(this.#pool, rail);
      unseen ||= kept.size > 0;
      broken.push(...(await booksAndRailPart(this.#pool, name, rail, kept)));
      broken.push(...(await payoutsPart(this.#pool, name, rail, reading)));
    }
    const booked = await this.#booked("p.received > 0");
    const known = new Map(booked.map((one) => [key(one.rail, one.reference), one]));
    for (const [name, { amount, currency }] of this.#paid)
      if (!known.has(name)) broken.push(`${name} was paid ${amount} ${currency} at the rail, and no book has it`);
    for (const [name, { net }] of this.#refunded)
      if (net !== (known.get(name)?.arrived ?? 0n))
        broken.push(`${net} of payment ${name} went back at the rail, and the books say ${known.get(name)?.arrived ?? 0n}`);
    return [...broken, ...(await this.#moreOutThanIn()), ...(await this.#unexplained(unseen))];
  }

  /** By the rail's own record of payments, no order's payouts and refunds are more than was paid for it. */
  async #moreOutThanIn(): Promise<string[]> {
    const { rows } = await this.#pool.query<{ seller_id: bigint; order_id: bigint; sent: bigint; paid: string[] }>(
      `SELECT s.seller_id, s.order_id, s.sent, ARRAY(SELECT p.rail || ' ' || p.reference FROM payments p
         WHERE p.seller_id = s.seller_id AND p.order_id = s.order_id AND p.state <> 'handed_over' AND p.received > 0) AS paid
       FROM (SELECT seller_id, order_id, sum(amount)::bigint AS sent FROM disbursements WHERE state = 'succeeded' AND order_id IS NOT NULL GROUP BY 1, 2) s`,
    );
    return rows.flatMap(({ seller_id: seller, order_id: order, sent, paid }) => {
      const came = paid.reduce((sum, name) => sum + (this.#paid.get(name)?.amount ?? 0n), 0n);
      return sent > came ? [`order ${order} of seller ${seller} was paid ${came} and sent ${sent}`] : [];
    });
  }

  /**
   * What the rail must have settled by now and the books have not, and breaks that nobody has explained. What a rail kept without saying so breaks its
   * balance, rightly and for good.
   */
  async #unexplained(unseen: boolean): Promise<string[]> {
    const { rows } = await this.#pool.query<{ says: string }>(
      `SELECT 'payment ' || seller_id || '/' || id || ' (' || reference || ', ' || rail_reference || ') of ' || received || ' ' || received_currency
           || ' came ' || received_at || ', is ' || state || ' and not settled; settlements say: ' || coalesce((
             SELECT string_agg(l.settlement_id || ' ' || l.state || ' ' || coalesce(l.payment_id::text, '') || ' ' || coalesce(l.note, ''), ', ') FROM settlement_lines l
             WHERE l.rail = p.rail AND (l.reference = p.reference OR l.rail_reference = p.rail_reference)), 'nothing') AS says
       FROM payments p WHERE state <> 'handed_over' AND received > 0 AND NOT settled AND received_at < clock_timestamp() - interval '4 days'
       UNION ALL SELECT 'break ' || id || ' at ' || rail || ' is open: ' || kind || ': ' || says FROM breaks
         WHERE state = 'open' AND NOT (kind = 'balance' AND $1) LIMIT 10`,
      [unseen],
    );
    return rows.map(({ says }) => says);
  }
}
