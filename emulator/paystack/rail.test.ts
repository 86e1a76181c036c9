import { createHmac } from "node:crypto";
import { afterEach, beforeEach, expect, test } from "vitest";
import { client, listener } from "../core/test-client.ts";
import type { Emulator } from "../start.ts";
import { startEmulator } from "../start.ts";

const hour = 3_600_000;
const started = new Date("2026-03-02T08:00:00Z");
let emulator: Emulator;
let shop: Awaited<ReturnType<typeof listener>>;
let call: ReturnType<typeof client>;

beforeEach(async () => {
  emulator = await startEmulator({ seed: 7, now: () => started, hangMs: 20, slowMs: 20 });
  shop = await listener();
  emulator.paystack.tell(shop.url);
  call = client(emulator.paystack.url, { authorization: `Bearer ${emulator.paystack.secrets["secret_key"]}` });
});

afterEach(async () => {
  emulator.paystack.audit();
  await emulator.stop();
  await shop.stop();
});

const email = "ada@example.com";

async function pay(reference: string, amount: number, fault = ""): Promise<void> {
  const { status, data } = await call("POST", "/transaction/initialize", { email, amount, reference });
  expect(status).toBe(200);
  await call("GET", `${new URL(data["authorization_url"] ?? "").pathname}?act=pay${fault === "" ? "" : `&fault=${fault}`}`);
}

async function recipient(accountNumber = "0123456789"): Promise<string> {
  const { status, data } = await call("POST", "/transferrecipient", {
    type: "nuban",
    name: "Bayo",
    account_number: accountNumber,
    bank_code: "058",
  });
  expect(status).toBe(201);
  return data["recipient_code"] ?? "";
}

async function topUp(amount: number): Promise<void> {
  expect((await call("POST", "/_emulator/balance", { currency: "NGN", amount })).status).toBe(200);
}

const reference = "payout-0000000001";
const send = async (more: object = {}, headers = {}) =>
  call("POST", "/transfer", { source: "balance", amount: 400_000, recipient: await recipient(), reference, ...more }, headers);

const status = async (named = reference) => (await call("GET", `/transfer/verify/${named}`)).data?.["status"];
const balance = async () => ((await call("GET", "/balance")).data as unknown as { balance: number }[])[0]?.balance;

test("a payment: page, verify, fee, settlement, and a signed charge.success", async () => {
  const opened = await call("POST", "/transaction/initialize", {
    email,
    amount: 1_000_000,
    reference: "order.1=a",
    metadata: '{"order":1}',
  });
  expect(opened.body).toMatchObject({ status: true, message: "Authorization URL created", data: { reference: "order.1=a" } });
  expect((await call("GET", "/transaction/verify/order.1=a")).data).toMatchObject({
    status: "abandoned",
    amount: 1_000_000,
    paid_at: null,
  });
  const page = await fetch(opened.data["authorization_url"] ?? "");
  expect(await page.text()).toContain('value="pay"');

  await fetch(`${opened.data["authorization_url"]}?act=pay`);
  const expected = {
    status: "success",
    amount: 1_000_000,
    requested_amount: 1_000_000,
    fees: 25_000,
    currency: "NGN",
    metadata: { order: 1 },
  };
  expect((await call("GET", "/transaction/verify/order.1=a")).data).toMatchObject(expected);
  expect(await balance()).toBe(0);

  await emulator.clock.idle();
  expect(shop.events()).toEqual([{ event: "charge.success", data: expect.objectContaining({ ...expected, reference: "order.1=a" }) }]);
  const [told] = shop.heard;
  const signature = createHmac("sha512", emulator.paystack.secrets["secret_key"] ?? "").update(told?.body ?? "");
  expect(told?.headers["x-paystack-signature"]).toBe(signature.digest("hex"));

  await emulator.clock.advance(24 * hour);
  expect(await balance()).toBe(975_000);
  const settlements = await call("GET", "/settlement");
  expect(settlements.data).toMatchObject([{ status: "success", total_amount: 975_000, total_fees: 25_000, total_processed: 1_000_000 }]);
  const [settlement] = settlements.data as unknown as { id: number }[];
  expect((await call("GET", `/settlement/${settlement?.id}/transactions`)).data).toMatchObject([{ reference: "order.1=a" }]);
  // Paid once is paid.
  await fetch(`${opened.data["authorization_url"]}?act=pay`);
  expect(emulator.paystack.movements().map((one) => one.what)).toEqual(["payment", "fee", "settlement"]);
});

