import { expect, test } from "vitest";
import { allocate, splitByPercent } from "../src/domain/split.ts";
import { random, saidSeed, testSeed } from "./setup/seed.ts";

/** Small and large ones alike: every length of number comes up equally often. */
function amounts(next: () => number): (most: number) => bigint {
  return (most) => BigInt(Math.floor(10 ** (next() * most)) - 1);
}

test("a million splits lose no unit and make none", () => {
  const next = random(testSeed);
  const amount = amounts(next);
  for (let times = 0; times < 500_000; times += 1) {
    const total = amount(13);
    const weights = Array.from({ length: 1 + Math.floor(next() * 4) }, () => amount(6));
    weights[0] = (weights[0] ?? 0n) + 1n;
    const parts = allocate(total, weights);
    let left = total;
    for (const part of parts) left = part < 0n ? -1n : left - part;
    if (left !== 0n) expect.fail(`${total} by ${weights.join(":")} gave ${parts.join(" ")} (${saidSeed})`);

    const basisPoints = Math.floor(next() * 10_001);
    const [seller, other] = splitByPercent(total, basisPoints);
    if (seller + other !== total || seller < 0n || other < 0n) {
      expect.fail(`${total} at ${basisPoints} basis points gave ${seller} and ${other} (${saidSeed})`);
    }
  }
});
