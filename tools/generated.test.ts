import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { TestDatabase } from "../server/test/setup/database.ts";
import { emptyDatabase, testDatabase } from "../server/test/setup/database.ts";
import { documents } from "./documents.ts";
import { dumpSchema } from "./schema-dump.ts";

let database: TestDatabase | undefined;
afterAll(() => database?.drop());

const databaseUrl = async () => {
  database ??= await testDatabase();
  return database.ownerUrl;
};

test.each(documents)("$path is what `npm run generate` writes", async ({ path, make }) => {
  const file = join(import.meta.dirname, "..", path);
  expect(existsSync(file) ? readFileSync(file, "utf8") : "", `run \`npm run generate\` and commit ${path}`).toBe(
    await make({ databaseUrl }),
  );
});

test("a schema dump shows every kind of thing that a migration can make", async () => {
  const made = await emptyDatabase();
  await made.ownerPool.query(`
    CREATE ROLE tranche_dump_reader NOLOGIN;
    CREATE SCHEMA apart;
    CREATE SEQUENCE order_id START 1000;
    CREATE TABLE seller (id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT seller_pkey PRIMARY KEY, name text NOT NULL DEFAULT 'x');
    CREATE TABLE apart.item (
      seller_id bigint NOT NULL CONSTRAINT item_seller_fkey REFERENCES seller,
      amount bigint NOT NULL CONSTRAINT item_amount_positive CHECK (amount > 0),
      twice bigint GENERATED ALWAYS AS (amount * 2) STORED,
      note text COLLATE "C"
    ) WITH (fillfactor = 90);
    CREATE INDEX item_note ON apart.item (note) WHERE note IS NOT NULL;
    CREATE VIEW named AS SELECT name FROM seller;
    CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1';
    COMMENT ON TABLE seller IS 'who sells';
    GRANT SELECT, INSERT ON seller TO tranche_dump_reader;
    GRANT UPDATE (name) ON seller TO tranche_dump_reader;
    GRANT USAGE ON SEQUENCE order_id TO tranche_dump_reader;`);
  const dump = await dumpSchema(made.ownerUrl);
  await made.ownerPool.query("DROP OWNED BY tranche_dump_reader; DROP ROLE tranche_dump_reader");
  await made.drop();
  for (const line of [
    "CREATE SCHEMA apart;",
    "CREATE SEQUENCE order_id AS bigint START 1000 INCREMENT 1 MINVALUE 1 MAXVALUE 9223372036854775807 CACHE 1;\nGRANT USAGE ON SEQUENCE order_id TO tranche_dump_reader;",
    "CREATE TABLE seller (\n  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,\n  name text DEFAULT 'x'::text NOT NULL,\n  CONSTRAINT seller_pkey PRIMARY KEY (id)\n);",
    "COMMENT ON TABLE seller IS 'who sells';\nGRANT INSERT, SELECT ON seller TO tranche_dump_reader;\nGRANT UPDATE (name) ON seller TO tranche_dump_reader;",
    "  twice bigint GENERATED ALWAYS AS ((amount * 2)) STORED,",
    '  note text COLLATE "C",\n  CONSTRAINT item_seller_fkey FOREIGN KEY (seller_id) REFERENCES seller(id),\n  CONSTRAINT item_amount_positive CHECK ((amount > 0))\n) WITH (fillfactor=90);',
    "CREATE INDEX item_note ON apart.item USING btree (note) WHERE (note IS NOT NULL);",
    "-- VIEW named\n--   name text",
    "CREATE OR REPLACE FUNCTION one()",
  ]) {
    expect(dump).toContain(line);
  }
  expect(dump).not.toContain("seller_id_seq");
});
