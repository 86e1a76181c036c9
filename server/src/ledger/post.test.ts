import { describe, expect, test } from "vitest";
import { Fault } from "../domain/fault.ts";
import {
  escrowFees,
  orderEscrow,
  payeePayable,
  platformFx,
  railCash,
  railIncoming,
  railOutgoing,
  sellerReceivable,
} from "../domain/ledger-accounts.ts";
import type { AccountId } from "../domain/ledger-accounts.ts";
import type { Posting } from "../domain/movements.ts";
import { chainPosting, entryId, genesis, headerDigest } from "./chain.ts";
import { balanceChanges, keptSign, post } from "./post.ts";

const header = { cause: "order.accept", orderId: 3021, orderDigest: "ab", at: new Date("2026-01-05T09:00:00.123Z"), reverses: null };
const first: Posting = { debit: railIncoming("sandbox"), credit: orderEscrow(3021), amount: 450_000n, currency: "NGN" };
const second: Posting = { debit: orderEscrow(3021), credit: payeePayable("seller", 7), amount: 383_250n, currency: "NGN" };
const empty = { entrySeq: 0, postingSeq: 0, chainHead: null };

describe("posting an entry", () => {
  test("a book's first entry begins the chain: numbers from 1, hashes from the beginning", () => {
    const { head, entry, postings } = post(7, empty, header, [first, second]);
    const id = entryId(7, 1, headerDigest(header));
    const one = chainPosting(genesis, id, first, 1);
    const two = chainPosting(one, id, second, 3);
    expect(entry).toEqual({ sellerId: 7, seq: 1, ...header });
    expect(postings).toEqual([
      { sellerId: 7, seq: 1, entrySeq: 1, ...first, hash: one },
      { sellerId: 7, seq: 2, entrySeq: 1, ...second, hash: two },
    ]);
    expect(head).toEqual({ entrySeq: 1, postingSeq: 2, chainHead: two });
  });

  test("the next goes on from the head", () => {
    const { head, entry, postings } = post(7, { entrySeq: 4, postingSeq: 9, chainHead: "cd" }, header, [first]);
    const hash = chainPosting("cd", entryId(7, 5, headerDigest(header)), first, 19);
    expect(entry.seq).toBe(5);
    expect(postings).toEqual([{ sellerId: 7, seq: 10, entrySeq: 5, ...first, hash }]);
    expect(head).toEqual({ entrySeq: 5, postingSeq: 10, chainHead: hash });
  });

  const outside = "my:pocket" as AccountId;
  test.each([
    ["nothing", [], "an entry for order.accept without postings"],
    ["an amount of 0", [{ ...first, amount: 0n }], "a posting of 0"],
    ["an amount below 0", [{ ...first, amount: -1n }], "a posting of -1"],
    ["one account twice", [{ ...first, credit: first.debit }], "a posting from rail:sandbox:incoming to itself"],
    ["a currency there is not", [{ ...first, currency: "XXX" }], "a posting in XXX"],
    ["a debit outside the chart", [{ ...first, debit: outside }], "not an account of the chart: my:pocket"],
    ["a credit outside the chart", [{ ...first, credit: outside }], "not an account of the chart: my:pocket"],
    ["a bad one behind a good one", [first, { ...first, amount: 0n }], "a posting of 0"],
  ])("%s is a fault", (_what, postings, says) => {
    expect(() => post(7, empty, header, postings)).toThrow(new Fault(says));
  });
});

describe("kept balances", () => {
  test("those with a floor grow with what is owed, the receivable with what is owed to us, others are not kept", () => {
    expect(keptSign(orderEscrow(1))).toBe(1n);
    expect(keptSign(railOutgoing("sandbox"))).toBe(1n);
    expect(keptSign(sellerReceivable(7))).toBe(-1n);
    for (const account of [railCash("sandbox"), escrowFees, platformFx]) expect(keptSign(account)).toBe(0n);
  });

  test("what an entry does is summed per account and currency, in the order of its postings", () => {
    expect(balanceChanges([first, second])).toEqual([
      { account: "rail:sandbox:incoming", currency: "NGN", by: null },
      { account: "order:3021:escrow", currency: "NGN", by: 66_750n },
      { account: "payee:seller:7:payable", currency: "NGN", by: 383_250n },
    ]);
    expect(balanceChanges([])).toEqual([]);
  });

  test("a debit of the receivable raises what the seller owes, and no currency is added to another", () => {
    const owes: Posting = { debit: sellerReceivable(7), credit: orderEscrow(1), amount: 5n, currency: "NGN" };
    expect(balanceChanges([owes, { ...owes, currency: "USD", amount: 3n }, { ...owes, amount: 2n }])).toEqual([
      { account: "seller:7:receivable", currency: "NGN", by: 7n },
      { account: "order:1:escrow", currency: "NGN", by: 7n },
      { account: "seller:7:receivable", currency: "USD", by: 3n },
      { account: "order:1:escrow", currency: "USD", by: 3n },
    ]);
  });
});
