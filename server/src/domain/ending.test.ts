import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { exit, grossFor, share } from "./ending.ts";
import type { Ending, ExitInput, ShareTerms } from "./ending.ts";
import { Fault } from "./fault.ts";
import { isRefusal } from "./refusals.ts";

// Mutation tests ask for fewer, thousands of times over.
const runs = { numRuns: fc.readConfigureGlobal().numRuns ?? 20_000 };

const alone: ShareTerms = { payeeKind: "none", basisPoints: 0, nonSplit: 0n, payoutFee: 5000n, providerFeeBearer: "before_split" };
const provider = (percent: number, change: Partial<ShareTerms> = {}): ShareTerms => ({
  ...alone,
  payeeKind: "service_provider",
  basisPoints: percent * 100,
  ...change,
});
const operator = (percent: number, change: Partial<ShareTerms> = {}) => provider(percent, { payeeKind: "operator", ...change });

/** The documented sample order, released in full. */
const sample: ExitInput = {
  paid: 450_000n,
  escrowFee: 50_000n,
  railFee: 16_750n,
  lost: 0n,
  buyerGets: 0n,
  keepsEscrowFee: false,
  cancellationFee: 0n,
  exitRailFeeBearer: "platform",
  share: alone,
};
const all = { buyerGets: sample.paid };

/** buyer, seller, other payee, escrow fee kept, payout fee, rail fee recovered */
function row(ended: Ending): number[] {
  const parts = [ended.buyer, ended.seller, ended.provider + ended.operator, ended.escrowFeeKept, ended.payoutFee, ended.railFeeRecovered];
  return parts.map(Number);
}

function total(ended: Ending): bigint {
  return ended.buyer + ended.seller + ended.provider + ended.operator + ended.escrowFeeKept + ended.payoutFee + ended.railFeeRecovered;
}

