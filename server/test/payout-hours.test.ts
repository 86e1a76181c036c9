import { afterAll, beforeAll, expect, test } from "vitest";
import { accept } from "../src/actions/accept.ts";
import { cancel } from "../src/actions/cancel.ts";
import { deliver } from "../src/actions/deliver.ts";
import { nextPayoutTime, parsePayoutHours } from "../src/domain/payout-hours.ts";
import { must } from "../src/domain/fault.ts";
import { httpWorld } from "./setup/http-world.ts";

const hour = 3_600_000;
// Open for one hour, from two hours on from now: closed when the test begins, whatever the time is.
const pad = (at: Date) => `${String(at.getUTCHours()).padStart(2, "0")}:00`;
const opens = new Date(Date.now() + 2 * hour);
const until = new Date(Date.now() + 3 * hour);
// Around midnight the hour would lie on two days: then the whole of tomorrow but its first hour stands for it.
const text = opens.getUTCHours() < until.getUTCHours() ? `${pad(opens)}-${pad(until)} UTC` : "01:00-23:00 UTC";

let world: Awaited<ReturnType<typeof httpWorld>>;
beforeAll(async () => {
  world = await httpWorld({ settings: { TRANCHE_PAYOUT_HOURS_SANDBOX: text } });
  // To where it is closed, on the seller's own clock.
  const hours = must(parsePayoutHours(text), text);
  let at = Date.now();
  while (nextPayoutTime(hours, new Date(at)).getTime() === at) at += hour;
  if (at > Date.now() + 1_000) await world.advance(at - Date.now());
});
afterAll(() => world.close());

test("a payout after the cut-off waits for the next day named, and says so; a refund does not wait", async () => {
  const { orderId: paid } = await world.buy();
  const { orderId: back } = await world.buy();
  await world.due();
  await world.done(deliver(world.on("seller", paid)));
  await world.done(accept(world.on("buyer", paid)));
  await world.done(cancel(world.on("seller", back), { comment: undefined }));
  await world.due();
  expect((await world.order(back)).state).toBe("completed");
  expect((await world.order(paid)).state).toBe("accepted");
  const { rows } = await world.engine.pool.query<{ state: string; reason: string; due_at: Date; attempts: number }>(
    "SELECT state, reason, due_at, attempts FROM disbursements WHERE order_id = $1",
    [paid],
  );
  expect(rows).toMatchObject([{ state: "queued", attempts: 0, reason: `Payouts by sandbox leave ${text}.` }]);
  const why = await world.signIn("seller").then(({ headers }) => world.get(`/seller/orders/${paid}`, headers));
  expect(why.text).toContain("waits until");
  // When the time has come it leaves, once, and nothing is said of hours any more.
  for (let i = 0; i < 30 && (await world.order(paid)).state !== "completed"; i += 1) await world.advance(hour);
  expect((await world.order(paid)).state).toBe("completed");
  const after = await world.engine.pool.query("SELECT state, reason, attempts FROM disbursements WHERE order_id = $1", [paid]);
  expect(after.rows).toEqual([{ state: "succeeded", reason: null, attempts: 1 }]);
});
