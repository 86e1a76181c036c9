import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Fault } from "./fault.ts";
import { isRefusal } from "./refusals.ts";
import { allocate, parsePercent, splitByPercent } from "./split.ts";

// Mutation tests ask for fewer, thousands of times over.
const runs = { numRuns: fc.readConfigureGlobal().numRuns ?? 20_000 };
const amount = fc.bigInt(0n, 10n ** 13n);
const weights = fc.array(fc.bigInt(0n, 10n ** 6n), { minLength: 1, maxLength: 8 }).filter((all) => all.some((weight) => weight > 0n));

const sum = (parts: readonly bigint[]) => parts.reduce((all, part) => all + part, 0n);

describe("allocate", () => {
  test.each([
    [100n, [1n, 1n, 1n], [34n, 33n, 33n]],
    [101n, [1n, 1n, 1n], [34n, 34n, 33n]],
    [1n, [1n, 1n], [1n, 0n]],
    [10n, [1n, 2n], [3n, 7n]],
    [5n, [0n, 1n], [0n, 5n]],
    [0n, [3n, 4n], [0n, 0n]],
    [7n, [1n], [7n]],
  ])("%s by %s is %s", (total, by, parts) => {
    expect(allocate(total, by)).toEqual(parts);
  });

  test("a split loses no unit and makes none", () => {
    fc.assert(
      fc.property(amount, weights, (total, by) => sum(allocate(total, by)) === total),
      runs,
    );
  });

  test("no part is negative, and none is a whole unit away from its exact share", () => {
    fc.assert(
      fc.property(amount, weights, (total, by) => {
        const all = sum(by);
        return allocate(total, by).every((part, place) => {
          const off = part * all - total * (by[place] ?? 0n);
          return part >= 0n && off > -all && off < all;
        });
      }),
      runs,
    );
  });

  test("whoever gets a unit extra had no smaller remainder than whoever does not", () => {
    fc.assert(
      fc.property(amount, weights, (total, by) => {
        const all = sum(by);
        const parts = allocate(total, by).map((part, place) => {
          const exact = total * (by[place] ?? 0n);
          return { extra: part > exact / all, remainder: exact % all, place };
        });
        return parts.every(
          (winner) =>
            !winner.extra ||
            parts.every(
              (other) =>
                other.extra || winner.remainder > other.remainder || (winner.remainder === other.remainder && winner.place < other.place),
            ),
        );
      }),
      runs,
    );
  });

  test("faults on what cannot be divided", () => {
    expect(() => allocate(-1n, [1n])).toThrow(Fault);
    expect(() => allocate(1n, [])).toThrow(Fault);
    expect(() => allocate(1n, [0n, 0n])).toThrow(Fault);
    expect(() => allocate(1n, [2n, -1n])).toThrow(Fault);
    expect(() => allocate(1n, [2n, -1n])).toThrow(new Fault("cannot divide 1 by 2:-1"));
  });
});

describe("percentages", () => {
  test.each([
    ["12.5", 1250],
    [12.5, 1250],
    ["0", 0],
    [0, 0],
    ["100", 10_000],
    ["100.00", 10_000],
    ["33.33", 3333],
    [0.07, 7],
    [100 - 80.1, 1990],
    ["80", 8000],
  ])("%j is %d basis points", (value, basisPoints) => {
    expect(parsePercent(value)).toBe(basisPoints);
  });

  test.each([
    [12.505],
    ["12.505"],
    ["0.001"],
    [100.01],
    ["101"],
    [-1],
    ["-1"],
    ["12,5"],
    ["12.5%"],
    [""],
    ["ten"],
    [true],
    [null],
    [Number.NaN],
  ])("%j is refused", (value) => {
    expect(parsePercent(value, "commisson")).toMatchObject({ refused: "share_invalid", facts: { field: "commisson" } });
  });

  test("the refusal says which field is wrong, and what would be right", () => {
    expect(parsePercent("ten")).toEqual({
      refused: "share_invalid",
      detail: "commission must be a percentage from 0 to 100 with at most two decimals.",
      facts: { field: "commission" },
    });
  });

  test("every percentage with two decimals comes back, as number and as text", () => {
    for (let points = 0; points <= 10_000; points += 1) {
      expect(parsePercent(points / 100)).toBe(points);
      expect(parsePercent((points / 100).toFixed(2))).toBe(points);
    }
  });

  test("three decimals are never taken", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 9_999 }), fc.integer({ min: 1, max: 9 }), (points, thousandths) =>
        isRefusal(parsePercent(points / 100 + thousandths / 1000)),
      ),
      runs,
    );
  });
});

describe("seller and other payee", () => {
  test("of equal remainders the seller gets the unit", () => {
    expect(splitByPercent(1n, 5000)).toEqual([1n, 0n]);
    expect(splitByPercent(101n, 5000)).toEqual([51n, 50n]);
  });

  test("0 % and 100 % give everything to one", () => {
    expect(splitByPercent(999n, 0)).toEqual([0n, 999n]);
    expect(splitByPercent(999n, 10_000)).toEqual([999n, 0n]);
  });

  test("a split loses no unit, and more for both never means less for one", () => {
    fc.assert(
      fc.property(amount, fc.integer({ min: 0, max: 10_000 }), (n, points) => {
        const [seller, other] = splitByPercent(n, points);
        const [sellerAfter, otherAfter] = splitByPercent(n + 1n, points);
        return seller + other === n && seller >= 0n && other >= 0n && sellerAfter >= seller && otherAfter >= other;
      }),
      runs,
    );
  });
});
