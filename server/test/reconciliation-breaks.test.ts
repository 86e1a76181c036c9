import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { accept } from "../src/actions/accept.ts";
import { cancel } from "../src/actions/cancel.ts";
import { deliver } from "../src/actions/deliver.ts";
import { must } from "../src/domain/fault.ts";
import { closeBreak } from "../src/jobs/close-break.ts";
import { reconcileRails } from "../src/jobs/reconcile.ts";
import type { Rail, Settlement, SettlementLine } from "../src/rails/rail.ts";
import type { WorldOver } from "./setup/over-rail.ts";
import { worldOver } from "./setup/over-rail.ts";
import { day } from "./setup/world.ts";

let world: WorldOver;
/** What the rail is made to say instead. */
let spoil: (settlements: readonly Settlement[]) => readonly Settlement[] = (all) => all;

beforeAll(async () => {
  world = await worldOver("paystack");
  const rails = world.engine.rails as Map<string, Rail>;
  const honest = must(rails.get("paystack"), "Paystack");
  const ask = must(honest.settlements, "its settlements").bind(honest);
  rails.set("paystack", { ...honest, settlements: async (since) => spoil(await ask(since)) });
});
afterAll(() => world.close());

interface Broken {
  readonly id: bigint;
  readonly kind: string;
  readonly state: string;
  readonly says: string;
  readonly suggestion: string;
}

/** The breaks that touch an order, oldest first. */
async function breaksOf(orderId: number): Promise<Broken[]> {
  const { rows } = await world.engine.pool.query<Broken>(
    "SELECT b.id, b.kind, b.state, b.says, b.suggestion FROM breaks b JOIN break_orders o ON o.break_id = b.id WHERE o.order_id = $1 ORDER BY b.id",
    [orderId],
  );
  return rows;
}
const held = async (orderId: number) => (await world.holdsOf(orderId)).some((hold) => hold.reason === "reconciliation");
const referenceOf = async (orderId: number) => must((await world.paymentsOf(orderId))[0], "a payment").reference;

/** A paid order whose settlement comes a day later, with the line about it as `change` makes it. */
async function settledWith(
  change: (line: SettlementLine) => readonly SettlementLine[],
  amount?: (gross: bigint) => bigint,
): Promise<number> {
  const id = await world.bought();
  const reference = await referenceOf(id);
  await world.forward(1.5 * day);
  spoil = (all) =>
    all.map((one) => {
      const lines = one.lines.flatMap((line) => (line.reference === reference ? change(line) : [line]));
      if (!one.lines.some((line) => line.reference === reference)) return one;
      return { ...one, lines, amount: amount?.(one.amount) ?? lines.reduce((sum, line) => sum + line.net, 0n) };
    });
  await reconcileRails(world.engine, {});
  return id;
}

