import { afterAll, beforeAll, expect, test } from "vitest";
import type pg from "pg";
import { verifyBooks } from "../src/ledger/verify.ts";
import type { World } from "./setup/world.ts";
import { testWorld } from "./setup/world.ts";

// A connection that is out of the pool and idle when its server dies tells of it by an event. Nobody listening ends the process.

let world: World;
beforeAll(async () => {
  world = await testWorld();
});
afterAll(() => world.close());

test("verify survives a connection that breaks between two of its statements, and the pool does not hand it out again", async () => {
  const { pool } = world.engine;
  let mine: pg.PoolClient | undefined;
  let unheard: unknown;
  const cut = (client: pg.PoolClient) => {
    mine = client;
    setImmediate(() => {
      try {
        client.emit("error", new Error("terminating connection"));
      } catch (error) {
        // Thrown where nobody listens: outside a test it would end the process.
        unheard = error;
      }
    });
  };
  pool.once("acquire", cut);
  await verifyBooks(pool);
  expect(unheard).toBeUndefined();
  expect(mine).toBeDefined();
  const client = await pool.connect();
  expect(client).not.toBe(mine);
  client.release();
  expect((await verifyBooks(pool)).ok).toBe(true);
});
