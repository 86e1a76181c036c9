import { describe, expect, test } from "vitest";
import { addsUp, balanceOff, comparePayment, compareSent, expectedBalance, railsToStop } from "./reconciliation.ts";

describe("a settled payment against the books", () => {
  const books = { amount: 450_000n, fee: 16_750n, currency: "NGN" };
  const kind = (change: object) => comparePayment({ ...books, ...change }, books)?.kind;

  test("agrees only in amount, fee and currency together; the gravest difference is told", () => {
    expect(comparePayment(books, books)).toBeUndefined();
    expect(kind({ amount: 449_999n })).toBe("wrong_amount");
    expect(kind({ fee: 16_751n })).toBe("wrong_fee");
    expect(kind({ currency: "USD" })).toBe("wrong_currency");
    expect(kind({ currency: "USD", amount: 1n, fee: 1n })).toBe("wrong_currency");
    expect(kind({ amount: 1n, fee: 1n })).toBe("wrong_amount");
  });

  test("says both figures, so that nobody needs to look them up, and what to do next", () => {
    const ask = /^Compare both .* ask them to mend it\.$/;
    expect(comparePayment({ ...books, fee: 1n }, books)).toEqual({
      kind: "wrong_fee",
      says: "The fee was NGN 0.01, and the books have NGN 167.50.",
      suggestion: expect.stringMatching(/close this and book that fee; otherwise ask them/),
    });
    expect(comparePayment({ ...books, amount: 1n }, books)).toEqual({
      kind: "wrong_amount",
      says: "NGN 0.01 were settled for it, and the books received NGN 4,500.00.",
      suggestion: expect.stringMatching(ask),
    });
    expect(comparePayment({ ...books, currency: "USD" }, books)).toEqual({
      kind: "wrong_currency",
      says: "It was settled in USD, and the books received NGN.",
      suggestion: expect.stringMatching(ask),
    });
  });

  test("money that went out is compared by amount and currency", () => {
    expect(compareSent({ amount: 5n, currency: "NGN" }, { amount: 5n, currency: "NGN" })).toBeUndefined();
    expect(compareSent({ amount: 5n, currency: "NGN" }, { amount: 6n, currency: "NGN" })?.kind).toBe("wrong_amount");
    expect(compareSent({ amount: 5n, currency: "NGN" }, { amount: 5n, currency: "KES" })?.kind).toBe("wrong_currency");
    // What sending cost stands elsewhere in a settlement, and a row that carries a fee all the same is not compared by it.
    const [line, sent] = [
      { amount: 5n, currency: "NGN", fee: 3n },
      { amount: 5n, currency: "NGN", fee: 9n },
    ];
    expect(compareSent(line, sent)).toBeUndefined();
  });
});

describe("deductions", () => {
  test("are explained by all refunds together, or by the one choice of them that adds up", () => {
    expect(addsUp([300n, 200n], 500n)).toEqual([0, 1]);
    expect(addsUp([300n, 200n, 70n], 370n)).toEqual([0, 2]);
    expect(addsUp([300n, 200n, 70n], 70n)).toEqual([2]);
    expect(addsUp([300n], 300n)).toEqual([0]);
  });

  test("all together are the explanation, however many they are and whatever part of them adds up as well", () => {
    const ones = Array.from({ length: 17 }, () => 1n);
    expect(addsUp(ones, 17n)).toEqual(ones.map((_, place) => place));
    expect(addsUp([300n, 200n, 0n], 500n)).toEqual([0, 1, 2]);
  });

  test("sixteen are still chosen from, seventeen not", () => {
    const powers = Array.from({ length: 17 }, (_, place) => 2n ** BigInt(place));
    expect(addsUp(powers.slice(0, 16), 2n ** 15n + 1n)).toEqual([0, 15]);
    expect(addsUp(powers, 2n ** 15n + 1n)).toBeUndefined();
  });

  test("nothing taken off is explained by no refund", () => {
    expect(addsUp([], 0n)).toBeUndefined();
    expect(addsUp([300n], 0n)).toBeUndefined();
  });

  test("are not explained where nothing adds up, or where several choices do", () => {
    expect(addsUp([300n, 200n], 400n)).toBeUndefined();
    expect(addsUp([], 1n)).toBeUndefined();
    expect(addsUp([300n, 300n, 50n], 300n)).toBeUndefined();
    expect(
      addsUp(
        Array.from({ length: 17 }, (_, i) => BigInt(i + 1)),
        3n,
      ),
    ).toBeUndefined();
  });
});

describe("a rail's balance", () => {
  const even = { available: 1_000n, cash: 1_000n, outgoing: 0n, unbooked: 0n, deducted: 0n };

  test("is explained by cash, by what is unbooked, and by what refunds may still take off", () => {
    expect(balanceOff(even)).toBe(0n);
    expect(balanceOff({ ...even, cash: 900n, unbooked: 100n })).toBe(0n);
    expect([700n, 850n, 1_000n].map((cash) => balanceOff({ ...even, cash, deducted: 300n }))).toEqual([0n, 0n, 0n]);
    expect(expectedBalance({ ...even, outgoing: 200n })).toEqual({ least: 800n, most: 800n });
  });

  test("is off by what the books do not explain, upwards and downwards", () => {
    expect(balanceOff({ ...even, available: 1_001n })).toBe(1n);
    expect(balanceOff({ ...even, available: 998n })).toBe(-2n);
    expect(balanceOff({ ...even, available: 1_500n, deducted: 300n })).toBe(200n);
  });
});

describe("rails that lack money", () => {
  const at = (rail: string, currency: string, short: bigint) => ({ rail, currency, short });

  test("send on while what is missing is the installation's own", () => {
    const short = [at("paystack", "NGN", 500n)];
    expect(railsToStop(short, new Map([["NGN", 500n]]))).toEqual([]);
    expect(railsToStop(short, new Map([["NGN", 499n]]))).toEqual(short);
  });

  test("all stop in a currency whose shortages together are more than that, and none in another", () => {
    const [one, two, other] = [at("paystack", "NGN", 300n), at("flutterwave", "NGN", 201n), at("stripe", "USD", 400n)];
    expect(
      railsToStop(
        [one, two, other],
        new Map([
          ["NGN", 500n],
          ["USD", 400n],
        ]),
      ),
    ).toEqual([one, two]);
  });

  test("stop in a currency of which the installation has nothing to spare", () => {
    expect(railsToStop([at("wise", "EUR", 1n)], new Map())).toHaveLength(1);
  });
});
