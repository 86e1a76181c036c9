import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Fault } from "./fault.ts";
import { greatest, halfUpDiv, largestAmount, least, minor, nearestMinor, wholeWithinNoise } from "./money.ts";
import { isRefusal } from "./refusals.ts";

// Mutation tests ask for fewer, thousands of times over.
const runs = { numRuns: fc.readConfigureGlobal().numRuns ?? 10_000 };

describe("halfUpDiv", () => {
  test.each([
    [0n, 7n, 0n],
    [1n, 2n, 1n],
    [1n, 3n, 0n],
    [2n, 3n, 1n],
    [5n, 10n, 1n],
    [4n, 10n, 0n],
    [7_005_075n, 1000n, 7005n],
    [7_005_500n, 1000n, 7006n],
  ])("%s / %s is %s", (numerator, denominator, result) => {
    expect(halfUpDiv(numerator, denominator)).toBe(result);
  });

  test("is never further than half a unit away, and a half goes up", () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 10n ** 30n), fc.bigInt(1n, 10n ** 15n), (numerator, denominator) => {
        const twiceOff = 2n * (halfUpDiv(numerator, denominator) * denominator - numerator);
        return twiceOff > -denominator && twiceOff <= denominator;
      }),
      runs,
    );
  });

  test("faults on what has no answer", () => {
    expect(() => halfUpDiv(-1n, 2n)).toThrow(Fault);
    expect(() => halfUpDiv(-1n, 2n)).toThrow(new Fault("halfUpDiv(-1, 2) is not defined"));
    expect(() => halfUpDiv(1n, 0n)).toThrow(Fault);
    expect(() => halfUpDiv(1n, -1n)).toThrow(Fault);
  });
});

test("least and greatest", () => {
  expect([least(1n, 2n), least(2n, 1n), greatest(1n, 2n), greatest(2n, 1n)]).toEqual([1n, 1n, 2n, 2n]);
});

describe("amounts from outside", () => {
  test.each([
    [400_000, 400_000n],
    ["400000", 400_000n],
    ["0400000", 400_000n],
    [1, 1n],
    ["1.0", 1n],
    [434.99999999999994, 435n],
    ["434.99999999999994", 435n],
    [1998.9999999999998, 1999n],
    [0.1 * 3 * 100, 30n],
    [1.1 * 3 * 100, 330n],
    [10_000_000_000_000, 10_000_000_000_000n],
    ["10000000000000", largestAmount],
  ])("%s is read as %s", (value, amount) => {
    expect(minor(value)).toBe(amount);
  });

  test.each([
    [434.5],
    ["434.5"],
    [10_000_000.5],
    [9_999_999_999_998.5],
    [0.5],
    [1e-9],
    [0],
    [-0],
    ["0"],
    [-1],
    ["-1"],
    ["+1"],
    [Number.NaN],
    [Number.POSITIVE_INFINITY],
    ["NaN"],
    ["Infinity"],
    [""],
    [" "],
    [" 4000"],
    ["4 000"],
    ["4000\n"],
    ["4,000"],
    ["4.000,00"],
    ["4e3"],
    ["0x10"],
    [".5"],
    ["5."],
    ["٤٠٠"],
    ["four"],
    [true],
    [null],
    [undefined],
    [[]],
    [[4000]],
    [{}],
    [4000n],
    [10_000_000_000_001],
    [2 ** 53],
    [1e21],
    ["9007199254740993"],
    ["999999999999999999999999999999"],
  ])("%s is refused", (value) => {
    const answer = minor(value, "product_cost");
    expect(answer).toMatchObject({ refused: "amount_invalid", facts: { field: "product_cost" } });
    expect(isRefusal(answer) && answer.detail).toMatch(/^product_cost must /);
  });

  test("the refusal says which field is wrong, and how", () => {
    const says = (value: unknown) => minor(value);
    expect(says("four")).toMatchObject({
      detail: "amount must be a whole number of the smallest unit, written in digits only.",
      facts: { field: "amount" },
    });
    expect(says("434.5")).toMatchObject({ detail: "amount must be a whole number of the smallest unit, without a fraction." });
    expect(says(0)).toMatchObject({ detail: "amount must be more than 0." });
    expect(says(2 ** 53)).toMatchObject({ detail: "amount must not be more than 10000000000000." });
    expect(nearestMinor("four")).toMatchObject({ facts: { field: "amount" } });
    expect(nearestMinor("four", "price")).toMatchObject({ facts: { field: "price" } });
  });

  test("every whole amount comes back, as number and as text", () => {
    fc.assert(
      fc.property(fc.bigInt(1n, largestAmount), (amount) => minor(Number(amount)) === amount && minor(String(amount)) === amount),
      runs,
    );
  });

  test("a price counted in naira floats comes back exactly", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000_000 }), fc.integer({ min: 1, max: 20 }), (kobo, pieces) => {
        const total = (kobo / 100) * pieces * 100;
        return minor(total) === BigInt(kobo) * BigInt(pieces);
      }),
      runs,
    );
  });

  test("no fraction from a hundredth up is taken for noise", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_000_000_000_000 }), fc.integer({ min: 2, max: 98 }), (kobo, hundredths) =>
        isRefusal(minor(kobo + hundredths / 100)),
      ),
      runs,
    );
  });
});

test("an amount computed from an exchange rate is rounded to the nearest kobo", () => {
  expect(nearestMinor(1_024_570.7577)).toBe(1_024_571n);
  expect(nearestMinor("434.5")).toBe(435n);
  expect(nearestMinor("434.4999")).toBe(434n);
  expect(nearestMinor(0.4)).toMatchObject({ refused: "amount_invalid" });
  expect(nearestMinor(-3, "amount")).toMatchObject({ refused: "amount_invalid" });
  expect(nearestMinor("4,000")).toMatchObject({ refused: "amount_invalid" });
  expect(nearestMinor(true)).toMatchObject({ refused: "amount_invalid" });
});

test("noise grows with the value, but never beyond a hundredth", () => {
  expect(wholeWithinNoise(1.0000009)).toBe(1);
  expect(wholeWithinNoise(1.0000021)).toBeUndefined();
  expect(wholeWithinNoise(5_000_000.011)).toBeUndefined();
  expect(wholeWithinNoise(0)).toBe(0);
});
