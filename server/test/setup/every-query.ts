import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { storeQueries, storeTables, updateQueries } from "../../src/actions/store.ts";
import type { Query } from "../../src/db/connect.ts";
import type { Table } from "../../src/db/table.ts";
import * as tables from "../../src/db/tables.ts";

const source = join(import.meta.dirname, "../../src");

function isQuery(value: unknown): value is Query {
  return (
    typeof value === "object" &&
    value !== null &&
    "name" in value &&
    "text" in value &&
    typeof value.name === "string" &&
    typeof value.text === "string"
  );
}

/** Every exported statement of the server: single ones, and those in exported sets. */
export async function everyQuery(): Promise<Query[]> {
  const files = readdirSync(source, { recursive: true, encoding: "utf8" }).filter(
    (file) => file.endsWith(".ts") && !file.endsWith(".test.ts"),
  );
  const withSql = files.filter(
    (file) => /\bname: ?"[a-z_]+",\s*text:/.test(readFileSync(join(source, file), "utf8")) || file.endsWith("db/tables.ts"),
  );
  const found: Query[] = [];
  for (const file of withSql) {
    if (file === "main.ts") continue;
    const module = (await import(join(source, file))) as Record<string, unknown>;
    for (const value of Object.values(module)) {
      if (isQuery(value)) found.push(value);
      else if (typeof value === "object" && value !== null) found.push(...Object.values(value).filter(isQuery));
    }
  }
  const kept = Object.values(tables) as unknown as Table<object>[];
  // What is only ever added to has no UPDATE.
  const added = Object.values(storeTables) as unknown as Table<object>[];
  return [
    ...found,
    ...Object.values(storeQueries),
    ...updateQueries,
    ...kept.flatMap((table) => [table.insert, table.update]),
    ...added.map((table) => table.insert),
  ];
}
