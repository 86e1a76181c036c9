import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makePool } from "../src/db/connect.ts";
import { chart, parseAccount } from "../src/domain/ledger-accounts.ts";
import { floatAdded, payIn, railFee } from "../src/domain/movements.ts";
import { isAccountOf, wayOfAccount } from "../src/ledger/prove-accounts.ts";
import { jsonTime } from "../src/ledger/prove-journal.ts";
import { allProofs } from "../src/ledger/prove.ts";
import { verifyBooks } from "../src/ledger/verify.ts";
import type { VerifyOptions } from "../src/ledger/verify.ts";
import type { TestDatabase } from "./setup/database.ts";
import { testDatabase } from "./setup/database.ts";
import { SmallBook } from "./setup/small-book.ts";

const at = { rail: "sandbox", currency: "NGN" };
const orders = 5;
/** Two postings an order, so that stretches of four end at every second order. */
const length = 2 * orders;
const pageSize = 4;

function makeBook(sellerId: number, first: number): SmallBook {
  const book = new SmallBook(sellerId);
  for (let id = first; id < first + orders; id += 1) {
    book.order(id, { action: "open_checkout", to: "awaiting_payment", party: "buyer" }, { action: "fund", to: "funded", party: "rail" });
    const paid = payIn({ ...at, paymentId: id, received: 450_000n, funds: { orderId: id, due: 450_000n } });
    book.entry("payment.receive", id, [...paid, ...railFee({ ...at, fee: 16_750n })]);
  }
  return book;
}

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
  await makeBook(101, 3001).save(database.ownerPool);
  await makeBook(102, 4001).save(database.ownerPool);
  // Without float the rails' fees would leave the installation short.
  await new SmallBook(103).entry("book.float_added", null, floatAdded({ ...at, amount: 1_000_000n })).save(database.ownerPool);
  await new SmallBook(104).save(database.ownerPool);
});
afterAll(() => database.drop());

/** What is said after a change by the set-wise checks in pieces, and by walking every row; the change is taken back. */
async function bothWays(sql: string): Promise<{ pieces: string[]; walked: string[] }> {
  const client = await database.ownerPool.connect();
  const says = async (options: VerifyOptions) =>
    (await verifyBooks(client, options)).findings.map(({ sellerId, entry, order, says: text }) => `${sellerId} ${entry} ${order}: ${text}`);
  try {
    await client.query(`BEGIN; ALTER TABLE postings DROP CONSTRAINT postings_pkey,
        DROP CONSTRAINT a_posting_has_two_accounts, DROP CONSTRAINT a_posting_moves_a_positive_amount;
      ALTER TABLE transitions DROP CONSTRAINT each_step_is_a_row_of_its_table; ALTER TABLE accounts DROP CONSTRAINT a_kept_balance_never_goes_below_zero`);
    await client.query(sql);
    return { pieces: await says({ pageSize }), walked: await says({ walk: true }) };
  } finally {
    await client.query("ROLLBACK");
    client.release();
  }
}

/** Mutation tests ask thousands of times, and look at the ends and at one border alone. */
const every = process.env.MUTATION_TESTS === undefined ? Array.from({ length }, (_, i) => i + 1) : [1, pageSize, pageSize + 1, length];

test("books that nobody touched are right both ways, one of them without entries", async () => {
  expect(await bothWays("SELECT 1")).toEqual({ pieces: [], walked: [] });
});

const where = (seq: number) => `seller_id = 101 AND seq = ${seq}`;

