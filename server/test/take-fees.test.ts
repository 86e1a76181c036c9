import { afterAll, beforeAll, expect, test } from "vitest";
import { takeFees } from "../src/actions/book-steps.ts";
import { isRefusal } from "../src/domain/refusals.ts";
import type { World } from "./setup/world.ts";
import { testWorld } from "./setup/world.ts";

let world: World;
beforeAll(async () => {
  world = await testWorld();
  await world.float();
});
afterAll(() => world.close());

test("of two who take all that a book has earned at the same moment one gets it, in one batch as in two", async () => {
  await world.accepted();
  const earned = (await world.balances())["platform:escrow_fees"] ?? 0n;
  expect(earned).toBeGreaterThan(0n);
  const all = () => takeFees(world.as("operator"), { escrow: earned, payout: 0n, currency: "NGN", surplus: earned * 10n });
  const answers = await Promise.all([1, 2, 3].map(() => world.engine.lanes.one(all())));
  answers.push(await world.engine.lanes.one(all()));
  expect(answers.filter((one) => !isRefusal(one))).toHaveLength(1);
  expect((await world.balances())["platform:escrow_fees"] ?? 0n).toBe(0n);
  await world.sound();
});
