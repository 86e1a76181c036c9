import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makePool } from "../src/db/connect.ts";
import { orderEscrow, payeePayable } from "../src/domain/ledger-accounts.ts";
import { ending, floatAdded } from "../src/domain/movements.ts";
import { balanceQueries, balances, statement } from "../src/ledger/balances.ts";
import { solvency, solvencyQueries } from "../src/ledger/solvency.ts";
import { chainQueries } from "../src/ledger/verify-chain.ts";
import { historyQueries } from "../src/ledger/verify-history.ts";
import { moneyQueries } from "../src/ledger/verify-money.ts";
import { verifyBooks, verifyQueries } from "../src/ledger/verify.ts";
import type { VerifyOptions } from "../src/ledger/verify.ts";
import type { TestDatabase } from "./setup/database.ts";
import { testDatabase } from "./setup/database.ts";
import { accept, at, checkout, deliver, fund, makeBook, payInOf, released } from "./setup/known-book.ts";
import { SmallBook } from "./setup/small-book.ts";

let database: TestDatabase;
let owner: pg.Pool;
const first = makeBook(101, 3001);
beforeAll(async () => {
  database = await testDatabase();
  owner = database.ownerPool;
  await first.save(owner);
  await makeBook(102, 4001).save(owner);
});
afterAll(() => database.drop());

/** Changes rows as the owner may, looks, and takes the change back. */
async function tampered(sql: string, options: VerifyOptions = {}) {
  const client = await owner.connect();
  try {
    await client.query("BEGIN");
    await client.query("ALTER TABLE transitions DROP CONSTRAINT each_step_is_a_row_of_its_table");
    await client.query("ALTER TABLE accounts DROP CONSTRAINT a_kept_balance_never_goes_below_zero");
    await client.query(sql);
    return await verifyBooks(client, options);
  } finally {
    await client.query("ROLLBACK");
    client.release();
  }
}

describe("books that nobody touched", () => {
  test("are right, whatever the size of a page", async () => {
    for (const pageSize of [5_000, 3, 1]) {
      const report = await verifyBooks(database.pool, { pageSize });
      expect(report.findings).toEqual([]);
      expect(report).toMatchObject({ ok: true, books: 2, entries: 18, postings: 38 });
    }
  });

  test("progress is told per book and page", async () => {
    const told: string[] = [];
    await verifyBooks(database.pool, { pageSize: 10, onProgress: ({ sellerId, postings }) => told.push(`${sellerId} ${postings}`) });
    expect(told).toEqual(["101 10", "101 19", "102 10", "102 19"]);
  });

  test("can be proven with the rights of the reading role alone", async () => {
    const reading = makePool(database.ownerUrl, { role: "tranche_read", max: 1, applicationName: "verify test" });
    try {
      // A long book is shared with a second connection only where the pool has one.
      const report = await verifyBooks(reading, { shareFrom: 1 });
      expect(report.findings).toEqual([]);
      expect(await solvency(reading)).toEqual(report.solvency);
    } finally {
      await reading.end();
    }
  });

  test("the installation's solvency, worked out twice: by replay and by one statement", async () => {
    const { solvency: replayed } = await verifyBooks(database.pool);
    // Each book: 100,000 float + 3 pay-ins of 450,000 less 16,750 − a payout of 383,250 and its 1,000, against two escrows of 450,000.
    expect(replayed).toEqual([{ currency: "NGN", held: 2n * 1_015_500n, owed: 2n * 900_000n, surplus: 2n * 115_500n }]);
    expect(await solvency(database.pool)).toEqual(replayed);
  });

  test("a connection goes back as it came: nobody listens to it any more, and its transaction is over", async () => {
    const reading = makePool(database.ownerUrl, { role: "tranche_read", max: 2, applicationName: "verify test" });
    try {
      const listening = new Set<number>();
      for (let round = 0; round < 3; round += 1) {
        await verifyBooks(reading, { shareFrom: 1 });
        const client = await reading.connect();
        listening.add(client.listenerCount("error"));
        const { rows } = await client.query(
          "SELECT current_setting('statement_timeout') AS limit, current_setting('transaction_isolation') AS level",
        );
        client.release();
        expect(rows).toEqual([{ limit: expect.not.stringMatching("30min"), level: "read committed" }]);
      }
      expect(listening.size).toBe(1);
    } finally {
      await reading.end();
    }
  });

  test("solvency is told for each currency, in the order of their names", async () => {
    const other = await testDatabase();
    const book = new SmallBook(201);
    for (const currency of ["USD", "EUR", "NGN"])
      book.entry("book.float_added", null, floatAdded({ rail: "sandbox", currency, amount: 7n }));
    await book.save(other.ownerPool);
    const report = await verifyBooks(other.pool);
    await other.drop();
    expect(report.findings).toEqual([]);
    expect(report.solvency).toEqual(["EUR", "NGN", "USD"].map((currency) => ({ currency, held: 7n, owed: 0n, surplus: 7n })));
  });

  test("one seller's book alone is proven without the others", async () => {
    expect(await verifyBooks(database.pool, { sellerId: 102 })).toMatchObject({ ok: true, books: 1, entries: 9, solvency: [] });
  });

  test("every statement can be prepared", async () => {
    const client = await owner.connect();
    const queries = [chainQueries, historyQueries, moneyQueries, verifyQueries, solvencyQueries, balanceQueries].flatMap((all) =>
      Object.values(all),
    );
    try {
      for (const { name, text } of queries) await client.query(`PREPARE ${name} AS ${text}`);
    } finally {
      client.release(true);
    }
    expect(queries.length).toBeGreaterThan(20);
  });
});

