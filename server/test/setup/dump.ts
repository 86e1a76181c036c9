import type { World } from "./world.ts";

/** What every table holds, as one line a table: rows and a digest of them. Sequences are left out; numbers that nobody used are harmless. */
export async function dumpOf(world: World): Promise<Record<string, string>> {
  const pool = world.database.ownerPool;
  const { rows: tables } = await pool.query<{ name: string }>(
    "SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) AS name FROM pg_tables WHERE schemaname IN ('public', 'sandbox_rail') ORDER BY 1",
  );
  const one = ({ name }: { name: string }) =>
    `SELECT '${name}' AS name, count(*) || ' ' || coalesce(sum(hashtextextended(t::text, 0)), 0) AS holds FROM ${name} t`;
  const { rows } = await pool.query<{ name: string; holds: string }>(tables.map(one).join(" UNION ALL "));
  return Object.fromEntries(rows.map((row) => [row.name, row.holds]));
}
