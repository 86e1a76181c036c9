import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { startSending } from "../src/actions/send.ts";
import { run } from "../src/db/connect.ts";
import { railEventQueries } from "../src/db/rail-events.ts";
import { deliverQueries } from "../src/jobs/deliver.ts";
import type { Engine } from "../src/jobs/engine.ts";
import { messageQueries, sendMessages } from "../src/jobs/send-messages.ts";
import type { Mail } from "../src/net/mail.ts";
import type { World } from "./setup/world.ts";
import { testWorld } from "./setup/world.ts";

// What a process has taken is nobody else's while it works on it, and somebody else's within half a minute after it died.

let world: World;
beforeEach(async () => {
  world = await testWorld();
  await world.float();
});
afterEach(async () => {
  vi.useRealTimers();
  await world.close();
});

const within = 30_000;

/** A process of its own on the same database, with a mail server and a clock in the test's hand. */
function another(send: (mail: Mail) => Promise<void>, clock: { at: number }): { engine: Engine; sent: string[] } {
  const sent: string[] = [];
  const mailer = {
    send: async (mail: Mail) => {
      sent.push(mail.text);
      await send(mail);
    },
  };
  return { engine: { ...world.engine, mailer, now: () => new Date(clock.at) }, sent };
}

/** Letters of some orders, due now. */
async function letters(orders = 1): Promise<number> {
  for (let i = 0; i < orders; i += 1) await world.funded();
  const { rowCount } = await world.database.ownerPool.query(
    "UPDATE messages SET due_at = now() - interval '1 second', sent_at = NULL, outcome = NULL, tries = 0",
  );
  return rowCount ?? 0;
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await sleep(5);
}

test("while a mail server takes its time over a few letters, another process sends the rest, and each is sent once", async () => {
  const count = await letters(4);
  expect(count).toBeGreaterThan(6);
  const clock = { at: Date.now() };
  const answers: (() => void)[] = [];
  const slow = another(() => new Promise<void>((resolve) => void answers.push(resolve)), clock);
  const quick = another(() => Promise.resolve(), clock);

  const first = sendMessages(slow.engine, null);
  await until(() => slow.sent.length === 4);
  await sendMessages(quick.engine, null);
  expect(quick.sent).toHaveLength(count - 4);
  for (const answer of answers) answer();
  await first;
  expect(slow.sent).toHaveLength(4);
  expect(await world.database.ownerPool.query("SELECT 1 FROM messages WHERE outcome = 'sent'")).toMatchObject({ rowCount: count });
});

test("to look for letters in vain is one statement, and letters that can be sent at once are claimed by one", async () => {
  const count = await letters(4);
  const clock = { at: Date.now() };
  const { engine, sent } = another(() => Promise.resolve(), clock);
  const claims: number[] = [];
  const query = (asked: { name: string; text: string; values: unknown[] }) => {
    if (asked.name === messageQueries.claim.name) claims.push(Number(asked.values[3]));
    return world.engine.pool.query(asked);
  };
  const pool = Object.assign(Object.create(world.engine.pool) as Engine["pool"], { query });
  await sendMessages({ ...engine, pool }, null);
  expect(sent).toHaveLength(count);
  expect(new Set(sent).size).toBe(count);
  expect(claims[0]).toBe(4);
  claims.length = 0;
  expect(await sendMessages({ ...engine, pool }, null)).toEqual([]);
  expect(claims).toEqual([4]);
});

test("a letter that is under way for longer than its lease stays with its process; one whose process died is taken over", async () => {
  await letters();
  await world.database.ownerPool.query("UPDATE messages SET due_at = NULL WHERE party = 'seller'");
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  const clock = { at: Date.now() };
  let answer: () => void = () => undefined;
  const slow = another(() => new Promise((resolve) => (answer = resolve)), clock);
  const quick = another(() => Promise.resolve(), clock);
  const leasedUntil = async () => {
    const { rows } = await world.database.ownerPool.query<{ due_at: Date }>("SELECT due_at FROM messages WHERE due_at IS NOT NULL");
    return rows[0]?.due_at.getTime() ?? 0;
  };

  const first = sendMessages(slow.engine, null);
  await until(() => slow.sent.length === 1);
  for (let renewed = 1; renewed <= 5; renewed += 1) {
    const before = await leasedUntil();
    clock.at += 15_000;
    vi.advanceTimersByTime(6_000);
    await until(async () => (await leasedUntil()) > before);
    expect(await sendMessages(quick.engine, null)).toEqual([]);
  }

  // It dies: nothing renews any more.
  vi.clearAllTimers();
  clock.at += within;
  await sendMessages(quick.engine, null);
  expect(quick.sent).toHaveLength(1);
  answer();
  await first;
});

test("a letter that could not be sent waits a minute, and then longer and longer", async () => {
  await letters();
  await world.database.ownerPool.query("UPDATE messages SET due_at = NULL WHERE party = 'seller'");
  const clock = { at: Date.now() };
  const broken = another(() => Promise.reject(new Error("no")), clock);
  await sendMessages(broken.engine, null);
  clock.at += 59_000;
  await sendMessages(broken.engine, null);
  expect(broken.sent).toHaveLength(1);
  clock.at += 1_001;
  await sendMessages(broken.engine, null);
  expect(broken.sent).toHaveLength(2);
  clock.at += 119_000;
  await sendMessages(broken.engine, null);
  expect(broken.sent).toHaveLength(2);
});

test("what a process took and left, an attempt, a rail event, a notification, can be had within half a minute and not at once", async () => {
  const order = await world.accepted();
  const { pool } = world.engine;
  const [payout] = await world.sends(order);
  if (payout === undefined) throw new Error("an accepted order has a payout");
  const ask = { ...world.as("clock"), disbursementId: payout.id, orderId: order, payeeKind: payout.payeeKind, payeeId: payout.payeeId };
  await world.done(startSending(ask, { reference: `tr-${payout.id}-left` }));
  const attempt = await pool.query<{ left: number }>(
    "SELECT extract(epoch FROM due_at - started_at) * 1000 AS left FROM attempts WHERE state = 'sending'",
  );
  expect(attempt.rows.map(({ left }) => Number(left) > 5_000 && Number(left) < within)).toEqual([true]);

  const now = Date.now();
  const iso = (at: number) => new Date(at).toISOString();
  await world.database.ownerPool.query("UPDATE rail_events SET due_at = received_at");
  const claim = (at: number) => run(pool, railEventQueries.claim, [iso(at), null, true, []]);
  expect((await claim(now)).rowCount).toBeGreaterThan(0);
  expect((await claim(now + 5_000)).rowCount).toBe(0);
  expect((await claim(now + within)).rowCount).toBeGreaterThan(0);

  const seller = world.seller;
  await world.database.ownerPool.query("UPDATE sellers SET callback_url = 'http://127.0.0.1:1/' WHERE id = $1", [seller]);
  await world.delivered();
  const lease = world.engine.delivery?.lease ?? 0;
  const take = (at: number) => run(pool, deliverQueries.claim, [iso(at), null, 4, 100, lease]);
  await world.database.ownerPool.query(
    "UPDATE notifications SET state = 'queued', due_at = now() - interval '1 second', concluded_at = NULL, leased_until = NULL",
  );
  const at = Date.now();
  expect((await take(at)).rowCount).toBe(1);
  // Longer than one try may last.
  expect((await take(at + 16_000)).rowCount).toBe(0);
  expect((await take(at + within)).rowCount).toBe(1);
});
