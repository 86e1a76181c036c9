import { describe, expect, test } from "vitest";
import { testDatabase } from "./setup/database.ts";
import { keptSeeds } from "./simulator/seeds.ts";
import type { SimulationOptions } from "./simulator/run.ts";
import { Random } from "./simulator/random.ts";
import { simulate } from "./simulator/run.ts";

// Bounded by simulated years, never by a clock on the wall.
const patience = 240_000;

async function lives(options: Omit<SimulationOptions, "ownerUrl">) {
  const database = await testDatabase();
  try {
    return await simulate({ ownerUrl: database.ownerUrl, ...options });
  } finally {
    await database.drop();
  }
}

describe("a simulated year leaves everything in order", () => {
  test.each(keptSeeds)("seed $seed: $why", { timeout: patience }, async ({ seed, years }) => {
    const outcome = await lives({ seed, years });
    expect(outcome.broken).toEqual([]);
    expect(outcome.orders).toBeGreaterThanOrEqual(100 * years);
    // Somebody paid, somebody was paid, and the world was not kind.
    expect(outcome.states["completed"]).toBeGreaterThan(20);
    for (const what of ["event told late", "connection cut after COMMIT", "connection cut within a transaction"]) {
      expect(outcome.counts.get(what), what).toBeGreaterThan(0);
    }
  });
});

test("every seed is another run, and the same seed the same", () => {
  const drawn = (seed: number) => {
    const random = new Random(seed, "order s0/0");
    return Array.from({ length: 4 }, () => random.next()).join(" ");
  };
  expect(new Set(Array.from({ length: 1_000 }, (_, seed) => drawn(seed))).size).toBe(1_000);
  expect(drawn(7)).toBe(drawn(7));
});