describe("a break holds the order that it touches", () => {
  test.each([
    ["wrong_amount", (line: SettlementLine) => [{ ...line, gross: line.gross - 100n, net: line.net - 100n }]],
    ["wrong_fee", (line: SettlementLine) => [{ ...line, fee: line.fee + 50n, net: line.net - 50n }]],
  ] as const)("%s: nothing is paid out of it before the operator has closed it with a note", async (kind, change) => {
    const id = await settledWith(change);
    const [broken] = await breaksOf(id);
    expect(broken).toMatchObject({ kind, state: "open" });
    expect(broken?.suggestion.length).toBeGreaterThan(10);
    expect(await held(id)).toBe(true);
    await world.done(deliver(world.on("seller", id)));
    await world.done(accept(world.on("buyer", id)));
    await world.settleDown();
    expect((await world.sends(id)).map((one) => one.state)).toEqual(["queued"]);

    const close = { id: Number(broken?.id), by: "operator:1", book: false };
    expect(await closeBreak(world.engine, { ...close, note: "" })).toMatchObject({ refused: "reason_needed" });
    await closeBreak(world.engine, { ...close, note: "Seen on the dashboard; theirs is right." });
    expect((await breaksOf(id))[0]).toMatchObject({ state: "closed" });
    expect(await held(id)).toBe(false);
    expect(await world.until(async () => (await world.state(id)) === "completed")).toBe(true);
    // Asked again, what was closed stays closed.
    await reconcileRails(world.engine, {});
    expect((await breaksOf(id)).map((one) => one.state)).toEqual(["closed"]);
  });

  test("twice: the same payment in two lines", async () => {
    const id = await settledWith((line) => [line, { ...line, id: `${line.id}-again` }]);
    expect(await breaksOf(id)).toMatchObject([{ kind: "twice", state: "open" }]);
    expect(await held(id)).toBe(true);
    // The first of the two agrees, and the payment is settled once.
    const { rows } = await world.engine.pool.query<{ n: bigint }>(
      `SELECT count(*) AS n FROM settlement_lines WHERE state = 'matched' AND reference = $1`,
      [await referenceOf(id)],
    );
    expect(rows[0]?.n).toBe(1n);
  });

  test("sum: lines that do not come to what arrived", async () => {
    const id = await settledWith(
      (line) => [line],
      (amount) => amount - 1n,
    );
    expect(await breaksOf(id)).toMatchObject([{ kind: "sum", state: "open" }]);
    expect(await held(id)).toBe(true);
  });

  test("missing: a payment that no settlement names within five days; when it comes after all, the break heals and lets go", async () => {
    const id = await settledWith(() => []);
    const reference = await referenceOf(id);
    expect((await breaksOf(id)).filter((one) => one.kind === "missing")).toEqual([]);
    await world.forward(5 * day);
    await reconcileRails(world.engine, {});
    expect((await breaksOf(id)).filter((one) => one.kind === "missing")).toMatchObject([{ state: "open" }]);
    expect(await held(id)).toBe(true);
    // Told in a settlement of its own at last.
    const payment = must((await world.paymentsOf(id))[0], "a payment");
    const net = payment.received - payment.railFee;
    const at = world.emulator.clock.now();
    const names = { reference, railReference: payment.railReference };
    const line: SettlementLine = { id: "late", kind: "payment", ...names, gross: payment.received, fee: payment.railFee, net, at };
    spoil = (all) => [
      ...all.map((one) => ({ ...one, lines: one.lines.filter((other) => other.reference !== reference) })),
      { id: "settled-late", currency: "NGN", amount: net, settledAt: at, lines: [line] },
    ];
    await reconcileRails(world.engine, {});
    expect((await breaksOf(id)).filter((one) => one.kind === "missing")).toMatchObject([{ state: "healed" }]);
    expect((await world.paymentsOf(id)).map((one) => one.settled)).toEqual([true]);
  });
});

test("extra: a line for money that nobody here knows is a break of its own, and holds nobody", async () => {
  const at = world.emulator.clock.now();
  const line: SettlementLine = {
    id: "stranger",
    kind: "payment",
    reference: "pay-of-nobody",
    railReference: "987654321",
    gross: 5_000n,
    fee: 75n,
    net: 4_925n,
    at,
  };
  spoil = (all) => [...all, { id: "with-a-stranger", currency: "NGN", amount: 4_925n, settledAt: at, lines: [line] }];
  await reconcileRails(world.engine, {});
  const { rows } = await world.engine.pool.query<Broken & { orders: bigint }>(
    "SELECT b.state, b.suggestion, (SELECT count(*) FROM break_orders o WHERE o.break_id = b.id) AS orders FROM breaks b WHERE b.kind = 'extra'",
  );
  expect(rows).toMatchObject([{ state: "open", orders: 0n }]);
});

test("changed: a settlement that says something else the second time is a break, and nothing is overwritten", async () => {
  const before = await world.engine.pool.query("SELECT amount FROM settlements WHERE settlement_id = 'with-a-stranger'");
  const honest = spoil;
  spoil = (all) => honest(all).map((one) => (one.id === "with-a-stranger" ? { ...one, amount: 4_000n } : one));
  await reconcileRails(world.engine, {});
  const { rows } = await world.engine.pool.query("SELECT state FROM breaks WHERE kind = 'changed' AND settlement_id = 'with-a-stranger'");
  expect(rows).toEqual([{ state: "open" }]);
  expect((await world.engine.pool.query("SELECT amount FROM settlements WHERE settlement_id = 'with-a-stranger'")).rows).toEqual(
    before.rows,
  );
});

