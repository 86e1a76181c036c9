import { expect, test } from "vitest";
import type { RailName } from "../../emulator/start.ts";
import { railNames } from "../../emulator/start.ts";
import { testDatabase } from "./setup/database.ts";
import { simulate } from "./simulator/run.ts";

/** So many orders of two shops, begun within so few days, that a rail's faults meet them in every state and the run stays short. */
const shortLives = { seed: 1, years: 1, days: 10, only: ["s0", "s1"] } as const;

// Over Wise it is Paystack that takes the payments, so those two are one run here; `npm run simulate -- --rail paystack` is for years of it alone.
test.each<RailName>(["flutterwave", "stripe", "wise"])(
  "with everything going wrong at %s and in both processes at once, nothing is doubled and nothing lost",
  { timeout: 600_000 },
  async (rail) => {
    const database = await testDatabase();
    try {
      const { broken, states, transitions, counts } = await simulate({ ownerUrl: database.ownerUrl, ...shortLives, rail });
      expect(broken).toEqual([]);
      expect(transitions).toBeGreaterThan(300);
      expect(states["completed"]).toBeGreaterThan(5);
      // What went wrong there, of the some fifteen things that can.
      const faults = [...counts.keys()].filter((what) => railNames.some((one) => what.startsWith(`${one}: `)));
      expect(faults.length).toBeGreaterThan(8);
    } finally {
      await database.drop();
    }
  },
);
