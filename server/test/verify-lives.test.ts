import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { floatAdded, ending, reverse } from "../src/domain/movements.ts";
import type { Posting } from "../src/domain/movements.ts";
import { paymentUnapplied, platformLosses, railDisputed, railIncoming, sellerReceivable } from "../src/domain/ledger-accounts.ts";
import { balancesFit } from "../src/ledger/prove-balances.ts";
import { historyFits } from "../src/ledger/prove-history.ts";
import { longOrdersFit, ordersFit, stepsAtOnce } from "../src/ledger/prove-orders.ts";
import { verifyBooks } from "../src/ledger/verify.ts";
import type { TestDatabase } from "./setup/database.ts";
import { testDatabase } from "./setup/database.ts";
import { at, checkout, deliver, fund, payInOf, released } from "./setup/known-book.ts";
import { SmallBook } from "./setup/small-book.ts";

// Orders are proved by one statement up to some number of steps, and by another beyond it; accounts that only rise and then fall by their sums, and the
// others posting by posting. Here are lives on both sides of both borders.

const seller = 101;
/** Orders of as many steps as are looked at together, one fewer and one more, and of many more; ruled and reopened in turn. */
const lives = new Map([stepsAtOnce - 1, stepsAtOnce, stepsAtOnce + 1, stepsAtOnce * 2 + 1].map((steps, i) => [3001 + i, steps]));
const many = 3004;

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
  const book = new SmallBook(seller);
  book.entry("book.float_added", null, floatAdded({ ...at, amount: 10_000_000n }));
  for (const [id, steps] of lives) {
    const end = ending(released, { ...at, orderId: id, sellerId: seller, buyerId: 1 });
    book.order(id, checkout, fund).entry("payment.receive", id, payInOf(id, id));
    book.order(id, deliver, { action: "contest_silence", to: "contested", party: "seller" }, { action: "escalate", to: "disputed" });
    let rulings: number[] = [];
    for (let step = 6; step <= steps; step += 1) {
      if (rulings.length === 0) {
        book.order(id, { action: "rule", to: "resolved", party: "operator" }).entry("order.rule", id, end);
        rulings = [book.head.entrySeq];
      } else {
        book.order(id, { action: "reopen", to: "disputed", party: "operator" }).entry("order.reopen", id, reverse(end), rulings[0] ?? null);
        rulings = [];
      }
    }
    if (rulings.length > 0) book.payout(id, id, released.seller, { action: "queue", to: "queued" });
  }
  // What the seller owes rises and falls and rises and falls: 500, 100, 300, 0.
  const owes = (amount: bigint): Posting => ({ debit: sellerReceivable(seller), credit: railDisputed("sandbox"), amount, currency: "NGN" });
  const lost = (amount: bigint): Posting => ({ debit: platformLosses, credit: sellerReceivable(seller), amount, currency: "NGN" });
  for (const posting of [owes(500n), lost(400n), owes(200n), lost(300n)]) book.entry("test.debt", null, [posting]);
  const unapplied = (amount: bigint): Posting => ({ debit: railIncoming("sandbox"), credit: paymentUnapplied(7), amount, currency: "NGN" });
  for (const amount of [300n, 200n]) book.entry("test.unapplied", null, [unapplied(amount)]);
  await book.save(database.ownerPool);
});
afterAll(() => database.drop());

