import type { Query, Queryable } from "./connect.ts";
import { run } from "./connect.ts";

export const railMemoryQueries = {
  recall: {
    name: "recall_of_rail",
    text: "SELECT value, written_at FROM rail_memory WHERE rail = $1 AND kind = $2 AND key = $3",
  },
  keep: {
    name: "keep_for_rail",
    text: "INSERT INTO rail_memory (rail, kind, key, value, written_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (rail, kind, key) DO NOTHING",
  },
  replace: {
    name: "replace_for_rail",
    text: "UPDATE rail_memory SET value = $4, written_at = $5 WHERE rail = $1 AND kind = $2 AND key = $3 AND written_at = $6",
  },
} satisfies Record<string, Query>;

type Note = Readonly<Record<string, string | number | null>>;

/** What one rail's adapter remembers, in the database: every process sees it, and it survives them. */
export function railMemory(client: Queryable, rail: string) {
  const recall = async (kind: string, key: string): Promise<{ value: Note; at: Date } | undefined> => {
    const { rows } = await run<{ value: Note; written_at: Date }>(client, railMemoryQueries.recall, [rail, kind, key]);
    const row = rows[0];
    return row === undefined ? undefined : { value: row.value, at: row.written_at };
  };
  return {
    recall,
    async keep(kind: string, key: string, value: Note, at: Date): Promise<{ value: Note; at: Date; first: boolean }> {
      const { rowCount } = await run(client, railMemoryQueries.keep, [rail, kind, key, JSON.stringify(value), at.toISOString()]);
      const stands = rowCount === 1 ? undefined : await recall(kind, key);
      return { ...(stands ?? { value, at }), first: rowCount === 1 };
    },
    async replace(kind: string, key: string, value: Note, at: Date, seen: Date): Promise<boolean> {
      const values = [rail, kind, key, JSON.stringify(value), at.toISOString(), seen.toISOString()];
      return (await run(client, railMemoryQueries.replace, values)).rowCount === 1;
    },
  };
}
