import { afterAll, beforeAll, expect, test } from "vitest";
import { rule } from "../src/actions/settle-dispute.ts";
import { must } from "../src/domain/fault.ts";
import type { SendRequest } from "../src/rails/rail.ts";
import { bank, lose, makeDue, payouts, reach, withRail } from "./setup/states.ts";
import type { World } from "./setup/world.ts";
import { testWorld } from "./setup/world.ts";

let world: World;
beforeAll(async () => {
  world = await testWorld();
  await world.float();
});
afterAll(() => world.close());

const payout = async (id: number) => must((await payouts(world, id))[0], "a payout");
const noAnswer = () => Promise.reject(new Error("no answer"));
/** An order whose payout is too small to be sent by itself. */
const small = async () => {
  const id = await reach(world, "disputed");
  await world.done(rule(world.on("operator", id), { buyerGets: 445_000n }));
  await world.due();
  return id;
};
const accepted = async () => {
  const id = await world.accepted();
  await world.due();
  return id;
};
const again = async (ids: readonly number[]) => {
  for (const id of ids) {
    const one = await payout(id);
    if (one.dueAt !== null) await makeDue(world, "disbursements", one.id);
  }
  await world.due();
};

test("small payouts whose only attempt failed by the rail's fault go out with the payee's next one", async () => {
  await bank(world, "0011");
  const [first, second] = [await small(), await small()];
  const failed = { status: "failed", fault: "rail", reason: "Your balance is not enough" } as const;
  const third = await withRail(world, { send: async () => failed, lookUpSend: async () => failed }, accepted);
  await again([first, second]);
  expect([(await payout(first)).state, (await payout(second)).state]).toEqual(["parked", "parked"]);
  await again([third]);
  const all = [first, second, third];
  expect(await Promise.all(all.map(async (id) => (await payout(id)).state))).toEqual(all.map(() => "succeeded"));
  await world.sound();
});

test("what a rail called failed is taken along by no other payout before the rail says again that it has not moved", async () => {
  await bank(world, "0011");
  const one = await small();
  const refused = { status: "failed", fault: "payee", reason: "closed" } as const;
  const big = await withRail(world, { send: async () => refused }, accepted);
  const before = await payout(one);
  expect([before.attemptId, before.state]).toEqual([(await payout(big)).attemptId, "parked"]);
  // The next goes without it: what its rail cannot be asked about keeps nothing else waiting.
  const next = await withRail(world, { lookUpSend: noAnswer }, async () => {
    await bank(world, "0012");
    await world.due();
    return accepted();
  });
  expect((await payout(one)).attemptId).toBe(before.attemptId);
  expect((await payout(next)).state).toBe("succeeded");
});

test("too little to be sent without a small one in doubt waits for it", async () => {
  await bank(world, "0011");
  world.settings.minimumPayout = 400_000n;
  try {
    const failed = { status: "failed", fault: "rail", reason: "busy" } as const;
    const first = await accepted();
    const both = await withRail(world, { send: async () => failed, lookUpSend: async () => failed }, accepted);
    await again([both]);
    expect([(await payout(first)).state, (await payout(both)).state]).toEqual(["queued", "parked"]);
    const next = await withRail(world, { lookUpSend: noAnswer }, accepted);
    expect((await payout(next)).state).toBe("queued");
    await again([next]);
    expect((await payout(next)).state).toBe("succeeded");
    await world.sound();
  } finally {
    world.settings.minimumPayout = 10_000n;
  }
});

test("what a chargeback left of a payout is not sent before the rail was asked about the attempt that it called failed", async () => {
  await bank(world, "0011");
  const failed = { status: "failed", fault: "rail", reason: "busy" } as const;
  const id = await withRail(world, { send: async () => failed, lookUpSend: async () => failed }, accepted);
  const sent: string[] = [];
  const send = async (request: SendRequest) => {
    sent.push(`${request.reference} ${request.amount}`);
    return { status: "succeeded", cost: 0n } as const;
  };
  // Another call with the first reference has moved it after all.
  await withRail(world, { lookUpSend: async () => ({ status: "succeeded", cost: 0n }), send }, async () => {
    await lose(world, id, 100_000n);
    for (const one of await payouts(world, id)) if (one.state === "queued") await makeDue(world, "disbursements", one.id);
    await world.due();
  });
  expect(sent).toEqual([]);
  expect((await payouts(world, id)).map(({ amount, state }) => [amount, state])).toEqual([[283_250n, "queued"]]);
  const { rows } = await world.engine.pool.query("SELECT kind FROM alarms");
  expect(rows).toEqual([{ kind: "sent_after_failure" }]);
});
