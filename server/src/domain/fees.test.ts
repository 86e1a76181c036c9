import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Fault } from "./fault.ts";
import { conversionRatio, documentedFeeTerms, foreign, grossUp, paystackTariff, quote, tariffFee, withinRate } from "./fees.ts";
import type { FeeTerms, Quote, Tariff } from "./fees.ts";
import { isRefusal } from "./refusals.ts";

// Mutation tests ask for fewer, thousands of times over.
const runs = { numRuns: fc.readConfigureGlobal().numRuns ?? 10_000 };
/** How far apart the targets lie that are compared with a search by hand. */
const sparse = fc.readConfigureGlobal().numRuns === undefined ? 1n : 101n;

function quoted(productCost: bigint, change: Partial<FeeTerms> = {}, p2p = false): Quote {
  const answer = quote({ productCost, terms: { ...documentedFeeTerms, ...change }, p2p });
  if (isRefusal(answer)) throw new Fault(answer.detail);
  return answer;
}

const anyTariff: fc.Arbitrary<Tariff> = fc.record({
  basisPoints: fc.integer({ min: 0, max: 1_500 }),
  flat: fc.bigInt(0n, 400n),
  flatFrom: fc.bigInt(0n, 2_000n),
  cap: fc.option(fc.bigInt(0n, 500n), { nil: null }),
});

const anyTerms: fc.Arbitrary<FeeTerms> = fc.record({
  escrowBasisPoints: fc.integer({ min: 0, max: 1_000 }),
  escrowMin: fc.bigInt(0n, 50_000n),
  escrowMax: fc.bigInt(50_000n, 200_000n),
  escrowMaxP2p: fc.bigInt(50_000n, 5_000_000n),
  escrowBearer: fc.constantFrom("buyer", "seller", "shared"),
  railFeeBearer: fc.constantFrom("buyer", "seller"),
  tariff: fc.oneof(fc.constant(paystackTariff), anyTariff),
  payoutFee: fc.constant(5000n),
  providerFeeBearer: fc.constant("before_split"),
  exitRailFeeBearer: fc.constant("platform"),
});

describe("the rail's tariff", () => {
  test.each([
    [450_000n, 16_750n],
    [400_000n, 16_000n],
    [467_005n, 17_005n],
    [460_000n, 16_900n],
    [249_999n, 3750n],
    [250_000n, 13_750n],
    [12_666_666n, 200_000n],
    [12_666_633n, 199_999n],
    [10n ** 13n, 200_000n],
    [33n, 0n],
    [34n, 1n],
  ])("takes of %s kobo %s", (amount, fee) => {
    expect(tariffFee(paystackTariff, amount)).toBe(fee);
  });
});

describe("the amount that leaves a target", () => {
  function bySearch(tariff: Tariff, target: bigint): bigint {
    for (let amount = target; ; amount += 1n) if (amount - tariffFee(tariff, amount) >= target) return amount;
  }

  test("is the smallest one, against trying every amount, over the threshold of the flat fee", () => {
    for (let target = 234_000n; target <= 252_000n; target += 7n * sparse) {
      expect(grossUp(paystackTariff, target)).toBe(bySearch(paystackTariff, target));
    }
    // 246,249 is the last target that an amount below the threshold can leave
    expect(grossUp(paystackTariff, 246_249n)).toBe(249_999n);
    expect(grossUp(paystackTariff, 246_250n)).toBe(260_152n);
  });

  test("is the smallest one, against trying every amount, where the cap begins", () => {
    for (let target = 12_465_000n; target <= 12_468_000n; target += 11n * sparse) {
      const found = grossUp(paystackTariff, target);
      expect(found - tariffFee(paystackTariff, found)).toBeGreaterThanOrEqual(target);
      for (let less = found - 1n; less > found - 400n; less -= 1n) expect(less - tariffFee(paystackTariff, less)).toBeLessThan(target);
    }
  });

  test("is the smallest one, against trying every amount, for small targets", () => {
    for (let target = 1n; target <= 3_000n; target += sparse)
      expect(grossUp(paystackTariff, target)).toBe(bySearch(paystackTariff, target));
  });

  test("is the smallest one, against trying every amount, for any tariff", () => {
    fc.assert(
      fc.property(anyTariff, fc.bigInt(1n, 3_000n), (tariff, target) => grossUp(tariff, target) === bySearch(tariff, target)),
      runs,
    );
  });

  test("costs exactly what the tariff takes", () => {
    fc.assert(
      fc.property(fc.oneof(anyTariff, fc.constant(paystackTariff)), fc.bigInt(1n, 10n ** 13n), (tariff, target) => {
        const amount = grossUp(tariff, target);
        return amount - target === tariffFee(tariff, amount);
      }),
      runs,
    );
  });

  test("a tariff that takes everything is a fault", () => {
    expect(() => grossUp({ ...paystackTariff, basisPoints: 10_000 }, 1n)).toThrow(Fault);
    expect(() => grossUp({ ...paystackTariff, basisPoints: 1.5 }, 1n)).toThrow(Fault);
    expect(() => grossUp({ ...paystackTariff, flat: -1n }, 1n)).toThrow(Fault);
    const insane: Partial<Tariff>[] = [{ basisPoints: 10_000 }, { basisPoints: -1 }, { flat: -1n }, { flatFrom: -1n }, { cap: -1n }];
    for (const part of insane) {
      expect(() => grossUp({ ...paystackTariff, ...part }, 1n)).toThrow(new Fault("the tariff is not one a rail can have"));
    }
  });

  test("is found where only one amount lies below the threshold of the flat fee", () => {
    expect(grossUp({ basisPoints: 0, flat: 5n, flatFrom: 100n, cap: null }, 99n)).toBe(99n);
    expect(grossUp({ basisPoints: 0, flat: 5n, flatFrom: 100n, cap: null }, 100n)).toBe(105n);
  });
});