describe("the sample order's endings", () => {
  test.each<[string, Partial<ExitInput>, number[]]>([
    ["accept", {}, [0, 383_250, 0, 50_000, 0, 16_750]],
    ["accept, provider, c 50", { share: provider(50) }, [0, 189_125, 189_125, 50_000, 5000, 16_750]],
    ["accept, provider, c 20", { share: provider(20) }, [0, 75_650, 302_600, 50_000, 5000, 16_750]],
    ["accept, c 20, non-split", { share: provider(20, { nonSplit: 100_000n }) }, [0, 155_650, 222_600, 50_000, 5000, 16_750]],
    ["accept, F by seller", { share: provider(50, { providerFeeBearer: "seller" }) }, [0, 186_625, 191_625, 50_000, 5000, 16_750]],
    [
      "accept, F by provider",
      { share: provider(50, { providerFeeBearer: "service_provider" }) },
      [0, 191_625, 186_625, 50_000, 5000, 16_750],
    ],
    ["cancel in time", all, [450_000, 0, 0, 0, 0, 0]],
    ["cancel in time, provider", { ...all, share: provider(20) }, [450_000, 0, 0, 0, 0, 0]],
    ["cancel, rail fee by buyer", { ...all, exitRailFeeBearer: "buyer" }, [433_250, 0, 0, 0, 0, 16_750]],
    ["late cancel", { ...all, cancellationFee: 20_000n }, [430_000, 20_000, 0, 0, 0, 0]],
    ["late cancel, c 50", { ...all, cancellationFee: 20_000n, share: provider(50) }, [430_000, 7500, 7500, 0, 5000, 0]],
    ["late cancel, c 20", { ...all, cancellationFee: 20_000n, share: provider(20) }, [430_000, 3000, 12_000, 0, 5000, 0]],
    ["lapse", { ...all, keepsEscrowFee: true }, [400_000, 0, 0, 50_000, 0, 0]],
    ["split in half", { buyerGets: 225_000n }, [225_000, 191_625, 0, 25_000, 0, 8375]],
    ["split in half, c 20", { buyerGets: 225_000n, share: provider(20) }, [225_000, 37_325, 149_300, 25_000, 5000, 8375]],
    ["ruling 200,000 : 250,000, c 20", { buyerGets: 200_000n, share: provider(20) }, [200_000, 41_583, 166_333, 27_778, 5000, 9306]],
  ])("%s", (_name, change, expected) => {
    const ended = exit({ ...sample, ...change });
    expect(row(ended)).toEqual(expected);
    expect(total(ended)).toBe(450_000n);
  });

  test("seller bears both fees, and buyer bears both", () => {
    expect(row(exit({ ...sample, paid: 400_000n, railFee: 16_000n }))).toEqual([0, 334_000, 0, 50_000, 0, 16_000]);
    expect(row(exit({ ...sample, paid: 467_005n, railFee: 17_005n }))).toEqual([0, 400_000, 0, 50_000, 0, 17_005]);
  });

  test("lost in part, then accepted", () => {
    const ended = exit({ ...sample, lost: 100_000n });
    expect(row(ended)).toEqual([0, 298_083, 0, 38_889, 0, 13_028]);
    expect(total(ended)).toBe(350_000n);
  });

  test("lost in part, then other endings", () => {
    const lost = { lost: 100_000n };
    expect(row(exit({ ...sample, ...all, ...lost }))).toEqual([350_000, 0, 0, 0, 0, 0]);
    expect(row(exit({ ...sample, ...all, ...lost, keepsEscrowFee: true }))).toEqual([300_000, 0, 0, 50_000, 0, 0]);
    expect(row(exit({ ...sample, ...lost, buyerGets: 225_000n }))).toEqual([125_000, 191_625, 0, 25_000, 0, 8375]);
    expect(row(exit({ ...sample, ...lost, buyerGets: 60_000n }))).toEqual(row(exit({ ...sample, ...lost })));
  });

  test("fees and the cancellation fee never take more than is left: escrow fee, rail fee, cancellation fee", () => {
    const late: ExitInput = { ...sample, ...all, keepsEscrowFee: true, exitRailFeeBearer: "buyer", cancellationFee: 20_000n };
    expect(row(exit({ ...late, lost: 370_000n }))).toEqual([0, 13_250, 0, 50_000, 0, 16_750]);
    expect(row(exit({ ...late, lost: 390_000n }))).toEqual([0, 0, 0, 50_000, 0, 10_000]);
    expect(row(exit({ ...late, lost: 410_000n }))).toEqual([0, 0, 0, 40_000, 0, 0]);
    expect(row(exit({ ...late, lost: 450_000n }))).toEqual([0, 0, 0, 0, 0, 0]);
  });

  test("in a split the buyer's rail fee is what the release does not bear already", () => {
    const ended = exit({ ...sample, buyerGets: 225_000n, exitRailFeeBearer: "buyer" });
    expect(row(ended)).toEqual([216_625, 191_625, 0, 25_000, 0, 16_750]);
  });

  test("the non-split part shrinks with the release, and is not taken from a cancellation fee", () => {
    const half: Partial<ExitInput> = { buyerGets: 225_000n, share: provider(20, { nonSplit: 100_000n }) };
    expect(row(exit({ ...sample, ...half }))).toEqual([225_000, 77_325, 109_300, 25_000, 5000, 8375]);
    expect(row(exit({ ...sample, ...half, cancellationFee: 20_000n }))).toEqual([205_000, 81_325, 125_300, 25_000, 5000, 8375]);
  });

  test("a marketplace: c to the operator, the rest to the order's own seller", () => {
    const ended = exit({ ...sample, share: operator(20) });
    expect(ended).toMatchObject({ seller: 302_600n, operator: 75_650n, provider: 0n, payoutFee: 5000n });
    expect(exit({ ...sample, share: operator(100) })).toMatchObject({ seller: 0n, operator: 378_250n });
    expect(exit({ ...sample, share: operator(0) })).toMatchObject({ seller: 383_250n, operator: 0n, payoutFee: 0n });
  });

  test("amounts outside A are a fault", () => {
    for (const change of [{ buyerGets: -1n }, { buyerGets: 450_001n }, { lost: 450_001n }, { lost: -1n }, { paid: 0n }, { railFee: -1n }]) {
      expect(() => exit({ ...sample, ...change })).toThrow(Fault);
    }
    for (const [buyerGets, paid, lost] of [
      [450_001n, 450_000n, 0n],
      [0n, 450_000n, 450_001n],
      [0n, 0n, 0n],
    ] as const) {
      expect(() => exit({ ...sample, paid, lost, buyerGets })).toThrow(
        `no ending gives the buyer ${buyerGets} of ${paid} of which ${lost} is lost`,
      );
    }
  });
});