describe("what was tampered with is found, the first wrong entry first", () => {
  const cases: readonly (readonly [what: string, sql: string, entry: number, says: RegExp])[] = [
    ["an amount", "UPDATE postings SET amount = amount + 1 WHERE seller_id = 101 AND seq = 5", 3, /posting 5 does not fit its hash/],
    ["an account", "UPDATE postings SET credit = 'platform:losses' WHERE seller_id = 101 AND seq = 4", 3, /posting 4 does not fit/],
    ["a currency", "UPDATE postings SET currency = 'USD' WHERE seller_id = 101 AND seq = 2", 2, /posting 2 does not fit/],
    ["a stored hash", "UPDATE postings SET hash = sha256('x') WHERE seller_id = 101 AND seq = 7", 4, /posting 7 does not fit/],
    [
      "an account outside the chart",
      "UPDATE postings SET credit = 'my:pocket' WHERE seller_id = 101 AND seq = 4",
      3,
      /posting 4 does not fit|no account/,
    ],
    ["a posting taken away", "DELETE FROM postings WHERE seller_id = 101 AND seq = 7", 4, /posting 7 is missing/],
    [
      "a whole entry taken away",
      "DELETE FROM postings WHERE seller_id = 101 AND entry_seq = 4; DELETE FROM entries WHERE seller_id = 101 AND seq = 4",
      4,
      /posting 6 is missing/,
    ],
    ["an entry without its row", "DELETE FROM entries WHERE seller_id = 101 AND seq = 5", 5, /entry 5 is missing/],
    [
      "two postings swapped",
      `UPDATE postings p SET credit = o.credit, amount = o.amount FROM postings o
       WHERE p.seller_id = 101 AND o.seller_id = 101 AND (p.seq, o.seq) IN ((6, 7), (7, 6))`,
      4,
      /posting 6 does not fit/,
    ],
    ["an entry's time", "UPDATE entries SET at = at + interval '1 ms' WHERE seller_id = 101 AND seq = 6", 6, /does not fit/],
    ["an entry's cause", "UPDATE entries SET cause = 'order.lapse' WHERE seller_id = 101 AND seq = 4", 4, /does not fit/],
    ["an entry's order", "UPDATE entries SET order_id = 3002 WHERE seller_id = 101 AND seq = 4", 4, /does not fit/],
    ["an entry's digest", "UPDATE entries SET order_digest = sha256('x') WHERE seller_id = 101 AND seq = 7", 7, /does not fit/],
    [
      "a posting put in at the end",
      `INSERT INTO postings SELECT seller_id, 20, 9, 'rail:sandbox:cash', 'payee:seller:101:payable', 5, 'NGN', hash FROM postings WHERE seller_id = 101 AND seq = 19`,
      9,
      /posting 20 does not fit/,
    ],
    [
      "an entry put in at the end",
      "INSERT INTO entries SELECT seller_id, 10, cause, NULL, at, NULL, NULL FROM entries WHERE seller_id = 101 AND seq = 9",
      10,
      /entry 10 has no postings/,
    ],
    [
      "the tail cut off",
      "DELETE FROM postings WHERE seller_id = 101 AND entry_seq = 9; DELETE FROM entries WHERE seller_id = 101 AND seq = 9",
      9,
      /journal ends at entry 8/,
    ],
    ["the head", "UPDATE books SET chain_head = sha256('x') WHERE seller_id = 101", 9, /chain head/],
    [
      "what an entry says that it reverses",
      "UPDATE entries SET reverses = 4 WHERE seller_id = 101 AND seq = 9",
      9,
      /does not fit its hash/,
    ],
    [
      "an order's step",
      "UPDATE transitions SET action = 'agree_split' WHERE seller_id = 101 AND object_id = 3003 AND action = 'rule'",
      8,
      /a step was changed/,
    ],
    [
      "who took an order's step",
      "UPDATE transitions SET party = 'seller' WHERE seller_id = 101 AND object_id = 3001 AND action = 'accept'",
      4,
      /a step was changed/,
    ],
  ];

  test.each(cases)("%s", async (_what, sql, entry, says) => {
    for (const pageSize of [5_000, 2]) {
      const report = await tampered(sql, { pageSize });
      expect(report.ok).toBe(false);
      expect(report.findings[0]).toMatchObject({ sellerId: 101, entry });
      expect(report.findings[0]?.says).toMatch(says);
      expect(report.findings.filter((finding) => finding.sellerId === 102)).toEqual([]);
    }
  });

  test("a tail cut off together with head and history is found by a head that was noted down", async () => {
    const cut = `DELETE FROM postings WHERE seller_id = 101 AND entry_seq = 9; DELETE FROM entries WHERE seller_id = 101 AND seq = 9;
      UPDATE books SET entry_seq = 8, posting_seq = 16, chain_head = (SELECT hash FROM postings WHERE seller_id = 101 AND seq = 16) WHERE seller_id = 101`;
    const heads = [{ sellerId: 101, postingSeq: first.head.postingSeq, chainHead: first.head.chainHead ?? "" }];
    expect((await verifyBooks(database.pool, { heads })).findings).toEqual([]);
    const report = await tampered(cut, { heads });
    expect(report.findings.map((finding) => finding.says).join("\n")).toMatch(/posting 19, whose hash was noted down, is gone/);
    const other = [{ sellerId: 101, postingSeq: 4, chainHead: "00" }];
    expect((await verifyBooks(database.pool, { heads: other })).findings[0]).toMatchObject({ sellerId: 101, entry: 3 });
  });

  test("several wrong entries are each named, in the journal's order", async () => {
    const report = await tampered("UPDATE postings SET amount = amount + 1 WHERE seller_id = 101 AND seq IN (3, 9, 14)");
    const named = report.findings.flatMap((finding) => (/does not fit its hash/.test(finding.says) ? [finding.entry] : []));
    expect(named).toEqual([2, 5, 8]);
  });

  test("a thousand wrong rows do not drown the report", async () => {
    const report = await tampered("UPDATE postings SET amount = amount + 1", { findingsPerBook: 3 });
    expect(report.findings.filter((finding) => finding.sellerId === 101).map((finding) => finding.entry)).toEqual([1, 2, 3, undefined]);
    expect(report.findings[3]?.says).toMatch(/^and \d+ more$/);
  });
});

