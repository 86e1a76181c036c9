import { afterAll, beforeAll, expect, test } from "vitest";
import { must } from "../src/domain/fault.ts";
import { expectDone, withRail } from "./setup/states.ts";
import type { World } from "./setup/world.ts";
import { testWorld } from "./setup/world.ts";

let world: World;
beforeAll(async () => {
  world = await testWorld();
  await world.float();
});
afterAll(() => world.close());

const day = 86_400_000;

/** Keeps an event from being handled before the others, as if it had been told late; answers how to tell it. */
async function heldBack(reference: string, type: string): Promise<() => Promise<void>> {
  const { ownerPool } = world.database;
  const due = (at: string) =>
    ownerPool.query(`UPDATE rail_events SET due_at = ${at} WHERE reference = $1 AND type = $2`, [reference, type]);
  await due("NULL");
  return async () => void (await due("received_at"));
}

/** What was put off is looked at now. */
async function lookAgain(reference: string): Promise<void> {
  await world.database.ownerPool.query("UPDATE rail_events SET due_at = received_at WHERE reference = $1 AND due_at IS NOT NULL", [
    reference,
  ]);
  await world.due();
}

async function outcomeOf(reference: string, type: string): Promise<string> {
  const { rows } = await world.engine.pool.query<{ outcome: string }>(
    "SELECT outcome FROM rail_events WHERE reference = $1 AND type = $2",
    [reference, type],
  );
  return must(rows[0], type).outcome;
}

test("a settlement told before its receipt, while the rail cannot be asked, is taken in once the receipt is known", async () => {
  const id = await world.checkout();
  const reference = await world.pay(id, "decline");
  expectDone(await world.rail.play(reference, "success"));
  const tellReceipt = await heldBack(reference, "payment.succeeded");
  await world.rail.settle(new Date(Date.now() + 2 * day));
  await withRail(world, { lookUpPayment: () => Promise.reject(new Error("no answer")) }, () => world.due());
  expect(await outcomeOf(reference, "payment.settled")).toBe("failed");
  await tellReceipt();
  await world.due();
  await lookAgain(reference);
  expect(await outcomeOf(reference, "payment.settled")).toBe("taken_in");
  await world.sound();
});

test("so is the settlement of money that nobody knows, told before the money itself", async () => {
  const reference = `nobody-${Math.random()}`;
  expectDone(await world.rail.emitUnknown(reference, 300_000n, "NGN"));
  const tellReceipt = await heldBack(reference, "payment.succeeded");
  await world.rail.settle(new Date(Date.now() + 2 * day));
  await world.due();
  expect(await outcomeOf(reference, "payment.settled")).toBe("unknown_reference");
  await tellReceipt();
  await world.due();
  await lookAgain(reference);
  expect(await outcomeOf(reference, "payment.settled")).toBe("taken_in");
  await world.sound();
});