test("the payer is sent back with the reference, paid or not, and may pay after having failed", async () => {
  const opened = await call("POST", "/transaction/initialize", {
    email,
    amount: 5_000,
    reference: "r1",
    callback_url: "https://shop.test/back?a=1",
  });
  const page = opened.data["authorization_url"] ?? "";
  const failed = await fetch(`${page}?act=fail`, { redirect: "manual" });
  expect(failed.headers.get("location")).toBe("https://shop.test/back?a=1&trxref=r1&reference=r1");
  expect((await call("GET", "/transaction/verify/r1")).data["status"]).toBe("failed");
  expect((await fetch(`${page}?act=abandon`, { redirect: "manual" })).status).toBe(302);
  await fetch(`${page}?act=pay`, { redirect: "manual" });
  expect((await call("GET", "/transaction/verify/r1")).data["status"]).toBe("success");
});

test("no key, a malformed one and a wrong one are told apart", async () => {
  const bare = client(emulator.paystack.url, {});
  expect(await bare("GET", "/balance")).toMatchObject({ status: 401, message: "No Authorization Header was found" });
  expect(await bare("GET", "/balance", undefined, { authorization: "sk" })).toMatchObject({
    status: 401,
    message: "Format is Authorization Bearer [secret key]",
  });
  expect(await bare("GET", "/balance", undefined, { authorization: "Bearer sk_no" })).toMatchObject({
    status: 401,
    message: "Invalid key",
  });
});

test.each([
  ["POST", "/transaction/initialize", { email, amount: 1, invented: 1 }, "invented is not allowed"],
  ["POST", "/transaction/initialize", { email }, "amount is required"],
  ["POST", "/transaction/initialize", { email, amount: 10.5 }, "amount"],
  ["POST", "/transaction/initialize", { email, amount: 1, currency: "EUR" }, "currency"],
  ["POST", "/transaction/initialize", { email, amount: 1, reference: "a_b" }, "Invalid character in transaction reference"],
  ["POST", "/transfer", { source: "balance", amount: 1, recipient: "RCP_x" }, "reference is required"],
  [
    "POST",
    "/transfer",
    { source: "balance", amount: 1, recipient: "RCP_x", reference: "short" },
    "reference must have 16 to 50 characters",
  ],
  [
    "POST",
    "/transfer",
    { source: "balance", amount: 1, recipient: "RCP_x", reference: "UPPER-000000000000" },
    "Your reference contains illegal special characters",
  ],
  ["POST", "/transferrecipient", { type: "nuban", name: "A", account_number: "0123456789", bank_code: "999" }, "Unknown bank code"],
  ["POST", "/refund", { transaction: "x", reference: "y" }, "reference is not allowed"],
  ["GET", "/refund?reference=x", undefined, "reference is not allowed"],
  ["GET", "/bank/resolve?account_number=12&bank_code=058", undefined, "Account number is invalid"],
])("%s %s refuses what the documents do not allow: %j", async (method, path, body, said) => {
  const answer = await call(method, path, body);
  expect(answer).toMatchObject({ status: 400, body: { status: false, meta: { nextStep: expect.any(String) } } });
  expect(answer.message).toContain(said);
});

test("what is not there is not found, in Paystack's words", async () => {
  expect(await call("GET", "/transaction/verify/nothing")).toMatchObject({ status: 404, message: "Transaction reference not found" });
  expect(await call("GET", "/transfer/verify/nothing-at-all-00")).toMatchObject({ status: 404, message: "Transfer not found" });
  expect((await call("GET", "/invented")).status).toBe(404);
  expect(await send({ recipient: "RCP_none" })).toMatchObject({ status: 404, message: "Recipient specified is invalid" });
});

test("a transaction's reference is good once", async () => {
  await call("POST", "/transaction/initialize", { email, amount: 100, reference: "r1" });
  expect(await call("POST", "/transaction/initialize", { email, amount: 100, reference: "r1" })).toMatchObject({
    status: 400,
    message: "Duplicate Transaction Reference",
    body: { code: "duplicate_reference" },
  });
});

