import { rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { EmulatedRail, RailName } from "../../../emulator/start.ts";
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

/** A server process on a world's database that can be killed around a call to a rail. */
export interface Killable {
  begin(): Promise<void>;
  /** Resolves when the call was made and the process is dead. */
  killedAround(call: string, when: "before" | "after"): Promise<void>;
  /** Lets the next process work until `over`, as if all waits were over: those of attempts, and those that `timePasses` ends. */
  workUntil(over: () => Promise<boolean>, timePasses: () => Promise<unknown>): Promise<void>;
  stop(): Promise<void>;
}

/** `rail` is what is killed around; `settings` connect the process, given the rail's address as it sees it. */
export async function killable(
  world: Pick<WorldOver, "database" | "secretKey" | "emulator">,
  rail: EmulatedRail,
  settings: (rail: Pick<EmulatedRail, "url" | "secrets">) => Readonly<Record<string, string>>,
): Promise<Killable> {
  const home = newHome();
  const proxy: RailProxy = await railProxy(rail.url);
  let server: Program | undefined;
  return {
    async begin() {
      server = startServer({
        TRANCHE_HOME: home,
        DATABASE_URL: world.database.ownerUrl,
        PORT: "0",
        TRANCHE_SECRET_KEY: world.secretKey.toString("base64"),
        ...settings({ url: proxy.url, secrets: rail.secrets }),
      });
      await ready(server);
    },
    async killedAround(call, when) {
      await proxy.trap({ call, when, spring: () => server?.child.kill("SIGKILL") });
      await server?.ended;
    },
    async workUntil(over, timePasses) {
      for (const until = performance.now() + 60_000; !(await over()) && performance.now() < until; await sleep(50)) {
        await world.emulator.clock.idle();
        // The server may be at work on them, each in its own order: then they are made due the next time.
        await world.database.ownerPool
          .query("UPDATE attempts SET due_at = started_at WHERE due_at IS NOT NULL")
          .catch((error: { readonly code?: string }) => {
            if (error.code !== "40P01") throw error;
          });
        await timePasses();
      }
    },
    async stop() {
      server?.child.kill("SIGKILL");
      await server?.ended;
      await proxy.stop();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/**
 * Registers tests in which a real server process is killed (SIGKILL) around a call of a payout or refund: before the rail hears of it, and
 * after the rail has done it and before it is answered. Whoever starts next must bring the money to its end, once.
 */
export function railKills(name: RailName, calls: readonly (readonly [Thing, string])[]): void {
  let world: WorldOver;
  let server: Killable;
  beforeAll(async () => {
    world = await worldOver(name);
    server = await killable(world, world.emulated, (rail) => ({ TRANCHE_RAILS_NGN: name, ...settingsOver(name, rail) }));
    await server.begin();
  }, 120_000);
  afterAll(async () => {
    await server.stop();
    await world.close();
  });
  /** The wait of a quarter of an hour is over. */
  const timePasses = () =>
    world.database.ownerPool.query("UPDATE rail_memory SET written_at = written_at - interval '1 hour' WHERE kind = 'refund'");

  const cases = calls.flatMap(([thing, call]) => [[thing, "before", call] as const, [thing, "after", call] as const]);
  test.each(cases)(`${name}: killed during a %s, %s %s`, { timeout: 120_000 }, async (thing, when, call) => {
    const id = await world.bought();
    const { amount, net } = await world.order(id);
    const before = world.arrived();
    // What the rail calls the account was remembered; forgotten, it is asked for again.
    await world.database.ownerPool.query("DELETE FROM rail_memory WHERE kind <> 'refund'");
    const killed = server.killedAround(call, when);
    if (thing === "payout") await world.done(deliver(world.on("seller", id)));
    await world.done(thing === "payout" ? accept(world.on("buyer", id)) : cancel(world.on("seller", id), { comment: "sold out" }));
    await killed;
    const [attempt] = await world.sends(id);
    expect(attempt?.state).toBe("sending");
    await server.begin();
    const state = async () => (await world.sends(id))[0]?.state;
    await server.workUntil(async () => (await state()) === "succeeded", timePasses);
    expect(await state()).toBe("succeeded");
    const after = world.arrived();
    if (thing === "payout") expect(after.banks - before.banks).toBe(net);
    else expect(after.payers - before.payers).toBe(amount);
    await world.sound();
  });
}
