import fc from "fast-check";
import { expect, test } from "vitest";
import { formatDuration, parseDuration } from "./duration.ts";

test.each([
  ["PT0S", 0],
  ["PT90S", 90_000],
  ["PT10M", 600_000],
  ["PT24H", 86_400_000],
  ["PT72H", 259_200_000],
  ["P30D", 2_592_000_000],
  ["P2W", 1_209_600_000],
  ["P1DT1H1M1S", 90_061_000],
])("%s is %d ms", (text, milliseconds) => {
  expect(parseDuration(text)).toBe(milliseconds);
});

test.each([
  "",
  "P",
  "PT",
  "P1DT",
  "P1M",
  "P1Y",
  "P1W1D",
  "1D",
  "PT1.5H",
  "-P1D",
  "P-1D",
  "pt1h",
  " PT1H",
  "PT1H ",
  "PT1M1H",
  "PT9999999999S",
])("%j is refused", (text) => {
  expect(parseDuration(text)).toBeUndefined();
});

test("what is written is read back", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 400 * 86_400 }), (seconds) => {
      expect(parseDuration(formatDuration(seconds * 1000))).toBe(seconds * 1000);
    }),
  );
  expect([formatDuration(259_200_000), formatDuration(2_592_000_000)]).toEqual(["PT72H", "P30D"]);
});
