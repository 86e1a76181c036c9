import fc from "fast-check";
import { expect, test } from "vitest";
import { exit } from "../src/domain/ending.ts";
import { documentedFeeTerms, quote } from "../src/domain/fees.ts";
import { isRefusal } from "../src/domain/refusals.ts";
import { paidOrder } from "./setup/model.ts";
import { testSeed } from "./setup/seed.ts";

const cost = fc.bigInt(100_000n, 10n ** 10n);
const runs = { seed: testSeed, numRuns: 20_000 };
const terms = fc.record({
  escrowBearer: fc.constantFrom("buyer" as const, "seller" as const, "shared" as const),
  railFeeBearer: fc.constantFrom("buyer" as const, "seller" as const),
});

test("a quote is what the paper says, to the kobo", () => {
  fc.assert(
    fc.property(cost, (productCost) => {
      const made = quote({ productCost, terms: documentedFeeTerms });
      const { paid, escrowFee, railFee } = paidOrder(productCost);
      expect(made).toMatchObject({ amount: paid, escrowFee, railFee, net: paid - escrowFee - railFee });
    }),
    runs,
  );
});

test("whoever bears the fees: paid = net + escrow fee + rail fee, and the buyer pays no less than the goods cost", () => {
  fc.assert(
    fc.property(cost, terms, (productCost, bearers) => {
      const made = quote({ productCost, terms: { ...documentedFeeTerms, ...bearers } });
      if (isRefusal(made)) throw new Error(made.detail);
      expect(made.net + made.escrowFee + made.railFee).toBe(made.amount);
      expect(made.amount >= productCost && made.net > 0n).toBe(true);
    }),
    runs,
  );
});

test("between all for the seller and all for the buyer every split lies on one straight line", () => {
  fc.assert(
    fc.property(cost, fc.bigInt(0n, 10_000n), (productCost, share) => {
      const { paid, escrowFee, railFee } = paidOrder(productCost);
      const x = (paid * share) / 10_000n;
      const alone = { payeeKind: "none", basisPoints: 0, nonSplit: 0n, payoutFee: 0n, providerFeeBearer: "before_split" } as const;
      const fees = { paid, escrowFee, railFee, lost: 0n, cancellationFee: 0n };
      const ended = exit({ ...fees, buyerGets: x, keepsEscrowFee: false, exitRailFeeBearer: "platform", share: alone });
      expect(ended.buyer).toBe(x);
      // Within one kobo of the line, each; the seller's part takes both roundings.
      const off = (part: bigint, whole: bigint) => part * paid - whole * (paid - x);
      const near = (n: bigint, kobo: bigint) => n <= kobo * paid && n >= -kobo * paid;
      expect(near(off(ended.escrowFeeKept, escrowFee), 1n) && near(off(ended.railFeeRecovered, railFee), 1n)).toBe(true);
      expect(near(off(ended.seller, paid - escrowFee - railFee), 2n)).toBe(true);
    }),
    runs,
  );
});
