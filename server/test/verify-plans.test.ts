import { afterAll, beforeAll, expect, test } from "vitest";
import type { Queryable } from "../src/db/connect.ts";
import { chainFits } from "../src/ledger/prove-journal.ts";
import { chainQueries } from "../src/ledger/verify-chain.ts";
import { verifyBooks } from "../src/ledger/verify.ts";
import type { TestDatabase } from "./setup/database.ts";
import { testDatabase } from "./setup/database.ts";
import { makeBook } from "./setup/known-book.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
  await makeBook(101, 3001).save(database.ownerPool);
});
afterAll(() => database.drop());

/** Answers what was asked, and what the planner was told and did meanwhile. */
async function planned(of: string): Promise<string[]> {
  const client = await database.ownerPool.connect();
  const seen: string[] = [];
  const listening = {
    query: async (asked: { text: string; values: unknown[] } | string) => {
      if (typeof asked === "string") return client.query(asked);
      if (asked.text === of) {
        const { rows } = await client.query<{ loops: string; merges: string }>(
          "SELECT current_setting('enable_nestloop') AS loops, current_setting('enable_mergejoin') AS merges",
        );
        const plan = await client.query<{ "QUERY PLAN": string }>(`EXPLAIN ${asked.text}`, asked.values);
        const joins = plan.rows.map((row) => /Nested Loop|Merge|Hash (?:Left |Right )?Join|Hash Cond: .*/.exec(row["QUERY PLAN"])?.[0]);
        seen.push(`loops ${rows[0]?.loops}, merges ${rows[0]?.merges}`, ...joins.filter((join) => join !== undefined));
      }
      return client.query(asked);
    },
  };
  try {
    await client.query("BEGIN");
    await client.query("UPDATE postings SET amount = amount + 1 WHERE seq = 3");
    const { ok } = await verifyBooks(listening as unknown as Queryable);
    expect(ok).toBe(false);
    return seen;
  } finally {
    await client.query("ROLLBACK");
    client.release();
  }
}

test("without statistics the checks still join by hashes, on the book and the number of the entry; the walk may look up again", async () => {
  const [settings, ...joins] = await planned(chainFits.text);
  expect(settings).toBe("loops off, merges off");
  expect(joins.filter((join) => /Nested|Merge/.test(join))).toEqual([]);
  expect(joins.join("\n")).toMatch(/Hash Cond: .*seller_id.*seller_id.*entry_seq/);
  expect((await planned(chainQueries.page.text))[0]).toBe("loops on, merges on");
});
