import { afterAll, beforeAll, expect, test } from "vitest";
import { prepareSandboxRail } from "../src/rails/sandbox/store.ts";
import type { TestDatabase } from "./setup/database.ts";
import { testDatabase } from "./setup/database.ts";
import { everyQuery } from "./setup/every-query.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
  await prepareSandboxRail(database.ownerPool);
});
afterAll(() => database.drop());

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
