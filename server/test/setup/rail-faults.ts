import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { RailName } from "../../../emulator/start.ts";
import { accept } from "../../src/actions/accept.ts";
import { cancel } from "../../src/actions/cancel.ts";
import { deliver } from "../../src/actions/deliver.ts";
import type { WorldOver } from "./over-rail.ts";
import { worldOver } from "./over-rail.ts";

/** What can go wrong with a call to a rail, with the money, and with what the rail tells; `emulator/core/faults.ts` says what each does. */
export const faultsOfCalls = ["timeout_before", "timeout_after", "error_500", "error_500_after", "slow", "rate_limit"] as const;
const faultsOfPayments = ["pending", "failed", "wrong_amount", "wrong_currency"] as const;
const faultsOfSends = ["pending", "failed", "reversed", "insufficient_balance"] as const;
export const faultsOfNotices = ["webhook_duplicate", "webhook_reordered", "webhook_late", "webhook_forged", "webhook_never"] as const;
const faultsOfTransfers = ["blocked_recipient"] as const;
/** Ends of a transfer that only Paystack knows. */
const faultsOfPaystack = ["otp", "received", "abandoned", "blocked", "rejected"] as const;

/** How one thing ended whose way a fault crossed, in the words of docs/rails.md. */
export interface Ended {
  /** Of a payment: the order's state. Of a send: where it stands, and how many attempts it took. */
  readonly result: string;
  /** What reached the bank, or the payer, beyond what was due; 0 if it arrived once, negative if it is still owed. */
  readonly beyond: bigint;
}

/** A payment that meets the fault on the rail's page, and is tried once more if it fails there. */
async function payWith(world: WorldOver, fault: string): Promise<Ended> {
  const opening = (faultsOfCalls as readonly string[]).includes(fault);
  if (opening) world.emulated.script({ fault, on: world.calls.open, times: 1 } as Parameters<typeof world.emulated.script>[0]);
  const before = world.arrived();
  const { page, orderId } = await world.toPage();
  await world.play(page, "pay", opening ? undefined : fault);
  await world.settleDown();
  const state = async () => (await world.order(orderId)).state;
  if (fault === "failed") await world.play(page, "pay");
  await world.until(async () => (await state()) !== "awaiting_payment");
  await world.settleDown();
  // What came short or in another currency goes back when the checkout has ended.
  await world.until(async () => (await world.sends(orderId)).every((one) => one.state === "succeeded"));
  const sends = await world.sends(orderId);
  const back = sends.length === 0 ? "" : `, ${sends.map((one) => `${one.kind} ${one.state}`).join(", ")}`;
  const wanted = sends.filter((one) => one.currency === "NGN").reduce((sum, one) => sum + one.amount, 0n);
  return { result: `${await state()}${back}`, beyond: world.arrived().payers - before.payers - wanted };
}

/** A payout, or a refund of a cancelled order, that meets the fault on its way. */
async function sendWith(world: WorldOver, thing: "payout" | "refund", fault: string): Promise<Ended> {
  const orderId = await world.bought();
  const { amount, net } = await world.order(orderId);
  const call = world.calls[thing];
  if (thing === "payout") await world.done(deliver(world.on("seller", orderId)));
  world.emulated.script({ fault, on: call, times: 1 } as Parameters<typeof world.emulated.script>[0]);
  const before = world.arrived();
  await world.done(thing === "payout" ? accept(world.on("buyer", orderId)) : cancel(world.on("seller", orderId), { comment: "sold out" }));
  const one = async () => (await world.sends(orderId))[0];
  // What comes back after its success has succeeded first.
  const ends = fault === "reversed" ? ["parked"] : ["succeeded", "parked"];
  await world.until(async () => ends.includes((await one())?.state ?? ""));
  await world.settleDown();
  const last = await one();
  const after = world.arrived();
  const due = thing === "payout" ? net : amount;
  const arrived = thing === "payout" ? after.banks - before.banks : after.payers - before.payers;
  const attempts = last?.attempts === 1 ? "1 attempt" : `${last?.attempts ?? 0} attempts`;
  const state = last?.state === "succeeded" ? "arrived once" : `${last?.state}, the ${last?.fault}’s fault`;
  if (last?.state === "succeeded") expect((await world.order(orderId)).state).toBe("completed");
  return { result: `${state}, ${attempts}`, beyond: arrived - due };
}

/** The table of docs/rails.md for one rail: fault → what became of each thing that has a column; empty where the fault cannot be. */
export function documented(name: RailName): ReadonlyMap<string, readonly string[]> {
  const text = readFileSync(join(import.meta.dirname, "..", "..", "..", "docs", "rails.md"), "utf8");
  const part = text.split(/^## /m).find((one) => one.toLowerCase().startsWith(`faults at ${name}`)) ?? "";
  const rows = part.split("\n").filter((line) => line.startsWith("| `"));
  return new Map(
    rows.map((line) => {
      const [fault = "", ...results] = line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim());
      return [fault.replaceAll("`", ""), results];
    }),
  );
}

/** Registers a test for every fault at that rail: it must end as docs/rails.md says, with nothing sent twice and the books sound. */
export function railFaults(name: RailName): void {
  let world: WorldOver;
  beforeAll(async () => {
    world = await worldOver(name);
  });
  afterAll(() => world.close());
  const says = documented(name);
  const things = ["payment", "payout", "refund"] as const;
  const ofSends = [...faultsOfCalls, ...faultsOfSends, ...faultsOfNotices];
  const ofPayouts = [...faultsOfTransfers, ...(name === "paystack" ? faultsOfPaystack : [])];
  const cases = [
    ...[...faultsOfCalls, ...faultsOfPayments, ...faultsOfNotices].map((fault) => ["payment", fault] as const),
    ...[...ofSends, ...ofPayouts].map((fault) => ["payout", fault] as const),
    ...ofSends.map((fault) => ["refund", fault] as const),
  ];
  test.each(cases)(`${name}: %s, %s`, async (thing, fault) => {
    const { result, beyond } = thing === "payment" ? await payWith(world, fault) : await sendWith(world, thing, fault);
    // Nobody gets anything twice; what did not arrive is still owed.
    expect(beyond <= 0n).toBe(true);
    expect(beyond === 0n || /parked/.test(result)).toBe(true);
    await world.sound();
    expect(result).toBe(says.get(fault)?.[things.indexOf(thing)]);
  });
}