describe("a long book cut into pieces: the first and last posting, and both sides of every border", () => {
  const changes: readonly (readonly [what: string, sql: (seq: number) => string])[] = [
    ["an amount changed", (seq) => `UPDATE postings SET amount = amount + 1 WHERE ${where(seq)}`],
    ["a stored hash changed", (seq) => `UPDATE postings SET hash = sha256('x') WHERE ${where(seq)}`],
    ["taken away", (seq) => `DELETE FROM postings WHERE ${where(seq)}`],
    ["filed under the next entry", (seq) => `UPDATE postings SET entry_seq = entry_seq + 1 WHERE ${where(seq)}`],
    [
      "changed places with the next",
      (seq) => `UPDATE postings p SET seq = 2 * ${seq} + 1 - seq WHERE seller_id = 101 AND seq IN (${seq}, ${seq} + 1)`,
    ],
    ["its entry's time changed", (seq) => `UPDATE entries SET at = at + interval '1 ms' WHERE seller_id = 101 AND seq = (${seq} + 1) / 2`],
  ];

  test.each(changes)("%s", async (_what, sql) => {
    for (const seq of every) {
      const { pieces, walked } = await bothWays(sql(seq));
      expect(pieces, `posting ${seq}`).not.toEqual([]);
      expect(pieces, `posting ${seq}`).toEqual(walked);
      // The walk finds it by itself, in its own words.
      expect(pieces.join("\n")).not.toMatch(/looks wrong/);
      expect(pieces.every((says) => says.startsWith("101 "))).toBe(true);
    }
  });

  test("a posting put in between", async () => {
    for (const seq of every) {
      const { pieces, walked } = await bothWays(`UPDATE postings SET seq = seq + 1 WHERE seller_id = 101 AND seq > ${seq};
        INSERT INTO postings SELECT seller_id, seq + 1, entry_seq, debit, credit, amount, currency, hash FROM postings WHERE ${where(seq)}`);
      expect(pieces).not.toEqual([]);
      expect(pieces).toEqual(walked);
    }
  });
});

describe("what else looks the same both ways", () => {
  const changes = [
    "DELETE FROM postings WHERE seller_id = 101; DELETE FROM entries WHERE seller_id = 101",
    "UPDATE books SET posting_seq = 9007199254740991 WHERE seller_id = 101",
    "UPDATE books SET posting_seq = -1 WHERE seller_id = 101",
    "UPDATE books SET chain_head = NULL, posting_seq = 0, entry_seq = 0 WHERE seller_id = 101",
    "UPDATE postings SET debit = credit, credit = debit WHERE seller_id = 101 AND seq = 5",
    "UPDATE accounts SET balance = NULL WHERE seller_id = 101 AND account = 'order:3003:escrow'",
    "UPDATE accounts SET balance = 0 WHERE seller_id = 101 AND account = 'rail:sandbox:fees'",
    "UPDATE postings SET credit = 'order:9007199254740993:escrow' WHERE seller_id = 101 AND seq = 3",
    "UPDATE transitions SET at = at + interval '1 ms' WHERE seller_id = 101 AND object_id = 3005 AND version = 1",
    "UPDATE transitions SET order_id = 3001 WHERE seller_id = 101 AND object_id = 3002 AND version = 1",
    "DELETE FROM transitions WHERE seller_id = 101 AND object_id = 3004 AND version = 2",
    "UPDATE orders SET version = 1 WHERE seller_id = 101 AND id = 3004",
    "UPDATE orders SET state = 'completed' WHERE seller_id = 101 AND id = 3004",
    "UPDATE entries SET order_digest = NULL WHERE seller_id = 101 AND seq = 4",
    "UPDATE entries SET reverses = 1 WHERE seller_id = 101 AND seq IN (2, 3)",
  ];

  test.each(changes)("%s", async (sql) => {
    const { pieces, walked } = await bothWays(sql);
    expect(pieces).not.toEqual([]);
    expect(pieces).toEqual(walked);
    expect(pieces.join("\n")).not.toMatch(/looks wrong/);
  });

  test("a book that only the database finds wrong is not called right", async () => {
    // The walk begins at posting 1, so that it never sees this one.
    const { pieces, walked } = await bothWays(
      `INSERT INTO postings SELECT seller_id, 0, 1, debit, credit, amount, currency, hash FROM postings WHERE ${where(1)}`,
    );
    expect(walked.every((says) => says.includes("looks wrong"))).toBe(true);
    expect(pieces).toEqual([expect.stringContaining("looks wrong to the database's own checks")]);
  });
});

