import { verify } from "node:crypto";
import { afterEach, beforeEach, expect, test } from "vitest";
import { magicAmount } from "../core/faults.ts";
import { client, listener } from "../core/test-client.ts";
import type { Emulator } from "../start.ts";
import { startEmulator } from "../start.ts";
import { toMajor } from "./state.ts";

const hour = 3_600_000;
const started = new Date("2026-03-02T08:00:00Z");
let emulator: Emulator;
let shop: Awaited<ReturnType<typeof listener>>;
let call: ReturnType<typeof client>;
let profile: string;

beforeEach(async () => {
  emulator = await startEmulator({ seed: 7, now: () => started, hangMs: 20, slowMs: 20 });
  shop = await listener();
  emulator.wise.tell(shop.url);
  call = client(emulator.wise.url, { authorization: `Bearer ${emulator.wise.secrets["api_token"]}` });
  profile = emulator.wise.secrets["profile"] ?? "";
});

afterEach(async () => {
  emulator.wise.audit();
  await emulator.stop();
  await shop.stop();
});

const id = (n: number) => `00000000-0000-4000-8000-00000000000${n}`;

async function quoted(more: object = { sourceAmount: 200 }): Promise<string> {
  const made = await call("POST", `/v3/profiles/${profile}/quotes`, { sourceCurrency: "USD", targetCurrency: "USD", ...more });
  expect(made.status).toBe(200);
  return made.body["id"] ?? "";
}

async function account(accountHolderName = "Ada Okafor", currency = "USD"): Promise<unknown> {
  return (await call("POST", "/v1/accounts", { accountHolderName, currency, type: "email", details: { email: "ada@example.com" } })).body[
    "id"
  ];
}

async function create(n: number, fault = "", quote?: object, currency = "USD") {
  const body = {
    targetAccount: await account("Ada Okafor", currency),
    quoteUuid: await quoted(quote),
    customerTransactionId: id(n),
    details: { reference: "Order 1" },
  };
  return call("POST", "/v1/transfers", body, fault === "" ? {} : { "x-emulator-fault": fault });
}

const fund = (transfer: unknown, fault = "") =>
  call(
    "POST",
    `/v3/profiles/${profile}/transfers/${transfer as number}/payments`,
    { type: "BALANCE" },
    fault === "" ? {} : { "x-emulator-fault": fault },
  );
const topUp = (amount: number) => call("POST", "/_emulator/balance", { currency: "USD", amount });
const status = async (transfer: unknown) => (await call("GET", `/v1/transfers/${transfer as number}`)).body["status"];
const states = () => shop.events().flatMap((one) => one.data.current_state ?? []);

test("quote, recipient, transfer, funding: the states in order, under Wise's own signature", async () => {
  await topUp(50_000);
  const made = await create(1);
  expect(made).toMatchObject({
    status: 200,
    body: { status: "incoming_payment_waiting", customerTransactionId: id(1), sourceValue: 198.5, targetValue: 198.5 },
  });
  expect(emulator.wise.movements()).toHaveLength(1);
  const transfer = made.body["id"];
  expect(await fund(transfer)).toMatchObject({ status: 201, body: { status: "COMPLETED", errorCode: null } });
  await emulator.clock.idle();
  expect(await status(transfer)).toBe("outgoing_payment_sent");
  expect(states()).toEqual(["processing", "funds_converted", "outgoing_payment_sent"]);
  for (const { body, headers } of shop.heard) {
    const signature = Buffer.from(String(headers["x-signature-sha256"]), "base64");
    expect(verify("RSA-SHA256", Buffer.from(body), emulator.wise.secrets["public_key"] ?? "", signature)).toBe(true);
  }
  expect(new Set(shop.heard.map((one) => one.headers["x-delivery-id"])).size).toBe(3);
  expect((await call("GET", `/v4/profiles/${profile}/balances?types=STANDARD`)).body).toMatchObject([
    { currency: "USD", amount: { value: 300 } },
  ]);
  expect((await fund(transfer)).body).toMatchObject({ status: "REJECTED", errorCode: "payment.exists" });
  expect((await call("GET", "/v1/profiles")).body).toMatchObject([{ id: Number(profile), type: "business" }]);
});