describe("share", () => {
  test("c 100 gives the seller everything and costs no payout fee", () => {
    expect(share(10_000n, 0n, provider(100))).toEqual({ seller: 10_000n, payee: 0n, payoutFee: 0n });
  });

  test("a provider who would get nothing costs no payout fee", () => {
    for (const bearer of ["before_split", "seller", "service_provider"] as const) {
      expect(share(5000n, 0n, provider(0, { providerFeeBearer: bearer }))).toEqual({ seller: 5000n, payee: 0n, payoutFee: 0n });
    }
    expect(share(9000n, 9000n, provider(0))).toEqual({ seller: 9000n, payee: 0n, payoutFee: 0n });
    expect(share(0n, 0n, provider(20))).toEqual({ seller: 0n, payee: 0n, payoutFee: 0n });
    expect(share(5001n, 0n, provider(20))).toEqual({ seller: 0n, payee: 1n, payoutFee: 5000n });
  });

  test("what the bearer of the payout fee cannot pay, the other pays", () => {
    expect(share(10_000n, 0n, provider(20, { providerFeeBearer: "seller" }))).toEqual({ seller: 0n, payee: 5000n, payoutFee: 5000n });
    expect(share(10_000n, 0n, provider(80, { providerFeeBearer: "service_provider" }))).toEqual({
      seller: 10_000n,
      payee: 0n,
      payoutFee: 0n,
    });
  });
});

describe("the gross of a ruling", () => {
  const held = { paid: 450_000n, lost: 0n };

  test("is what the buyer gets, plus what is lost already", () => {
    expect(grossFor({ ...held, refund: 200_000n, release: 250_000n })).toBe(200_000n);
    expect(grossFor({ ...held, lost: 100_000n, refund: 0n, release: 350_000n })).toBe(100_000n);
  });

  test("the parts must sum to what escrow holds", () => {
    expect(grossFor({ ...held, refund: 200_000n, release: 249_999n })).toEqual({
      refused: "mismatch",
      detail: "The two parts sum to 449999, but escrow holds 450000.",
      facts: { refund: 200_000, release: 249_999, held: 450_000 },
    });
    expect(grossFor({ ...held, lost: 1n, refund: 200_000n, release: 250_000n })).toMatchObject({ refused: "mismatch" });
  });

  test("no part is below 0 or above what escrow holds", () => {
    expect(grossFor({ ...held, refund: -1n, release: 450_001n })).toMatchObject({ refused: "amount_out_of_range" });
    expect(grossFor({ ...held, refund: 450_001n, release: -1n })).toMatchObject({ refused: "amount_out_of_range" });
    for (const [refund, release] of [
      [-1n, 0n],
      [0n, -1n],
      [450_001n, 0n],
      [0n, 450_001n],
    ] as const) {
      expect(grossFor({ ...held, refund, release })).toEqual({
        refused: "amount_out_of_range",
        detail: "Each part must be between 0 and 450000, which is what escrow holds.",
        facts: { refund: Number(refund), release: Number(release), held: 450_000 },
      });
    }
  });
});

const anyShare: fc.Arbitrary<ShareTerms> = fc.record({
  payeeKind: fc.constantFrom("none", "service_provider", "operator"),
  basisPoints: fc.oneof(fc.constantFrom(0, 10_000), fc.integer({ min: 0, max: 10_000 })),
  nonSplit: fc.oneof(fc.constant(0n), fc.bigInt(0n, 10n ** 7n)),
  payoutFee: fc.constantFrom(0n, 5000n),
  providerFeeBearer: fc.constantFrom("before_split", "seller", "service_provider"),
});

const part = (whole: bigint) => fc.oneof(fc.constantFrom(0n, whole), fc.bigInt(0n, whole));

const anyExit: fc.Arbitrary<ExitInput> = fc.oneof(fc.bigInt(1n, 1_000n), fc.bigInt(1n, 10n ** 13n)).chain((paid) =>
  fc.record({
    paid: fc.constant(paid),
    escrowFee: part(paid),
    railFee: part(paid),
    lost: fc.oneof({ weight: 2, arbitrary: fc.constant(0n) }, { weight: 1, arbitrary: part(paid) }),
    buyerGets: part(paid),
    keepsEscrowFee: fc.boolean(),
    cancellationFee: fc.oneof(fc.constant(0n), part(paid)),
    exitRailFeeBearer: fc.constantFrom("platform", "buyer"),
    share: anyShare,
  }),
);

