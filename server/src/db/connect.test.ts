import { afterAll, beforeAll, expect, test } from "vitest";
import type { TestDatabase } from "../../test/setup/database.ts";
import { emptyDatabase } from "../../test/setup/database.ts";
import { inTransaction, makePool, openLane, run } from "./connect.ts";
import { migrate } from "./migrate.ts";

let database: TestDatabase;

beforeAll(async () => {
  database = await emptyDatabase();
  await migrate(database.ownerUrl, []);
  await database.ownerPool.query("CREATE TABLE note (n bigint PRIMARY KEY); GRANT ALL ON note TO tranche_app");
});
afterAll(() => database.drop());

const lane = (onLost: (error: Error) => void = () => undefined) => openLane(database.ownerUrl, { applicationName: "lane", onLost });

test("a bigint beyond a double's exactness survives the way out and back, alone and in arrays", async () => {
  const big = 9_007_199_254_740_993n;
  const { rows } = await database.pool.query(
    "SELECT $1::bigint AS one, $2::bigint[] AS many, '{}'::bigint[] AS none, DATE '2026-03-29' AS day",
    [big, [big, null, -big]],
  );
  expect(rows).toEqual([{ one: big, many: [big, null, -big], none: [], day: "2026-03-29" }]);
});

test("a pool with a role gives up on locks, idle transactions and runaway statements", async () => {
  const pool = makePool(database.ownerUrl, {
    role: "tranche_read",
    max: 1,
    applicationName: "a name",
    extraOptions: { statement_timeout: "50ms" },
  });
  const { rows } = await pool.query(
    "SELECT current_user AS who, current_setting('lock_timeout') AS lock, current_setting('application_name') AS name",
  );
  expect(rows).toEqual([{ who: "tranche_read", lock: "2s", name: "a name" }]);
  await expect(pool.query("SELECT pg_sleep(5)")).rejects.toThrow("statement timeout");
  await pool.end();
});

test("settings that the url brings are kept beside ours", async () => {
  const url = `${database.ownerUrl}?options=${encodeURIComponent("-c work_mem=7MB")}`;
  const pool = makePool(url, { role: "tranche_app", max: 1, applicationName: "x" });
  const { rows } = await pool.query("SELECT current_setting('work_mem') AS mem, current_user AS who");
  expect(rows).toEqual([{ mem: "7MB", who: "tranche_app" }]);
  await pool.end();
});

test("a lane acts as the application with generic plans and short patience", async () => {
  const client = await lane();
  const names = ["role", "plan_cache_mode", "jit", "lock_timeout", "idle_in_transaction_session_timeout", "statement_timeout"];
  const { rows } = await client.query("SELECT array_agg(current_setting(name)) AS now FROM unnest($1::text[]) name", [names]);
  expect(rows).toEqual([{ now: ["tranche_app", "force_generic_plan", "off", "1s", "5s", "5s"] }]);
  await client.end();
});

test("a lane sends statements without waiting, prepares a name once, and answers in order", async () => {
  const client = await lane();
  const echo = { name: "echo", text: "SELECT $1::int AS n, pg_sleep($2)" };
  const began = performance.now();
  const answers = await Promise.all([
    run<{ n: number }>(client, echo, [1, 0.1]),
    run<{ n: number }>(client, echo, [2, 0]),
    run<{ n: number }>(client, echo, [3, 0]),
  ]);
  expect(answers.map(({ rows }) => rows[0]?.n)).toEqual([1, 2, 3]);
  expect(performance.now() - began).toBeGreaterThan(90);
  const { rows } = await client.query("SELECT count(*) AS n FROM pg_prepared_statements WHERE name = 'echo'");
  expect(rows).toEqual([{ n: 1n }]);
  await client.end();
});

test("a lane whose connection is cut tells it once and rejects what was under way", async () => {
  const told: Error[] = [];
  const lost = Promise.withResolvers<void>();
  const client = await lane((error) => {
    told.push(error);
    lost.resolve();
  });
  const { rows } = await client.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
  const slow = Promise.allSettled([client.query("SELECT pg_sleep(5)"), client.query("SELECT 1")]);
  await database.ownerPool.query("SELECT pg_terminate_backend($1)", [rows[0]?.pid]);
  expect((await slow).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  await lost.promise;
  await client.end();
  expect(told).toHaveLength(1);
});

test("a transaction commits what it answered and leaves nothing of what it threw", async () => {
  const { pool } = database;
  expect(await inTransaction(pool, async (client) => (await client.query("INSERT INTO note VALUES (1) RETURNING n")).rows)).toEqual([
    { n: 1n },
  ]);
  const thrown = inTransaction(pool, async (client) => {
    await client.query("INSERT INTO note VALUES (2)");
    throw new Error("changed my mind");
  });
  await expect(thrown).rejects.toThrow("changed my mind");
  const swallowed = inTransaction(pool, async (client) => {
    await client.query("INSERT INTO note VALUES (3)");
    await client.query("SELECT 1/0").catch(() => undefined);
  });
  await expect(swallowed).rejects.toThrow("rolled back");
  expect((await pool.query("SELECT n FROM note")).rows).toEqual([{ n: 1n }]);
});

test("a session that ends in a transaction is thrown away, and the pool goes on", async () => {
  const { pool, ownerPool } = database;
  const ended = inTransaction(pool, async (client) => {
    const { rows } = await client.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
    await ownerPool.query("SELECT pg_terminate_backend($1)", [rows[0]?.pid]);
    await new Promise((done) => {
      setTimeout(done, 50);
    });
    await client.query("SELECT 1");
  });
  await expect(ended).rejects.toThrow();
  expect((await pool.query("SELECT 1 AS n")).rows).toEqual([{ n: 1 }]);
});

test("a pooled connection that dies while it is handed over ends nothing: its goodbye comes before whoever waited has run", async () => {
  const pool = makePool(database.ownerUrl, { role: "tranche_app", max: 1, applicationName: "handed over" });
  const first = await pool.connect();
  const waiting = pool.connect();
  first.release();
  // Released to the one that waits, whose own code runs a moment later: exactly here PostgreSQL's last word may be read.
  expect(() => first.emit("error", new Error("terminating connection due to unexpected postmaster exit"))).not.toThrow();
  (await waiting).release(true);
  await pool.end();
});
