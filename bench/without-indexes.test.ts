import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { TestDatabase } from "../server/test/setup/database.ts";
import { testDatabase } from "../server/test/setup/database.ts";
import { takeIndexesAway } from "./without-indexes.ts";

let database: TestDatabase;
const clients: pg.Client[] = [];
beforeAll(async () => {
  database = await testDatabase();
  for (let i = 0; i < 2; i += 1) clients.push(new pg.Client({ connectionString: database.ownerUrl }));
  for (const client of clients) await client.connect();
});
afterAll(async () => {
  for (const client of clients) await client.end();
  await database.drop();
});

/** Every index and constraint of the tables, as PostgreSQL writes them. That a check was not asked of old rows is no difference. */
async function standing(tables: readonly string[]): Promise<string[]> {
  const { rows } = await database.ownerPool.query<{ text: string }>(
    `SELECT pg_get_indexdef(indexrelid) AS text FROM pg_index WHERE indrelid = ANY($1::text[]::regclass[])
     UNION ALL SELECT conrelid::regclass || ' ' || conname || ' ' || replace(pg_get_constraintdef(oid), ' NOT VALID', '')
     FROM pg_constraint WHERE conrelid = ANY($1::text[]::regclass[]) ORDER BY 1`,
    [tables],
  );
  return rows.map(({ text }) => text);
}

test("indexes and checks are away while rows are written, and then all there again", async () => {
  const tables = ["transitions", "orders", "postings", "disbursements"];
  const before = await standing(tables);
  const [first] = clients;
  if (first === undefined) throw new Error("there is no connection");
  const bringBack = await takeIndexesAway(first, tables);
  const without = await standing(tables);
  expect(without.filter((text) => /INDEX/.test(text)).map((text) => / INDEX (\w+)/.exec(text)?.[1])).toEqual(["orders_pkey"]);
  expect(without.some((text) => / CHECK /.test(text))).toBe(false);
  await bringBack(clients);
  expect(await standing(tables)).toEqual(before);
});