describe("the quote", () => {
  test("an installation that sets nothing has the documented fees", () => {
    expect(documentedFeeTerms).toEqual({
      escrowBasisPoints: 150,
      escrowMin: 50_000n,
      escrowMax: 200_000n,
      escrowMaxP2p: 5_000_000n,
      escrowBearer: "buyer",
      railFeeBearer: "seller",
      tariff: { basisPoints: 150, flat: 10_000n, flatFrom: 250_000n, cap: 200_000n },
      payoutFee: 5000n,
      providerFeeBearer: "before_split",
      exitRailFeeBearer: "platform",
    });
  });

  test("an order is no P2P order unless it says so", () => {
    expect(quote({ productCost: 20_000_000n, terms: documentedFeeTerms })).toMatchObject({ escrowFee: 200_000n });
  });

  test("the documented sample: buyer bears the escrow fee, seller the rail's", () => {
    expect(quoted(400_000n)).toEqual({
      productCost: 400_000n,
      escrowFee: 50_000n,
      escrowFeeOfBuyer: 50_000n,
      railFee: 16_750n,
      amount: 450_000n,
      net: 383_250n,
    });
  });

  test("buyer bears both", () => {
    expect(quoted(400_000n, { railFeeBearer: "buyer" })).toMatchObject({ amount: 467_005n, railFee: 17_005n, net: 400_000n });
  });

  test("seller bears both", () => {
    expect(quoted(400_000n, { escrowBearer: "seller" })).toMatchObject({ amount: 400_000n, railFee: 16_000n, net: 334_000n });
  });

  test("of a shared escrow fee the buyer pays the odd kobo", () => {
    const odd = quoted(3_333_400n, { escrowBearer: "shared" });
    expect(odd).toMatchObject({ escrowFee: 50_001n, escrowFeeOfBuyer: 25_001n, amount: 3_358_401n });
    expect(quoted(400_000n, { escrowBearer: "shared" }).escrowFeeOfBuyer).toBe(25_000n);
  });

  test("the escrow fee has a floor and a ceiling, and P2P a higher ceiling", () => {
    expect(quoted(3_333_300n).escrowFee).toBe(50_000n);
    expect(quoted(3_333_400n).escrowFee).toBe(50_001n);
    expect(quoted(20_000_000n).escrowFee).toBe(200_000n);
    expect(quoted(20_000_000n, {}, true).escrowFee).toBe(300_000n);
    expect(quoted(10n ** 10n, {}, true).escrowFee).toBe(5_000_000n);
  });

  test("is refused where nothing is left for the seller", () => {
    const terms: FeeTerms = { ...documentedFeeTerms, escrowBearer: "seller" };
    // 50,000 of escrow fee and 762 of rail fee
    expect(quote({ productCost: 50_761n, terms })).toMatchObject({ refused: "amount_too_small", facts: { product_cost: 50_761 } });
    expect(quote({ productCost: 50_762n, terms })).toMatchObject({ net: 1n });
    expect(quote({ productCost: 1n, terms: documentedFeeTerms })).toMatchObject({ refused: "amount_too_small" });
  });

  test("its identities hold for any terms", () => {
    fc.assert(
      fc.property(fc.bigInt(1n, 10n ** 13n), anyTerms, fc.boolean(), (productCost, terms, p2p) => {
        const answer = quote({ productCost, terms, p2p });
        if (isRefusal(answer)) return true;
        const { escrowFee, escrowFeeOfBuyer, railFee, amount, net } = answer;
        const railFeeOfBuyer = terms.railFeeBearer === "buyer" ? railFee : 0n;
        expect(net).toBe(amount - escrowFee - railFee);
        expect(amount).toBe(productCost + escrowFeeOfBuyer + railFeeOfBuyer);
        expect(escrowFeeOfBuyer).toBeLessThanOrEqual(escrowFee);
        expect(railFee).toBe(tariffFee(terms.tariff, amount));
        return net >= 1n && escrowFee >= 0n && railFee >= 0n;
      }),
      runs,
    );
  });

  test("who bears all fees alone gives or gets the product cost", () => {
    fc.assert(
      fc.property(fc.bigInt(60_000n, 10n ** 13n), (productCost) => {
        expect(quoted(productCost, { railFeeBearer: "buyer" }).net).toBe(productCost);
        expect(quoted(productCost, { escrowBearer: "seller" }).amount).toBe(productCost);
      }),
      { numRuns: Math.min(2_000, runs.numRuns) },
    );
  });
});

