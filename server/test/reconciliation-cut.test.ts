import type pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { reconcileRails } from "../src/jobs/reconcile.ts";
import type { WorldOver } from "./setup/over-rail.ts";
import { worldOver } from "./setup/over-rail.ts";

const day = 86_400_000;

let world: WorldOver;
beforeAll(async () => {
  world = await worldOver("paystack");
});
afterAll(() => world.close());

/** The pool, whose n-th query fails before it is sent; over all connections taken from it. */
function cutAt(pool: pg.Pool, n: number): { readonly pool: pg.Pool; struck(): boolean } {
  let asked = 0;
  const guarded = <T extends object>(target: T, more: (name: string) => unknown = () => undefined): T =>
    new Proxy(target, {
      get(on, name) {
        const own: unknown = more(String(name)) ?? Reflect.get(on, name);
        if (typeof own !== "function") return own;
        const call = own as (...given: unknown[]) => unknown;
        if (name !== "query") return call.bind(on);
        return (...given: unknown[]) => {
          asked += 1;
          return asked === n ? Promise.reject(new Error("cut")) : call.apply(on, given);
        };
      },
    });
  const connect = async () => guarded(await pool.connect());
  return { pool: guarded(pool, (name) => (name === "connect" ? connect : undefined)), struck: () => asked >= n };
}

test("a run that is cut at any of its queries leaves nothing half done: the next one ends it, and each payment is settled once", {
  timeout: 180_000,
}, async () => {
  let cuts = 0;
  for (let n = 1; ; n += 1) {
    const id = await world.bought();
    await world.forward(1.5 * day);
    const cut = cutAt(world.engine.pool, n);
    await reconcileRails({ ...world.engine, pool: cut.pool }, {}).catch(() => undefined);
    await reconcileRails(world.engine, {});
    expect((await world.paymentsOf(id)).map((one) => one.settled)).toEqual([true]);
    const { rows } = await world.engine.pool.query("SELECT state FROM settlement_lines WHERE reference = $1", [
      (await world.paymentsOf(id))[0]?.reference,
    ]);
    expect(rows).toEqual([{ state: "matched" }]);
    if (!cut.struck()) break;
    cuts += 1;
  }
  expect(cuts).toBeGreaterThan(10);
  const { rows } = await world.engine.pool.query("SELECT kind FROM breaks WHERE state = 'open'");
  expect(rows).toEqual([]);
  await world.sound();
});
