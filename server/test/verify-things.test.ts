import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { historyFits } from "../src/ledger/prove-history.ts";
import { verifyBooks } from "../src/ledger/verify.ts";
import type { TestDatabase } from "./setup/database.ts";
import { testDatabase } from "./setup/database.ts";
import { makeBook } from "./setup/known-book.ts";

// Everything beside orders that has a state: its steps follow one another, and its row is where the last one led. Both the set-wise checks and the
// walk see each change of each thing.

const rows: readonly (readonly [object: string, table: string, state: string, insert: string])[] = [
  [
    "payment",
    "payments",
    "received",
    `INSERT INTO payments (seller_id, id, rail, reference, state, version, asked, currency, received, unapplied, rail_fee, disputed, taken_at_once,
       charged_back, settled, opened_at) VALUES (101, 7001, 'sandbox', 'r', 'received', 2, 1, 'NGN', 1, 0, 0, 0, false, 0, false, now())`,
  ],
  [
    "offer",
    "offers",
    "accepted",
    `INSERT INTO offers (seller_id, id, order_id, kind, party, party_name, state, version, made_at, expires_at)
       VALUES (101, 7001, 3001, 'split', 'buyer', 'B', 'accepted', 2, now(), now())`,
  ],
  [
    "hold",
    "holds",
    "lifted",
    `INSERT INTO holds (seller_id, id, reason, scope, note, state, version, placed_at) VALUES (101, 7001, 'operator', 'seller', '', 'lifted', 2, now())`,
  ],
  [
    "project",
    "projects",
    "closed",
    `INSERT INTO projects (seller_id, id, buyer_id, name, description, state, version, created_at, updated_at, started_by)
       VALUES (101, 7001, 1, 'P', '', 'closed', 2, now(), now(), 'buyer')`,
  ],
  [
    "provider",
    "providers",
    "removed",
    `INSERT INTO providers (seller_id, id, type, first_name, last_name, email, phone, details, state, version, details_changed_at, created_at, updated_at)
       VALUES (101, 7001, 1, 'P', 'P', 'p@p.example', '1', '{}', 'removed', 2, now(), now(), now())`,
  ],
];
/** The known book has disbursements of its own. */
const things = [
  ...rows.map(([object, table, state]) => ({ object, table, state, id: 7001 })),
  { object: "disbursement", table: "disbursements", state: "cancelled", id: 2 },
];

let database: TestDatabase;
let client: pg.PoolClient;
beforeAll(async () => {
  database = await testDatabase();
  await makeBook(101, 3001).save(database.ownerPool);
  client = await database.ownerPool.connect();
  await client.query(
    "ALTER TABLE transitions DROP CONSTRAINT each_step_is_a_row_of_its_table, DROP CONSTRAINT a_thing_has_one_step_per_version",
  );
  for (const [, , , insert] of rows) await client.query(insert);
  let seq = 100;
  const step = async (object: string, version: number, from: string, to: string) => {
    seq += 1;
    await client.query(
      `INSERT INTO transitions (seller_id, seq, object, object_id, version, action, from_state, to_state, party, actor, event, at, command_id, step)
       VALUES (101, $1, $2, 7001, $3, 'x', $4, $5, 'clock', 'clock', 'x', now(), gen_random_uuid(), 1)`,
      [seq, object, version, from, to],
    );
  };
  for (const [object, , state] of rows) {
    await step(object, 1, "none", "begun");
    await step(object, 2, "begun", state);
  }
  // A seller is there before its first step, and a book takes its versions from the events.
  await step("seller", 5, "active", "suspended");
  await step("seller", 6, "suspended", "active");
  await step("book", 17, "open", "open");
  await client.query(`WITH placed AS (SELECT seq, row_number() OVER (ORDER BY seq) AS place FROM transitions WHERE seller_id = 101)
    UPDATE transitions t SET seq = p.place FROM placed p WHERE t.seller_id = 101 AND t.seq = p.seq;`);
  await client.query("UPDATE books SET event_seq = (SELECT max(seq) FROM transitions WHERE seller_id = 101) WHERE seller_id = 101");
});
afterAll(async () => {
  client.release();
  await database.drop();
});

