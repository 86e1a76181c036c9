import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { orderEscrow, railIncoming } from "../domain/ledger-accounts.ts";
import type { Posting } from "../domain/movements.ts";
import { chainPosting, entryId, firstOrderDigest, genesis, headerDigest, legHash, nextOrderDigest } from "./chain.ts";

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const posting: Posting = { debit: railIncoming("sandbox"), credit: orderEscrow(3021), amount: 450_000n, currency: "NGN" };
const at = new Date("2024-05-06T07:08:09.010Z");

describe("the chain", () => {
  test("the kit's format: known hashes of two legs", () => {
    const leg = { transactionId: "t1", amount: 4000n, currency: "USD" };
    const first = legHash(genesis, { ...leg, accountId: "acct:a", type: "DEBIT", sequence: 1 });
    expect(first).toBe("f7ba84b02a6bd62c03b6e4bb37f1962ed3f423a0770a58b0225d039d5bbbb453");
    const second = legHash(first, { ...leg, accountId: "acct:b", type: "CREDIT", sequence: 2 });
    expect(second).toBe("7a553d91487c1506531c4fe843c3c0c42031bb535267ced1d772871ffc5c1d02");
  });

  test("a posting is its debit leg, then its credit leg, and the credit leg's hash is kept", () => {
    const debit = sha256("GENESIS|7:1:ab|rail:sandbox:incoming|DEBIT|450000|NGN|1");
    expect(chainPosting(genesis, "7:1:ab", posting, 1)).toBe(sha256(`${debit}|7:1:ab|order:3021:escrow|CREDIT|450000|NGN|2`));
  });

  test("nothing in a posting, nor its place, can change unseen", () => {
    const kept = chainPosting(genesis, "7:1:ab", posting, 1);
    const changed = [
      chainPosting("0", "7:1:ab", posting, 1),
      chainPosting(genesis, "7:2:ab", posting, 1),
      chainPosting(genesis, "7:1:ab", posting, 3),
      chainPosting(genesis, "7:1:ab", { ...posting, amount: 450_001n }, 1),
      chainPosting(genesis, "7:1:ab", { ...posting, currency: "USD" }, 1),
      chainPosting(genesis, "7:1:ab", { ...posting, debit: posting.credit, credit: posting.debit }, 1),
      chainPosting(genesis, "7:1:ab", { ...posting, credit: orderEscrow(3022) }, 1),
    ];
    expect(new Set([kept, ...changed]).size).toBe(changed.length + 1);
  });
});

describe("what the entry's name covers", () => {
  const header = { cause: "accept", orderId: 3021, at, orderDigest: "cd", reverses: null };

  test("cause, order, time, the order's digest and what it reverses", () => {
    expect(headerDigest(header)).toBe(sha256('["accept",3021,"2024-05-06T07:08:09.010Z","cd",null]'));
    expect(headerDigest({ ...header, orderId: null, orderDigest: null })).toBe(
      sha256('["accept",null,"2024-05-06T07:08:09.010Z",null,null]'),
    );
    const others = [{ cause: "lapse" }, { orderId: 3022 }, { at: new Date(at.getTime() + 1) }, { orderDigest: "ce" }, { reverses: 3 }];
    expect(new Set([headerDigest(header), ...others.map((other) => headerDigest({ ...header, ...other }))]).size).toBe(6);
  });

  test("the entry's name holds book, number and digest, and no separator whatever the cause", () => {
    const digest = headerDigest({ ...header, cause: "a|b" });
    expect(entryId(7, 12, digest)).toMatch(/^7:12:[0-9a-f]{64}$/);
  });

  test("an order's digest begins with zeros, as long as those that follow", () => {
    expect(firstOrderDigest).toBe("0000000000000000000000000000000000000000000000000000000000000000");
  });

  test("an order's digest runs over every step, in order", () => {
    const step = { version: 1, action: "fund", from: "awaiting_payment", to: "funded", party: "rail", at };
    const first = nextOrderDigest(genesis, step);
    expect(first).toBe(sha256('["GENESIS",1,"fund","awaiting_payment","funded","rail","2024-05-06T07:08:09.010Z"]'));
    const then = { ...step, version: 2, action: "deliver" };
    expect(nextOrderDigest(first, then)).not.toBe(nextOrderDigest(nextOrderDigest(genesis, then), step));
    const others = [{ version: 2 }, { action: "x" }, { from: "x" }, { to: "x" }, { party: "x" }, { at: new Date(0) }];
    expect(new Set(others.map((other) => nextOrderDigest(genesis, { ...step, ...other })).concat(first)).size).toBe(7);
  });
});
