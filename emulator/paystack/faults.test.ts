import { createHmac } from "node:crypto";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Chance } from "../core/chance.ts";
import { Faults, magicAmount } from "../core/faults.ts";
import { client, listener } from "../core/test-client.ts";
import type { Emulator } from "../start.ts";
import { startEmulator } from "../start.ts";

const hour = 3_600_000;
const started = new Date("2026-03-02T08:00:00Z");
const email = "ada@example.com";
let emulator: Emulator;
let shop: Awaited<ReturnType<typeof listener>>;
let call: ReturnType<typeof client>;
let recipient: string;

beforeEach(async () => {
  emulator = await startEmulator({ seed: 7, now: () => started, hangMs: 20, slowMs: 30 });
  shop = await listener();
  emulator.paystack.tell(shop.url);
  call = client(emulator.paystack.url, { authorization: `Bearer ${emulator.paystack.secrets["secret_key"]}` });
  await call("POST", "/_emulator/balance", { currency: "NGN", amount: 100_000_000 });
  const made = await call("POST", "/transferrecipient", { type: "nuban", name: "Bayo", account_number: "0123456789", bank_code: "058" });
  recipient = made.data["recipient_code"] ?? "";
});

afterEach(async () => {
  emulator.paystack.audit();
  await emulator.stop();
  await shop.stop();
});

const reference = "payout-0000000001";
const send = (fault: string, more: object = {}) =>
  call(
    "POST",
    "/transfer",
    { source: "balance", amount: 400_000, recipient, reference, ...more },
    fault === "" ? {} : { "x-emulator-fault": fault },
  );
const verified = async (named = reference) => call("GET", `/transfer/verify/${named}`);
const status = async (named = reference) => (await verified(named)).data?.["status"];
/** How often the money left the balance; whether it has arrived by now is the beat's affair. */
const moved = () => emulator.paystack.movements().filter((one) => one.reference === reference && one.what === "transfer").length;
const told = () => shop.events().map((one) => one.event);

async function pay(named: string, fault: string, amount = 1_000_000): Promise<void> {
  const { data } = await call("POST", "/transaction/initialize", { email, amount, reference: named });
  await fetch(`${data["authorization_url"]}?act=pay&fault=${fault}`);
  await emulator.clock.idle();
}

test("a time-out before the effect leaves nothing behind", async () => {
  await expect(send("timeout_before")).rejects.toThrow("fetch failed");
  expect(moved()).toBe(0);
  expect((await verified()).status).toBe(404);
  expect((await send("")).status).toBe(200);
});

test("a time-out after the effect has sent the money, and the reference is used up", async () => {
  await expect(send("timeout_after")).rejects.toThrow("fetch failed");
  await emulator.clock.idle();
  expect(await status()).toBe("success");
  expect(await send("")).toMatchObject({ status: 400, message: expect.stringContaining("Reference already exists") });
  expect(emulator.paystack.movements().filter((one) => one.what === "transfer paid")).toHaveLength(1);
});

test("a 500 is before the effect or after it", async () => {
  expect(await send("error_500")).toMatchObject({ status: 500, body: { status: false } });
  expect(moved()).toBe(0);
  expect((await send("error_500_after")).status).toBe(500);
  expect(moved()).toBe(1);
});

test("a slow answer comes in the end, later than a client that has given up", async () => {
  const impatient = fetch(`${emulator.paystack.url}/balance`, {
    headers: { authorization: `Bearer ${emulator.paystack.secrets["secret_key"]}`, "x-emulator-fault": "slow" },
    signal: AbortSignal.timeout(1),
  });
  await expect(impatient).rejects.toThrow();
  expect((await send("slow")).status).toBe(200);
});

test("too many requests", async () => {
  expect(await send("rate_limit")).toMatchObject({ status: 429, body: { status: false, code: "rate_limited" } });
  expect(moved()).toBe(0);
});

test("pending for hours, then paid", async () => {
  await send("pending");
  await emulator.clock.advance(5 * hour);
  expect(await status()).toBe("pending");
  await emulator.clock.advance(hour);
  expect(await status()).toBe("success");
});

test("a success that is reversed later: the money comes back, the fee does not", async () => {
  await send("reversed");
  await emulator.clock.idle();
  expect(await status()).toBe("success");
  await emulator.clock.advance(2 * hour);
  expect(await status()).toBe("reversed");
  expect(told()).toEqual(["transfer.success", "transfer.reversed"]);
  expect(emulator.paystack.audit()[0]?.held["balance"]).toBe(100_000_000n - 1_000n);
});