describe("two connections on one snapshot", () => {
  const reading = () => makePool(database.ownerUrl, { role: "tranche_read", max: 3, applicationName: "verify pieces" });

  test("say the same as one, and do not see what is written meanwhile", async () => {
    const pool = reading();
    let written = false;
    const changes: Promise<unknown>[] = [];
    const report = await verifyBooks(pool, {
      pageSize,
      shareFrom: 1,
      onProgress: () => {
        if (written) return;
        written = true;
        changes.push(
          database.ownerPool.query("UPDATE books SET event_seq = event_seq + 1; UPDATE orders SET state = 'lapsed' WHERE id = 3005"),
        );
      },
    });
    await Promise.all(changes);
    await pool.end();
    expect(written).toBe(true);
    expect(report).toMatchObject({ findings: [], books: 4, entries: 2 * orders + 1, postings: 2 * length + 1 });
    await database.ownerPool.query("UPDATE books SET event_seq = event_seq - 1; UPDATE orders SET state = 'funded' WHERE id = 3005");
  });

  test("one that dies is an error, never sound books", async () => {
    for (const which of ["min", "max"]) {
      const pool = reading();
      const killed: Promise<unknown>[] = [];
      const verdict = verifyBooks(pool, {
        pageSize,
        shareFrom: 1,
        onProgress: () => {
          const sql = `SELECT pg_terminate_backend(${which}(pid)) FROM pg_stat_activity WHERE application_name = 'verify pieces'`;
          if (killed.length === 0) killed.push(database.ownerPool.query(sql));
        },
      });
      await expect(verdict).rejects.toThrow();
      await Promise.all(killed);
      await pool.end();
    }
  });
});

describe("the statements", () => {
  test("can be prepared", async () => {
    const client = await database.ownerPool.connect();
    try {
      for (const { name, text } of allProofs) await client.query(`PREPARE ${name} AS ${text}`);
    } finally {
      client.release(true);
    }
    expect(allProofs.length).toBeGreaterThan(14);
  });

  test("read accounts' names as the chart does", async () => {
    const long = (length: number) => "a".repeat(length);
    const numbers = ["1", "9", "10", "3001", "9007199254740991", "9007199254740992", "1000000000000000", "10000000000000000"];
    const none = ["", "0", "01", "1a", "a", "-1", "1_0", " 1", "1 ", "１", "1\n"];
    const words = ["a_1", "a", "9", "_", long(40), long(41), "", "A", "a-b", "é", "a\n"];
    const names = Object.values(chart).flatMap(({ form }) =>
      [...numbers, ...none, ...words].flatMap((part) =>
        ["seller", "service_provider", "operator", "acct", "tck", "buyer", ""].map((word) =>
          form
            .replace("<payee>", word)
            .replace("<kit>", word)
            .replaceAll(/<[a-z]+>/g, part),
        ),
      ),
    );
    const all = [
      ...new Set([...names, ...names.flatMap((name) => [`${name}:`, `:${name}`, `x${name}`, name.replace(":", "::"), name.slice(0, -1)])]),
    ];
    const { rows } = await database.ownerPool.query<{ account: string; way: string; sent: boolean }>(
      `SELECT account, ${wayOfAccount} AS way, ${isAccountOf(["payee_payable", "buyer_refundable"])} AS sent FROM unnest($1::text[]) n (account)`,
      [all],
    );
    const read = (account: string) => {
      try {
        return parseAccount(account);
      } catch {
        return undefined;
      }
    };
    const expected = all.map((account) => {
      const found = read(account);
      const kept = found?.kind === "seller_receivable" ? "minus" : found?.floor === null ? "none" : "plus";
      const way = found === undefined ? "unknown none" : `${kept} ${chart[found.kind].solvency}`;
      return { account, way, sent: found?.kind === "payee_payable" || found?.kind === "buyer_refundable" };
    });
    expect(rows).toEqual(expected);
    expect(new Set(rows.map(({ way }) => way))).toEqual(
      new Set(["unknown none", "none held", "plus held", "none none", "plus owed", "minus none", "plus none"]),
    );
  });

  test("write times as `JSON.stringify` does, whatever the session says of dates and zones", async () => {
    const times = [
      "2026-11-27T11:00:52.950Z",
      "2026-01-05T09:00:00.000Z",
      "1999-12-31T23:59:59.999Z",
      "2000-02-29T00:00:00.001Z",
      "9999-12-31T23:59:59.009Z",
    ];
    const client = await database.ownerPool.connect();
    try {
      for (const session of ["SET DateStyle = 'SQL, DMY'; SET TimeZone = 'Africa/Lagos'", "SET DateStyle = 'ISO'; SET TimeZone = 'UTC'"]) {
        await client.query(session);
        const text = `SELECT ${jsonTime("at")} AS json FROM unnest($1::timestamptz(3)[]) t (at)`;
        const { rows } = await client.query<{ json: string }>(text, [times]);
        expect(rows.map(({ json }) => json)).toEqual(times.map((time) => JSON.stringify(new Date(time))));
      }
    } finally {
      client.release(true);
    }
  });
});