/** Which of some statements find the book wrong after a change, and what is said of it by pieces and by the walk; the change is taken back. */
async function after(
  sql: string,
): Promise<{ orders: boolean; long: boolean; history: boolean; balances: boolean; says: string[]; walked: string[] }> {
  const client = await database.ownerPool.connect();
  const finds = async (text: string, ...more: readonly unknown[]) => {
    const { rows } = await client.query<{ seller_id: bigint; wrong?: boolean }>(text, [seller, seller, ...more]);
    return rows.some(({ wrong }) => wrong !== false);
  };
  const says = async (walk: boolean) =>
    (await verifyBooks(client, { walk })).findings.map((one) => `${one.entry} ${one.order}: ${one.says}`);
  try {
    await client.query(`BEGIN; ALTER TABLE transitions DROP CONSTRAINT each_step_is_a_row_of_its_table, DROP CONSTRAINT a_thing_has_one_step_per_version;
      ALTER TABLE postings DROP CONSTRAINT a_posting_moves_a_positive_amount`);
    await client.query(sql);
    const ids = [-(2n ** 62n), 2n ** 62n];
    return {
      orders: await finds(ordersFit.text, ...ids),
      long: await finds(longOrdersFit.text, ...ids),
      history: (await Promise.all(historyFits.map(({ text }) => finds(text)))).includes(true),
      balances: await finds(balancesFit.text),
      says: await says(false),
      walked: await says(true),
    };
  } finally {
    await client.query("ROLLBACK");
    client.release();
  }
}

const sound = { orders: false, long: false, history: false, balances: false };

test("lives of any length are right both ways", async () => {
  expect(await after("SELECT 1")).toEqual({ ...sound, says: [], walked: [] });
  const { rows } = await database.ownerPool.query<{ id: bigint; version: number }>("SELECT id, version FROM orders ORDER BY id");
  expect(rows.map(({ id, version }) => [Number(id), version])).toEqual([...lives]);
});

describe("a change of any step of any life is found by the statement that is to find it", () => {
  const steps = [...lives].flatMap(([id, count]) => Array.from({ length: count }, (_, i) => [id, i + 1] as const));
  /** Mutation tests ask thousands of times, and look at the first step and the last alone. */
  const all = process.env.MUTATION_TESTS === undefined ? steps : steps.filter(([id, step]) => step === 1 || step === lives.get(id));
  const changes = [
    ["its time", "UPDATE transitions SET at = at + interval '1 ms' WHERE object_id = $id AND version = $step"],
    [
      "its party",
      "UPDATE transitions SET party = CASE party WHEN 'clock' THEN 'buyer' ELSE 'clock' END WHERE object_id = $id AND version = $step",
    ],
    ["its action", "UPDATE transitions SET action = 'x' WHERE object_id = $id AND version = $step"],
    ["where it led from", "UPDATE transitions SET from_state = 'x' WHERE object_id = $id AND version = $step"],
    ["where it led", "UPDATE transitions SET to_state = 'x' WHERE object_id = $id AND version = $step"],
    ["taken away", "DELETE FROM transitions WHERE object_id = $id AND version = $step"],
  ] as const;

  test.each(changes)("%s", async (_what, sql) => {
    for (const [id, step] of all) {
      const text = sql.replaceAll("WHERE", "WHERE object = 'order' AND").replaceAll("$id", `${id}`).replaceAll("$step", `${step}`);
      const { says, walked, orders, long } = await after(text);
      expect(says, `order ${id}, step ${step}`).not.toEqual([]);
      expect(says, `order ${id}, step ${step}`).toEqual(walked);
      expect(orders || long).toBe(true);
      if ((lives.get(id) ?? 0) <= stepsAtOnce) expect({ orders, long }, `order ${id}, step ${step}`).toEqual({ orders: true, long: false });
      else expect(long, `order ${id}, step ${step}`).toBe(true);
    }
  });

  test("filed under another order", async () => {
    for (const [id, step] of all) {
      const { orders, says, walked } = await after(
        `UPDATE transitions SET order_id = ${id === many ? 3001 : many} WHERE object = 'order' AND object_id = ${id} AND version = ${step}`,
      );
      expect(orders).toBe(true);
      expect(says).toEqual(walked);
    }
  });

  test("a step that is there twice in the place of another", async () => {
    for (const id of lives.keys()) {
      const { orders, long } = await after(
        `UPDATE transitions SET version = 2 WHERE object = 'order' AND object_id = ${id} AND version = 3`,
      );
      expect(orders || long).toBe(true);
    }
  });
});

