import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Queryable } from "../src/db/connect.ts";
import { referenceChecks, referenceQueries } from "../src/ledger/verify-references.ts";
import type { Finding } from "../src/ledger/verify-report.ts";
import { verifyBooks } from "../src/ledger/verify.ts";
import type { TestDatabase } from "./setup/database.ts";
import { testDatabase } from "./setup/database.ts";
import { SmallBook } from "./setup/small-book.ts";

async function checkReferences(client: Queryable, sellerId: number | null): Promise<Finding[]> {
  const found: Finding[] = [];
  for (const check of referenceChecks(sellerId)) found.push(...(await check(client)));
  return found;
}

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
  const book = new SmallBook(101);
  book.order(3001, { action: "open_checkout", to: "awaiting_payment", party: "buyer" });
  book.payout(1, 3001, 100n, { action: "queue", to: "queued" });
  await book.save(database.ownerPool);
});
afterAll(() => database.drop());

test("nothing is found where every row names another that is there", async () => {
  expect(await checkReferences(database.pool, null)).toEqual([]);
});

test("there is a statement for each reference, and each has a name of its own", () => {
  expect(Object.entries(referenceQueries).map(([key, { name }]) => `${key}: ${name}`)).toEqual([
    "transitions_order_id: verify_transitions_order_id",
    "messages_order_id: verify_messages_order_id",
    "notifications_order_id: verify_notifications_order_id",
    "notifications_transition_seq: verify_notifications_transition_seq",
    "disbursements_order_id: verify_disbursements_order_id",
    "disbursements_attempt_id: verify_disbursements_attempt_id",
  ]);
});

describe("rows that name what is not there", () => {
  test.each([
    [
      "a step",
      "UPDATE transitions SET order_id = 424242 WHERE seller_id = 101 AND object = 'disbursement'",
      /of transitions name 424242 in orders/,
    ],
    ["a payout's order", "UPDATE disbursements SET order_id = 424242 WHERE seller_id = 101", /of disbursements name 424242 in orders/],
    ["a payout's attempt", "UPDATE disbursements SET attempt_id = 77 WHERE seller_id = 101", /of disbursements name 77 in attempts/],
    [
      "a message",
      "INSERT INTO messages (seller_id, id, order_id, party, kind, order_version) VALUES (101, 1, 424242, 'buyer', 'funded', 1)",
      /1 of messages name 424242 in orders/,
    ],
    [
      "a notification's order",
      `INSERT INTO notifications (seller_id, id, transition_seq, order_id, receiver_id, envelope, message, to_state, created_at, due_at)
       VALUES (101, 1, 1, 424242, 101, 'Accepted', '', 'accepted', now(), now())`,
      /1 of notifications name 424242 in orders/,
    ],
    [
      "a notification's step",
      `INSERT INTO notifications (seller_id, id, transition_seq, order_id, receiver_id, envelope, message, to_state, created_at, due_at)
       VALUES (101, 1, 99999, 3001, 101, 'Accepted', '', 'accepted', now(), now())`,
      /1 of notifications name 99999 in transitions/,
    ],
  ])("%s", async (_what, sql, says) => {
    const client = await database.ownerPool.connect();
    try {
      await client.query("BEGIN");
      await client.query(sql);
      const [found, ofAll, ofOther] = [await checkReferences(client, 101), await verifyBooks(client), await checkReferences(client, 102)];
      // An order that is named is told by its number too, as in all other findings.
      const order = /(\d+) in orders/.exec(says.source)?.[1];
      expect(found).toEqual([
        { sellerId: 101, says: expect.stringMatching(says), ...(order === undefined ? {} : { order: Number(order) }) },
      ]);
      expect(ofAll.findings).toEqual(expect.arrayContaining(found));
      expect(ofOther).toEqual([]);
    } finally {
      await client.query("ROLLBACK");
      client.release();
    }
  });
});
