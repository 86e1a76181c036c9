import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { chainQueries } from "../src/ledger/verify-chain.ts";
import { historyQueries } from "../src/ledger/verify-history.ts";
import { verifyBooks } from "../src/ledger/verify.ts";
import type { VerifyOptions } from "../src/ledger/verify.ts";
import type { Finding } from "../src/ledger/verify-report.ts";
import type { TestDatabase } from "./setup/database.ts";
import { testDatabase } from "./setup/database.ts";
import { makeBook } from "./setup/known-book.ts";

// What verify says, word for word and all of it: which of several things is wrong is what an operator has to go by.

let database: TestDatabase;
let owner: pg.Pool;
const book = makeBook(101, 3001);
beforeAll(async () => {
  database = await testDatabase();
  owner = database.ownerPool;
  await book.save(owner);
});
afterAll(() => database.drop());

async function findings(sql: string, options: VerifyOptions = {}): Promise<readonly Finding[]> {
  const client = await owner.connect();
  try {
    await client.query(`BEGIN; ALTER TABLE transitions DROP CONSTRAINT each_step_is_a_row_of_its_table;
      ALTER TABLE accounts DROP CONSTRAINT a_kept_balance_never_goes_below_zero`);
    await client.query(sql);
    return (await verifyBooks(client, { walk: true, ...options })).findings;
  } finally {
    await client.query("ROLLBACK");
    client.release();
  }
}

/** A finding as `entry/order: what`; a line without either begins with a slash. */
const line = ({ entry, order, says }: Finding) => `${entry ?? ""}/${order ?? ""}: ${says}`;
const misfit = (entry: number, posting: number) =>
  `${entry}/: posting ${posting} does not fit its hash: it, its entry's cause, order, time or digest, or a posting before it was changed`;
const strange = (entry: number, order: number) =>
  `${entry}/${order}: entry ${entry} was posted for a history of order ${order} that is not the stored one: a step was changed`;
const noDigest = (order: number) => `/${order}: order ${order}: its steps do not give its digest`;

