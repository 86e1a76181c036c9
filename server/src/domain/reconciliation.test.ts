import { describe, expect, test } from "vitest";
import { addsUp, balanceOff, comparePayment, compareSent, expectedBalance, madeUpOf, railsToStop } from "./reconciliation.ts";

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

describe("deductions of many refunds", () => {
  /** Amounts of which no few make up others. */
  const powers = Array.from({ length: 30 }, (_, place) => ({ amount: 3n ** BigInt(place), likely: true }));
  const sum = (places: readonly number[]) => places.reduce((all, place) => all + 3n ** BigInt(place), 0n);
  const all = [...powers.keys()];
  const without = (...places: number[]) => all.filter((place) => !places.includes(place));

  test("are all that did not fail, but for up to three", () => {
    expect(madeUpOf(powers, sum(all))).toEqual(all);
    for (const out of [[4], [4, 17], [0, 4, 29]]) expect(madeUpOf(powers, sum(without(...out)))).toEqual(without(...out));
    expect(madeUpOf(powers, sum(without(1, 2, 3, 4)))).toBeUndefined();
  });

  test("with those that failed where they were taken all the same", () => {
    const some = powers.map((one, place) => ({ ...one, likely: place !== 5 && place !== 9 }));
    expect(madeUpOf(some, sum(without(5, 9)))).toEqual(without(5, 9));
    expect(madeUpOf(some, sum(without(9)))).toEqual(without(9));
    expect(madeUpOf(some, sum(without(9, 20)))).toEqual(without(9, 20));
    expect(madeUpOf(some, sum(all))).toEqual(all);
  });

  test("are not explained where several choices fit", () => {
    const twins = [...powers, { amount: 3n ** 7n, likely: true }];
    expect(madeUpOf(twins, sum(all))).toBeUndefined();
    expect(madeUpOf(twins, sum(all) + 3n ** 7n)).toHaveLength(31);
  });

  test("of few every choice is tried, first among those that did not fail", () => {
    const few = [300n, 200n, 70n, 50n].map((amount, place) => ({ amount, likely: place !== 3 }));
    expect(madeUpOf(few, 270n)).toEqual([1, 2]);
    expect(madeUpOf(few, 350n)).toEqual([0, 3]);
    expect(madeUpOf(few, 1n)).toBeUndefined();
    const failed = [1n, 2n, 4n, 8n, 16n, 32n].map((amount) => ({ amount, likely: false }));
    expect(madeUpOf(failed, 1n + 4n + 8n + 16n)).toEqual([0, 2, 3, 4]);
  });

  test("of very many at most two, and then one, may be otherwise", () => {
    const many = (n: number) => Array.from({ length: n }, (_, place) => ({ amount: 1_000n * 2n ** BigInt(place), likely: true }));
    const total = (n: number, ...out: number[]) => 1_000n * (2n ** BigInt(n) - 1n - out.reduce((s, place) => s + 2n ** BigInt(place), 0n));
    expect(madeUpOf(many(100), total(100, 3, 50, 70))).toHaveLength(97);
    expect(madeUpOf(many(101), total(101, 3, 50))).toHaveLength(99);
    expect(madeUpOf(many(101), total(101, 3, 50, 70))).toBeUndefined();
    expect(madeUpOf(many(400), total(400, 3, 50))).toHaveLength(398);
    expect(madeUpOf(many(401), total(401, 3))).toHaveLength(400);
    expect(madeUpOf(many(401), total(401, 3, 50))).toBeUndefined();
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