test("the same customerTransactionId is the same transfer, also after its answer was lost", async () => {
  await topUp(50_000);
  await expect(create(1, "timeout_after")).rejects.toThrow("fetch failed");
  const again = await create(1);
  expect((await create(1)).body).toEqual(again.body);
  expect(((await call("GET", "/v1/transfers")).body as unknown as object[]).length).toBe(1);
  await expect(fund(again.body["id"], "timeout_after")).rejects.toThrow("fetch failed");
  await emulator.clock.idle();
  expect(await status(again.body["id"])).toBe("outgoing_payment_sent");
  expect(emulator.wise.movements().filter((one) => one.what === "transfer")).toHaveLength(1);
  await expect(create(2, "timeout_before")).rejects.toThrow("fetch failed");
  expect(((await call("GET", "/v1/transfers")).body as unknown as object[]).length).toBe(1);
});

test("a transfer is funded once, and not cancelled then, even before anything more has happened to it", async () => {
  await topUp(50_000);
  const transfer = (await create(1)).body["id"];
  // All at once: no step of the clock lies between them.
  const asked = await Promise.all([1, 2, 3].map(() => fund(transfer)));
  expect(asked.map((one) => one.body["status"]).filter((one) => one === "COMPLETED")).toHaveLength(1);
  expect((await call("PUT", `/v1/transfers/${transfer as unknown as number}/cancel`)).status).toBe(422);
  expect(emulator.wise.movements().filter((one) => one.what === "transfer")).toHaveLength(1);
  await emulator.clock.idle();
  expect(await status(transfer)).toBe("outgoing_payment_sent");
});

test("currencies change at a rate, and what comes in of each goes out or is held", async () => {
  await topUp(50_000);
  const made = await create(1, "", { targetCurrency: "NGN", targetAmount: 160_000.5 }, "NGN");
  expect(made.body).toMatchObject({ targetCurrency: "NGN", targetValue: 160_000.5, sourceValue: 100.01, rate: 1600 });
  await fund(made.body["id"], "reversed");
  await emulator.clock.idle();
  expect(await status(made.body["id"])).toBe("outgoing_payment_sent");
  await emulator.clock.advance(hour);
  expect(await status(made.body["id"])).toBe("funds_refunded");
  expect(states()).toEqual(["processing", "funds_converted", "outgoing_payment_sent", "bounced_back", "funds_refunded"]);
  // 1.01 was the fee; it stays.
  const refund = shop.events().find((one) => one.event_type === "transfers#refund");
  expect(refund?.data.resource).toMatchObject({ type: "transfer", id: made.body["id"], refund_amount: 100.01, refund_currency: "USD" });
  expect(emulator.wise.audit()).toMatchObject([
    { currency: "USD", held: { balance: 49_899n, fees: 101n } },
    { currency: "NGN", in: 32_000_100n, out: 32_000_100n },
  ]);
});

test("what goes wrong: failed, pending, refused, unfunded, broken", async () => {
  await topUp(100_000);
  const failed = (await create(1)).body["id"];
  await fund(failed, "failed");
  const pending = (await create(2, "pending")).body["id"];
  await fund(pending);
  await emulator.clock.idle();
  expect([await status(failed), await status(pending)]).toEqual(["funds_refunded", "processing"]);
  await emulator.clock.advance(6 * hour);
  expect(await status(pending)).toBe("outgoing_payment_sent");
  expect(await create(3, "blocked_recipient")).toMatchObject({ status: 422, body: { errors: [{ path: "targetAccount" }] } });
  expect((await fund((await create(4)).body["id"], "insufficient_balance")).body).toMatchObject({ status: "REJECTED" });
  expect((await fund((await create(5, "", { sourceAmount: 5_000 })).body["id"])).body).toMatchObject({ status: "REJECTED" });
  expect((await create(6, "rate_limit")).status).toBe(429);
  expect((await create(6, "error_500")).status).toBe(500);
  const magic = { sourceCurrency: "USD", targetCurrency: "USD", sourceAmount: toMajor(magicAmount("error_500")) };
  expect((await call("POST", `/v3/profiles/${profile}/quotes`, magic)).status).toBe(500);
  const cancelled = (await create(7)).body["id"];
  expect((await call("PUT", `/v1/transfers/${cancelled as unknown as number}/cancel`)).body).toMatchObject({ status: "cancelled" });
  expect((await call("PUT", `/v1/transfers/${pending as unknown as number}/cancel`)).status).toBe(422);
});