const journal: readonly (readonly [sql: string, ...says: string[]])[] = [
  ["UPDATE entries SET order_id = NULL WHERE seq = 4", misfit(4, 6), "4/: entry 4 has an order's digest but no order"],
  ["UPDATE entries SET order_id = 3999 WHERE seq = 4", misfit(4, 6), "4/: entry 4 names order 3999 without knowing it"],
  [
    "UPDATE entries SET order_digest = NULL WHERE seq = 4",
    misfit(4, 6),
    "4/: entry 4 names order 3001 without knowing it",
    strange(4, 3001),
  ],
  ["UPDATE entries SET reverses = 9 WHERE seq = 9", misfit(9, 17), "9/: entry 9 does not turn entry 9 round exactly"],
  [
    "UPDATE entries SET reverses = 8 WHERE seq = 6",
    misfit(6, 10),
    "6/: entry 6 does not turn entry 8 round exactly",
    "9/: entry 8 was turned round more than once",
  ],
  ["UPDATE postings SET entry_seq = 1 WHERE seq = 10", "1/: posting 10 belongs to an earlier entry", "2/: entry 2 has no postings"],
  ["DELETE FROM postings WHERE seq = 1", "1/: posting 1 is missing"],
  // Between two entries a missing posting may have been the one's last or the other's first: the earlier one is named.
  [
    "DELETE FROM postings WHERE seq = 6",
    "3/: posting 6 is missing",
    "/: order:3001:escrow is kept at 0 NGN, its postings give 50000",
    "/3001: order 3001 is completed and its escrow holds 50000 NGN instead of 0",
  ],
  [
    "DELETE FROM postings WHERE seq = 7",
    "4/: posting 7 is missing",
    "/: order:3001:escrow is kept at 0 NGN, its postings give 16750",
    "/3001: order 3001 is completed and its escrow holds 16750 NGN instead of 0",
  ],
  [
    "DELETE FROM postings WHERE entry_seq = 4; DELETE FROM entries WHERE seq = 4",
    "4/: posting 6 is missing",
    "5/: posting 9: payee:seller:101:payable falls to -383250 NGN, below its floor",
    "9/: posting 17: payee:seller:101:payable falls to -383250 NGN, below its floor",
    "/: order:3001:escrow is kept at 0 NGN, its postings give 450000",
    "/: payee:seller:101:payable is kept at 0 NGN, its postings give -383250",
    "/3001: order 3001 is completed and its escrow holds 450000 NGN instead of 0",
  ],
  [
    "UPDATE postings SET credit = 'my:pocket' WHERE seq = 1",
    misfit(1, 1),
    "1/: posting 1: my:pocket is no account of the chart",
    "1/: my:pocket (NGN) was posted to and is not among the accounts",
  ],
  [
    "DELETE FROM postings WHERE seq = 19",
    "9/: the book's head is at entry 9, posting 19, but the journal ends at entry 9, posting 18",
    "9/: entry 9 does not turn entry 8 round exactly",
    "/: order:3003:escrow is kept at 450000 NGN, its postings give 400000",
    "/3003: order 3003 is disputed and its escrow holds 400000 NGN instead of 450000",
  ],
  [
    "DELETE FROM postings",
    "1/: entry 1 has no postings",
    "1/: the book's head is at entry 9, posting 19, but the journal ends at entry 0, posting 0",
    "/: order:3002:escrow is kept at 450000 NGN, its postings give 0",
    "/: order:3003:escrow is kept at 450000 NGN, its postings give 0",
    "/3001: order 3001 pays out 383250, but was paid 0",
    "/3002: order 3002 is funded and its escrow holds 0 NGN instead of 450000",
    "/3003: order 3003 is disputed and its escrow holds 0 NGN instead of 450000",
  ],
  [
    "DELETE FROM entries",
    ...[1, 2, 3, 4, 5, 6, 7, 8, 9].map((entry) => `${entry}/: entry ${entry} is missing`),
    "/3001: order 3001 pays out 383250, but was paid 0",
  ],
  ["UPDATE books SET posting_seq = 18", "9/: the book's head is at entry 9, posting 18, but the journal ends at entry 9, posting 19"],
  ["UPDATE books SET entry_seq = 12", "10/: the book's head is at entry 12, posting 19, but the journal ends at entry 9, posting 19"],
  ["UPDATE books SET chain_head = NULL", "9/: the book's chain head is not the hash of its last posting"],
  [
    "UPDATE postings SET seq = seq + 1 WHERE seq = 19",
    "9/: posting 19 is missing",
    "9/: the book's head is at entry 9, posting 19, but the journal ends at entry 9, posting 20",
  ],
  [
    "UPDATE postings SET amount = 500000 WHERE seq = 8",
    misfit(4, 8),
    "4/: posting 8: order:3001:escrow falls to -116750 NGN, below its floor",
    "/: order:3001:escrow is kept at 0 NGN, its postings give -116750",
    "/: payee:seller:101:payable is kept at 0 NGN, its postings give 116750",
    "/: payee:seller:101:payable holds 116750 NGN, of which only 0 wait to be sent",
    "/3001: order 3001 is completed and its escrow holds -116750 NGN instead of 0",
  ],
  [
    "UPDATE postings SET debit = 'my:pocket' WHERE seq = 1",
    misfit(1, 1),
    "1/: posting 1: my:pocket is no account of the chart",
    "1/: my:pocket (NGN) was posted to and is not among the accounts",
  ],
];