async function after(sql: string): Promise<{ found: string[]; pieces: string[]; walked: string[] }> {
  try {
    await client.query("BEGIN");
    await client.query(sql);
    const found: string[] = [];
    for (const { name, text } of historyFits) {
      const answer = await client.query<{ seller_id: bigint }>(text, [101, 101]);
      if (answer.rows.some(({ seller_id }) => seller_id === 101n)) found.push(name);
    }
    const says = async (walk: boolean) => (await verifyBooks(client, { walk })).findings.map((one) => one.says);
    return { found, pieces: await says(false), walked: await says(true) };
  } finally {
    await client.query("ROLLBACK");
  }
}

test("things that nobody touched are right, sellers and books too", async () => {
  expect(await after("SELECT 1")).toEqual({ found: [], pieces: [], walked: [] });
});

test("an entry with an order's digest and no order", async () => {
  const { found, pieces, walked } = await after("UPDATE entries SET order_id = NULL WHERE seller_id = 101 AND seq = 4");
  expect(found).toEqual(["prove_no_strays"]);
  expect(pieces).toEqual(walked);
});

describe("each thing's row and steps", () => {
  test.each(things.map((thing) => [thing.object, thing] as const))("%s", async (object, { table, state, id }) => {
    const row = `UPDATE ${table} SET`;
    const step = `seller_id = 101 AND object = '${object}' AND object_id = ${id} AND version =`;
    const other = { payment: "opened", project: "open", provider: "active" }[object] ?? "queued";
    for (const [sql, says] of [
      [`${row} version = 3 WHERE id = ${id}`, `${table} ${id} is ${state} (version 3), but its last step led to ${state} (version 2)`],
      [
        `${row} state = '${other}' WHERE id = ${id}`,
        `${table} ${id} is ${other} (version 2), but its last step led to ${state} (version 2)`,
      ],
      [
        `UPDATE transitions SET to_state = 'x' WHERE ${step} 2`,
        `${table} ${id} is ${state} (version 2), but its last step led to x (version 2)`,
      ],
      [`UPDATE transitions SET from_state = 'x' WHERE ${step} 2`, `${object} ${id}: step 2 starts from x, not from`],
      [`UPDATE transitions SET from_state = 'x' WHERE ${step} 1`, `${object} ${id}: step 1 starts from x, not from none`],
      [`UPDATE transitions SET to_state = 'x' WHERE ${step} 1`, `${object} ${id}: step 2 starts from`],
      [`DELETE FROM transitions WHERE ${step} 1`, `${object} ${id}: step 1 is missing`],
      [`UPDATE transitions SET version = 3 WHERE ${step} 2; ${row} version = 3 WHERE id = ${id}`, `${object} ${id}: step 2 is missing`],
      [
        `DELETE FROM transitions WHERE ${step} ANY('{1,2}')`,
        `${table} ${id} is ${state} (version 2), but its last step led to nothing (version 0)`,
      ],
      [
        `UPDATE transitions SET object = 'seller' WHERE ${step} ANY('{1,2}')`,
        `${table} ${id} is ${state} (version 2), but its last step led to nothing (version 0)`,
      ],
    ] as const) {
      const { found, pieces, walked } = await after(sql);
      expect(found, sql).toEqual(["prove_other_steps"]);
      expect(pieces.join("\n"), sql).toContain(says);
      expect(pieces, sql).toEqual(walked);
    }
  });

  test("a seller's second step follows its first", async () => {
    expect(
      (await after("UPDATE transitions SET from_state = 'x' WHERE object = 'seller' AND object_id = 7001 AND version = 6")).found,
    ).toEqual(["prove_other_steps"]);
    expect(
      (await after("UPDATE transitions SET from_state = 'x' WHERE object = 'seller' AND object_id = 7001 AND version = 5")).found,
    ).toEqual([]);
  });
});
