import { afterEach, beforeEach, expect, test } from "vitest";
import { magicAmount } from "../core/faults.ts";
import { client, listener } from "../core/test-client.ts";
import type { Emulator } from "../start.ts";
import { startEmulator } from "../start.ts";
import { toMajor, toMinor } from "./decimals.ts";

const hour = 3_600_000;
const started = new Date("2026-03-02T08:00:00Z");
let emulator: Emulator;
let shop: Awaited<ReturnType<typeof listener>>;
let call: ReturnType<typeof client>;

beforeEach(async () => {
  emulator = await startEmulator({ seed: 7, now: () => started, hangMs: 20, slowMs: 20 });
  shop = await listener();
  emulator.flutterwave.tell(shop.url);
  call = client(emulator.flutterwave.url, { authorization: `Bearer ${emulator.flutterwave.secrets["secret_key"]}` });
});

afterEach(async () => {
  emulator.flutterwave.audit();
  await emulator.stop();
  await shop.stop();
});

const body = (tx_ref: string, amount: number) => ({
  tx_ref,
  amount,
  currency: "NGN",
  redirect_url: "https://shop.test/back",
  customer: { email: "ada@example.com" },
});

async function pay(txRef: string, amount: number, fault = ""): Promise<URL> {
  const { data } = await call("POST", "/v3/payments", body(txRef, amount));
  const back = await fetch(`${data["link"]}?act=pay&fault=${fault}`, { redirect: "manual" });
  await emulator.clock.idle();
  return new URL(back.headers.get("location") ?? "");
}

const reference = "payout-1";
const send = (fault = "", more: object = {}) =>
  call(
    "POST",
    "/v3/transfers",
    { account_bank: "044", account_number: "0690000031", amount: 30_000.5, currency: "NGN", reference, ...more },
    fault === "" ? {} : { "x-emulator-fault": fault },
  );
const found = async () =>
  ((await call("GET", `/v3/transfers?reference=${reference}`)).data as unknown as { id: number; status: string }[])[0];

test("a payment: link, redirect, verify by id and by reference, settlement, and a notice with the shared word", async () => {
  const opened = await call("POST", "/v3/payments", body("r1", 1234.56));
  expect(opened.body).toMatchObject({ status: "success", message: "Hosted Link" });
  expect((await call("GET", "/v3/transactions/verify_by_reference?tx_ref=r1")).status).toBe(404);
  const back = await fetch(`${opened.data["link"]}?act=pay`, { redirect: "manual" });
  const redirect = new URL(back.headers.get("location") ?? "");
  expect(redirect.searchParams.get("status")).toBe("successful");
  const id = redirect.searchParams.get("transaction_id");
  const expected = {
    tx_ref: "r1",
    amount: 1234.56,
    charged_amount: 1234.56,
    app_fee: 17.29,
    amount_settled: 1217.27,
    status: "successful",
  };
  expect((await call("GET", `/v3/transactions/${id}/verify`)).data).toMatchObject(expected);
  expect((await call("GET", "/v3/transactions/verify_by_reference?tx_ref=r1")).data).toMatchObject({ ...expected, id: Number(id) });
  await emulator.clock.idle();
  expect(shop.events()).toMatchObject([{ event: "charge.completed", data: expected }]);
  expect(shop.heard[0]?.headers["verif-hash"]).toBe(emulator.flutterwave.secrets["secret_hash"]);
  expect((await call("GET", "/v3/balances/NGN")).data).toMatchObject({ available_balance: 0, ledger_balance: 1217.27 });
  await emulator.clock.advance(24 * hour);
  expect((await call("GET", "/v3/balances/NGN")).data).toMatchObject({ available_balance: 1217.27 });
  expect((await call("GET", "/v3/settlements")).data).toMatchObject([{ gross_amount: 1234.56, app_fee: 17.29, net_amount: 1217.27 }]);
  expect(await call("POST", "/v3/payments", body("r1", 1))).toMatchObject({ status: 400, message: expect.stringContaining("Duplicate") });
});

