import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { accept } from "../src/actions/accept.ts";
import { cancel } from "../src/actions/cancel.ts";
import { deliver } from "../src/actions/deliver.ts";
import { concludeAttempt } from "../src/actions/send.ts";
import { must } from "../src/domain/fault.ts";
import { byRail } from "../src/jobs/engine.ts";
import { askAboutAttempts, concludeIt, sendMoney } from "../src/jobs/send-money.ts";
import type { Rail, SendRequest } from "../src/rails/rail.ts";
import { NoAnswer } from "../src/rails/rail.ts";
import type { WorldOver } from "./setup/over-rail.ts";
import { worldOver } from "./setup/over-rail.ts";

let world: WorldOver;
let honest: Rail;
/** What is to become of the first call, the second, …; further ones go to the rail as they are. */
let calls: ((request: SendRequest) => ReturnType<Rail["send"]>)[];
let sent: string[];
const rails = () => world.engine.rails as Map<string, Rail>;
beforeAll(async () => {
  world = await worldOver("paystack");
  honest = must(rails().get("paystack"), "Paystack");
});
beforeEach(() => {
  calls = [];
  sent = [];
  rails().set("paystack", {
    ...honest,
    send: (request) => {
      sent.push(request.reference);
      return (calls[sent.length - 1] ?? ((it) => honest.send(it)))(request);
    },
  });
});
afterEach(() => rails().set("paystack", honest));
afterAll(() => world.close());

const refused = { status: "failed", fault: "rail", reason: "Your balance is not enough to fulfil this request" } as const;

async function accepted(): Promise<number> {
  const id = await world.bought();
  await world.done(deliver(world.on("seller", id)));
  await world.done(accept(world.on("buyer", id)));
  return id;
}

async function seen(count: number): Promise<void> {
  for (let i = 0; sent.length < count; i += 1) {
    if (i > 200) throw new Error(`the rail was asked to send ${sent.length} times`);
    await sleep(20);
  }
}

async function attemptsOf(id: number) {
  const { rows } = await world.engine.pool.query<{ state: string; attempts: number }>(
    "SELECT state, attempts FROM disbursements WHERE order_id = $1",
    [id],
  );
  return rows;
}

const paidOut = 383_250n;

test.each([
  ["whose answer comes after the refusal of the first", async (late: Promise<void>) => late],
  [
    "whose answer is lost",
    async (late: Promise<void>) => {
      await late;
      throw new NoAnswer("POST /transfer: TimeoutError");
    },
  ],
])(
  "money that a slow call was refused and a second call with the same reference moved, %s, is not sent under another",
  async (_, after) => {
    const before = world.arrived().banks;
    const id = await accepted();
    const first = Promise.withResolvers<void>();
    const second = Promise.withResolvers<void>();
    calls = [
      () => first.promise.then(() => refused),
      async (request) => {
        const outcome = await honest.send(request);
        await after(second.promise);
        return outcome;
      },
    ];
    const sending = sendMoney(world.engine, null);
    await seen(1);
    const asking = world.advance(16_000);
    await seen(2);
    first.resolve();
    await sending;
    expect(await attemptsOf(id)).toEqual([{ state: "queued", attempts: 1 }]);
    second.resolve();
    await asking;
    await world.until(async () => (await world.state(id)) === "completed");
    expect(world.arrived().banks - before).toBe(paidOut);
    expect(new Set(sent).size).toBe(1);
    expect(await world.state(id)).toBe("completed");
    await world.sound();
  },
);

test("an attempt that failed while it was asked about is not sent again", async () => {
  const id = await accepted();
  calls = [() => Promise.reject(new NoAnswer("POST /transfer: TimeoutError"))];
  await sendMoney(world.engine, null);
  const { rows } = await world.engine.pool.query<{ attempt_id: bigint }>("SELECT attempt_id FROM disbursements WHERE order_id = $1", [id]);
  const attemptId = Number(must(rows[0], "an attempt").attempt_id);
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<void>();
  rails().set("paystack", {
    ...must(rails().get("paystack"), "Paystack"),
    lookUpSend: async (request) => {
      asked.resolve();
      await answer.promise;
      return honest.lookUpSend(request);
    },
  });
  const asking = world.advance(16_000);
  await asked.promise;
  await world.done(concludeAttempt({ ...byRail(world.seller, "paystack"), attemptId, orderIds: [id] }, refused));
  answer.resolve();
  await asking;
  expect(sent).toHaveLength(1);
  await askAboutAttempts(world.engine, null);
  await world.until(async () => (await world.state(id)) === "completed");
  expect(sent).toHaveLength(2);
  expect(await attemptsOf(id)).toEqual([{ state: "succeeded", attempts: 2 }]);
  await world.sound();
});

test("what failed is not sent under another reference while the rail does not say that it still has not moved", async () => {
  const id = await accepted();
  calls = [() => Promise.resolve(refused)];
  await sendMoney(world.engine, null);
  const silent = { ...must(rails().get("paystack"), "Paystack"), lookUpSend: () => Promise.reject(new NoAnswer("GET: TimeoutError")) };
  rails().set("paystack", silent);
  await world.advance(61_000);
  expect(sent).toHaveLength(1);
  expect(await attemptsOf(id)).toEqual([{ state: "queued", attempts: 1 }]);
  rails().set("paystack", { ...silent, lookUpSend: (request) => honest.lookUpSend(request) });
  await world.until(async () => (await world.state(id)) === "completed");
  expect(sent).toHaveLength(2);
  await world.sound();
});

