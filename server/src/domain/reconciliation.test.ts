import { describe, expect, test } from "vitest";
import { addsUp, balanceOff, comparePayment, compareSent, expectedBalance } from "./reconciliation.ts";

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

  test("says both figures, so that nobody needs to look them up", () => {
    expect(comparePayment({ ...books, fee: 1n }, books)?.says).toBe("The fee was NGN 0.01, and the books have NGN 167.50.");
  });

  test("money that went out is compared by amount and currency", () => {
    expect(compareSent({ amount: 5n, currency: "NGN" }, { amount: 5n, currency: "NGN" })).toBeUndefined();
    expect(compareSent({ amount: 5n, currency: "NGN" }, { amount: 6n, currency: "NGN" })?.kind).toBe("wrong_amount");
  });
});

describe("deductions", () => {
  test("are explained by all refunds together, or by the one choice of them that adds up", () => {
    expect(addsUp([300n, 200n], 500n)).toEqual([0, 1]);
    expect(addsUp([300n, 200n, 70n], 370n)).toEqual([0, 2]);
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
