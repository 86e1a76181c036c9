import { randomInt } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { verifyBooks } from "../../src/ledger/verify.ts";
import type { TestDatabase } from "../setup/database.ts";
import { testDatabase } from "../setup/database.ts";
import { askAll, fifteen } from "./fifteen.ts";
import { credit, debit, drawFrom, fund, transaction, transfer } from "./harness.ts";
import { httpLedger } from "./http-ledger.ts";
import { defects, MemoryLedger } from "./memory-ledger.ts";
import { pair } from "./post-legs.ts";
import type { ScratchLedger } from "./scratch.ts";
import { scratchLedger } from "./scratch.ts";
import { serveLedger } from "./serve-ledger.ts";

let database: TestDatabase;
let ledger: ScratchLedger;
beforeAll(async () => {
  database = await testDatabase();
  ledger = await scratchLedger(database.ownerUrl);
});
afterAll(async () => {
  await ledger.close();
  await database.drop();
});

describe("our ledger", () => {
  test("holds the fifteen over HTTP, and our own verify finds nothing wrong with the book", { timeout: 120_000 }, async () => {
    const seed = randomInt(1, 1_000_000);
    const served = await serveLedger(ledger, 0);
    const client = httpLedger(served.url);
    // What each question left behind is walked before the next one empties the book.
    let postings = 0;
    const told = await askAll(client, seed, {
      onTold: async ({ id }) => {
        const report = await verifyBooks(ledger.pool);
        expect(report.findings, `${id}, seed ${seed}`).toEqual([]);
        postings += report.postings;
      },
    });
    expect(
      told.filter((one) => one.verdict !== "held"),
      `seed ${seed}`,
    ).toEqual([]);
    expect(told).toHaveLength(15);
    expect(postings).toBeGreaterThan(2_000);
    await client.close();
    await served.stop();
  });

  test("shows a stranger that a stored amount, account or time was changed", async () => {
    const chained = fifteen[2];
    for (const change of [
      "postings SET amount = amount + 1",
      "postings SET credit = 'acct:c'",
      "entries SET at = at + interval '1 second'",
    ]) {
      await ledger.reset();
      const draw = drawFrom(7);
      await fund(ledger, draw, "acct:a", 1_000);
      await ledger.post(transfer(draw, "acct:a", "acct:b", 10));
      const whole = { ...ledger, post: async () => Promise.reject(new Error("the books are closed")) };
      const reading = async () => {
        // The check's own posts are taken from it: it walks what is there.
        const legs = await ledger.journal();
        return {
          ...whole,
          reset: async () => undefined,
          post: async () => ({ status: "APPLIED", transactionId: "", reason: null }) as const,
          journal: async () => legs,
        };
      };
      expect(await chained?.run(await reading(), draw)).toMatchObject({ held: true });
      await database.ownerPool.query(`UPDATE ${change} WHERE seq = 1`);
      expect(await chained?.run(await reading(), draw), change).toMatchObject({ held: false });
    }
  });

  test("refuses what is no transaction, and says why", async () => {
    await ledger.reset();
    const draw = drawFrom(9);
    await fund(ledger, draw, "acct:a", 1_000);
    const refused = [
      [[debit("acct:a", 10)], "invalid"],
      [[debit("acct:a", 0), credit("acct:b", 0)], "amount_invalid"],
      [[debit("acct:a", 1.5), credit("acct:b", 1.5)], "amount_invalid"],
      [[debit("acct:a", 10), credit("acct:a", 10)], "invalid"],
      [[debit("order:1:escrow", 10), credit("acct:b", 10)], "invalid"],
      [[debit("acct:a", 10, "XXQ"), credit("acct:b", 10, "XXQ")], "currency_unknown"],
      [[debit("acct:a", 1_001), credit("acct:b", 1_001)], "mismatch"],
    ] as const;
    for (const [legs, code] of refused) {
      const answer = await ledger.post(transaction(draw, legs));
      expect(answer).toMatchObject({ status: "REJECTED", reason: expect.stringContaining(`${code}:`) });
    }
    const key = draw.name();
    await ledger.post(transfer(draw, "acct:a", "acct:b", 10, key));
    expect(await ledger.post(transfer(draw, "acct:a", "acct:b", 11, key))).toMatchObject({
      status: "REJECTED",
      reason: expect.stringContaining("key_reused"),
    });
    expect(await ledger.journal()).toHaveLength(4);
  });

  test("is mounted by nothing in the server, and no function there makes an account of the kit", () => {
    const folder = join(import.meta.dirname, "..", "..", "src");
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
    const naming = files.filter((name) => /_lck|kitAccount/.test(readFileSync(join(folder, name), "utf8")));
    expect(files.length).toBeGreaterThan(100);
    expect(naming.toSorted()).toEqual([join("domain", "ledger-accounts.test.ts"), join("domain", "ledger-accounts.ts")]);
  });

  test("will not empty a database that holds somebody's books", async () => {
    await expect(scratchLedger(database.ownerUrl)).rejects.toThrow(/a database of its own/);
  });
});

test("legs become postings of two accounts, and not a unit is left over", () => {
  const legs = [debit("acct:a", 70), debit("acct:b", 30), credit("acct:c", 60), credit("acct:d", 40)];
  expect(pair(legs)).toEqual([
    { debit: "acct:a", credit: "acct:c", amount: 60n, currency: "USD" },
    { debit: "acct:a", credit: "acct:d", amount: 10n, currency: "USD" },
    { debit: "acct:b", credit: "acct:d", amount: 30n, currency: "USD" },
  ]);
});

describe("the checks", () => {
  test("find nothing wrong with a ledger that is right", async () => {
    for (const seed of [1, 2]) expect((await askAll(new MemoryLedger(), seed)).filter((one) => one.verdict !== "held")).toEqual([]);
  });

  test.each(defects.map((defect, i) => [defect, fifteen[i]?.id] as const))("%s is found by %s and by no other", async (defect, id) => {
    for (const seed of [1, 2]) {
      const told = await askAll(new MemoryLedger(defect), seed);
      const found = told.filter((one) => one.verdict !== "held");
      expect(
        found.map((one) => one.id),
        JSON.stringify(found),
      ).toEqual([id]);
    }
  });

  test("of something the ledger does not claim are not put", async () => {
    const told = await askAll(new MemoryLedger("hashes_without_amount"), 1, { has: ["REPLAY", "COMPENSATION"] });
    expect(told.filter((one) => one.verdict === "not applicable").map((one) => one.id)).toEqual(["INV-03", "INV-09", "INV-15"]);
    expect(told.filter((one) => one.verdict === "broke")).toEqual([]);
  });
});