test("whoever looked at a refund before another's attempt at it failed does not send it at once, unasked", async () => {
  const id = await world.bought();
  await world.done(cancel(world.on("seller", id)));
  calls = [() => Promise.resolve(refused)];
  // Both see it due; the second has its turn at the rail when the first has failed.
  const rail = must(rails().get("paystack"), "Paystack");
  rails().set("paystack", { ...rail, can: { ...rail.can, callsAtOnce: 1 } });
  await Promise.all([sendMoney(world.engine, null), sendMoney(world.engine, null)]);
  expect(sent).toHaveLength(1);
  expect(await attemptsOf(id)).toEqual([{ state: "queued", attempts: 1 }]);
  await world.until(async () => (await world.state(id)) === "completed");
  expect(sent).toHaveLength(2);
  await world.sound();
});

test("that an attempt called failed has moved money which left by another is told to the operator, and changes nothing", async () => {
  const id = await accepted();
  calls = [() => Promise.resolve(refused)];
  await sendMoney(world.engine, null);
  const { rows } = await world.engine.pool.query<{ attempt_id: bigint }>("SELECT attempt_id FROM disbursements WHERE order_id = $1", [id]);
  const attemptId = Number(must(rows[0], "an attempt").attempt_id);
  await world.until(async () => (await world.state(id)) === "completed");
  await concludeIt(world.engine, { sellerId: world.seller, attemptId, rail: "paystack" }, { status: "succeeded", cost: 0n });
  const alarms = await world.engine.pool.query("SELECT about, says FROM alarms WHERE kind = 'sent_after_failure'");
  // By these an operator finds it in Tranche and on the rail's own pages.
  const says = expect.stringContaining(`attempt ${attemptId} (NGN 3,832.50 of order ${id}, our reference ${sent[0]}) succeeded`);
  expect(alarms.rows).toEqual([{ about: `attempt ${attemptId}`, says }]);
  expect(await attemptsOf(id)).toEqual([{ state: "succeeded", attempts: 2 }]);
  await world.sound();
});

test("what waits at its rail for the operator is named by amount, order and reference", async () => {
  const id = await accepted();
  calls = [() => Promise.resolve({ status: "pending", reason: "The transfer waits for a one-time password." })];
  await sendMoney(world.engine, null);
  const { rows } = await world.engine.pool.query("SELECT attempt_id FROM disbursements WHERE order_id = $1", [id]);
  const attempt = String(must(rows[0], "an attempt")["attempt_id"]);
  const alarms = await world.engine.pool.query("SELECT says FROM alarms WHERE kind = 'send_waits_at_rail'");
  const says = `Attempt ${attempt} waits at paystack: NGN 3,832.50 of order ${id}, our reference ${sent[0]}. The transfer waits for a one-time password.`;
  expect(alarms.rows).toEqual([{ says }]);
  rails().set("paystack", honest);
  await world.until(async () => (await world.state(id)) === "completed");
  await world.sound();
});

test("a call that takes longer than its lease is asked about by nobody meanwhile, and sent by nobody else", async () => {
  const id = await accepted();
  const answer = Promise.withResolvers<void>();
  calls = [
    async (request) => {
      await answer.promise;
      return honest.send(request);
    },
  ];
  const clock = { at: Date.now() };
  const engine = { ...world.engine, now: () => new Date(clock.at) };
  const leasedUntil = async () => {
    const { rows } = await world.engine.pool.query<{ due_at: Date }>(
      "SELECT a.due_at FROM attempts a JOIN disbursements d ON d.attempt_id = a.id WHERE d.order_id = $1",
      [id],
    );
    return rows[0]?.due_at.getTime() ?? 0;
  };
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  try {
    const sending = sendMoney(engine, null);
    await seen(1);
    for (let i = 0; i < 4; i += 1) {
      const before = await leasedUntil();
      clock.at += 14_000;
      vi.advanceTimersByTime(6_000);
      for (let waited = 0; (await leasedUntil()) <= before; waited += 1) {
        if (waited > 200) throw new Error("the lease was not renewed");
        await sleep(20);
      }
      expect(await askAboutAttempts(engine, null)).toEqual([]);
    }
    expect(sent).toHaveLength(1);
    answer.resolve();
    await sending;
  } finally {
    vi.useRealTimers();
  }
  await world.until(async () => (await world.state(id)) === "completed");
  expect(sent).toHaveLength(1);
  await world.sound();
});

test("of several who ask about one attempt at the same time one does, and sends it again at most once", async () => {
  const id = await accepted();
  calls = [() => Promise.reject(new NoAnswer("POST /transfer: TimeoutError"))];
  await sendMoney(world.engine, null);
  const later = { ...world.engine, now: () => new Date(Date.now() + 60_000) };
  const asked = await Promise.all(Array.from({ length: 6 }, () => askAboutAttempts(later, null)));
  expect(asked.flat()).toHaveLength(1);
  expect(sent).toHaveLength(2);
  await world.until(async () => (await world.state(id)) === "completed");
  expect(new Set(sent).size).toBe(1);
  await world.sound();
});
