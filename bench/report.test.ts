import { expect, test } from "vitest";
import type { Goal } from "./goals.ts";
import { median, percentile } from "./measure.ts";
import { rowsOf, verdictOf } from "./report.ts";

const ratio: Goal = { key: "ratio", says: "a ratio", more: true, goal: 1.5, stretch: 3, digits: 2 };
const cost: Goal = { key: "cost", says: "a cost", more: false, goal: 200, stretch: 120, digits: 0 };

test("the median of the rounds is judged, not the best of them", () => {
  expect(verdictOf(ratio, [1.4, 9, 1.2])).toBe("missed");
  expect(verdictOf(ratio, [1.5, 1.5, 1])).toBe("met");
  expect(verdictOf(ratio, [3, 3, 1])).toBe("met, stretch too");
});

test("where less is better, less is better", () => {
  expect(verdictOf(cost, [201])).toBe("missed");
  expect(verdictOf(cost, [200])).toBe("met");
  expect(verdictOf(cost, [120])).toBe("met, stretch too");
});

test("what was not measured, or came out as no number, is never met", () => {
  expect(verdictOf(cost, [])).toBe("not measured");
  expect(verdictOf(cost, [Number.NaN])).toBe("not measured");
});

test("a row shows median, smallest and largest", () => {
  expect(rowsOf([ratio, cost], new Map([["ratio", [2, 1, 4]]]))).toEqual([
    ["a ratio", "≥ 1.5", "≥ 3", "2.00 (1.00–4.00)", "met"],
    ["a cost", "≤ 200", "≤ 120", "", "not measured"],
  ]);
});

test("median and percentile", () => {
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(percentile([1, 2, 3, 4], 0.99)).toBe(4);
  expect(percentile([1, 2, 3, 4], 0)).toBe(1);
});
