import type pg from "pg";

/**
 * The rail's own record beside what the books say, for the payments, payouts and refunds that a step touched: no receipt that the rail does
 * not know, of another amount, currency or fee, or counted twice, and nothing sent that the rail did not send, of that amount.
 */
export class RailRecord {
  readonly #pool: pg.Pool;
  readonly #receipts = new Map<string, string>();

  constructor(pool: pg.Pool) {
    this.#pool = pool;
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
    // What was handed over stands in two books, and counts in one.
    if (row["state"] === "handed_over") {
      if (this.#receipts.get(receipt) === name) this.#receipts.delete(receipt);
      return [];
    }
    const before = this.#receipts.get(receipt) ?? name;
    this.#receipts.set(receipt, name);
    return before === name ? [] : [`the receipt ${receipt} counts as ${before} and as ${name}`];
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
}
