import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { storeQueries, storeTables } from "../src/actions/store.ts";
import type { Query } from "../src/db/connect.ts";
import type { Table } from "../src/db/table.ts";
import * as tables from "../src/db/tables.ts";
import { prepareSandboxRail } from "../src/rails/sandbox/store.ts";
import type { TestDatabase } from "./setup/database.ts";
import { testDatabase } from "./setup/database.ts";

const source = join(import.meta.dirname, "../src");
let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
  await prepareSandboxRail(database.ownerPool);
});
afterAll(() => database.drop());

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
async function everyQuery(): Promise<Query[]> {
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
    ...kept.flatMap((table) => [table.insert, table.update]),
    ...added.map((table) => table.insert),
  ];
}

test("every statement can be prepared on the migrated schema as the role that runs it", async () => {
  const queries = new Map((await everyQuery()).map((query) => [query.text, query]));
  expect(queries.size).toBeGreaterThan(80);
  const wrong: string[] = [];
  const client = await database.pool.connect();
  try {
    for (const query of queries.values()) {
      if (/^(BEGIN|COMMIT|ROLLBACK)/.test(query.text)) continue;
      await client.query(`PREPARE one AS ${query.text}`).then(
        () => client.query("DEALLOCATE one"),
        (error: Error) => wrong.push(`${query.name}: ${error.message}`),
      );
    }
  } finally {
    client.release();
  }
  expect(wrong).toEqual([]);
});

test("no two statements share a name: a connection would run the first in the second's place", async () => {
  const names = new Map<string, string>();
  const twice: string[] = [];
  for (const query of await everyQuery()) {
    const other = names.get(query.name);
    if (other !== undefined && other !== query.text) twice.push(query.name);
    names.set(query.name, query.text);
  }
  expect(twice).toEqual([]);
});