const history: readonly (readonly [sql: string, ...says: string[]])[] = [
  [
    "UPDATE transitions SET order_id = 3002 WHERE object = 'order' AND object_id = 3001 AND version = 2",
    "/: event 2 is a step of order 3001, but not filed under it",
  ],
  [
    "DELETE FROM transitions WHERE object = 'order' AND object_id = 3001 AND version = 2",
    strange(2, 3001),
    "/: event 2 is missing",
    "/3001: order 3001: step 2 is missing",
    noDigest(3001),
  ],
  [
    "DELETE FROM transitions WHERE object = 'order' AND object_id = 3002",
    strange(3, 3002),
    "/: event 4 is missing",
    "/3002: order 3002 is funded (version 2), but it has no steps",
    noDigest(3002),
  ],
  [
    "UPDATE transitions SET from_state = 'agreed' WHERE object = 'order' AND object_id = 3002 AND version = 2",
    strange(3, 3002),
    "/3002: order 3002: step 2 starts from agreed, not from awaiting_payment",
    noDigest(3002),
  ],
  [
    "UPDATE transitions SET from_state = 'agreed' WHERE object = 'order' AND object_id = 3002 AND version = 1",
    strange(3, 3002),
    "/3002: order 3002: step 1 starts from agreed, not from none",
    noDigest(3002),
  ],
  ["UPDATE orders SET version = 9 WHERE id = 3002", "/3002: order 3002 is funded (version 9), but its last step led to funded (version 2)"],
  [
    "UPDATE orders SET state = 'completed' WHERE id = 3003",
    "/3003: order 3003 is completed (version 7), but its last step led to disputed (version 7)",
    "/3003: order 3003 is completed and its escrow holds 450000 NGN instead of 0",
  ],
  [
    "UPDATE transitions SET version = 7 WHERE object = 'disbursement' AND object_id = 1 AND version = 3",
    "/: disbursement 1: step 3 is missing",
    "/: disbursements 1 is succeeded (version 3), but its last step led to succeeded (version 7)",
  ],
  [
    "DELETE FROM transitions WHERE object = 'disbursement' AND object_id = 2",
    "/: event 18 is missing",
    "/: disbursements 2 is cancelled (version 2), but its last step led to nothing (version 0)",
  ],
  [
    "DELETE FROM transitions WHERE object = 'disbursement' AND object_id = 1 AND version = 1",
    "/: event 7 is missing",
    "/: disbursement 1: step 1 is missing",
  ],
  [
    "UPDATE transitions SET from_state = 'parked' WHERE object = 'disbursement' AND object_id = 1 AND version = 1",
    "/: disbursement 1: step 1 starts from parked, not from none",
  ],
  [
    "UPDATE transitions SET from_state = 'parked' WHERE object = 'disbursement' AND object_id = 2 AND version = 2",
    "/: disbursement 2: step 2 starts from parked, not from queued",
  ],
  ["UPDATE orders SET lost = 1 WHERE id = 3002", "/3002: order 3002 is funded and its escrow holds 450000 NGN instead of 449999"],
  ["UPDATE books SET event_seq = 3", "/: the book counts 3 events, but the last one stored is 19"],
  [
    "DELETE FROM transitions",
    strange(2, 3001),
    strange(3, 3002),
    strange(7, 3003),
    "/: the book counts 19 events, but the last one stored is 0",
    "/3001: order 3001 is completed (version 5), but it has no steps",
    noDigest(3001),
    "/3002: order 3002 is funded (version 2), but it has no steps",
    noDigest(3002),
    "/3003: order 3003 is disputed (version 7), but it has no steps",
    noDigest(3003),
    "/: disbursements 1 is succeeded (version 3), but its last step led to nothing (version 0)",
    "/: disbursements 2 is cancelled (version 2), but its last step led to nothing (version 0)",
  ],
  // A book takes its versions from its events, and a seller is there before its first step.
  [
    "UPDATE transitions SET object = 'book', object_id = 101, version = 40 WHERE object = 'disbursement' AND object_id = 1 AND version = 2",
    "/: disbursement 1: step 2 is missing",
  ],
  [
    "UPDATE transitions SET object = 'seller', object_id = 101, version = 40, from_state = 'active' WHERE object = 'disbursement' AND object_id = 1 AND version = 2",
    "/: disbursement 1: step 2 is missing",
  ],
  [
    `UPDATE transitions SET object = 'seller', object_id = 101, version = version + 3, from_state = 'active', to_state = 'active'
     WHERE object = 'disbursement' AND object_id = 1`,
    "/: disbursements 1 is succeeded (version 3), but its last step led to nothing (version 0)",
  ],
];

