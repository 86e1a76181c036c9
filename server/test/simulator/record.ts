import type pg from "pg";
import type { Checks } from "./checks.ts";
import type { Moved, RailRecord } from "./rail-side.ts";
import type { SandboxRail } from "../../src/rails/sandbox/sandbox.ts";

/**
 * The sandbox rail's own record beside what the books say, for the payments, payouts and refunds that a step touched: no receipt that the rail does
 * not know, of another amount, currency or fee, or counted twice, and nothing sent that the rail did not send, of that amount.
 */
export class SandboxRecord implements RailRecord {
  readonly #pool: pg.Pool;
  readonly #rail: Pick<SandboxRail, "books">;
  readonly #receipts = new Receipts();
  #movement = 0n;

  constructor(pool: pg.Pool, rail: Pick<SandboxRail, "books">) {
    this.#pool = pool;
    this.#rail = rail;
  }

  async moved(): Promise<Moved[]> {
    const { rows } = await this.#pool.query<{
      id: bigint;
      kind: string;
      seller_id: bigint | null;
      attempt_id: bigint | null;
      reference: string;
    }>(
      `SELECT m.id, m.kind, m.reference, a.seller_id, a.attempt_id FROM sandbox_rail.movements m
       LEFT JOIN attempt_references a ON a.rail = 'sandbox' AND a.reference = m.reference
       WHERE m.id > $1 AND m.kind IN ('payout', 'refund', 'send_returned') ORDER BY m.id`,
      [this.#movement],
    );
    this.#movement = rows.at(-1)?.id ?? this.#movement;
    return rows.map(({ kind, reference, seller_id: seller, attempt_id: id }) => ({
      back: kind === "send_returned",
      reference,
      attempt: seller === null ? null : { seller: Number(seller), id: Number(id) },
    }));
  }

  async payments(sellers: readonly number[], ids: readonly number[]): Promise<string[]> {
    if (ids.length === 0) return [];
    const { rows } = await this.#pool.query<Record<string, string | null>>({
      name: "simulator_payments_by_record",
      text: `SELECT p.seller_id || '/' || p.id AS name, p.state, p.rail_reference, p.received::text, p.received_currency, p.rail_fee::text,
               r.amount::text, r.currency, r.fee::text
             FROM unnest($1::bigint[], $2::bigint[]) u(s, i), LATERAL (SELECT * FROM payments WHERE seller_id = u.s AND id = u.i LIMIT 1) p
             LEFT JOIN sandbox_rail.receipts r ON r.rail_reference = p.rail_reference WHERE p.received > 0`,
      values: [sellers, ids],
    });
    // What left one book in this step may have come into another in the same.
    const [gone, here] = [rows.filter((row) => row["state"] === "handed_over"), rows.filter((row) => row["state"] !== "handed_over")];
    return [...gone, ...here].flatMap((row) => this.#receipt(row));
  }

  #receipt(row: Readonly<Record<string, string | null>>): string[] {
    const name = `payment ${row["name"]}`;
    const receipt = row["rail_reference"] ?? "";
    if (row["amount"] === null) return [`${name} counts the receipt ${receipt}, of which the rail knows nothing`];
    const same = row["amount"] === row["received"] && row["currency"] === row["received_currency"] && row["fee"] === row["rail_fee"];
    if (!same)
      return [
        `${name} counts ${row["received"]} ${row["received_currency"]} less ${row["rail_fee"]}, the rail took ${row["amount"]} ${row["currency"]} less ${row["fee"]}`,
      ];
    return this.#receipts.counts(receipt, name, row["state"] === "handed_over");
  }

  async sends(sellers: readonly number[], ids: readonly number[]): Promise<string[]> {
    if (ids.length === 0) return [];
    const { rows } = await this.#pool.query<Record<string, string | null>>({
      name: "simulator_sends_by_record",
      text: `SELECT DISTINCT d.seller_id || '/' || d.attempt_id AS name, a.amount::text, s.amount::text AS sent, s.status, s.currency, a.currency AS ours,
               (SELECT sum(m.amount) FROM disbursements m WHERE m.seller_id = d.seller_id AND m.attempt_id = d.attempt_id AND m.state = 'succeeded')::text AS members
             FROM unnest($1::bigint[], $2::bigint[]) u(s, i), LATERAL (SELECT * FROM disbursements WHERE seller_id = u.s AND id = u.i LIMIT 1) d
             JOIN attempts a ON a.seller_id = d.seller_id AND a.id = d.attempt_id
             LEFT JOIN sandbox_rail.sends s ON s.reference = a.reference WHERE d.state = 'succeeded'`,
      values: [sellers, ids],
    });
    return rows.flatMap((row) => {
      const says = `attempt ${row["name"]} of ${row["amount"]} ${row["ours"]} for ${row["members"]} counts as sent`;
      // Reversed: sent and come back, which the books may hear of later.
      if (!["succeeded", "reversed"].includes(row["status"] ?? "")) return [`${says}; at the rail it is ${row["status"] ?? "unknown"}`];
      const same = row["sent"] === row["amount"] && row["currency"] === row["ours"] && row["members"] === row["amount"];
      return same ? [] : [`${says}; the rail sent ${row["sent"]} ${row["currency"]}`];
    });
  }

  async atTheEnd(checks: Checks, pool: pg.Pool): Promise<string[]> {
    const broken = await moreOutThanIn(pool);
    const { rows } = await pool.query<{ currency: string; added: bigint }>(
      `SELECT p.currency, sum(p.amount)::bigint AS added FROM entries e JOIN postings p ON p.seller_id = e.seller_id AND p.entry_seq = e.seq
       WHERE e.cause = 'book.float_added' GROUP BY 1`,
    );
    for (const books of await this.#rail.books()) {
      const { currency } = books;
      const added = rows.find((row) => row.currency === currency)?.added ?? 0n;
      // A dispute whose decision has not come yet stands apart; here every one was decided.
      const cash = checks.held("rail:sandbox:cash", currency) - added + checks.held("rail:sandbox:disputed", currency);
      if (cash !== books.cash) broken.push(`the rail holds ${books.cash} ${currency}, the books say ${cash}`);
      const incoming = checks.held("rail:sandbox:incoming", currency);
      if (incoming !== books.incoming) broken.push(`the rail expects ${books.incoming} ${currency}, the books say ${incoming}`);
      const outgoing = checks.held("rail:sandbox:outgoing", currency);
      if (outgoing !== 0n) broken.push(`${-outgoing} ${currency} is still on its way out`);
    }
    broken.push(...(await unsettled(pool)));
    return broken;
  }
}