describe("what no hash covers is found by comparing", () => {
  const cases: readonly (readonly [what: string, sql: string, says: RegExp, order?: number])[] = [
    [
      "a kept balance",
      "UPDATE accounts SET balance = balance + 5 WHERE seller_id = 101 AND account = 'order:3002:escrow'",
      /order:3002:escrow is kept at 450005/,
    ],
    [
      "a balance below nothing",
      "UPDATE accounts SET balance = -1 WHERE seller_id = 101 AND account = 'order:3001:escrow'",
      /kept at -1 NGN, its postings give 0/,
    ],
    [
      "a balance where none is kept",
      "UPDATE accounts SET balance = 0 WHERE seller_id = 101 AND account = 'rail:sandbox:cash'",
      /their|kept at 0 NGN, its postings give nothing/,
    ],
    [
      "an account's row taken away",
      "DELETE FROM accounts WHERE seller_id = 101 AND account = 'platform:escrow_fees'",
      /escrow_fees \(NGN\) was posted to/,
    ],
    [
      "an event taken away",
      "DELETE FROM transitions WHERE seller_id = 101 AND object = 'disbursement' AND object_id = 2 AND version = 1",
      /event \d+ is missing/,
    ],
    [
      "the last event taken away",
      "DELETE FROM transitions WHERE seller_id = 101 AND seq = (SELECT max(seq) FROM transitions WHERE seller_id = 101)",
      /the book counts/,
    ],
    [
      "a step of a payout",
      "UPDATE transitions SET to_state = 'failed' WHERE seller_id = 101 AND object = 'disbursement' AND object_id = 1 AND version = 3",
      /disbursements 1 is succeeded/,
    ],
    [
      "where a payout's step began",
      "UPDATE transitions SET from_state = 'parked' WHERE seller_id = 101 AND object = 'disbursement' AND object_id = 1 AND version = 2",
      /step 2 starts from parked/,
    ],
    [
      "an order's state",
      "UPDATE orders SET state = 'accepted' WHERE seller_id = 101 AND id = 3002",
      /order 3002 is accepted .* its last step led to funded/,
      3002,
    ],
    [
      "an order's digest",
      "UPDATE orders SET digest = sha256('x') WHERE seller_id = 101 AND id = 3002",
      /steps do not give its digest/,
      3002,
    ],
    [
      "a step's time, after the last entry",
      "UPDATE transitions SET at = at + interval '1 ms' WHERE seller_id = 101 AND object_id = 3001 AND action = 'settle'",
      /steps do not give its digest/,
      3001,
    ],
    [
      "a loss that was not posted",
      "UPDATE orders SET lost = 1 WHERE seller_id = 101 AND id = 3002",
      /escrow holds 450000 NGN instead of 449999/,
      3002,
    ],
    [
      "a payout queued again",
      "UPDATE disbursements SET state = 'queued' WHERE seller_id = 101 AND id = 2",
      /383250 NGN wait to be sent from payee:seller:101:payable, which holds 0/,
    ],
    [
      "a payout under way that was not sent",
      "UPDATE disbursements SET state = 'in_flight' WHERE seller_id = 101 AND id = 2",
      /outgoing holds 0 NGN, but 383250 are on their way/,
    ],
    [
      "a payout made larger",
      "UPDATE disbursements SET amount = 450001, out_amount = 450001 WHERE seller_id = 101 AND id = 1",
      /order 3001 pays out 450001, but was paid 450000/,
      3001,
    ],
  ];

  test.each(cases.map(([what, sql, says, order]) => ({ what, sql, says, order })))("$what", async ({ sql, says, order }) => {
    const report = await tampered(sql);
    expect(report.ok).toBe(false);
    expect(report.findings.map((finding) => finding.says).join("\n")).toMatch(says);
    if (order !== undefined) expect(report.findings.some((finding) => finding.order === order)).toBe(true);
  });

  test("money owed and not waiting to be sent: a forgotten payout", async () => {
    const forgotten = new SmallBook(103).order(5001, checkout, fund).entry("payment.receive", 5001, payInOf(9, 5001));
    forgotten
      .order(5001, deliver, accept)
      .entry("order.accept", 5001, ending(released, { ...at, orderId: 5001, sellerId: 103, buyerId: 1 }));
    await forgotten.save(owner);
    const report = await verifyBooks(database.pool, { sellerId: 103 });
    expect(report.findings.map((finding) => finding.says)).toEqual([
      "payee:seller:103:payable holds 383250 NGN, of which only 0 wait to be sent",
    ]);
    await owner.query(`DELETE FROM transitions WHERE seller_id = 103; DELETE FROM postings WHERE seller_id = 103; DELETE FROM entries WHERE seller_id = 103;
      DELETE FROM accounts WHERE seller_id = 103; DELETE FROM books WHERE seller_id = 103; DELETE FROM orders WHERE seller_id = 103`);
  });

  test("an account that fell below its floor and rose again", async () => {
    const early = new SmallBook(104).order(6001, checkout, fund);
    early.entry("order.accept", 6001, [{ debit: orderEscrow(6001), credit: payeePayable("seller", 104), amount: 1n, currency: "NGN" }]);
    early.entry("order.undo", 6001, [{ debit: payeePayable("seller", 104), credit: orderEscrow(6001), amount: 1n, currency: "NGN" }]);
    await early.entry("payment.receive", 6001, payInOf(9, 6001)).save(owner);
    const report = await verifyBooks(database.pool, { sellerId: 104 });
    expect(report.findings).toEqual([{ sellerId: 104, entry: 1, says: "posting 1: order:6001:escrow falls to -1 NGN, below its floor" }]);
  });

  test("an installation that holds less than it owes", async () => {
    const report = await tampered("DELETE FROM books WHERE seller_id <> 104");
    expect(report.solvency).toEqual([{ currency: "NGN", held: 433_250n, owed: 450_000n, surplus: -16_750n }]);
    expect(report.findings.at(-1)).toEqual({ sellerId: 0, says: "the rails hold 16750 NGN less than is owed to the parties" });
  });
});