test("banks and the name on an account", async () => {
  const banks = (await call("GET", "/bank?currency=GHS")).data as unknown as { currency: string }[];
  expect(banks.length).toBeGreaterThan(1);
  expect(banks.every((one) => one.currency === "GHS")).toBe(true);
  expect((await call("GET", "/bank/resolve?account_number=0123456789&bank_code=058")).data).toMatchObject({
    account_number: "0123456789",
    account_name: "JIDE UDO",
  });
  expect(await call("GET", "/bank/resolve?account_number=0000000404&bank_code=058")).toMatchObject({
    status: 422,
    message: expect.stringContaining("Could not resolve"),
  });
});

test("a transfer: queued, then paid, its fee taken, and its reference never good again", async () => {
  await topUp(500_000);
  const sent = await send({ reason: "Order 1" });
  expect(sent).toMatchObject({
    status: 200,
    message: "Transfer has been queued",
    data: { status: "pending", reference, amount: 400_000, currency: "NGN" },
  });
  await emulator.clock.idle();
  expect(await status()).toBe("success");
  expect(await balance()).toBe(500_000 - 400_000 - 1_000);
  expect(shop.events()).toMatchObject([{ event: "transfer.success", data: { reference, status: "success", recipient: { name: "Bayo" } } }]);
  const again = await send();
  expect(again).toMatchObject({ status: 400, message: "Please provide a unique reference. Reference already exists on a transfer" });
  expect(emulator.paystack.movements().filter((one) => one.what === "transfer")).toHaveLength(1);
});

test("the same account again is the same recipient", async () => {
  expect(await recipient()).toBe(await recipient());
  expect(await recipient("0123456780")).not.toBe(await recipient());
});

test("a transfer beyond the balance is refused, and one to a blocked recipient", async () => {
  await topUp(400_999);
  expect(await send()).toMatchObject({ status: 400, message: "Your balance is not enough to fulfil this request" });
  expect(await send({ recipient: await recipient("0000000403") })).toMatchObject({
    status: 400,
    message: expect.stringContaining("recipient at the moment"),
  });
  expect(await status()).toBeUndefined();
});

test("a refund in two parts: three events each, the fee stays gone, and no third part", async () => {
  await pay("r1", 1_000_000);
  await topUp(100_000);
  const first = await call("POST", "/refund", { transaction: "r1", amount: 300_000, merchant_note: "part" });
  expect(first).toMatchObject({
    status: 200,
    data: { status: "pending", amount: 300_000, transaction: { reference: "r1" }, merchant_note: "part" },
  });
  await emulator.clock.idle();
  expect(shop.events().map((one) => one.event)).toEqual(["charge.success", "refund.pending", "refund.processing", "refund.processed"]);
  expect((await call("GET", `/refund/${first.data["id"]}`)).data).toMatchObject({
    status: "processed",
    deducted_amount: 300_000,
    merchant_note: "part",
  });
  // 975,000 came in and 300,000 is gone: the rest is more than waits for settlement.
  expect(await call("POST", "/refund", { transaction: "r1" })).toMatchObject({
    status: 400,
    message: "Insufficient balance to fulfill this refund. Please top up.",
  });
  await call("POST", "/_emulator/settle", {});
  expect((await call("GET", "/settlement")).data).toMatchObject([{ total_amount: 675_000, deductions: 300_000 }]);
  await call("POST", "/refund", { transaction: "r1" });
  await emulator.clock.idle();
  expect((await call("GET", "/transaction/verify/r1")).data["status"]).toBe("reversed");
  expect(await call("POST", "/refund", { transaction: "r1", amount: 1 })).toMatchObject({
    status: 400,
    message: "Transaction has been fully reversed",
  });
  expect((await call("GET", "/refund?transaction=r1")).body).toMatchObject({
    data: [{ amount: 700_000 }, { amount: 300_000 }],
    meta: { total: 2, page: 1, pageCount: 1 },
  });
  expect(emulator.paystack.audit()[0]).toMatchObject({
    in: 1_100_000n,
    out: 1_000_000n,
    held: { balance: 75_000n, fees: 25_000n, unsettled: 0n },
  });
});