describe("what else is found of lives of every length", () => {
  test.each([...lives.keys()])("order %i", async (id) => {
    const last = lives.get(id) ?? 0;
    const it = last > stepsAtOnce ? "long" : "orders";
    for (const sql of [
      `UPDATE orders SET state = 'funded' WHERE id = ${id}`,
      `UPDATE orders SET digest = sha256('x') WHERE id = ${id}`,
      `UPDATE entries SET order_digest = sha256('x') WHERE seq = (SELECT max(seq) FROM entries WHERE order_id = ${id})`,
      `UPDATE entries SET order_digest = NULL WHERE seq = (SELECT min(seq) FROM entries WHERE order_id = ${id})`,
    ]) {
      const found = await after(sql);
      expect(found[it], sql).toBe(true);
      expect(found.says.length, sql).toBeGreaterThan(0);
      expect(found.says, sql).toEqual(found.walked);
    }
    // One step more or fewer than the version says.
    for (const version of [last - 1, last + 1])
      expect((await after(`UPDATE orders SET version = ${version} WHERE id = ${id}`)).orders).toBe(true);
  });

  test("steps and entries of an order that is not there, and a digest without an order", async () => {
    const insert = `INSERT INTO transitions SELECT (t).* FROM (SELECT jsonb_populate_record(t, '{"seq": 999, "object_id": 3999, "order_id": 3999, "command_id": "00000000-0000-4000-8000-000000000000"}') AS t
      FROM transitions t WHERE object = 'order' AND object_id = ${many} AND version = 1) x`;
    expect((await after(insert)).orders).toBe(true);
    expect((await after(`UPDATE entries SET order_id = 3999 WHERE order_id = ${many} AND cause = 'payment.receive'`)).orders).toBe(true);
    expect((await after(`UPDATE entries SET order_id = NULL WHERE order_id = ${many} AND cause = 'payment.receive'`)).history).toBe(true);
  });
});

describe("accounts that rise after they have fallen are replayed posting by posting", () => {
  const nth = (side: string, account: string, n: number) =>
    `(SELECT seq FROM postings WHERE ${side} = '${account}' ORDER BY seq OFFSET ${n} LIMIT 1)`;
  const swap = (
    one: string,
    other: string,
  ) => `UPDATE postings p SET amount = (SELECT sum(amount) FROM postings WHERE seq IN (${one}, ${other})) - amount
    WHERE seq IN (${one}, ${other})`;
  const debt = `seller:${seller}:receivable`;

  test("the same sum by a way below the floor is found; so is one of what may not be above it", async () => {
    // 200, -200, 300, 0 in the place of 500, 100, 300, 0.
    const { balances, says, walked } = await after(swap(nth("debit", debt, 0), nth("debit", debt, 1)));
    expect(balances).toBe(true);
    expect(says).toEqual(walked);
    // The ruling takes more than the escrow holds, and its reversal gives more back.
    const escrow = `order:${many}:escrow`;
    const more = await after(
      `UPDATE postings SET amount = amount + 1000 WHERE seq IN (${nth("debit", escrow, 0)}, ${nth("credit", escrow, 1)})`,
    );
    expect(more.balances).toBe(true);
    expect(more.says.join("\n")).toContain(`${escrow} falls to -1000 NGN, below its floor`);
  });

  test("a posting of less than nothing is a fall, though it is given", async () => {
    const unapplied = "payment:7:unapplied";
    const [first, second] = [nth("credit", unapplied, 0), nth("credit", unapplied, 1)];
    const { balances, says, walked } = await after(
      `UPDATE postings SET amount = -100 WHERE seq = ${first}; UPDATE postings SET amount = 600 WHERE seq = ${second}`,
    );
    expect(balances).toBe(true);
    expect(says.join("\n")).toContain(`${unapplied} falls to -100 NGN, below its floor`);
    expect(says).toEqual(walked);
  });
});
