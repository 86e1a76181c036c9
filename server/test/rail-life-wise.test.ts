import { rmSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { must } from "../src/domain/fault.ts";
import { compareBalances } from "../src/jobs/reconcile-balances.ts";
import { settingsOver } from "./setup/over-rail.ts";
import type { WorldOverWise } from "./setup/over-wise.ts";
import { wise, wiseCalls, worldOverWise } from "./setup/over-wise.ts";
import { newHome, tranche } from "./setup/program.ts";

// The lives of orders whose payer pays naira at Paystack and whose provider is paid dollars by Wise. The first one finds no dollars there.

let world: WorldOverWise;
const home = newHome();
beforeAll(async () => {
  world = await worldOverWise(0n);
});
afterAll(async () => {
  await world.close();
  rmSync(home, { recursive: true, force: true });
});

// USD 169.45 at 410; the seller bears the price of Paystack, and 80 % of what is left, less the payout fee, is the provider's.
const [naira, cents] = [5_461_340n, 13_320n];
let accounts = 0;
const newAccount = () => `payee${(accounts += 1)}@example.test`;
const state = async (id: number) => (await world.payoutOf(id)).state;
const becomes = (id: number, wanted: string) => world.until(async () => (await state(id)) === wanted);

/** The operator's command on the installation, as a process of its own. */
async function command(...args: string[]): Promise<string> {
  const settings = {
    TRANCHE_HOME: home,
    DATABASE_URL: world.database.ownerUrl,
    TRANCHE_SECRET_KEY: world.secretKey.toString("base64"),
    TRANCHE_RAILS_NGN: "paystack",
    ...settingsOver("paystack", world.emulated),
    ...wise.settings(world.wise),
  };
  const ran = await tranche(args, settings);
  if (ran.code !== 0) throw new Error(`${args.join(" ")}: ${ran.err}${ran.out}`);
  return ran.out;
}

const dollarsAtWise = () => world.wise.audit().find((one) => one.currency === "USD")?.held["balance"] ?? 0n;
const nairaAtPaystack = () => must(world.emulated.audit().find((one) => one.currency === "NGN")?.held["balance"], "naira");

/** Sends naira out of Paystack's balance to whoever changes them, by hand; answers what left the balance, the transfer's fee with it. */
async function takeNairaOut(amount: number): Promise<bigint> {
  const before = nairaAtPaystack();
  const ask = async (path: string, body: object) => {
    const headers = { authorization: `Bearer ${world.emulated.secrets["secret_key"]}`, "content-type": "application/json" };
    const answer = await fetch(`${world.emulated.url}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
    return ((await answer.json()) as { data: Record<string, string> }).data;
  };
  const changer = { type: "nuban", name: "A changer", account_number: "0123456789", bank_code: "058", currency: "NGN" };
  const recipient = (await ask("/transferrecipient", changer))["recipient_code"];
  await ask("/transfer", { source: "balance", amount, recipient, reference: "the-operators-own-one", reason: "dollars" });
  await world.emulator.clock.idle();
  return before - nairaAtPaystack();
}

test("without dollars the seller is paid and the provider waits; naira changed and float added by command, it is paid once", async () => {
  const { id } = await world.accepted(newAccount());
  const before = world.arrived();
  await world.settleDown();
  expect(world.arrived().banks - before.banks).toBe((await world.payoutOf(id, "seller")).amount);
  const waiting = await world.payoutOf(id);
  expect(waiting).toMatchObject({ amount: naira, outAmount: cents, outCurrency: "USD", rail: "wise", state: "queued", attempts: 1 });
  expect(waiting.reason).toContain("did not fund");
  expect(await world.reached(id)).toEqual({ times: 0, payee: 0n, fee: 0n, kept: 0n });

  // Own naira go to somebody who puts dollars into the balance at Wise for them; a little is put in besides.
  const gave = await takeNairaOut(4_100_000);
  world.wise.levers.topUp("USD", 9_950n);
  expect(await command("money", "change", String(gave), "NGN", "paystack", "9950", "USD", "wise")).toContain("USD 99.50 of wise");
  world.wise.levers.topUp("USD", 100_000n);
  expect(await command("float", "add", "100000", "USD", "wise")).toContain("USD 1,000.00 of float");
  expect(await becomes(id, "succeeded")).toBe(true);
  expect(await world.payoutOf(id)).toMatchObject({ attempts: 2 });
  const { times, payee, fee } = await world.reached(id);
  expect([times, payee + fee]).toEqual([1, cents]);
  expect(dollarsAtWise()).toBe(9_950n + 100_000n - cents);
  expect(await world.state(id)).toBe("completed");
  await world.sound();
});

test("paid by Paystack, delivered, accepted: the seller gets naira from Paystack and the provider dollars from Wise, told by signed notices", async () => {
  const heard = world.wise.deliveries().length;
  const { id } = await world.accepted(newAccount());
  const before = world.arrived();
  expect(await becomes(id, "succeeded")).toBe(true);
  expect(world.arrived().banks - before.banks).toBe((await world.payoutOf(id, "seller")).amount);
  const { times, payee, fee } = await world.reached(id);
  expect([times, payee + fee]).toEqual([1, cents]);
  expect(await world.state(id)).toBe("completed");
  // Of each state one, and each was believed: processing, converted, sent.
  const told = world.wise.deliveries().slice(heard);
  expect(told.map((one) => one.status)).toEqual([200, 200, 200]);
  const { rows } = await world.engine.pool.query<{ outcome: string; reference: string }>(
    "SELECT outcome, reference FROM rail_events WHERE rail = 'wise' ORDER BY id DESC LIMIT 3",
  );
  const { rows: attempts } = await world.engine.pool.query("SELECT reference FROM attempts WHERE rail = 'wise' ORDER BY id DESC LIMIT 1");
  for (const row of rows) expect(row).toEqual({ outcome: "taken_in", reference: attempts[0]?.["reference"] });
  await world.sound();
});

test("a transfer that the payee's bank sends back is owed again in naira; what Wise kept is the operator's; a mended account is paid once", async () => {
  const { id, person } = await world.accepted(newAccount());
  const fees = await world.wiseFees();
  world.wise.script({ fault: "reversed", on: wiseCalls.funding, times: 1 });
  expect(await becomes(id, "succeeded")).toBe(true);
  expect((await world.reached(id)).times).toBe(1);
  await world.forward(3_600_000);
  expect(await world.payoutOf(id)).toMatchObject({ state: "parked", fault: "payee" });
  const came = await world.reached(id);
  expect(came).toMatchObject({ times: 0, payee: 0n, fee: 0n });
  expect(came.kept).toBeGreaterThan(0n);
  expect((await world.wiseFees()) - fees).toBe(came.kept);
  const { payeeId } = await world.payoutOf(id);
  expect((await world.balances())[`payee:service_provider:${payeeId}:payable`]).toBe(naira);
  await world.sound();
  // It is not tried again by itself, however long it lies.
  await world.forward(2 * 86_400_000);
  expect(await world.payoutOf(id)).toMatchObject({ state: "parked", attempts: 1 });

  await world.provider(newAccount(), person);
  expect(await becomes(id, "succeeded")).toBe(true);
  const after = await world.reached(id);
  expect([after.times, after.payee + after.fee, after.kept]).toEqual([1, cents, came.kept]);
  expect((await world.balances())[`payee:service_provider:${payeeId}:payable`]).toBeUndefined();
  await world.sound();
});

test("one that came back before anybody heard that it had arrived costs the same, and all of it is owed again", async () => {
  const { id } = await world.accepted(newAccount());
  const fees = await world.wiseFees();
  world.wise.script(
    { fault: "reversed", on: wiseCalls.funding, times: 1 },
    { fault: "webhook_never", on: wiseCalls.funding, times: 1 },
    { fault: "timeout_after", on: wiseCalls.funding, times: 1 },
  );
  await world.due();
  // Nobody looks while it is there: it arrives, and an hour later it is back.
  await world.emulator.clock.advance(2 * 3_600_000);
  expect(await becomes(id, "parked")).toBe(true);
  const { kept, times } = await world.reached(id);
  expect([times, (await world.wiseFees()) - fees]).toEqual([0, kept]);
  expect(kept).toBeGreaterThan(0n);
  await world.sound();
});

test("where Wise gives no statement and no notice comes, the payee is owed again all the same, and the balances tell the operator", async () => {
  const { id } = await world.accepted(newAccount());
  const breaks = async () =>
    (await world.engine.pool.query<{ says: string }>("SELECT says FROM breaks WHERE kind = 'balance' AND state = 'open' AND rail = 'wise'"))
      .rows;
  await compareBalances(world.engine, "wise");
  expect(await breaks()).toEqual([]);
  world.wise.script(
    { fault: "reversed", on: wiseCalls.funding, times: 1 },
    { fault: "webhook_never", on: wiseCalls.funding, times: 1 },
    { fault: "rate_limit", on: "GET /v1/profiles/:profile/balance-statements/:balance/statement.json", times: 9 },
  );
  expect(await becomes(id, "succeeded")).toBe(true);
  expect(await world.until(async () => (await state(id)) === "parked")).toBe(true);
  const { kept } = await world.reached(id);
  expect(kept).toBeGreaterThan(0n);
  await compareBalances(world.engine, "wise");
  expect((await breaks()).map(({ says }) => says)).toEqual([expect.stringContaining(`so it has USD 1.17 less`)]);
  expect(kept).toBe(117n);
});
