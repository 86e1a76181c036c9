import { expect, test } from "vitest";
import { crash } from "./crash/run.ts";
import { testSeed } from "./setup/seed.ts";

test("whatever is killed, every answer given stays true, nothing happens twice, and what was left is taken over", {
  timeout: 300_000,
}, async () => {
  const seed = testSeed;
  const report = await crash({ seed, kills: 3, servers: 1, people: 3, say: () => undefined });
  expect(report.findings, `npm run crash -- --seed ${seed} --kills 3 --people 3`).toEqual([]);
  expect(report.kills.server + report.kills.postgres + report.kills.connection).toBe(3);
  expect(report.orders).toBeGreaterThan(0);
});
