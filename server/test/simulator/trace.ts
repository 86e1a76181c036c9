import type pg from "pg";

/** An order's whole story, oldest first: its steps with all that belongs to it, and its journal entries. */
export async function traceOf(pool: pg.Pool, sellerId: number, orderId: number): Promise<string> {
  const steps = await pool.query(
    `SELECT at, seq, object, object_id, from_state, action, to_state, party, note FROM transitions WHERE seller_id = $1 AND order_id = $2 ORDER BY seq`,
    [sellerId, orderId],
  );
  const entries = await pool.query(
    `SELECT e.at, e.cause, p.debit, p.credit, p.amount FROM entries e JOIN postings p ON p.seller_id = e.seller_id AND p.entry_seq = e.seq
     WHERE e.seller_id = $1 AND e.order_id = $2 ORDER BY p.seq`,
    [sellerId, orderId],
  );
  const time = (row: Record<string, unknown>) => (row["at"] as Date).toISOString();
  return [
    `the story of order ${orderId} of seller ${sellerId}:`,
    ...steps.rows.map(
      (row) =>
        `  ${time(row)} ${row["object"]} ${row["object_id"]}: ${row["from_state"]} ${row["action"]} ${row["to_state"]} by ${row["party"]} ${row["note"] === null ? "" : JSON.stringify(row["note"])}`,
    ),
    ...entries.rows.map((row) => `  ${time(row)} ${row["cause"]}: ${row["debit"]} -> ${row["credit"]} ${row["amount"]}`),
  ].join("\n");
}