test.each([
  ["POST", "/v3/payments", { ...body("r1", 1), invented: 1 }, "invented is not allowed"],
  ["POST", "/v3/payments", { ...body("r1", 1), customer: { email: "a@b", age: 3 } }, "customer.age is not allowed"],
  ["POST", "/v3/payments", body("r1", 1.005), "at most 2 decimals"],
  [
    "POST",
    "/v3/transfers",
    { account_bank: "044", account_number: "1", amount: 1, currency: "NGN", narration: "n".repeat(101) },
    "narration",
  ],
  ["POST", "/v3/transfers", { account_bank: "044", amount: 1, currency: "NGN" }, "account_number is required"],
])("%s %s refuses what the documents do not allow", async (method, path, sent, said) => {
  const answer = await call(method, path, sent);
  expect(answer).toMatchObject({ status: 400, body: { status: "error" } });
  expect(answer.message).toContain(said);
});

test("the key is asked for", async () => {
  expect((await client(emulator.flutterwave.url, {})("GET", "/v3/balances")).status).toBe(401);
  expect((await client(emulator.flutterwave.url, { authorization: "Bearer no" })("GET", "/v3/balances")).status).toBe(401);
});

test("a transfer: new, then there; its fee is finer than a kobo; its reference is good once", async () => {
  await call("POST", "/_emulator/balance", { currency: "NGN", amount: 10_000_000 });
  expect(await send()).toMatchObject({
    status: 200,
    message: "Transfer Queued Successfully",
    data: { status: "NEW", amount: 30_000.5, fee: 26.875, reference },
  });
  await emulator.clock.idle();
  expect((await call("GET", `/v3/transfers/${(await found())?.id}`)).data).toMatchObject({ status: "SUCCESSFUL", reference });
  expect(shop.events()).toMatchObject([{ event: "transfer.completed", data: { status: "SUCCESSFUL", reference } }]);
  expect(await send()).toMatchObject({ status: 400, message: expect.stringContaining("already exists") });
  expect(emulator.flutterwave.audit()[0]?.held["balance"]).toBe(10_000_000n - 3_000_050n - 2_688n);
  expect((await call("GET", "/v3/transfers/fee?amount=30000&currency=NGN")).data).toMatchObject([{ fee: 26.875 }]);
});

test("transfers go wrong in every way: after the time-out, failed, returned, pending, refused", async () => {
  await call("POST", "/_emulator/balance", { currency: "NGN", amount: 100_000_000 });
  await expect(send("timeout_before")).rejects.toThrow("fetch failed");
  expect(await found()).toBeUndefined();
  await expect(send("timeout_after")).rejects.toThrow("fetch failed");
  await emulator.clock.idle();
  expect(await found()).toMatchObject({ status: "SUCCESSFUL" });
  const status = async (id: number | undefined) => (await call("GET", `/v3/transfers/${id}`)).data["status"];
  const made = async (fault: string, ref: string) => (await send(fault, { reference: ref })).data["id"] as unknown as number;
  const failed = await made("failed", "p2");
  const returned = await made("reversed", "p3");
  const pending = await made("pending", "p4");
  await emulator.clock.idle();
  expect([await status(failed), await status(returned), await status(pending)]).toEqual(["FAILED", "SUCCESSFUL", "PENDING"]);
  await emulator.clock.advance(6 * hour);
  expect([await status(returned), await status(pending)]).toEqual(["FAILED", "SUCCESSFUL"]);
  expect((await send("blocked_recipient", { reference: "p5" })).status).toBe(400);
  expect((await send("insufficient_balance", { reference: "p6" })).status).toBe(400);
  expect((await send("rate_limit", { reference: "p7" })).status).toBe(429);
  expect((await send("error_500", { reference: "p8" })).status).toBe(500);
  expect((await send("", { reference: "p9", amount: toMajor(magicAmount("error_500"), "NGN") })).status).toBe(500);
  expect((await send("", { reference: "p10", account_number: "0000000403" })).status).toBe(400);
});

