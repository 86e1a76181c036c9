import { afterAll, beforeAll, expect, test } from "vitest";
import type { Emulator } from "../../emulator/start.ts";
import { must } from "../src/domain/fault.ts";
import type { WorldOverWise } from "./setup/over-wise.ts";
import { wiseCalls, worldOverWise } from "./setup/over-wise.ts";
import { documented, faultsOfCalls, faultsOfNotices } from "./setup/rail-faults.ts";

// Every fault against each of the four calls of a payout by Wise; each must end as docs/rails.md says, with nothing sent twice.

let world: WorldOverWise;
beforeAll(async () => {
  world = await worldOverWise(100_000_000n);
});
afterAll(() => world.close());

type Fault = Parameters<Emulator["wise"]["script"]>[0]["fault"];
type Call = keyof typeof wiseCalls;
const columns: readonly Call[] = ["recipient", "quote", "transfer", "funding"];

const ofMoney = ["pending", "failed", "reversed", "insufficient_balance"] as const;
const cases: readonly (readonly [Call, string])[] = [
  ...columns.flatMap((call) => faultsOfCalls.map((fault) => [call, fault] as const)),
  ["transfer", "blocked_recipient"],
  ...[...ofMoney, ...faultsOfNotices].map((fault) => ["funding", fault] as const),
  // What came back, and how it was told.
  ...faultsOfNotices.map((fault) => ["funding", `reversed, ${fault}`] as const),
];

const says = documented("wise");
let payees = 0;

/** How often each fault that was asked for was met; none is left for the next test. */
async function met(): Promise<number[]> {
  const script = `${world.wise.url}/_emulator/script`;
  const { rules } = (await (await fetch(script)).json()) as { rules: { done: number }[] };
  await fetch(script, { method: "DELETE" });
  return rules.map(({ done }) => done);
}

test("the table has a line for each fault, and no other", () => {
  expect([...says.keys()].toSorted((a, b) => a.localeCompare(b))).toEqual(
    [...new Set(cases.map(([, fault]) => fault))].toSorted((a, b) => a.localeCompare(b)),
  );
  const filled = [...says].flatMap(([fault, results]) => columns.filter((_, at) => results[at] !== "").map((call) => `${call} ${fault}`));
  expect(new Set(filled)).toEqual(new Set(cases.map(([call, fault]) => `${call} ${fault}`)));
});

test.each(cases)("wise: %s, %s", async (call, fault) => {
  payees += 1;
  // A payee whom Wise does not know, so that all four calls are made.
  const { id } = await world.accepted(`payee${payees}@example.test`);
  const sellerHad = world.arrived().banks;
  const fees = await world.wiseFees();
  const bad = fault.split(", ") as Fault[];
  world.wise.script(...bad.map((one) => ({ fault: one, on: wiseCalls[call], times: 1 })));
  const comesBack = bad.includes("reversed");
  await world.until(async () => (comesBack ? ["parked"] : ["succeeded", "parked"]).includes((await world.payoutOf(id)).state));
  await world.settleDown();
  expect(await met(), "how often the fault was met").toEqual(bad.map(() => 1));

  const { state, fault: whose, attempts, outAmount } = await world.payoutOf(id);
  const { times, payee, fee, kept } = await world.reached(id);
  const arrived = state === "succeeded";
  // Once if it has arrived, and else not at all; nothing but Wise's own fee is between what left and what the payee has.
  expect([times, payee + fee]).toEqual(arrived ? [1, outAmount] : [0, 0n]);
  expect((await world.wiseFees()) - fees).toBe(kept);
  expect(kept > 0n).toBe(comesBack);
  if (arrived) expect(await world.state(id)).toBe("completed");
  // The seller is paid by the other rail, whatever Wise does.
  expect(world.arrived().banks - sellerHad).toBe((await world.payoutOf(id, "seller")).amount);
  await world.sound();
  const tries = attempts === 1 ? "1 attempt" : `${attempts} attempts`;
  const result = arrived ? `arrived once, ${tries}` : `${state}, the ${whose}’s fault, ${tries}`;
  expect(result).toBe(must(says.get(fault), `a line for ${fault}`)[columns.indexOf(call)]);
});

test("a forged notice is refused at the door, and nothing in it is kept", async () => {
  const { rows } = await world.engine.pool.query<{ body: Buffer }>("SELECT body FROM rail_events WHERE rail = 'wise'");
  const forged = world.wise.deliveries().filter((one) => one.forged);
  // Three changes of state of the one that arrived; five and the refund of the one that came back.
  expect(forged.map((one) => one.status)).toEqual(Array.from({ length: 9 }, () => 400));
  const believed = rows.map(({ body }) => (JSON.parse(body.toString("utf8")) as { data: { resource: object } }).data.resource);
  expect(believed.length).toBeGreaterThan(100);
  const { rows: told } = await world.engine.pool.query<{ amount: string }>(
    "SELECT value->>'amount' AS amount FROM rail_memory WHERE rail = 'wise' AND kind = 'given_back'",
  );
  expect(new Set(told.map(({ amount }) => amount))).toEqual(new Set(["13320", "13203"]));
});
