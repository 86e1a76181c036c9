import { expect, test } from "vitest";
import { Fault } from "../../domain/fault.ts";
import { NoAnswer } from "../rail.ts";
import { majorOf, minorOf } from "./decimals.ts";

test.each([
  [4500, "NGN", 450_000n],
  [0.1, "NGN", 10n],
  [0.01, "NGN", 1n],
  [4.35, "NGN", 435n],
  [1.005e3, "NGN", 100_500n],
  [-14, "NGN", -1400n],
  [-0.05, "NGN", -5n],
  ["1234.56", "NGN", 123_456n],
  ["1234.5600", "NGN", 123_456n],
  [7, "UGX", 7n],
  [1.5, "KWD", 1500n],
  [0, "NGN", 0n],
  [99_999_999_999.99, "NGN", 9_999_999_999_999n],
] as const)("%s %s is read digit by digit", (given, currency, minor) => {
  expect(minorOf(given, currency)).toBe(minor);
});

test.each([
  [26.875, "NGN", 2688n, 2687n],
  [10.75, "NGN", 1075n, 1075n],
  [0.001, "NGN", 1n, 0n],
  [1e-7, "NGN", 1n, 0n],
  [0.5, "UGX", 1n, 0n],
  [-0.001, "NGN", 0n, -1n],
  // Noise of floating-point arithmetic is no part of a kobo.
  [17.290000000000003, "NGN", 1729n, 1729n],
  [1217.2699999999998, "NGN", 121_727n, 121_727n],
] as const)("%s %s is rounded to where it is said", (given, currency, up, down) => {
  expect(minorOf(given, currency, "up")).toBe(up);
  expect(minorOf(given, currency, "down")).toBe(down);
});

test("an amount finer than its currency, of no currency, or no number at all is no answer", () => {
  for (const given of [26.875, "", "4,500", "4500 NGN", null, undefined, Number.NaN, 1e21, 1e15 + 1, "1e99", true, {}])
    expect(() => minorOf(given, "NGN")).toThrow(NoAnswer);
  expect(() => minorOf(0.5, "UGX")).toThrow(NoAnswer);
  expect(() => minorOf(1, "XXX")).toThrow(NoAnswer);
});

test("what is written is read again as the same, through JSON too", () => {
  for (const amount of [1n, 10n, 100n, 435n, 450_000n, 123_456n, 9_999_999_999_999n, 999_999_999_999_999n]) {
    for (const currency of ["NGN", "UGX", "KWD"])
      expect(minorOf(JSON.parse(JSON.stringify(majorOf(amount, currency))), currency)).toBe(amount);
  }
  expect(JSON.stringify(majorOf(435n, "NGN"))).toBe("4.35");
  expect(() => majorOf(10n ** 15n, "NGN")).toThrow(Fault);
  expect(() => majorOf(-1n, "NGN")).toThrow(Fault);
});
