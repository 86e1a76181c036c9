import { afterAll, beforeAll, expect, test } from "vitest";
import { accept } from "../src/actions/accept.ts";
import { cancel } from "../src/actions/cancel.ts";
import { deliver } from "../src/actions/deliver.ts";
import { reconcileRails } from "../src/jobs/reconcile.ts";
import type { WorldOver } from "./setup/over-rail.ts";
import { worldOver } from "./setup/over-rail.ts";
import { day } from "./setup/world.ts";

let world: WorldOver;
beforeAll(async () => {
  world = await worldOver("paystack");
});
afterAll(() => world.close());

const rows = async (text: string, values: readonly unknown[] = []) => (await world.engine.pool.query(text, [...values])).rows;
const linesByState = async () =>
  Object.fromEntries(
    (await rows("SELECT state, count(*)::int AS n FROM settlement_lines GROUP BY state")).map((row) => [row.state, row.n]),
  );
const openBreaks = () => rows("SELECT kind, about, says FROM breaks WHERE state = 'open' ORDER BY id");
const completed = (id: number) => async () => (await world.state(id)) === "completed";

test("a day of payments, refunds, payouts and a dispute is matched or explained, line by line, and the balances agree", async () => {
  const paidOut = await world.bought();
  const cancelled = await world.bought();
  const disputed = await world.bought();
  const waiting = await world.bought();
  await world.done(deliver(world.on("seller", paidOut)));
  await world.done(accept(world.on("buyer", paidOut)));
  await world.done(cancel(world.on("seller", cancelled), { comment: "sold out" }));
  const reference = (await world.paymentsOf(disputed))[0]?.reference ?? "";
  const dispute = world.emulated.levers.openDispute(reference, undefined) as { readonly id: number | string };
  await world.settleDown();
  world.emulated.levers.resolveDispute(String(dispute.id), "lost");
  expect(await world.until(completed(paidOut))).toBe(true);
  expect(await world.until(completed(cancelled))).toBe(true);
  await world.forward(2 * day);

  const [result] = await reconcileRails(world.engine, {});
  expect(await openBreaks()).toEqual([]);
  expect(result).toMatchObject({ rail: "paystack", open: 0 });
  expect(await linesByState()).toEqual({ matched: 4, explained: 1 });
  for (const id of [paidOut, cancelled, disputed, waiting]) expect((await world.paymentsOf(id)).map((one) => one.settled)).toEqual([true]);
  expect(await rows("SELECT currency, judged, available - cash AS off FROM rail_balances WHERE currency = 'NGN'")).toEqual([
    { currency: "NGN", judged: true, off: 0n },
  ]);
  await world.sound();
});