/** Which payment each receipt counts as: one. What was handed over stands in two books, and counts in one. */
export class Receipts {
  readonly #counted = new Map<string, string>();

  /** A payment counts it; answers what is wrong with that. */
  counts(receipt: string, payment: string, handedOver: boolean): string[] {
    if (handedOver) {
      if (this.#counted.get(receipt) === payment) this.#counted.delete(receipt);
      return [];
    }
    const before = this.#counted.get(receipt) ?? payment;
    this.#counted.set(receipt, payment);
    return before === payment ? [] : [`the receipt ${receipt} counts as ${before} and as ${payment}`];
  }
}

/** By the rail's own record, no order's payouts and refunds are more than its payments. */
async function moreOutThanIn(pool: pg.Pool): Promise<string[]> {
  const { rows } = await pool.query<{ seller_id: bigint; order_id: bigint; paid: bigint; sent: bigint }>(
    `WITH paid AS (
       SELECT r.seller_id, r.order_id, sum(m.amount) AS amount FROM sandbox_rail.movements m
       JOIN payment_references r ON r.rail = 'sandbox' AND r.reference = m.rail_reference WHERE m.kind = 'payment' AND r.order_id IS NOT NULL GROUP BY 1, 2),
     sent AS (
       SELECT d.seller_id, d.order_id, sum(d.amount) AS amount FROM disbursements d WHERE d.state = 'succeeded' AND d.order_id IS NOT NULL GROUP BY 1, 2)
     SELECT s.seller_id, s.order_id, coalesce(p.amount, 0)::bigint AS paid, s.amount::bigint AS sent
     FROM sent s LEFT JOIN paid p USING (seller_id, order_id) WHERE s.amount > coalesce(p.amount, 0) LIMIT 5`,
  );
  return rows.map((row) => `order ${row.order_id} of seller ${row.seller_id} was paid ${row.paid} and sent ${row.sent}`);
}

/** Receipts that the rail has settled and the books have not, with what became of the event that said so. */
async function unsettled(pool: pg.Pool): Promise<string[]> {
  const { rows } = await pool.query<{ rail_reference: string; seller_id: bigint | null; state: string | null; told: string | null }>(
    `SELECT r.rail_reference, p.seller_id, p.state, (
       SELECT string_agg(coalesce(e.outcome, 'waiting') || ' ' || coalesce(e.note, ''), ', ') FROM rail_events e
       WHERE e.reference = r.reference AND e.type = 'payment.settled') AS told
     FROM sandbox_rail.receipts r LEFT JOIN payment_references n ON n.rail = 'sandbox' AND n.reference = r.rail_reference
     LEFT JOIN payments p ON p.seller_id = n.seller_id AND p.id = n.payment_id
     WHERE r.settled_at IS NOT NULL AND p.settled IS NOT TRUE LIMIT 5`,
  );
  return rows.map(
    (row) => `receipt ${row.rail_reference} (payment ${row.state}, seller ${row.seller_id}) was settled; the event: ${row.told}`,
  );
}
