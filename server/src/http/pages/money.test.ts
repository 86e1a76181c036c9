import { expect, test } from "vitest";
import { inForeign, money, moneyBoth, typed } from "./money.ts";
import { lengthText, moment, momentText } from "./time.ts";

const dollars = { currency: "USD", bookCurrency: "NGN", amountFx: 16_945n, productCost: 6_947_320n };

test("an amount always carries its currency", () => {
  expect(money(450_000n, "NGN").toString()).toBe('<span class="money">NGN 4,500.00</span>');
  expect(money(450n, "JPY").toString()).toContain("JPY 450");
});

test("the product's price in the foreign currency comes back as it was asked", () => {
  expect(inForeign(6_947_320n, dollars)).toBe(16_945n);
  expect(inForeign(104_210n, dollars)).toBe(254n);
  expect(moneyBoth(6_947_320n, dollars).toString()).toContain("USD 169.45");
});

test("an order in naira has no foreign amount", () => {
  expect(inForeign(1n, { ...dollars, currency: "NGN" })).toBeNull();
  expect(inForeign(1n, { ...dollars, amountFx: null })).toBeNull();
});

test("an amount as it is typed has no currency and no commas", () => {
  expect(typed(123_456_700n, "NGN")).toBe("1234567.00");
});

test("a moment says its zone, and programs can read it", () => {
  const at = new Date("2026-11-22T14:05:59.999Z");
  expect(momentText(at)).toBe("22 Nov 2026, 14:05 UTC");
  expect(moment(at).toString()).toBe('<time datetime="2026-11-22T14:05:59.999Z">22 Nov 2026, 14:05 UTC</time>');
});

test("a length of time is said in its largest whole unit", () => {
  expect([86_400_000, 7 * 86_400_000, 36 * 3_600_000, 90 * 60_000, 1_000, 0].map(lengthText)).toEqual([
    "1 day",
    "7 days",
    "36 hours",
    "90 minutes",
    "1 second",
    "0 seconds",
  ]);
});
