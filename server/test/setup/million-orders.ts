import { closeSync, openSync, truncateSync } from "node:fs";
import { join } from "node:path";
import type pg from "pg";

/** How many rows each growing table has when 1,000,000 orders have lived, and how many bytes one row takes. */
export const growing: Readonly<Record<string, { readonly rows: number; readonly bytes: number }>> = {
  orders: { rows: 1_000_000, bytes: 900 },
  buyers: { rows: 500_000, bytes: 120 },
  projects: { rows: 100_000, bytes: 150 },
  payments: { rows: 1_100_000, bytes: 250 },
  payment_references: { rows: 1_100_000, bytes: 120 },
  checkouts: { rows: 1_000_000, bytes: 120 },
  disbursements: { rows: 1_100_000, bytes: 250 },
  attempts: { rows: 1_100_000, bytes: 300 },
  attempt_references: { rows: 1_100_000, bytes: 100 },
  transitions: { rows: 10_000_000, bytes: 350 },
  entries: { rows: 4_000_000, bytes: 120 },
  postings: { rows: 8_000_000, bytes: 170 },
  accounts: { rows: 1_010_000, bytes: 80 },
  messages: { rows: 4_000_000, bytes: 120 },
  links: { rows: 3_000_000, bytes: 200 },
  notifications: { rows: 5_000_000, bytes: 250 },
  notification_attempts: { rows: 5_000_000, bytes: 150 },
  rail_events: { rows: 3_000_000, bytes: 900 },
  refusals: { rows: 100_000, bytes: 250 },
  operator_orders: { rows: 200_000, bytes: 60 },
  offers: { rows: 50_000, bytes: 150 },
  holds: { rows: 50_000, bytes: 150 },
  mailbox: { rows: 1_000_000, bytes: 1_200 },
  proven_phones: { rows: 400_000, bytes: 80 },
};

const page = 8_192;
const segment = 1_024 ** 3;
/** Rows that something is still to be done with. */
const active = 0.01;

/**
 * Makes the planner see 1,000,000 orders, in a moment and without one of them: the statistics are written, and each table's file is lengthened
 * by a hole, because the planner also asks how long the file is. Only for reading plans; nobody may write to this database afterwards.
 */
export async function pretendMillionOrders(owner: pg.Pool): Promise<void> {
  const { rows: places } = await owner.query<{ folder: string }>("SELECT current_setting('data_directory') AS folder");
  const { rows: columns } = await owner.query<{
    table: string;
    path: string;
    column: string;
    type: string;
    nullable: boolean;
    unique: boolean;
  }>(
    `SELECT c.relname AS table, pg_relation_filepath(c.oid) AS path, a.attname AS column, format_type(a.atttypid, NULL) AS type, NOT a.attnotnull AS nullable,
            EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisunique AND i.indkey::text = a.attnum::text) AS unique
     FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     WHERE c.relnamespace = 'public'::regnamespace AND c.relname = ANY($1)`,
    [Object.keys(growing)],
  );
  const found = new Set(columns.map(({ table }) => table));
  const gone = Object.keys(growing).filter((table) => !found.has(table));
  if (gone.length > 0) throw new Error(`no such table any more: ${gone.join(", ")}; mend server/test/setup/million-orders.ts`);
  for (const { table, column, type, nullable, unique } of columns) {
    const total = growing[table]?.rows ?? 0;
    const waits = nullable && (column.endsWith("due_at") || column === "leased_until" || column === "lifts_at");
    const distinct =
      unique || column === "id" ? -1 : column === "seller_id" ? 1_000 : column.endsWith("_id") ? -0.2 : type === "text" ? 20 : -0.5;
    const state = column === "state" && type === "text";
    await owner.query(
      `SELECT pg_restore_attribute_stats('schemaname', 'public', 'relname', $1::text, 'attname', $2::text, 'inherited', false,
         'null_frac', $3::real, 'avg_width', 8, 'n_distinct', $4::real ${state ? ", 'most_common_vals', '{completed}', 'most_common_freqs', ARRAY[0.99]::real[]" : ""})`,
      [table, column, waits ? 1 - active : 0, Math.max(distinct, -1) < 0 ? distinct : Math.min(distinct, total)],
    );
  }
  for (const [table, { rows, bytes }] of Object.entries(growing)) {
    const pages = Math.ceil((rows * bytes) / page);
    await owner.query(
      "SELECT pg_restore_relation_stats('schemaname', 'public', 'relname', $1::text, 'relpages', $2::int, 'reltuples', $3::real, 'relallvisible', $2::int)",
      [table, pages, rows],
    );
    const path = columns.find((one) => one.table === table)?.path ?? "";
    lengthen(join(places[0]?.folder ?? "", path), pages * page);
  }
}

/** PostgreSQL keeps a table in files of one gigabyte; a hole takes no room on the disk. */
function lengthen(path: string, bytes: number): void {
  for (let part = 0; part * segment < bytes; part += 1) {
    const file = part === 0 ? path : `${path}.${part}`;
    closeSync(openSync(file, "a"));
    truncateSync(file, Math.min(segment, bytes - part * segment));
  }
}
