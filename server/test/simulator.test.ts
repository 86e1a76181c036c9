import { describe, expect, test } from "vitest";
import { testDatabase } from "./setup/database.ts";
import { Gate } from "./simulator/gate.ts";
import { keptSeeds } from "./simulator/seeds.ts";
import type { SimulationOptions } from "./simulator/run.ts";
import { Random } from "./simulator/random.ts";
import { shrink } from "./simulator/shrink.ts";
import { simulate } from "./simulator/run.ts";

// Bounded by simulated years, never by a clock on the wall.
const patience = 600_000;

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
    // Somebody paid, somebody was paid, and the world was not kind: what never happened has proved nothing.
    expect(outcome.states["completed"]).toBeGreaterThan(20);
    expect(outcome.coverage.missed).toEqual([]);
    expect(outcome.coverage.rows.get("order funded deliver delivered seller")).toBeGreaterThan(0);
  });
});

test("the same seed lives the same steps, meets the same faults and ends with the same books", { timeout: patience }, async () => {
  const live = (lingering: number) => lives({ seed: 6, years: 1, days: 25, only: ["s0", "s1", "s2"], lingering });
  // The second time longer than a lane waits for a lock where nobody takes turns, as on a machine that has much to do.
  const [first, again] = [await live(0), await live(1_500)];
  expect(first.broken).toEqual([]);
  expect(first.transitions).toBeGreaterThan(300);
  for (const fault of ["event told late", "connection cut after COMMIT", "send lost before its effect"])
    expect(first.counts.get(fault), fault).toBeGreaterThan(0);
  expect(again.counts).toEqual(first.counts);
  expect(again.steps).toBe(first.steps);
  expect(again.digest).toBe(first.digest);
});

describe("one transaction at a time", () => {
  const breath = () => new Promise<void>((go) => setImmediate(go));

  test("in the order asked for, however long each takes", async () => {
    const gate = new Gate();
    const told: string[] = [];
    const work = async (name: string, breaths: number) => {
      const done = await gate.enter();
      told.push(`${name} begins`);
      for (let i = 0; i < breaths; i += 1) await breath();
      told.push(`${name} ends`);
      done();
    };
    await Promise.all([work("a", 5), work("b", 1), work("c", 0)]);
    expect(told).toEqual(["a begins", "a ends", "b begins", "b ends", "c begins", "c ends"]);
  });

  test("who comes last waits for all that follows from the others, and who waits for quiet even for those", async () => {
    const gate = new Gate();
    const told: string[] = [];
    const work = async (name: string, then?: () => Promise<void>): Promise<void> => {
      const done = await gate.enter();
      await breath();
      told.push(name);
      done();
      await then?.();
    };
    await Promise.all([
      gate.quiet().then(() => told.push("quiet")),
      gate.last().then(() => work("last")),
      work("first", () => work("what follows")),
    ]);
    expect(told).toEqual(["first", "what follows", "last", "quiet"]);
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

describe("a failure is made small", () => {
  const names = Array.from({ length: 100 }, (_, i) => `s0-${i}`);
  test("down to the two orders that it takes", async () => {
    const needed = ["s0-17", "s0-63"];
    const small = await shrink(names, async (part) => needed.every((one) => part.includes(one)), 200);
    expect(small).toEqual(needed);
  });

  test("as far as the tries allow, and never to something that does not fail", async () => {
    let asked = 0;
    const fails = async (part: readonly string[]) => {
      asked += 1;
      return part.includes("s0-99");
    };
    const small = await shrink(names, fails, 3);
    expect(asked).toBe(3);
    expect(small).toContain("s0-99");
    expect(small.length).toBeLessThan(100);
  });
});