test("a refund that the card no longer takes goes to an account once it is given", async () => {
  await pay("r1", 1_000_000);
  const made = await call("POST", "/refund", { transaction: "r1", amount: 5_000 }, { "x-emulator-fault": "needs_attention" });
  await emulator.clock.idle();
  const id = made.data["id"];
  expect((await call("GET", `/refund/${id}`)).data["status"]).toBe("needs-attention");
  const details = { refund_account_details: { currency: "NGN", account_number: "0123456789", bank_id: "9" } };
  expect((await call("POST", `/refund/retry_with_customer_details/${id}`, details)).data["status"]).toBe("processing");
  await emulator.clock.idle();
  expect((await call("GET", `/refund/${id}`)).data["status"]).toBe("processed");
});

test("a refund that fails comes back to the balance, and may be tried again", async () => {
  await pay("r1", 1_000_000);
  await call("POST", "/refund", { transaction: "r1", amount: 5_000 }, { "x-emulator-fault": "failed" });
  await emulator.clock.idle();
  expect(shop.events().at(-1)).toMatchObject({ event: "refund.failed", data: { transaction_reference: "r1", amount: 5_000 } });
  expect(await balance()).toBe(5_000);
  await topUp(100_000);
  await call("POST", "/_emulator/settle", {});
  // All of it is there to be refunded again.
  expect(await call("POST", "/refund", { transaction: "r1" })).toMatchObject({ status: 200, data: { amount: 1_000_000 } });
});

test("a dispute that nobody answers is reminded of and lost, below nothing if need be", async () => {
  await pay("r1", 1_000_000);
  await call("POST", "/_emulator/disputes", { reference: "r1" });
  await emulator.clock.idle();
  expect((await call("GET", "/dispute")).data).toMatchObject([{ status: "awaiting-merchant-feedback", refund_amount: 1_000_000 }]);
  await emulator.clock.advance(25 * hour);
  expect(shop.events().map((one) => one.event)).toEqual([
    "charge.success",
    "charge.dispute.create",
    "charge.dispute.remind",
    "charge.dispute.resolve",
  ]);
  expect(shop.events().at(-1)).toMatchObject({
    data: { resolution: "merchant-accepted", status: "resolved", transaction: { reference: "r1" } },
  });
  expect(await balance()).toBe(-25_000);
});

test("a dispute is declined and won; a person may decide it by a lever", async () => {
  await pay("r1", 1_000_000);
  const opened = await call("POST", "/_emulator/disputes", { reference: "r1", amount: 600_000 });
  const id = opened.body["id"];
  const answer = { resolution: "declined", message: "delivered", refund_amount: 600_000, uploaded_filename: "slip.pdf" };
  expect((await call("PUT", `/dispute/${id}/resolve`, answer)).data).toMatchObject({ status: "awaiting-bank-feedback" });
  expect((await call("PUT", `/dispute/${id}/resolve`, answer)).status).toBe(400);
  await emulator.clock.advance(8 * 24 * hour);
  expect((await call("GET", `/dispute/${id}`)).data).toMatchObject({ status: "resolved", resolution: "declined" });
  const second = await call("POST", "/_emulator/disputes", { reference: "r1", amount: 600_000 });
  await call("POST", `/_emulator/disputes/${second.body["id"]}/resolve`, { outcome: "lost" });
  expect(await balance()).toBe(975_000 - 600_000);
});

test("an OTP finalizes a transfer, and without one it lapses after half an hour", async () => {
  await topUp(900_000);
  const sent = await send({}, { "x-emulator-fault": "otp" });
  expect(sent.data["status"]).toBe("otp");
  const finalized = await call("POST", "/transfer/finalize_transfer", { transfer_code: sent.data["transfer_code"], otp: "123456" });
  expect(finalized.status).toBe(200);
  await emulator.clock.idle();
  expect(await status()).toBe("success");
  const other = "payout-0000000002";
  await send({ reference: other }, { "x-emulator-fault": "otp" });
  await emulator.clock.advance(hour);
  expect(await status(other)).toBe("abandoned");
  expect(await balance()).toBe(900_000 - 401_000);
});