test("a quote lapses, and names either amount, never both", async () => {
  const quoteUuid = await quoted();
  await emulator.clock.advance(hour);
  const body = { targetAccount: await account(), quoteUuid, customerTransactionId: id(1) };
  expect(await call("POST", "/v1/transfers", body)).toMatchObject({ status: 422, body: { errors: [{ code: "error.quote.expired" }] } });
  const both = { sourceCurrency: "USD", targetCurrency: "USD", sourceAmount: 1, targetAmount: 1 };
  expect((await call("POST", `/v3/profiles/${profile}/quotes`, both)).status).toBe(422);
  expect((await call("POST", `/v3/profiles/${profile}/quotes`, { ...both, targetAmount: null, sourceAmount: 1.001 })).status).toBe(422);
  expect((await call("GET", `/v3/profiles/${profile}/quotes/${quoteUuid}`)).body).toMatchObject({
    paymentOptions: [{ fee: { total: 1.5 } }],
  });
  expect((await call("GET", `/v3/profiles/1/quotes/${quoteUuid}`)).status).toBe(404);
});

test("an invented field and a missing token are refused", async () => {
  const invented = await call("POST", "/v1/accounts", { accountHolderName: "A", currency: "USD", type: "email", details: {}, invented: 1 });
  expect(invented).toMatchObject({ status: 422, body: { errors: [{ path: "invented" }] } });
  expect((await client(emulator.wise.url, {})("GET", "/v1/profiles")).status).toBe(401);
  const known = await account();
  expect((await call("GET", `/v1/accounts/${known as number}`)).body).toMatchObject({ accountHolderName: "Ada Okafor" });
  expect((await call("POST", "/_emulator/disputes", { reference: "x" })).status).toBe(422);
});

test("a balance's statement has what went in and out of it, and names each transfer", async () => {
  await topUp(50_000);
  await topUp(1);
  const made = await create(1);
  await fund(made.body["id"], "reversed");
  await emulator.clock.advance(2 * hour);
  const balances = (await call("GET", `/v4/profiles/${profile}/balances?types=STANDARD`)).body as unknown as { id: number }[];
  const path = `/v1/profiles/${profile}/balance-statements/${balances[0]?.id}/statement.json`;
  const [from, to] = [started.toISOString(), emulator.clock.now().toISOString()];
  const read = async (currency: string, start: string, end: string) =>
    call("GET", `${path}?currency=${currency}&intervalStart=${start}&intervalEnd=${end}&type=COMPACT`);
  const { body } = await read("USD", from, to);
  const lines = body["transactions"] as unknown as { type: string; amount: { value: number }; referenceNumber: string }[];
  expect(lines.map((one) => [one.type, one.amount.value, one.referenceNumber.split("-")[0]])).toEqual([
    ["CREDIT", 198.5, "TRANSFER"],
    ["DEBIT", -200, "TRANSFER"],
    ["CREDIT", 0.01, "BALANCE"],
    ["CREDIT", 500, "BALANCE"],
  ]);
  expect(lines[0]?.referenceNumber).toBe(`TRANSFER-${made.body["id"]}`);
  expect(((await read("USD", to, to)).body["transactions"] as unknown as object[]).length).toBe(0);
  expect([await read("EUR", from, to), await read("USD", to, from)].map((one) => one.status)).toEqual([422, 422]);
});

test("a forged notice says bounced_back under another key", async () => {
  await topUp(50_000);
  const made = await create(1, "webhook_forged");
  await fund(made.body["id"]);
  await emulator.clock.idle();
  const judged = shop.heard.map(({ body, headers }) => {
    const signature = Buffer.from(String(headers["x-signature-sha256"]), "base64");
    return [
      JSON.parse(body).data.current_state,
      verify("RSA-SHA256", Buffer.from(body), emulator.wise.secrets["public_key"] ?? "", signature),
    ];
  });
  expect(judged.slice(0, 2)).toEqual([
    ["bounced_back", false],
    ["processing", true],
  ]);
  const back = await create(2, "webhook_forged");
  await fund(back.body["id"], "failed");
  await emulator.clock.idle();
  const told = shop.heard.map(({ body }) => JSON.parse(body).data.resource.refund_amount).filter((one) => one !== undefined);
  expect(told).toEqual([2_000, 200]);
});