const money: readonly (readonly [sql: string, ...says: string[]])[] = [
  ["INSERT INTO accounts VALUES (101, 'order:3009:escrow', 'NGN', 0)"],
  [
    "UPDATE accounts SET balance = NULL WHERE account = 'order:3002:escrow'",
    "/: order:3002:escrow is kept at nothing NGN, its postings give 450000",
  ],
  [
    "UPDATE accounts SET balance = 3 WHERE account = 'rail:sandbox:fees'",
    "/: rail:sandbox:fees is kept at 3 NGN, its postings give nothing",
  ],
  [
    "DELETE FROM accounts WHERE account LIKE 'rail:%'",
    "1/: rail:sandbox:cash (NGN) was posted to and is not among the accounts",
    "2/: rail:sandbox:fees (NGN) was posted to and is not among the accounts",
    "2/: rail:sandbox:incoming (NGN) was posted to and is not among the accounts",
    "5/: rail:sandbox:outgoing (NGN) was posted to and is not among the accounts",
  ],
  [
    "UPDATE disbursements SET state = 'sending' WHERE id = 1",
    "/: rail:sandbox:outgoing holds 0 NGN, but 383250 are on their way",
    "/: disbursements 1 is sending (version 3), but its last step led to succeeded (version 3)",
  ],
  [
    "UPDATE postings SET debit = 'rail:sandbox:incoming' WHERE debit = 'rail:sandbox:outgoing'",
    misfit(6, 10),
    "/: rail:sandbox:outgoing is kept at 0 NGN, its postings give 383250",
    "/: rail:sandbox:outgoing holds 383250 NGN, but 0 are on their way",
  ],
  [
    "UPDATE disbursements SET state = 'queued', source = 'order:3002:escrow' WHERE id = 2",
    "/: disbursements 2 is queued (version 2), but its last step led to cancelled (version 2)",
  ],
  [
    "UPDATE disbursements SET state = 'failed', source = 'order:3002:escrow', amount = 450001, out_amount = 450001 WHERE id = 2",
    "/: 450001 NGN wait to be sent from order:3002:escrow, which holds 450000",
    "/3003: order 3003 pays out 450001, but was paid 450000",
    "/: disbursements 2 is failed (version 2), but its last step led to cancelled (version 2)",
  ],
  ["UPDATE disbursements SET amount = 450000, out_amount = 450000 WHERE id = 1"],
  ["UPDATE disbursements SET amount = 450001, out_amount = 450001 WHERE id = 1", "/3001: order 3001 pays out 450001, but was paid 450000"],
];

describe.each([
  ["the journal", journal],
  ["the history", history],
  ["the money", money],
] as const)("%s", (_what, cases) => {
  test.each(cases.map(([sql, ...says]) => ({ sql, says })))("$sql", async ({ sql, says }) => {
    expect((await findings(sql)).map(line)).toEqual(says);
  });
});

test("every statement has a name of its own, and each kind of thing is looked for under its own", () => {
  const names = [...Object.values(chainQueries), ...Object.values(historyQueries)].map(({ name }) => name);
  for (const name of names) expect(name).toMatch(/^verify_[a-z_]+$/);
  expect(new Set(names).size).toBe(names.length);
  const things = ["payment", "disbursement", "offer", "hold", "project", "provider"] as const;
  for (const thing of things) expect(historyQueries[`${thing}s`].text).toContain(`object = '${thing}'`);
});

test("heads that were noted down are looked for: the right one, another one's hash, and one that is gone", async () => {
  const heads = [
    { sellerId: 101, postingSeq: book.head.postingSeq, chainHead: book.head.chainHead ?? "" },
    { sellerId: 101, postingSeq: 4, chainHead: "00" },
    { sellerId: 101, postingSeq: 20, chainHead: "00" },
    { sellerId: 102, postingSeq: 1, chainHead: "00" },
  ];
  const says = [
    "3/: posting 4 is not the one whose hash was noted down",
    "/: posting 20, whose hash was noted down, is gone: the end of the journal was cut off",
  ];
  expect((await findings("SELECT 1", { heads })).map(line)).toEqual(says);
  expect((await findings("SELECT 1", { heads, walk: false })).map(line)).toEqual(says);
});

test("whatever the size of a page, the last of everything is looked at", async () => {
  const sql = `UPDATE accounts SET balance = 3 WHERE account = 'rail:sandbox:outgoing'; UPDATE orders SET version = 9 WHERE id IN (3001, 3003);
    UPDATE transitions SET from_state = 'parked' WHERE object = 'disbursement' AND version = 2; UPDATE postings SET hash = sha256('x') WHERE seq = 19`;
  const whole = await findings(sql);
  expect(whole).toHaveLength(7);
  for (const pageSize of [20, 7, 2, 1]) expect(await findings(sql, { pageSize })).toEqual(whole);
});
