import { afterAll, beforeAll, expect, test } from "vitest";
import type { TestDatabase } from "../../test/setup/database.ts";
import { emptyDatabase } from "../../test/setup/database.ts";
import { openLane, run, runCells } from "./connect.ts";
import type { Lane } from "./lane.ts";
import { migrate } from "./migrate.ts";

let database: TestDatabase;
let lane: Lane;
beforeAll(async () => {
  database = await emptyDatabase();
  await migrate(database.ownerUrl, []);
  await database.ownerPool.query("CREATE TABLE note (n bigint PRIMARY KEY); GRANT ALL ON note TO tranche_app");
  lane = await openLane(database.ownerUrl, { applicationName: "lane", onLost: () => undefined });
});
afterAll(async () => {
  await lane.end();
  await database.drop();
});

const add = { name: "add_note", text: "INSERT INTO note VALUES ($1)" };
const statuses = (answers: readonly PromiseSettledResult<unknown>[]) => answers.map(({ status }) => status);
const notes = async () => (await database.ownerPool.query("SELECT n FROM note ORDER BY n")).rows.map(({ n }) => Number(n));

test("what is asked for in one breath goes in one round trip, each answered for itself", async () => {
  const two = { name: "two", text: "SELECT $1::bigint AS n, $2::text AS t UNION ALL SELECT 7, NULL" };
  const [rows, cells, added, plain] = await Promise.all([
    run(lane, two, [1n, "é"]),
    runCells(lane, two, [2, null]),
    run(lane, add, [1]),
    lane.query("SELECT 1 AS one WHERE false"),
  ]);
  expect(rows.rows).toEqual([
    { n: 1n, t: "é" },
    { n: 7n, t: null },
  ]);
  expect(cells).toEqual([
    [2n, null],
    [7n, null],
  ]);
  expect([added.command, added.rowCount, plain.rows]).toEqual(["INSERT", 1, []]);
});

test("behind a statement that failed nothing of the same trip happens, not even COMMIT", async () => {
  const answers = await Promise.allSettled([
    lane.query("BEGIN"),
    run(lane, add, [10]),
    run(lane, { name: "by_zero", text: "SELECT 1 / $1::int" }, [0]),
    run(lane, add, [11]),
    lane.query("COMMIT"),
  ]);
  expect(statuses(answers)).toEqual(["fulfilled", "fulfilled", "rejected", "rejected", "rejected"]);
  await lane.query("ROLLBACK");
  expect(await notes()).not.toContain(10);
  // A statement that was prepared and failed, and one that was skipped before it was prepared, both work afterwards.
  const later = await Promise.all([
    run(lane, { name: "by_zero", text: "SELECT 1 / $1::int" }, [1]),
    run(lane, { name: "skipped", text: "SELECT 5 AS five" }),
  ]);
  expect(later.map(({ rows }) => Object.values(rows[0] ?? {})[0])).toEqual([1, 5]);
});

test("a statement that cannot be prepared fails alone, and can be tried again", async () => {
  const missing = { name: "of_nothing", text: "SELECT n FROM nothing_yet" };
  await expect(run(lane, missing)).rejects.toThrow("nothing_yet");
  await database.ownerPool.query("CREATE TABLE nothing_yet (n int); GRANT SELECT ON nothing_yet TO tranche_app");
  expect((await run(lane, missing)).rows).toEqual([]);
});

test("a value that cannot be sent spoils the trip before anything is sent, and the lane goes on", async () => {
  const answers = await Promise.allSettled([run(lane, add, [20]), run(lane, add, [Symbol("no number")])]);
  expect(statuses(answers)).toEqual(["rejected", "rejected"]);
  expect(await notes()).not.toContain(20);
  expect((await lane.query("SELECT 3 AS n")).rows).toEqual([{ n: 3 }]);
});

test("what is asked for while a trip is under way makes up the next", async () => {
  const slow = lane.query("SELECT pg_sleep(0.05)");
  await new Promise((done) => {
    setTimeout(done, 10);
  });
  const [a, b] = [lane.query("SELECT txid_current() AS x"), lane.query("SELECT txid_current() AS x")];
  await slow;
  // Statements of one trip outside a transaction share one.
  expect((await a).rows).toEqual((await b).rows);
});

test("many trips with many rows keep their answers apart", async () => {
  const series = { name: "series", text: "SELECT n, repeat('x', 200) AS fill FROM generate_series(1, $1::int) n" };
  const counts = await Promise.all(Array.from({ length: 40 }, async (_, i) => (await run(lane, series, [i * 25])).rows.length));
  expect(counts).toEqual(Array.from({ length: 40 }, (_, i) => i * 25));
});