test.each(["failed", "blocked", "rejected", "abandoned"] as const)("a transfer ends %s, and all of it comes back", async (fault) => {
  await send(fault);
  await emulator.clock.idle();
  expect(await status()).toBe(fault);
  expect(told()).toEqual(fault === "failed" ? ["transfer.failed"] : []);
  expect(emulator.paystack.audit()[0]?.held["balance"]).toBe(100_000_000n);
});

test("a transfer is received and waits for its approval", async () => {
  await send("received");
  expect(await status()).toBe("received");
  await emulator.clock.advance(6 * hour);
  expect(await status()).toBe("success");
});

test("a blocked recipient and an insufficient balance, whatever the books say", async () => {
  expect(await send("blocked_recipient")).toMatchObject({ status: 400, message: expect.stringContaining("recipient at the moment") });
  expect(await send("insufficient_balance")).toMatchObject({ status: 400, body: { code: "insufficient_balance" } });
  expect(moved()).toBe(0);
});

test("less than was asked arrives, or another currency, and verify says so", async () => {
  await pay("r1", "wrong_amount");
  expect((await call("GET", "/transaction/verify/r1")).data).toMatchObject({
    status: "success",
    amount: 999_900,
    requested_amount: 1_000_000,
  });
  await pay("r2", "wrong_currency");
  expect((await call("GET", "/transaction/verify/r2")).data).toMatchObject({ status: "success", amount: 1_000_000, currency: "USD" });
  expect(emulator.paystack.audit().map((one) => [one.currency, one.in])).toEqual([
    ["NGN", 100_999_900n],
    ["USD", 1_000_000n],
  ]);
});

test("a payment is pending for hours, or fails", async () => {
  await pay("r1", "pending");
  expect((await call("GET", "/transaction/verify/r1")).data["status"]).toBe("pending");
  await emulator.clock.advance(6 * hour);
  expect((await call("GET", "/transaction/verify/r1")).data["status"]).toBe("success");
  await pay("r2", "failed");
  expect((await call("GET", "/transaction/verify/r2")).data["status"]).toBe("failed");
});

test("webhooks: never, twice, late", async () => {
  await pay("r1", "webhook_never");
  expect(told()).toEqual([]);
  expect(emulator.paystack.events()).toHaveLength(1);
  await pay("r2", "webhook_duplicate");
  await emulator.clock.advance(1);
  expect(told()).toEqual(["charge.success", "charge.success"]);
  expect(shop.heard[0]?.body).toBe(shop.heard[1]?.body);
  await pay("r3", "webhook_late");
  await emulator.clock.advance(5 * hour);
  expect(told()).toHaveLength(2);
  await emulator.clock.advance(hour);
  expect(shop.events().at(-1)).toMatchObject({ data: { reference: "r3" } });
});

test("a forged webhook says ten times the money under another's signature; the true one follows", async () => {
  await pay("r1", "webhook_forged");
  const signed = shop.heard.map((one) => {
    const right = createHmac("sha512", emulator.paystack.secrets["secret_key"] ?? "").update(one.body);
    return [JSON.parse(one.body).data.amount, one.headers["x-paystack-signature"] === right.digest("hex")];
  });
  expect(signed).toEqual([
    [10_000_000, false],
    [1_000_000, true],
  ]);
});

test("reordered webhooks: the later one first; one without company goes after ten minutes", async () => {
  await pay("r1", "");
  await call("POST", "/refund", { transaction: "r1", amount: 1_000 }, { "x-emulator-fault": "webhook_reordered" });
  await emulator.clock.advance(11 * 60_000);
  expect(told()).toEqual(["charge.success", "refund.processing", "refund.pending", "refund.processed"]);
});

test("a webhook is tried again until 200: four times every three minutes, then hourly, for three days", async () => {
  shop.statuses.push(500, 302, 201);
  await pay("r1", "");
  await emulator.clock.advance(9 * 60_000);
  expect(emulator.paystack.deliveries().map((one) => [(one.at.getTime() - started.getTime()) / 60_000, one.status])).toEqual([
    [0, 500],
    [3, 302],
    [6, 201],
    [9, 200],
  ]);
  await emulator.clock.advance(80 * hour);
  expect(shop.heard).toHaveLength(4);

  shop.statuses.push(...Array.from({ length: 200 }, () => 500));
  await pay("r2", "");
  await emulator.clock.advance(80 * hour);
  expect(shop.heard.length - 4).toBe(5 + 72);
});

