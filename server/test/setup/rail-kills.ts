import { rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { RailName } from "../../../emulator/start.ts";
import { accept } from "../../src/actions/accept.ts";
import { cancel } from "../../src/actions/cancel.ts";
import { deliver } from "../../src/actions/deliver.ts";
import type { WorldOver } from "./over-rail.ts";
import { settingsOver, worldOver } from "./over-rail.ts";
import type { Program } from "./program.ts";
import { newHome, ready, startServer } from "./program.ts";
import type { RailProxy } from "./rail-proxy.ts";
import { railProxy } from "./rail-proxy.ts";

type Thing = "payout" | "refund";

/**
 * Registers tests in which a real server process is killed (SIGKILL) around a call of a payout or refund: before the rail hears of it, and
 * after the rail has done it and before it is answered. Whoever starts next must bring the money to its end, once.
 */
export function railKills(name: RailName, calls: readonly (readonly [Thing, string])[]): void {
  let world: WorldOver;
  let proxy: RailProxy;
  let server: Program;
  const home = newHome();
  const settings = () => ({
    TRANCHE_HOME: home,
    DATABASE_URL: world.database.ownerUrl,
    PORT: "0",
    TRANCHE_SECRET_KEY: world.secretKey.toString("base64"),
    TRANCHE_RAILS_NGN: name,
    ...settingsOver(name, { ...world.emulated, url: proxy.url }),
  });
  const begin = async (): Promise<void> => {
    server = startServer(settings());
    await ready(server);
  };
  beforeAll(async () => {
    world = await worldOver(name);
    proxy = await railProxy(world.emulated.url);
    await begin();
  }, 120_000);
  afterAll(async () => {
    server.child.kill("SIGKILL");
    await server.ended;
    await proxy.stop();
    await world.close();
    rmSync(home, { recursive: true, force: true });
  });
  /** The waits of a quarter of a minute and of a quarter of an hour are over. */
  const timePasses = async (): Promise<void> => {
    await world.database.ownerPool.query("UPDATE attempts SET due_at = started_at WHERE due_at IS NOT NULL");
    await world.database.ownerPool.query("UPDATE rail_memory SET written_at = written_at - interval '1 hour' WHERE kind = 'refund'");
  };

  const cases = calls.flatMap(([thing, call]) => [[thing, "before", call] as const, [thing, "after", call] as const]);
  test.each(cases)(`${name}: killed during a %s, %s %s`, { timeout: 120_000 }, async (thing, when, call) => {
    const id = await world.bought();
    const { amount, net } = await world.order(id);
    const before = world.arrived();
    // What the rail calls the account was remembered; forgotten, it is asked for again.
    await world.database.ownerPool.query("DELETE FROM rail_memory WHERE kind <> 'refund'");
    const sprung = proxy.trap({ call, when, spring: () => server.child.kill("SIGKILL") });
    if (thing === "payout") await world.done(deliver(world.on("seller", id)));
    await world.done(thing === "payout" ? accept(world.on("buyer", id)) : cancel(world.on("seller", id), { comment: "sold out" }));
    await sprung;
    await server.ended;
    const [attempt] = await world.sends(id);
    expect(attempt?.state).toBe("sending");
    await timePasses();
    await begin();
    const state = async () => (await world.sends(id))[0]?.state;
    for (const until = performance.now() + 60_000; (await state()) !== "succeeded" && performance.now() < until; await sleep(50)) {
      await world.emulator.clock.idle();
      await timePasses();
    }
    expect(await state()).toBe("succeeded");
    const after = world.arrived();
    if (thing === "payout") expect(after.banks - before.banks).toBe(net);
    else expect(after.payers - before.payers).toBe(amount);
    await world.sound();
  });
}
