import { createHash } from "node:crypto";
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

/** What was thrown; where the database says whose account it was about, with the story of its order. */
export async function storyOfError(pool: pg.Pool, error: unknown): Promise<string> {
  const says = error instanceof Error ? `${error.message} ${"detail" in error ? String(error.detail) : ""}` : String(error);
  const [, seller, payment] = /\((\d+), payment:(\d+):/.exec(says) ?? [];
  if (seller === undefined || payment === undefined) return `${says}\n${error instanceof Error ? (error.stack ?? "") : ""}`;
  const { rows } = await pool.query<{ order_id: bigint | null }>("SELECT order_id FROM payments WHERE seller_id = $1 AND id = $2", [
    seller,
    payment,
  ]);
  const order = rows[0]?.order_id;
  return order === null || order === undefined ? says : `${says}\n${await traceOf(pool, Number(seller), Number(order))}`;
}

/** Every step and posting of every book, and what stands in the accounts. Command ids, keys and other chance of the machine's are left out. */
export async function digestOf(pool: pg.Pool): Promise<string> {
  const hash = createHash("sha256");
  for (const text of [
    `SELECT seller_id, seq, at, object, object_id, version, action, from_state, to_state, party, actor, event, order_id, entry_seq
     FROM transitions ORDER BY seller_id, seq`,
    "SELECT seller_id, seq, cause, order_id, at, reverses FROM entries ORDER BY seller_id, seq",
    "SELECT seller_id, seq, entry_seq, debit, credit, amount, currency FROM postings ORDER BY seller_id, seq",
    "SELECT seller_id, account, currency, balance FROM accounts ORDER BY seller_id, account, currency",
  ]) {
    const { rows } = await pool.query<unknown[]>({ text, rowMode: "array" });
    for (const row of rows) hash.update(`${row.map((cell) => (cell instanceof Date ? cell.getTime() : String(cell))).join("|")}\n`);
  }
  return hash.digest("hex");
}