describe("balances and statements", () => {
  test("every account with what the chart says of it, and its balance", async () => {
    const all = await balances(database.pool, 101);
    expect(all.find((row) => row.account === "order:3002:escrow")).toEqual({
      account: "order:3002:escrow",
      kind: "order_escrow",
      class: "liability",
      holds: "an order's money",
      currency: "NGN",
      balance: 450_000n,
      postings: 1,
    });
    expect(all.reduce((sum, row) => sum + row.balance, 0n)).toBe(0n);
  });

  test("an account's postings with the balance after each", async () => {
    const lines = await statement(database.pool, 101, orderEscrow(3003));
    expect(lines.map(({ entry, cause, amount, balance, reverses }) => [entry, cause, amount, balance, reverses])).toEqual([
      [7, "payment.receive", 450_000n, 450_000n, null],
      [8, "order.rule", -50_000n, 400_000n, null],
      [8, "order.rule", -16_750n, 383_250n, null],
      [8, "order.rule", -383_250n, 0n, null],
      [9, "order.reopen", 383_250n, 383_250n, 8],
      [9, "order.reopen", 16_750n, 400_000n, 8],
      [9, "order.reopen", 50_000n, 450_000n, 8],
    ]);
    expect(lines[0]).toMatchObject({ other: "rail:sandbox:incoming", orderId: 3003 });
  });
});

describe("the application's own role", () => {
  test.each(["entries", "postings", "transitions"])("cannot change or delete %s", async (table) => {
    await expect(database.pool.query(`UPDATE ${table} SET seq = seq`)).rejects.toThrow(/permission denied/);
    await expect(database.pool.query(`DELETE FROM ${table}`)).rejects.toThrow(/permission denied/);
    await expect(database.pool.query(`TRUNCATE ${table} CASCADE`)).rejects.toThrow(/permission denied/);
  });
});
