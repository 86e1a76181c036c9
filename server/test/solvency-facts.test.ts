import type { PoolClient } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { must } from "../src/domain/fault.ts";
import {
  buyerRefundable,
  escrowFees,
  orderEscrow,
  payeePayable,
  paymentUnapplied,
  railCash,
  railDisputed,
  railFees,
  railIncoming,
  railOutgoing,
} from "../src/domain/ledger-accounts.ts";
import type { AccountId } from "../src/domain/ledger-accounts.ts";
import { isRefusal } from "../src/domain/refusals.ts";
import { solvencyFacts } from "../src/ledger/solvency-facts.ts";
import type { SolvencyFacts } from "../src/ledger/solvency-facts.ts";
import { buildTree } from "../src/proof/tree.ts";
import type { TestDatabase } from "./setup/database.ts";
import { testDatabase } from "./setup/database.ts";
import { SmallBook } from "./setup/small-book.ts";

const move = (debit: AccountId, credit: AccountId, amount: bigint, currency: "NGN" | "USD" = "NGN") => ({
  debit,
  credit,
  amount,
  currency,
});

let database: TestDatabase;
const full = new SmallBook(101);
beforeAll(async () => {
  database = await testDatabase();
  const wise = { cash: railCash("wise"), incoming: railIncoming("wise") };
  const sandbox = { cash: railCash("sandbox"), out: railOutgoing("sandbox"), disputed: railDisputed("sandbox") };
  full.entry("book.settled", null, [
    move(wise.incoming, orderEscrow(3001), 1_000n),
    move(sandbox.cash, orderEscrow(3002), 200n),
    move(sandbox.cash, payeePayable("seller", 101), 30n),
    move(sandbox.cash, payeePayable("service_provider", 5), 4n),
    move(wise.cash, payeePayable("operator", 6), 5_000n),
    move(sandbox.cash, buyerRefundable(1), 600n),
    move(sandbox.cash, paymentUnapplied(9), 70n),
    // 8 of the seller's 30 are on their way, 2 of the cash are disputed, 1 went to the rail itself.
    move(payeePayable("seller", 101), sandbox.out, 8n),
    move(sandbox.disputed, sandbox.cash, 2n),
    move(railFees("sandbox"), sandbox.cash, 1n),
    // Back at nothing, and what is owed to nobody: neither is told.
    move(sandbox.cash, orderEscrow(3003), 5n),
    move(orderEscrow(3003), escrowFees, 5n),
    move(wise.cash, orderEscrow(3004), 11n, "USD"),
  ]);
  await full.save(database.ownerPool);
  // Read first, and told last: currencies and rails stand in the order of their names.
  const early = [move(wise.cash, buyerRefundable(1), 1n, "USD"), move(wise.cash, orderEscrow(2001), 2n)];
  await new SmallBook(100).entry("book.settled", null, early).save(database.ownerPool);
  await new SmallBook(102).save(database.ownerPool);
  await new SmallBook(103).entry("book.settled", null, [move(sandbox.cash, orderEscrow(4001), 9n)]).save(database.ownerPool);
});
afterAll(() => database.drop());

async function facts(): Promise<SolvencyFacts> {
  const found = await solvencyFacts(database.pool);
  if (isRefusal(found)) throw new Error(found.detail);
  return found;
}

/** What is said after a change, which is taken back. */
async function after(sql: string): Promise<unknown> {
  const client: PoolClient = await database.ownerPool.connect();
  try {
    await client.query("BEGIN; ALTER TABLE accounts DROP CONSTRAINT a_kept_balance_never_goes_below_zero");
    await client.query(sql);
    return await solvencyFacts(client);
  } finally {
    await client.query("ROLLBACK");
    client.release();
  }
}

