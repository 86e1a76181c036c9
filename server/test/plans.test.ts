import { afterAll, beforeAll, expect, test } from "vitest";
import type { Query } from "../src/db/connect.ts";
import { orderQueries } from "../src/db/orders.ts";
import { prepareSandboxRail } from "../src/rails/sandbox/store.ts";
import type { TestDatabase } from "./setup/database.ts";
import { testDatabase } from "./setup/database.ts";
import { everyQuery } from "./setup/every-query.ts";
import { growing, pretendMillionOrders } from "./setup/million-orders.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
  await prepareSandboxRail(database.ownerPool);
  await pretendMillionOrders(database.ownerPool);
});
afterAll(() => database.drop());

/** Statements that read a whole table because that is what they are asked for. */
const wholeTables: Readonly<Record<string, string>> = {
  solvency: "a sum over all postings, asked for by people; what it grows into stands in docs/decisions/0024-tables-that-grow.md",
  solvency_accounts:
    "a signed proof says what every account holds and is owed, so it reads every one; the operator asks for it, 30 times a minute at most",
  cash_at_rail: "once a day and when the operator asks, to compare the rail's balance with the books; as `solvency`",
  count_what_waits_for_an_operator:
    "counts parked payouts by their own index, all of it: as many as wait, of which the overview shows a page",
  orders_touched_by_outage: "once, at a start after an outage; an index for it would be written at every step of every order",
};

/** Statements whose index has to be entered at just these columns: with fewer, a seller that has much would be read from the beginning. */
const entered: readonly (readonly [Query, string, readonly string[]])[] = [
  [orderQueries.list, "orders_pkey", ["seller_id =", "id <"]],
  [orderQueries.buyersOfMany, "buyers_pkey", ["seller_id =", "id ="]],
  [orderQueries.paymentsOfMany, "payments_of_an_order", ["seller_id =", "order_id ="]],
  [orderQueries.disbursementsOfMany, "disbursements_of_an_order", ["seller_id =", "order_id ="]],
];

interface Plan {
  readonly "Node Type": string;
  readonly "Relation Name"?: string;
  readonly "Index Name"?: string;
  readonly "Index Cond"?: string;
  readonly Plans?: readonly Plan[];
}

/** Tables that are read from end to end, or of which a whole index is. Walking along one until enough is found is what LIMIT is for. */
function scanned(plan: Plan, wholeIndexes: ReadonlyMap<string, string>, limited = false): string[] {
  const type = plan["Node Type"];
  const table = type === "Seq Scan" ? (plan["Relation Name"] ?? "") : undefined;
  const walked =
    /Index/.test(type) && plan["Index Cond"] === undefined && !limited ? wholeIndexes.get(plan["Index Name"] ?? "") : undefined;
  const own = [table, walked].filter((name) => name !== undefined).filter((name) => name in growing);
  return [...own, ...(plan.Plans ?? []).flatMap((inner) => scanned(inner, wholeIndexes, limited || type === "Limit"))];
}

/** The generic plan, which a lane uses from the first time on, of every statement; with the growing tables that it reads from end to end. */
async function sequentialScans(queries: readonly Query[]): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  const client = await database.ownerPool.connect();
  try {
    // A partial index holds only the few rows that it is for.
    const indexes = await client.query<{ index: string; table: string }>(
      "SELECT indexrelid::regclass::text AS index, indrelid::regclass::text AS table FROM pg_index WHERE indpred IS NULL",
    );
    const wholeIndexes = new Map(indexes.rows.map(({ index, table }) => [index, table]));
    await client.query("SET plan_cache_mode = force_generic_plan");
    for (const { name, text } of new Map(queries.map((query) => [query.text, query])).values()) {
      if (!/^\s*(SELECT|WITH|UPDATE|DELETE|INSERT)/.test(text)) continue;
      await client.query(`PREPARE one AS ${text}`);
      const { rows: taken } = await client.query<{ count: number }>(
        "SELECT cardinality(parameter_types) AS count FROM pg_prepared_statements WHERE name = 'one'",
      );
      const nothing = Array.from({ length: taken[0]?.count ?? 0 }, () => "NULL").join(", ");
      const { rows } = await client.query<{ "QUERY PLAN": { Plan: Plan }[] }>(
        `EXPLAIN (FORMAT JSON) EXECUTE one${nothing === "" ? "" : `(${nothing})`}`,
      );
      const tables = rows[0]?.["QUERY PLAN"].flatMap(({ Plan: plan }) => scanned(plan, wholeIndexes)) ?? [];
      if (tables.length > 0) found.set(name, [...new Set(tables)]);
      await client.query("DEALLOCATE one");
    }
  } finally {
    client.release();
  }
  return found;
}

test("at 1,000,000 orders no statement reads a growing table from end to end, but those that are meant to", async () => {
  const found = await sequentialScans(await everyQuery());
  expect([...found].filter(([name]) => !(name in wholeTables)).map(([name, tables]) => `${name}: ${tables.join(", ")}`)).toEqual([]);
  // A reason for what no longer happens is taken off the list.
  expect(Object.keys(wholeTables).filter((name) => !found.has(name))).toEqual([]);
});

test("a list is read from its place in the index, however many a seller has", async () => {
  const client = await database.ownerPool.connect();
  try {
    await client.query("SET plan_cache_mode = force_generic_plan");
    for (const [{ name, text }, index, columns] of entered) {
      await client.query(`PREPARE one AS ${text}`);
      const { rows } = await client.query<{ "QUERY PLAN": { Plan: Plan }[] }>(
        `EXPLAIN (FORMAT JSON) EXECUTE one(${[...new Set(text.match(/\$\d/g))].map(() => "NULL").join(", ")})`,
      );
      const walk = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(walk)];
      const scans = rows[0]?.["QUERY PLAN"].flatMap(({ Plan: plan }) => walk(plan)).filter((plan) => "Index Name" in plan) ?? [];
      expect(
        scans.map((scan) => scan["Index Name"]),
        name,
      ).toEqual([index]);
      for (const column of columns) expect(scans[0]?.["Index Cond"], name).toContain(column);
      await client.query("DEALLOCATE one");
    }
  } finally {
    client.release();
  }
});

test("what has no index is found, and what has one is not", async () => {
  const one = (name: string, where: string) => ({ name, text: `SELECT id FROM orders WHERE ${where}` });
  const found = await sequentialScans([
    one("by_reason", "reason = $1"),
    one("by_key", "seller_id = $1 AND id = $2"),
    { name: "walked", text: "SELECT seller_id, id FROM orders ORDER BY seller_id, id" },
  ]);
  expect([...found]).toEqual([
    ["by_reason", ["orders"]],
    ["walked", ["orders"]],
  ]);
});