test("a fee that was settled otherwise is booked as it was, and only once", async () => {
  const id = await settledWith((line) => [{ ...line, fee: line.fee + 50n, net: line.net - 50n }]);
  const [broken] = await breaksOf(id);
  const before = must((await world.paymentsOf(id))[0], "a payment");
  expect(await closeBreak(world.engine, { id: Number(broken?.id), by: "operator:1", book: true, note: "Theirs is right." })).toBe(
    undefined,
  );
  expect((await world.paymentsOf(id))[0]).toMatchObject({ settled: true, railFee: before.railFee + 50n });
  const again = { id: Number(broken?.id), by: "operator:1", book: true, note: "Once more." };
  expect(await closeBreak(world.engine, again)).toMatchObject({ refused: "not_now" });
});

test.each([
  ["closed alone, it is settled with what came, and the rest stays at the rail", false, 0n],
  ["booked, the rest is the rail's fee", true, 100n],
])("a payment of which another amount was settled counts as settled once its break is closed: %s", async (_how, book, more) => {
  const id = await settledWith((line) => [{ ...line, gross: line.gross - 100n, net: line.net - 100n }]);
  const [broken] = await breaksOf(id);
  const before = must((await world.paymentsOf(id))[0], "a payment");
  expect(before.settled).toBe(false);
  const books = async () => world.balances();
  const at = await books();
  const input = { id: Number(broken?.id), by: "operator:1", book, note: "Seen." };
  expect(await closeBreak(world.engine, input)).toBe(undefined);
  expect((await world.paymentsOf(id))[0]).toMatchObject({ settled: true, railFee: before.railFee + more });
  const net = before.received - before.railFee - 100n;
  const now = await books();
  const moved = (account: string) => (at[account] ?? 0n) - (now[account] ?? 0n);
  expect([moved("rail:paystack:cash"), moved("rail:paystack:incoming")]).toEqual([net, -net - more]);
  const { rows } = await world.engine.pool.query("SELECT state, note FROM settlement_lines WHERE payment_id = $1", [before.id]);
  expect(rows).toEqual([{ state: book ? "matched" : "explained", note: "Seen." }]);
  expect(await closeBreak(world.engine, input)).toMatchObject({ refused: "not_now" });
  // Told once more, it is a second line and no second settlement.
  await reconcileRails(world.engine, {});
  expect((await breaksOf(id)).map((one) => one.state)).toEqual(["closed"]);
});

test("a settlement that changes holds the orders in it, and two runs at a time wait for each other", async () => {
  const id = await settledWith((line) => [line]);
  expect(await held(id)).toBe(false);
  const reference = await referenceOf(id);
  const honest = spoil;
  spoil = (all) =>
    honest(all).map((one) => (one.lines.some((line) => line.reference === reference) ? { ...one, amount: one.amount + 1n } : one));
  await Promise.all([reconcileRails(world.engine, {}), reconcileRails(world.engine, {})]);
  expect((await breaksOf(id)).map((one) => one.kind)).toEqual(["changed"]);
  expect(await held(id)).toBe(true);
});

test("deductions that nothing explains may be of refunds the books have: closed, they do not make the rail's balance disagree", async () => {
  // A refund is taken off what waits for its settlement, if there is enough of it.
  await world.bought();
  const id = await world.bought();
  await world.done(cancel(world.on("seller", id), { comment: "sold out" }));
  await world.settleDown();
  await world.forward(1.5 * day);
  // As if some of it had been taken off for one refund and some for another, of sums that no refund has.
  spoil = (all) =>
    all.map((one) => ({
      ...one,
      lines: one.lines.flatMap((line) => {
        if (line.kind !== "refund" || line.net > -1_000n) return [line];
        const part = (name: string, net: bigint) => ({ ...line, id: `${line.id} ${name}`, gross: net, net });
        return [part("a", line.net + 777n), part("b", -777n)];
      }),
    }));
  await reconcileRails(world.engine, {});
  const open = async (kind: string) =>
    (await world.engine.pool.query<{ id: bigint }>("SELECT id FROM breaks WHERE kind = $1 AND state = 'open' ORDER BY id", [kind])).rows;
  const breaks = await open("unexplained");
  expect(breaks).toHaveLength(2);
  const closed = { note: "These are refunds.", by: "operator:1", book: false };
  for (const one of breaks) expect(await closeBreak(world.engine, { id: Number(one.id), ...closed })).toBeUndefined();
  await world.forward(day);
  await reconcileRails(world.engine, {});
  expect(await open("balance")).toEqual([]);
});