test("a magic amount has its fault; one that spoils the request does so once per reference", async () => {
  const amount = Number(magicAmount("timeout_after"));
  await expect(send("", { amount })).rejects.toThrow("fetch failed");
  expect((await send("", { amount })).status).toBe(400);
  expect(moved()).toBeGreaterThan(0);
  expect((await send("", { amount: Number(magicAmount("blocked_recipient")), reference: "payout-0000000002" })).status).toBe(400);
  expect((await send("", { amount: Number(magicAmount("error_500")), reference: "payout-0000000003" })).status).toBe(500);
  expect((await send("", { amount: Number(magicAmount("error_500")), reference: "payout-0000000003" })).status).toBe(200);
  expect(magicAmount("timeout_before")).toBe(1_099_901n);
});

test("a script breaks the second transfer, once, and can be read and taken back", async () => {
  const rule = { fault: "error_500", on: "POST /transfer", skip: 1, times: 1 };
  expect((await call("POST", "/_emulator/script", { rules: [rule] })).body["rules"]).toEqual([{ ...rule, done: 0 }]);
  const statuses = [];
  for (const n of [1, 2, 3]) statuses.push((await send("", { reference: `payout-000000000${n}` })).status);
  expect(statuses).toEqual([200, 500, 200]);
  expect((await call("GET", "/_emulator/script")).body["rules"]).toEqual([{ ...rule, done: 1 }]);
  expect((await call("POST", "/_emulator/script", { rules: [{ fault: "tiemout" }] })).status).toBe(400);
  await call("POST", "/_emulator/script", { rules: [{ fault: "rate_limit" }] });
  expect((await call("GET", "/balance")).status).toBe(429);
  await fetch(`${emulator.paystack.url}/_emulator/script`, { method: "DELETE" });
  expect((await call("GET", "/balance")).status).toBe(200);
});

test("a script may name one reference, and the payer's page", async () => {
  emulator.paystack.script({ fault: "wrong_amount", on: "pay", reference: "r2" });
  await pay("r1", "");
  await pay("r2", "");
  expect((await call("GET", "/transaction/verify/r1")).data["amount"]).toBe(1_000_000);
  expect((await call("GET", "/transaction/verify/r2")).data["amount"]).toBe(999_900);
});

test("a misspelled fault is refused, not passed over", async () => {
  expect(await send("tiemout")).toMatchObject({ status: 400, message: expect.stringContaining("there is no fault tiemout") });
});

test("chance is drawn from the seed", async () => {
  const run = async (seed: number) => {
    const one = await startEmulator({ seed, now: () => started });
    one.paystack.script({ fault: "rate_limit", chance: 0.5 });
    const asked = client(one.paystack.url, { authorization: `Bearer ${one.paystack.secrets["secret_key"]}` });
    const statuses = [];
    for (let n = 0; n < 12; n += 1) statuses.push((await asked("GET", "/balance")).status);
    await one.stop();
    return statuses;
  };
  const first = await run(3);
  expect(new Set(first)).toEqual(new Set([200, 429]));
  expect(await run(3)).toEqual(first);
  expect(await run(4)).not.toEqual(first);
});

test("an amount asks for nothing where amounts are drawn by chance", () => {
  const asked = { operation: "POST /transfer", amount: magicAmount("failed"), reference: "r1" };
  expect([...new Faults(new Chance(1)).of(asked)]).toEqual(["failed"]);
  expect([...new Faults(new Chance(1), false).of(asked)]).toEqual([]);
});

test("the controls: clock, record, targets, reset", async () => {
  expect((await call("GET", "/_emulator")).body).toMatchObject({ rail: "paystack", now: started.toISOString(), webhooks: [shop.url] });
  expect((await call("POST", "/_emulator/clock", { advance_seconds: 3600 })).body).toEqual({ now: "2026-03-02T09:00:00.000Z" });
  expect((await call("POST", "/_emulator/clock", { advance_seconds: -1 })).status).toBe(400);
  expect((await call("GET", "/_emulator/movements")).body).toMatchObject({
    movements: [{ number: 1, what: "top-up", from: "outside:operator", to: "balance", amount: 100_000_000 }],
    totals: [{ currency: "NGN", in: 100_000_000, out: 0, held: { balance: 100_000_000 } }],
  });
  expect((await call("PUT", "/_emulator/webhooks", { urls: [] })).body["urls"]).toEqual([]);
  await pay("r1", "pending");
  expect(shop.heard).toEqual([]);
  expect((await call("POST", "/_emulator/reset")).status).toBe(200);
  expect((await call("GET", "/_emulator/movements")).body).toEqual({ movements: [], totals: [] });
  expect((await call("GET", "/transaction/verify/r1")).status).toBe(404);
  // What was to come does not come any more.
  await emulator.clock.advance(24 * hour);
  expect(emulator.paystack.movements()).toEqual([]);
});
