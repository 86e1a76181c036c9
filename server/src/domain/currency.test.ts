import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { currencies, decimals, format, isCurrency, parseMajor } from "./currency.ts";
import { Fault } from "./fault.ts";
import { largestAmount } from "./money.ts";

describe("the table", () => {
  test("has each code once, in order, with 0 to 4 decimals and a name", () => {
    const codes = currencies.map((facts) => facts.code);
    expect(codes).toEqual([...new Set(codes)].toSorted());
    expect(codes.length).toBe(165);
    for (const facts of currencies) {
      expect(facts.code).toMatch(/^[A-Z]{3}$/);
      expect([0, 2, 3, 4]).toContain(facts.decimals);
      expect(facts.name.trim()).not.toBe("");
    }
  });

  test("names the currencies whose decimals are not 2", () => {
    const with_ = (places: number) => currencies.filter((facts) => facts.decimals === places).map((facts) => facts.code);
    expect(with_(0).join(" ")).toBe("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF");
    expect(with_(3).join(" ")).toBe("BHD IQD JOD KWD LYD OMR TND");
    expect(with_(4).join(" ")).toBe("CLF UYW");
  });

  test("cannot be changed", () => {
    expect(Object.isFrozen(currencies)).toBe(true);
    expect(currencies.every((facts) => Object.isFrozen(facts))).toBe(true);
  });

  test.each([["ngn"], ["XXX"], ["XAU"], ["NG"], [""], ["constructor"], [null], [566]])("%j is no currency", (code) => {
    expect(isCurrency(code)).toBe(false);
  });

  test("decimals of an unknown code is a fault", () => {
    expect(decimals("NGN")).toBe(2);
    expect(() => decimals("XXX")).toThrow(Fault);
  });
});

describe("format", () => {
  test.each([
    [450_000n, "NGN", "NGN 4,500.00"],
    [1n, "NGN", "NGN 0.01"],
    [0n, "USD", "USD 0.00"],
    [99_999n, "USD", "USD 999.99"],
    [100_000n, "USD", "USD 1,000.00"],
    [123_456_789_012n, "NGN", "NGN 1,234,567,890.12"],
    [-450_000n, "NGN", "NGN -4,500.00"],
    [4500n, "JPY", "JPY 4,500"],
    [999n, "JPY", "JPY 999"],
    [4_500_000n, "KWD", "KWD 4,500.000"],
    [12_345n, "CLF", "CLF 1.2345"],
  ])("%s %s is %s", (amount, currency, text) => {
    expect(format(amount, currency)).toBe(text);
  });
});

describe("amounts in major units", () => {
  test.each([
    ["169.45", "USD", 16_945n],
    [169.45, "USD", 16_945n],
    [24.990000000000002, "USD", 2499n],
    ["0.01", "USD", 1n],
    ["7", "NGN", 700n],
    ["169.450", "USD", 16_945n],
    ["4500", "JPY", 4500n],
    ["1.234", "KWD", 1234n],
  ])("%s %s is %s", (value, currency, amount) => {
    expect(parseMajor(value, currency)).toBe(amount);
  });

  test.each([
    ["169.455", "USD"],
    ["0", "USD"],
    ["0.001", "USD"],
    ["-1", "USD"],
    ["1,000.00", "USD"],
    ["1e3", "USD"],
    ["45.5", "JPY"],
    ["100000000000.01", "NGN"],
    [true, "USD"],
    [null, "USD"],
    ["", "USD"],
  ])("%j %s is refused by name", (value, currency) => {
    expect(parseMajor(value, currency)).toMatchObject({ refused: "amount_invalid", facts: { field: "amount_fx" } });
  });

  test("an unknown currency is refused", () => {
    expect(parseMajor("1", "XXX")).toMatchObject({ refused: "currency_unknown" });
  });

  test("what is formatted is read back, in every currency", () => {
    fc.assert(
      fc.property(fc.bigInt(1n, largestAmount), fc.constantFrom(...currencies), (amount, { code }) => {
        const text = format(amount, code).slice(4).replaceAll(",", "");
        return parseMajor(text, code) === amount;
      }),
      { numRuns: fc.readConfigureGlobal().numRuns ?? 10_000 },
    );
  });
});