describe("the facts of a proof of solvency", () => {
  test("each currency's parts, by whom they are owed to and which rail holds them", async () => {
    const [naira, dollars, ...others] = (await facts()).currencies;
    expect(others).toEqual([]);
    expect(naira).toEqual({
      currency: "NGN",
      owed: { order: "1211", seller: "22", service_provider: "4", buyer: "600", operator: "5000", unapplied: "70" },
      total: "6907",
      leaves: 9,
      root: expect.stringMatching(/^[0-9a-f]{64}$/),
      rails: [
        { rail: "sandbox", incoming: "0", cash: "915", disputed: "2", in_flight: "8" },
        { rail: "wise", incoming: "1000", cash: "5002", disputed: "0", in_flight: "0" },
      ],
      held: "6911",
      surplus: "4",
    });
    expect(dollars).toMatchObject({
      currency: "USD",
      owed: { order: "11", seller: "0", service_provider: "0", buyer: "1", operator: "0", unapplied: "0" },
      total: "12",
      leaves: 2,
      rails: [{ rail: "wise", incoming: "0", cash: "12", disputed: "0", in_flight: "0" }],
      held: "12",
      surplus: "0",
    });
  });

  test("the root is that of the leaves, which name book and account, each under a salt of its own", async () => {
    const { currencies, leaves } = await facts();
    const ngn = must(leaves.get("NGN"), "leaves in naira");
    expect(ngn.map(({ holder, amount }) => `${holder} ${amount}`).toSorted()).toEqual(
      [
        "100/order:2001:escrow 2",
        "101/buyer:1:refundable 600",
        "101/order:3001:escrow 1000",
        "101/order:3002:escrow 200",
        "101/payee:operator:6:payable 5000",
        "101/payee:seller:101:payable 22",
        "101/payee:service_provider:5:payable 4",
        "101/payment:9:unapplied 70",
        "103/order:4001:escrow 9",
      ].toSorted(),
    );
    expect(must(currencies[0], "naira").root).toBe(buildTree("NGN", ngn).root.hash);
    for (const { salt } of ngn) expect(salt).toMatch(/^[0-9a-f]{32}$/);
    expect(new Set(ngn.map(({ salt }) => salt)).size).toBe(ngn.length);
    expect([...leaves.keys()].toSorted()).toEqual(["NGN", "USD"]);
  });

  test("where each book's journal ends, and now; a book without entries has no end", async () => {
    const { at, books } = await facts();
    expect(Math.abs(at.getTime() - Date.now())).toBeLessThan(60_000);
    const ours = books.filter(({ book }) => book === 101 || book === 102);
    expect(ours).toEqual([
      { book: 101, entry: 1, posting: 13, head: full.head.chainHead, at: "2026-01-05T09:00:01.357Z" },
      { book: 102, entry: 0, posting: 0, head: "", at: "" },
    ]);
  });
});

describe("nothing is signed that is not so", () => {
  const refused = (wrong: string) => ({
    refused: "solvency_unproven",
    detail: `No proof can be signed: ${wrong}. Run verify, which says where it went wrong.`,
  });

  test("a kept balance that differs from the journal", async () => {
    expect(await after("UPDATE accounts SET balance = 999 WHERE account = 'order:3001:escrow'")).toEqual(
      refused("order:3001:escrow of book 101 is kept at 999 NGN, its postings give 1000"),
    );
    expect(await after("DELETE FROM accounts WHERE account = 'rail:wise:cash'")).not.toHaveProperty("refused");
  });

  test("something owed, or on its way, that is below zero, in the journal too", async () => {
    const turned = (account: string, kept: string) =>
      after(`${kept}; UPDATE postings SET debit = credit, credit = debit WHERE '${account}' IN (debit, credit)`);
    expect(await turned("order:3001:escrow", "UPDATE accounts SET balance = -1000 WHERE account = 'order:3001:escrow'")).toEqual(
      refused("order:3001:escrow of book 101 is -1000 NGN, below zero"),
    );
    // What was on its way goes back to the seller: 30 + 8.
    const back = `UPDATE accounts SET balance = 38 WHERE account = 'payee:seller:101:payable';
      UPDATE accounts SET balance = -8 WHERE account = 'rail:sandbox:outgoing'`;
    expect(await turned("rail:sandbox:outgoing", back)).toEqual(refused("rail:sandbox:outgoing of book 101 is -8 NGN, below zero"));
    // What an asset holds stands below zero, and the platform's own income may.
    const less = "UPDATE accounts SET balance = 10 WHERE account = 'order:3003:escrow'";
    expect(await turned("platform:escrow_fees", less)).not.toHaveProperty("refused");
  });
});
