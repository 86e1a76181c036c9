import type pg from "pg";

/** A row as text, column by column. */
type Row = Readonly<Record<string, string | null>>;

interface Shape {
  readonly table: string;
  readonly key: readonly string[];
  readonly types: Readonly<Record<string, string>>;
}

export type Written =
  | { readonly shape: Shape; readonly kind: "insert"; readonly row: Row }
  | { readonly shape: Shape; readonly kind: "update"; readonly before: Row; readonly row: Row; readonly changed: readonly string[] };

/** What one step left in the tables of a book. `at` is the time the step wrote, as text. */
export interface Recorded {
  readonly written: readonly Written[];
  readonly at: string;
}

/** The tables that belong to a book. */
async function shapes(pool: pg.Pool): Promise<Shape[]> {
  const { rows } = await pool.query<{ table: string; key: string[]; types: Record<string, string> }>(`
    SELECT c.relname AS table,
           (SELECT array_agg(a.attname::text ORDER BY k.n) FROM pg_index i, unnest(i.indkey) WITH ORDINALITY k(number, n)
            JOIN pg_attribute a ON a.attnum = k.number WHERE i.indrelid = c.oid AND i.indisprimary AND a.attrelid = c.oid) AS key,
           (SELECT jsonb_object_agg(a.attname, format_type(a.atttypid, a.atttypmod)) FROM pg_attribute a
            WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS types
    FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' ORDER BY c.relname`);
  return rows.filter(({ types }) => types["seller_id"] !== undefined);
}

async function snapshot(pool: pg.Pool, all: readonly Shape[], sellerId: number): Promise<Map<string, Map<string, Row>>> {
  const found = new Map<string, Map<string, Row>>();
  for (const { table, key } of all) {
    const { rows } = await pool.query<{ row: Row }>(
      `SELECT (SELECT json_object_agg(e.key, e.value) FROM json_each_text(to_json(t)) e) AS row FROM ${table} t WHERE seller_id = $1`,
      [sellerId],
    );
    found.set(table, new Map(rows.map(({ row }) => [key.map((column) => row[column]).join("|"), row])));
  }
  return found;
}

/** Lets something happen in one book and answers every row that it wrote, as rows and not as statements: whatever the engine does, this stays what it did. */
export async function record(pool: pg.Pool, sellerId: number, happen: () => Promise<void>): Promise<Recorded> {
  const all = await shapes(pool);
  const before = await snapshot(pool, all, sellerId);
  await happen();
  const after = await snapshot(pool, all, sellerId);
  const written: Written[] = [];
  for (const shape of all) {
    for (const [key, row] of after.get(shape.table) ?? []) {
      const old = before.get(shape.table)?.get(key);
      const changed = old === undefined ? [] : Object.keys(row).filter((column) => row[column] !== old[column]);
      if (old === undefined) written.push({ shape, kind: "insert", row });
      else if (changed.length > 0) written.push({ shape, kind: "update", before: old, row, changed });
    }
  }
  const at = written.find(({ shape, kind }) => shape.table === "transitions" && kind === "insert")?.row["at"];
  if (at === undefined || at === null) throw new Error("the step left no transition behind");
  return { written, at };
}
