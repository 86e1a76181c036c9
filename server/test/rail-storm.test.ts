import { expect, test } from "vitest";
import type { RailName } from "../../emulator/start.ts";
import { railsThatTake } from "./setup/over-rail.ts";
import { testSeed } from "./setup/seed.ts";
import { storm } from "./storm/storm.ts";

// npm run storm sets these: a hundred orders count as a year.
const years = Number(process.env["STORM_YEARS"] ?? 0);
const only = process.env["STORM_RAIL"];
const seed = Number(process.env["STORM_SEED"] ?? (years === 0 ? 1 : testSeed));
const rails = only === undefined ? railsThatTake : [only as RailName];

test.each(rails)(
  "a storm over %s leaves nothing doubled and nothing lost",
  { timeout: years === 0 ? 300_000 : years * 300_000 },
  async (name) => {
    const rounds = Math.max(1, Math.ceil(years / 5));
    for (let round = 0; round < rounds; round += 1) {
      const orders = years === 0 ? 25 : Math.min(5, years - round * 5) * 100;
      const began = performance.now();
      const report = await storm({ rail: name, seed: seed + round, orders });
      if (years > 0)
        console.log(
          `${name}, seed ${seed + round}: ${report.orders} orders over ${report.days} days, ${report.attempts} attempts, ${JSON.stringify(report.states)}, ${report.findings.length} findings, ${Math.round((performance.now() - began) / 1000)} s`,
        );
      expect(report.findings, `STORM_RAIL=${name} STORM_SEED=${seed + round} STORM_YEARS=${years} npm run storm`).toEqual([]);
      expect(report.orders).toBe(orders);
    }
  },
);
