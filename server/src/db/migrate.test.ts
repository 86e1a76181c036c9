import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, beforeEach, afterEach, expect, test } from "vitest";
import type { TestDatabase } from "../../test/setup/database.ts";
import { emptyDatabase } from "../../test/setup/database.ts";
import { makePool } from "./connect.ts";
import { migrate, readMigrations, rolesSql, schemaNumber } from "./migrate.ts";
import { StartError } from "./start-error.ts";

let database: TestDatabase;
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tranche-migrations-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

beforeEach(async () => {
  database = await emptyDatabase();
  rmSync(folder, { recursive: true });
  mkdirSync(folder);
  write("000001_things.sql", "CREATE TABLE thing (id bigint PRIMARY KEY); GRANT SELECT, INSERT ON thing TO tranche_app;");
  write("000002_more.sql", "ALTER TABLE thing ADD COLUMN more text;");
});
afterEach(() => database.drop());

function write(name: string, sql: string): void {
  writeFileSync(join(folder, name), sql);
}

const run = () => migrate(database.ownerUrl, readMigrations(folder));

test("files run once, in order, and are written down with their digest", async () => {
  expect((await run()).map(({ number, name }) => `${number} ${name}`)).toEqual(["1 things", "2 more"]);
  expect(await run()).toEqual([]);
  write("000003_last.sql", "DROP TABLE thing;");
  expect((await run()).map(({ number }) => number)).toEqual([3]);
  expect(await schemaNumber(database.ownerPool)).toBe(3);
  const { rows } = await database.ownerPool.query("SELECT number, length(sha256) AS size FROM migrations ORDER BY number");
  expect(rows).toEqual([1, 2, 3].map((number) => ({ number, size: 64 })));
});

test("processes that migrate at once do it once", async () => {
  write("000003_slow.sql", "SELECT pg_sleep(0.2); CREATE TABLE slow ();");
  const done = await Promise.all([run(), run(), run(), run()]);
  expect(done.map((ran) => ran.length).toSorted((a, b) => a - b)).toEqual([0, 0, 0, 3]);
});

test("a file that fails leaves the database at the file before", async () => {
  write("000003_bad.sql", "CREATE TABLE half (); SELECT 1/0;");
  await expect(run()).rejects.toThrow("migration 000003_bad.sql failed: division by zero");
  expect(await schemaNumber(database.ownerPool)).toBe(2);
  expect((await database.ownerPool.query("SELECT to_regclass('half') AS half")).rows).toEqual([{ half: null }]);
});

test("a file that changed after it ran is refused", async () => {
  await run();
  write("000002_more.sql", "ALTER TABLE thing ADD COLUMN more bigint;");
  await expect(run()).rejects.toThrow(StartError);
  await expect(run()).rejects.toThrow(/^The migration 000002_more\.sql has changed since it ran/);
});