test("refunds: partial, from the balance alone, never more than was paid; one may fail", async () => {
  const id = (await pay("r1", 1000)).searchParams.get("transaction_id");
  expect((await call("POST", `/v3/transactions/${id}/refund`, { amount: 400 })).message).toContain("Insufficient balance");
  await call("POST", "/_emulator/settle", {});
  const made = await call("POST", `/v3/transactions/${id}/refund`, { amount: 400.25, comments: "part" });
  expect(made).toMatchObject({
    status: 200,
    message: "Transaction refund initiated",
    data: { amount_refunded: 400.25, tx_id: Number(id) },
  });
  await emulator.clock.idle();
  expect((await call("GET", `/v3/refunds/${made.data["id"]}`)).data).toMatchObject({ status: "completed" });
  expect((await call("POST", `/v3/transactions/${id}/refund`, { amount: 600 })).status).toBe(400);
  const second = await call("POST", `/v3/transactions/${id}/refund`, { amount: 100 }, { "x-emulator-fault": "failed" });
  await emulator.clock.idle();
  expect((await call("GET", `/v3/refunds?id=${id}`)).data).toMatchObject([
    { id: second.data["id"], status: "failed" },
    { status: "completed" },
  ]);
  expect(emulator.flutterwave.audit()[0]).toMatchObject({ in: 100_000n, out: 40_025n });
});

test("a payment fails, is cancelled, is pending, or brings something else", async () => {
  const { data } = await call("POST", "/v3/payments", body("r1", 100));
  const left = await fetch(`${data["link"]}?act=abandon`, { redirect: "manual" });
  expect(left.headers.get("location")).toBe("https://shop.test/back?status=cancelled&tx_ref=r1");
  await fetch(`${data["link"]}?act=fail`, { redirect: "manual" });
  const status = async (ref: string) => (await call("GET", `/v3/transactions/verify_by_reference?tx_ref=${ref}`)).data;
  expect(await status("r1")).toMatchObject({ status: "failed" });
  await fetch(`${data["link"]}?act=pay`, { redirect: "manual" });
  expect(await status("r1")).toMatchObject({ status: "successful" });
  await pay("r2", 100, "wrong_amount");
  expect(await status("r2")).toMatchObject({ amount: 99, status: "successful" });
  await pay("r3", 100, "wrong_currency");
  expect(await status("r3")).toMatchObject({ amount: 100, currency: "USD" });
  await pay("r4", 100, "pending");
  expect(await status("r4")).toMatchObject({ status: "pending" });
  await emulator.clock.advance(6 * hour);
  expect(await status("r4")).toMatchObject({ status: "successful" });
});

test("a forged notice carries the right word and the wrong amount: only asking shows it", async () => {
  await pay("r1", 100, "webhook_forged");
  expect(shop.events().map((one) => one.data.amount)).toEqual([1000, 100]);
  expect(new Set(shop.heard.map((one) => one.headers["verif-hash"]))).toEqual(new Set([emulator.flutterwave.secrets["secret_hash"]]));
  expect((await call("GET", "/v3/transactions/verify_by_reference?tx_ref=r1")).data).toMatchObject({ amount: 100 });
});

test("a lost chargeback takes the payment from the balance; banks and names are to be had", async () => {
  await pay("r1", 1000);
  await call("POST", "/_emulator/settle", {});
  const opened = await call("POST", "/_emulator/disputes", { reference: "r1" });
  expect((await call("GET", "/v3/chargebacks")).data).toMatchObject([{ status: "initiated", tx_ref: "r1" }]);
  await call("POST", `/_emulator/disputes/${opened.body["id"]}/resolve`, { outcome: "lost" });
  expect((await call("GET", "/v3/balances/NGN")).data).toMatchObject({ available_balance: -14 });
  expect((await call("GET", "/v3/banks/NG")).data).toMatchObject([{ code: "044" }, {}, {}]);
  expect((await call("POST", "/v3/accounts/resolve", { account_number: "0690000031", account_bank: "044" })).data).toMatchObject({
    account_name: "Bayo Okafor",
  });
});

test("decimals are exact, and cut nothing off", () => {
  for (const [given, currency, minor] of [
    [0.1, "NGN", 10n],
    ["1234.56", "NGN", 123_456n],
    [4.35, "NGN", 435n],
    [7, "UGX", 7n],
  ] as const) {
    expect(toMinor(given, currency)).toBe(minor);
    expect(toMajor(minor, currency)).toBe(Number(given));
  }
  expect(() => toMinor(7.5, "UGX")).toThrow("at most 0 decimals");
  expect(() => toMinor("0.00", "NGN")).toThrow("more than 0");
});