/** What the seller's side costs or gets, before it is shared. */
const sellersSide = (ended: Ending) => ended.seller + ended.provider + ended.operator + ended.payoutFee;

describe("any ending of any order", () => {
  test("sums to what escrow held, to the last kobo", () => {
    fc.assert(
      fc.property(anyExit, (input) => total(exit(input)) === input.paid - input.lost),
      runs,
    );
  });

  test("gives nobody a negative amount", () => {
    fc.assert(
      fc.property(anyExit, (input) => Object.values(exit(input)).every((amount) => amount >= 0n)),
      runs,
    );
  });

  test("takes no fee twice", () => {
    fc.assert(
      fc.property(anyExit, (input) => {
        const ended = exit(input);
        return (
          ended.escrowFeeKept <= input.escrowFee && ended.railFeeRecovered <= input.railFee && ended.payoutFee <= input.share.payoutFee
        );
      }),
      runs,
    );
  });

  test("pays only the payee that there is, and takes the payout fee only for one who is paid", () => {
    fc.assert(
      fc.property(anyExit, (input) => {
        const { provider: toProvider, operator: toOperator, payoutFee } = exit(input);
        const kind = input.share.payeeKind;
        const stranger = (kind === "service_provider" ? 0n : toProvider) + (kind === "operator" ? 0n : toOperator);
        return stranger === 0n && payoutFee === (toProvider + toOperator > 0n ? input.share.payoutFee : 0n);
      }),
      runs,
    );
  });

  // each fee is rounded on its own, so two of them may step by one kobo at the same x
  test("the more the buyer gets, the less the seller's side gets, within the kobo of rounding", () => {
    fc.assert(
      fc.property(anyExit, fc.bigInt(0n, 10n ** 13n), (input, other) => {
        const less = { ...input, buyerGets: other % (input.buyerGets + 1n), cancellationFee: 0n };
        const [a, b] = [exit(less), exit({ ...input, cancellationFee: 0n })];
        return a.buyer <= b.buyer + 1n && sellersSide(a) + 1n >= sellersSide(b) && a.escrowFeeKept + 1n >= b.escrowFeeKept - b.lost;
      }),
      runs,
    );
  });

  test("where the platform bears the exit, naming more for the buyer never gives the buyer less", () => {
    fc.assert(
      fc.property(anyExit, fc.bigInt(0n, 10n ** 13n), (input, other) => {
        const plain: ExitInput = { ...input, keepsEscrowFee: false, exitRailFeeBearer: "platform" };
        const less = { ...plain, buyerGets: other % (plain.buyerGets + 1n) };
        return exit(less).buyer <= exit(plain).buyer;
      }),
      runs,
    );
  });

  test("x = 0 releases the net, x = A gives everything back", () => {
    fc.assert(
      fc.property(anyExit, (input) => {
        const plain: ExitInput = { ...input, lost: 0n, keepsEscrowFee: false, exitRailFeeBearer: "platform", cancellationFee: 0n };
        const net = plain.paid - plain.escrowFee - plain.railFee;
        expect(sellersSide(exit({ ...plain, buyerGets: 0n }))).toBe(net > 0n ? net : 0n);
        return exit({ ...plain, buyerGets: plain.paid }).buyer === plain.paid;
      }),
      runs,
    );
  });

  test("a ruling refunds exactly what it names, whatever was lost before", () => {
    fc.assert(
      fc.property(anyExit, fc.bigInt(0n, 10n ** 13n), (input, some) => {
        const held = input.paid - input.lost;
        const refund = some % (held + 1n);
        const gross = grossFor({ paid: input.paid, lost: input.lost, refund, release: held - refund });
        if (isRefusal(gross)) return false;
        const ruled = exit({ ...input, buyerGets: gross, keepsEscrowFee: false, exitRailFeeBearer: "platform", cancellationFee: 0n });
        return ruled.buyer === refund;
      }),
      runs,
    );
  });
});
