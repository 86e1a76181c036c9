import { afterAll, beforeAll, expect, test } from "vitest";
import { accept } from "../src/actions/accept.ts";
import { deliver } from "../src/actions/deliver.ts";
import { callsAtOnce, connectRails, railSettings, refuseStranded } from "../src/commands/connect-rails.ts";
import { readConfig } from "../src/config.ts";
import { standingAlarms } from "../src/db/alarms.ts";
import { StartError } from "../src/db/start-error.ts";
import { must } from "../src/domain/fault.ts";
import type { Rail } from "../src/rails/rail.ts";
import type { WorldOver } from "./setup/over-rail.ts";
import { worldOver } from "./setup/over-rail.ts";

let world: WorldOver;
beforeAll(async () => {
  world = await worldOver("paystack");
});
afterAll(() => world.close());

test("money for a rail whose key is gone waits, is told of, and leaves once, when the key is back", async () => {
  const rails = world.engine.rails as Map<string, Rail>;
  const id = await world.bought();
  const before = world.arrived();
  await world.done(deliver(world.on("seller", id)));
  await world.done(accept(world.on("buyer", id)));
  const paystack = must(rails.get("paystack"), "Paystack");
  rails.delete("paystack");
  await world.settleDown();
  expect((await world.sends(id)).map((one) => [one.state, one.attempts])).toEqual([["queued", 0]]);
  const { rows } = await world.engine.pool.query("SELECT kind FROM alarms WHERE about = 'paystack'");
  expect(rows).toEqual([{ kind: "rail_not_connected" }]);
  // Cleared, it is told of again only after a day: by then it is another matter, or still the same.
  const standing = async () => (await standingAlarms(world.engine.pool, null, 100)).alarms.some((one) => one.kind === "rail_not_connected");
  const clearedBefore = (hours: number) =>
    world.engine.pool.query("UPDATE alarms SET cleared_at = $1 WHERE about = 'paystack'", [
      new Date(world.engine.now().getTime() - hours * 3_600_000),
    ]);
  await clearedBefore(23);
  await world.forward(900_000);
  expect(await standing()).toBe(false);
  await clearedBefore(25);
  await world.forward(900_000);
  expect(await standing()).toBe(true);
  // Nobody may start so: what is unfinished could neither be sent nor asked about.
  await expect(refuseStranded(world.engine.pool, rails)).rejects.toThrow(/unfinished at paystack, which is not connected/);
  rails.set("paystack", paystack);
  await expect(refuseStranded(world.engine.pool, rails)).resolves.toBe(undefined);
  expect(await world.until(async () => (await world.state(id)) === "completed")).toBe(true);
  expect(world.arrived().banks - before.banks).toBe((await world.order(id)).net);
});

test("a payment that is open while its rail is gone is asked about when it is back", async () => {
  const rails = world.engine.rails as Map<string, Rail>;
  const { page, orderId } = await world.toPage();
  const paystack = must(rails.get("paystack"), "Paystack");
  rails.delete("paystack");
  world.emulated.script({ fault: "webhook_never", on: "pay", times: 1 });
  await world.play(page, "pay", "webhook_never");
  await world.forward(3_600_000);
  expect(await world.state(orderId)).toBe("awaiting_payment");
  rails.set("paystack", paystack);
  expect(await world.until(async () => (await world.state(orderId)) === "funded")).toBe(true);
});

test("a checkout may name one of the rails that take its money, and nothing else", async () => {
  const named = async (rail: string) => world.postForm({ ...world.shopForm(), rail });
  expect((await named("paystack")).status).toBe(303);
  for (const rail of ["sandbox", "stripe", "'; DROP TABLE orders", "x".repeat(500)]) {
    const { status, body } = await named(rail);
    expect([status, body.code]).toEqual([422, "invalid"]);
    expect(String(body.message).length).toBeLessThan(120);
  }
});

test("keys stand in no file, fit the mode, and a rail is named for what it can do", async () => {
  const input = (environment: Record<string, string>) => ({
    config: readConfig(environment),
    pool: world.engine.pool,
    clock: () => new Date(),
  });
  expect(() => readConfig({}, '[paystack]\nsecret_key = "sk_test_abc"\n')).toThrow(/may stand in no file/);
  expect(() => connectRails(input({ TRANCHE_PAYSTACK_SECRET_KEY: "sk_live_abc" }))).toThrow(StartError);
  expect(() => connectRails(input({ TRANCHE_MODE: "live", TRANCHE_PAYSTACK_SECRET_KEY: "sk_test_abc" }))).toThrow(/is a test key/);
  expect(() => readConfig({ TRANCHE_PAYSTACK_SECRET_KEY: "secret" })).toThrow(/^(?!.*"secret").*sk_live/);
  const settings = (environment: Record<string, string>) => () => railSettings(readConfig(environment), world.engine.rails);
  expect(settings({ TRANCHE_RAILS_NGN: "stripe" })).toThrow(/not connected/);
  expect(settings({ TRANCHE_RAILS_JPY: "paystack" })).toThrow(/takes no payments in JPY/);
  expect(settings({ TRANCHE_PAYOUT_RAILS_USD: "paystack" })).toThrow(/pays nothing out in USD/);
  expect(settings({ TRANCHE_PAYOUT_HOURS_PAYSTACK: "mon-fri 08:00-16:00 Africa/Lagos" })().payoutHours["paystack"]?.from).toBe(480);
  expect(settings({ TRANCHE_PAYOUT_HOURS_STRIPE: "08:00-16:00 UTC" })).toThrow(/payout_hours names stripe, which is not connected/);
  expect(settings({ TRANCHE_PAYOUT_HOURS_PAYSTACK: "16:00" })).toThrow(/hours for a rail/);
  const atOnce = (environment: Record<string, string>) => () => callsAtOnce(readConfig(environment), world.engine.rails);
  expect(atOnce({ TRANCHE_CALLS_AT_ONCE_PAYSTACK: "4" })()).toEqual(new Map([["paystack", 4]]));
  expect(atOnce({ TRANCHE_CALLS_AT_ONCE_STRIPE: "4" })).toThrow(/calls_at_once names stripe, which is not connected/);
  for (const text of ["0", "-1", "many", "1000"])
    expect(atOnce({ TRANCHE_CALLS_AT_ONCE_PAYSTACK: text })).toThrow(/a number from 1 to 999 for a rail/);
});
