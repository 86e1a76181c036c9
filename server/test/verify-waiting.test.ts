import { afterAll, beforeAll, expect, test } from "vitest";
import { buyerRefundable, payeePayable, railOutgoing } from "../src/domain/ledger-accounts.ts";
import { ending, sent } from "../src/domain/movements.ts";
import { moneyQueries } from "../src/ledger/verify-money.ts";
import { verifyBooks } from "../src/ledger/verify.ts";
import type { TestDatabase } from "./setup/database.ts";
import { testDatabase } from "./setup/database.ts";
import { accept, at, checkout, deliver, fund, payInOf, released } from "./setup/known-book.ts";
import { SmallBook } from "./setup/small-book.ts";

// A book in which money waits to be sent and money is on its way, as it should be.

let database: TestDatabase;
const seller = 101;
const payable = payeePayable("seller", seller);
const end = (orderId: number) => ending(released, { ...at, orderId, sellerId: seller, buyerId: 1 });
beforeAll(async () => {
  database = await testDatabase();
  const book = new SmallBook(seller);
  for (const [place, order] of [3001, 3002].entries()) {
    book.order(order, checkout, fund).entry("payment.receive", order, payInOf(place + 1, order));
    book.order(order, deliver, accept).entry("order.accept", order, end(order));
  }
  book.payout(1, 3001, 383_250n, { action: "queue", to: "queued" });
  book.payout(2, 3002, 383_250n, { action: "queue", to: "queued" }, { action: "send", to: "sending" });
  book.entry("disbursement.send", 3002, sent({ ...at, account: payable, amount: 383_250n }));
  await book.save(database.ownerPool);
});
afterAll(() => database.drop());

async function says(sql: string): Promise<string[]> {
  const client = await database.ownerPool.connect();
  try {
    await client.query("BEGIN; ALTER TABLE accounts DROP CONSTRAINT a_kept_balance_never_goes_below_zero");
    await client.query(sql);
    const { findings } = await verifyBooks(client, { walk: true, sellerId: seller });
    // Which hash a change breaks is looked at elsewhere.
    return findings.map((finding) => finding.says).filter((text) => !/does not fit its hash|is kept at|its last step led/.test(text));
  } finally {
    await client.query("ROLLBACK");
    client.release();
  }
}

test("money that waits for its sending and money on its way are right to the last kobo", async () => {
  expect(await says("SELECT 1")).toEqual([]);
  expect((await verifyBooks(database.pool)).findings).toEqual([]);
});

test("more than lies there cannot wait, and nothing lies there that does not wait", async () => {
  expect(await says("UPDATE disbursements SET amount = 383251, out_amount = 383251 WHERE id = 1")).toEqual([
    `383251 NGN wait to be sent from ${payable}, which holds 383250`,
  ]);
  expect(await says("UPDATE disbursements SET amount = 383249, out_amount = 383249 WHERE id = 1")).toEqual([
    `${payable} holds 383250 NGN, of which only 383249 wait to be sent`,
  ]);
});

test("another payee's money, and a buyer's, waits for a sending of its own", async () => {
  const buyer = buyerRefundable(1);
  const found = await says(`UPDATE postings SET credit = '${buyer}'
    WHERE seq = (SELECT min(seq) FROM postings WHERE credit = '${payable}')`);
  expect(found).toContain(`${buyer} holds 383250 NGN, of which only 0 wait to be sent`);
  expect(found).toContain(`383250 NGN wait to be sent from ${payable}, which holds 0`);
});

test("more than is on its way cannot be on it, nor less, and each rail answers for itself", async () => {
  const outgoing = railOutgoing("sandbox");
  expect(await says("UPDATE disbursements SET amount = 383249, out_amount = 383249 WHERE id = 2")).toEqual([
    `${outgoing} holds 383250 NGN, but 383249 are on their way`,
  ]);
  expect(await says("UPDATE disbursements SET rail = 'wise' WHERE id = 2")).toEqual([
    `${railOutgoing("wise")} holds 0 NGN, but 383250 are on their way`,
    `${outgoing} holds 383250 NGN, but 0 are on their way`,
  ]);
});

test("what only looks like such an account is none", async () => {
  for (const strange of [`x${railOutgoing("sandbox")}`, `${railOutgoing("sandbox")}x`, `x${payable}`]) {
    const found = await says(`UPDATE postings SET debit = '${strange}' WHERE debit LIKE 'rail:%:incoming'`);
    expect(found.some((text) => text.includes(`${strange} is no account`))).toBe(true);
    expect(found.filter((text) => text.startsWith(`${strange} holds`))).toEqual([]);
  }
});

test("every statement has a name of its own", () => {
  const names = Object.values(moneyQueries).map(({ name }) => name);
  for (const name of names) expect(name).toMatch(/^verify_[a-z_]+$/);
  expect(new Set(names).size).toBe(7);
});