describe("a foreign order", () => {
  test("the documented USD figures come back", () => {
    const amount = 6_947_450n; // 169.45 at 410
    const ratio = conversionRatio(amount, 16_945n);
    const q = quoted(amount, { railFeeBearer: "buyer" });
    expect(ratio).toBe("410.000000");
    expect(foreign(amount, ratio)).toBe(16_945n);
    expect(q.escrowFee).toBe(104_212n);
    expect(foreign(q.escrowFee, ratio)).toBe(254n);
    expect(q.net).toBe(amount);
    expect(foreign(5_553_960n, ratio)).toBe(13_546n);
  });

  test("the screenshot's figures keep the identity of every quote", () => {
    expect(17_906n - 254n - 707n).toBe(16_945n);
  });

  test("the ratio is rounded half-up to six decimals", () => {
    expect(conversionRatio(7_341_323n, 17_906n)).toBe("409.992349");
    expect(conversionRatio(1n, 3n)).toBe("0.333333");
    expect(conversionRatio(2n, 3n)).toBe("0.666667");
    expect(conversionRatio(100n, 100n)).toBe("1.000000");
  });

  test("a rate is for one whole unit, however many decimals the currency has", () => {
    // JPY 1,000 at NGN 10, and BHD 1.500 at NGN 4,000.
    expect(conversionRatio(1_000_000n, 1_000n, 0)).toBe("10.000000");
    expect(conversionRatio(600_000n, 1_500n, 3)).toBe("4000.000000");
    expect([withinRate(1_000_000n, 1_000n, "10", 0), withinRate(10_000n, 1_000n, "10", 0)]).toEqual([true, false]);
    expect([withinRate(600_000n, 1_500n, "4000", 3), withinRate(6_000_000n, 1_500n, "4000", 3)]).toEqual([true, false]);
  });

  test("2 % away from the rate is taken, a kobo more is not", () => {
    expect(withinRate(4_100_000n, 10_000n, "410")).toBe(true);
    expect(withinRate(4_182_000n, 10_000n, "410")).toBe(true);
    expect(withinRate(4_182_001n, 10_000n, "410")).toBe(false);
    expect(withinRate(4_018_000n, 10_000n, "410.000000")).toBe(true);
    expect(withinRate(4_017_999n, 10_000n, "410.0")).toBe(false);
  });

  test("what is no rate is a fault", () => {
    for (const rate of ["", "0", "0.000000", "-1", "1,5", "1.1234567", "NaN"]) {
      expect(() => foreign(1n, rate)).toThrow(Fault);
      expect(() => foreign(1n, rate)).toThrow(`not an exchange rate: ${rate}`);
    }
  });

  test("the foreign amount always comes back from the frozen ratio", () => {
    fc.assert(
      fc.property(fc.bigInt(1n, 10n ** 9n), fc.bigInt(1_000n, 3_000_000n), (cents, rateInThousandths) => {
        const kobo = (cents * rateInThousandths) / 1000n + 1n;
        const ratio = conversionRatio(kobo, cents);
        const inRange = cents < BigInt(ratio.replace(".", ""));
        return !inRange || foreign(kobo, ratio) === cents;
      }),
      runs,
    );
  });
});