test("a database of a newer schema is refused", async () => {
  await run();
  rmSync(join(folder, "000002_more.sql"));
  await expect(run()).rejects.toThrow(StartError);
  await expect(run()).rejects.toThrow(/^The database is of a newer Tranche \(it has run 000002_more\.sql/);
});

test.each([["000004_gap.sql"], ["3_short.sql"], ["000003_no_ending"], ["000003-dash.sql"]])("a file named %s is refused", (name) => {
  write(name, "");
  expect(() => readMigrations(folder)).toThrow(StartError);
});

test("the application and the reports act as roles that may do only what they were granted", async () => {
  await run();
  await database.pool.query("INSERT INTO thing (id) VALUES (1)");
  await expect(database.pool.query("DELETE FROM thing")).rejects.toThrow("permission denied");
  await expect(database.pool.query("CREATE TABLE own ()")).rejects.toThrow("permission denied for schema public");
  const reader = makePool(database.ownerUrl, { role: "tranche_read", max: 1, applicationName: "reader" });
  await expect(reader.query("SELECT * FROM thing")).rejects.toThrow("permission denied");
  expect(await schemaNumber(reader)).toBe(2);
  await reader.end();
});

test("an owner who may not use the roles is told how to get them, and the printed SQL is enough", async () => {
  const name = `plain_${Date.now()}`;
  const plain = new URL(database.ownerUrl);
  await run();
  await database.ownerPool.query(`CREATE ROLE ${name} LOGIN PASSWORD 'secret'`);
  await database.ownerPool.query(`CREATE DATABASE ${name} OWNER ${name}`);
  plain.username = name;
  plain.password = "secret";
  plain.pathname = `/${name}`;
  try {
    const refused = migrate(plain.href, readMigrations(folder));
    await expect(refused).rejects.toThrow(StartError);
    await expect(refused).rejects.toThrow("npm run tranche -- roles");
    // The roles themselves exist in this server already; the grant is the part that is missing.
    const grant = rolesSql(name)
      .split("\n")
      .find((line) => line.startsWith("GRANT"));
    await database.ownerPool.query(grant ?? "");
    expect(await migrate(plain.href, readMigrations(folder))).toHaveLength(2);
    const pool = makePool(plain.href, { role: "tranche_app", max: 1, applicationName: "plain" });
    expect((await pool.query("SELECT current_user AS who")).rows).toEqual([{ who: "tranche_app" }]);
    await pool.end();
  } finally {
    await database.ownerPool.query(`DROP DATABASE ${name} WITH (FORCE)`);
    await database.ownerPool.query(`DROP ROLE ${name}`);
  }
});

test("the printed SQL quotes a strange owner name", () => {
  expect(rolesSql('o"; DROP')).toContain(`GRANT tranche_app, tranche_read TO ${pg.escapeIdentifier('o"; DROP')};`);
});

test("a payment whose dispute runs or was lost gets that dispute's number from the rail's reports, and no other payment does", async () => {
  const all = readMigrations();
  const before = all.filter(({ number }) => number < 15);
  expect(before).toHaveLength(14);
  await migrate(database.ownerUrl, before);
  const { ownerPool } = database;
  const at = "2026-11-01T10:00:00Z";
  const pay = (id: number, reference: string, state: string) =>
    ownerPool.query(
      `INSERT INTO payments (seller_id, id, rail, reference, rail_reference, state, version, asked, currency, received, unapplied, rail_fee, disputed,
         taken_at_once, charged_back, settled, opened_at)
       VALUES (101, $1, 'paystack', $2, 'rail-' || $2, $3, 2, 1000, 'NGN', 1000, 0, 0, 0, false, 0, false, $4)`,
      [id, reference, state, at],
    );
  const told = (event: string, reference: string, type: string, outcome: string, parsed: object) =>
    ownerPool.query(
      `INSERT INTO rail_events (rail, event_id, type, reference, body, parsed, received_at, outcome) VALUES ('paystack', $1, $2, $3, '', $4, $5, $6)`,
      [event, type, reference, JSON.stringify(parsed), at, outcome],
    );
  await pay(1, "runs", "disputed");
  // One that was won stands before the one that runs, and another receipt of the same reference has one too.
  await told("1", "runs", "payment.dispute_opened", "taken_in", { disputeId: "won", railReference: "rail-runs" });
  await told("2", "runs", "payment.dispute_won", "taken_in", { disputeId: "won", railReference: "rail-runs" });
  await told("3", "runs", "payment.dispute_opened", "taken_in", { disputeId: "running", railReference: "rail-runs" });
  await told("4", "runs", "payment.dispute_opened", "taken_in", { disputeId: "other receipt", railReference: "rail-other" });
  await told("5", "runs", "payment.dispute_opened", "second_dispute", { disputeId: "not booked", railReference: "rail-runs" });
  await pay(2, "lost", "charged_back");
  await told("6", "lost", "payment.dispute_lost", "taken_in", { disputeId: "lost at once" });
  await pay(3, "won", "received");
  await told("7", "won", "payment.dispute_opened", "taken_in", { disputeId: "over", railReference: "rail-won" });
  await pay(4, "numberless", "disputed");
  await told("8", "numberless", "payment.dispute_opened", "taken_in", { railReference: "rail-numberless" });
  await migrate(database.ownerUrl, all);
  const { rows } = await ownerPool.query("SELECT reference, dispute_id FROM payments ORDER BY id");
  expect(rows.map(({ reference, dispute_id }) => [reference, dispute_id])).toEqual([
    ["runs", "running"],
    ["lost", "lost at once"],
    ["won", null],
    ["numberless", null],
  ]);
});
