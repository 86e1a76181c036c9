import { createHmac } from "node:crypto";
import { afterEach, beforeEach, expect, test } from "vitest";
import { magicAmount } from "../core/faults.ts";
import { readForm } from "../core/form.ts";
import { listener } from "../core/test-client.ts";
import type { Emulator } from "../start.ts";
import { startEmulator } from "../start.ts";

const hour = 3_600_000;
const started = new Date("2026-03-02T08:00:00Z");
let emulator: Emulator;
let shop: Awaited<ReturnType<typeof listener>>;

beforeEach(async () => {
  emulator = await startEmulator({ seed: 7, now: () => started, hangMs: 20, slowMs: 20 });
  shop = await listener();
  emulator.stripe.tell(shop.url);
});

afterEach(async () => {
  emulator.stripe.audit();
  await emulator.stop();
  await shop.stop();
});

interface Read {
  readonly status: number;
  readonly replayed: string | null;
  readonly body: Record<string, never>;
}

async function call(method: string, path: string, form?: Record<string, string>, headers: Record<string, string> = {}): Promise<Read> {
  const answer = await fetch(`${emulator.stripe.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${emulator.stripe.secrets["secret_key"]}`, ...headers },
    ...(form === undefined ? {} : { body: new URLSearchParams(form) }),
  });
  return { status: answer.status, replayed: answer.headers.get("idempotent-replayed"), body: JSON.parse(await answer.text()) };
}

async function control(path: string, body: object): Promise<Record<string, never>> {
  const answer = await fetch(`${emulator.stripe.url}/_emulator/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return JSON.parse(await answer.text());
}

const session = {
  mode: "payment",
  "line_items[0][quantity]": "2",
  "line_items[0][price_data][currency]": "usd",
  "line_items[0][price_data][unit_amount]": "5000",
  "line_items[0][price_data][product_data][name]": "Order 1",
  client_reference_id: "r1",
  success_url: "https://shop.test/ok?s={CHECKOUT_SESSION_ID}",
  cancel_url: "https://shop.test/no",
  "payment_intent_data[transfer_group]": "order-1",
};
const types = () => shop.events().map((one) => one.type);

async function pay(fault = ""): Promise<{ readonly intent: string; readonly charge: string }> {
  const opened = await call("POST", "/v1/checkout/sessions", session);
  await fetch(`${opened.body["url"]}?act=pay&fault=${fault}`, { redirect: "manual" });
  await emulator.clock.idle();
  const { body } = await call("GET", `/v1/checkout/sessions/${opened.body["id"]}`);
  const intent = await call("GET", `/v1/payment_intents/${body["payment_intent"]}`);
  return { intent: intent.body["id"] ?? "", charge: intent.body["latest_charge"] ?? "" };
}

test("a checkout session is paid: redirect, session, intent, charge, fee, and signed events", async () => {
  const opened = await call("POST", "/v1/checkout/sessions", session);
  expect(opened.body).toMatchObject({
    status: "open",
    payment_status: "unpaid",
    amount_total: 10_000,
    currency: "usd",
    payment_intent: null,
  });
  const back = await fetch(`${opened.body["url"]}?act=pay`, { redirect: "manual" });
  expect(back.headers.get("location")).toBe(`https://shop.test/ok?s=${opened.body["id"]}`);
  const { body } = await call("GET", `/v1/checkout/sessions/${opened.body["id"]}`);
  expect(body).toMatchObject({ status: "complete", payment_status: "paid", client_reference_id: "r1", url: null });
  const intent = await call("GET", `/v1/payment_intents/${body["payment_intent"]}`);
  expect(intent.body).toMatchObject({ status: "succeeded", amount_received: 10_000, transfer_group: "order-1" });
  expect((await call("GET", `/v1/charges/${intent.body["latest_charge"]}`)).body).toMatchObject({ amount: 10_000, paid: true });
  expect((await call("GET", "/v1/balance_transactions")).body["data"]).toMatchObject([
    { amount: 10_000, fee: 320, net: 9_680, status: "pending" },
  ]);
  await emulator.clock.idle();
  expect(types()).toEqual(["charge.succeeded", "payment_intent.succeeded", "checkout.session.completed"]);
  const [told] = shop.heard;
  const [, time, signature] = /^t=(\d+),v1=(\w+)$/.exec(String(told?.headers["stripe-signature"])) ?? [];
  const right = createHmac("sha256", emulator.stripe.secrets["webhook_secret"] ?? "").update(`${time}.${told?.body}`);
  expect(signature).toBe(right.digest("hex"));
  expect((await call("GET", "/v1/balance")).body).toMatchObject({
    available: [{ amount: 0 }],
    pending: [{ amount: 9_680, currency: "usd" }],
  });
  await emulator.clock.advance(48 * hour);
  expect((await call("GET", "/v1/balance")).body).toMatchObject({ available: [{ amount: 9_680 }], pending: [{ amount: 0 }] });
  const { data } = (await call("GET", "/v1/events?limit=1")).body as unknown as { data: { id: string }[] };
  expect((await call("GET", `/v1/events/${data[0]?.id}`)).body).toMatchObject({ type: "checkout.session.completed" });
});

test.each([
  ["/v1/payment_intents", { amount: "1", currency: "usd", invented: "1" }, { code: "parameter_unknown", param: "invented" }],
  ["/v1/payment_intents", { currency: "usd" }, { code: "parameter_missing", param: "amount" }],
  ["/v1/payment_intents", { amount: "1.5", currency: "usd" }, { param: "amount" }],
  ["/v1/checkout/sessions", { ...session, "line_items[0][price]": "p" }, { code: "parameter_unknown", param: "line_items[0][price]" }],
  ["/v1/transfers", { amount: "1", currency: "usd", destination: "ba_1" }, { code: "resource_missing", param: "destination" }],
  ["/v1/transfers", { amount: "1", currency: "usd", destination: "acct_1" }, { code: "balance_insufficient" }],
])("POST %s refuses %j", async (path, form, error) => {
  expect(await call("POST", path, form as unknown as Record<string, string>)).toMatchObject({ status: 400, body: { error } });
});

test("keys, and what is not there", async () => {
  expect((await call("GET", "/v1/balance", undefined, { authorization: "Bearer sk_no" })).status).toBe(401);
  const basic = Buffer.from(`${emulator.stripe.secrets["secret_key"]}:`).toString("base64");
  expect((await call("GET", "/v1/balance", undefined, { authorization: `Basic ${basic}` })).status).toBe(200);
  expect(await call("GET", "/v1/payment_intents/pi_x")).toMatchObject({ status: 404, body: { error: { code: "resource_missing" } } });
});

test("an idempotency key answers again what it answered first, and minds its parameters", async () => {
  const key = { "idempotency-key": "k1" };
  const first = await call("POST", "/v1/payment_intents", { amount: "100", currency: "usd" }, key);
  const again = await call("POST", "/v1/payment_intents", { amount: "100", currency: "usd" }, key);
  expect(again.body).toEqual(first.body);
  expect([first.replayed, again.replayed]).toEqual([null, "true"]);
  expect(await call("POST", "/v1/payment_intents", { amount: "200", currency: "usd" }, key)).toMatchObject({
    status: 400,
    body: { error: { type: "idempotency_error" } },
  });
});

test("a transfer whose answer was lost is not made twice under its key", async () => {
  await control("balance", { currency: "USD", amount: 10_000 });
  const form = { amount: "4000", currency: "usd", destination: "acct_1", transfer_group: "order-1" };
  await expect(call("POST", "/v1/transfers", form, { "idempotency-key": "k1", "x-emulator-fault": "timeout_after" })).rejects.toThrow(
    "fetch failed",
  );
  const again = await call("POST", "/v1/transfers", form, { "idempotency-key": "k1" });
  expect(again).toMatchObject({ status: 200, replayed: "true", body: { amount: 4000 } });
  expect(emulator.stripe.movements().filter((one) => one.what === "transfer")).toHaveLength(1);
  expect((await call("GET", "/v1/transfers?transfer_group=order-1")).body["data"]).toHaveLength(1);
  await expect(call("POST", "/v1/transfers", { ...form, amount: String(magicAmount("timeout_before", 100_000n)) })).rejects.toThrow(
    "fetch failed",
  );
  expect((await call("GET", "/v1/transfers")).body["data"]).toHaveLength(1);
});

test("source_transaction sends pending money, never more than came in; reversals are partial and repeatable", async () => {
  const { charge } = await pay();
  const form = { amount: "6000", currency: "usd", destination: "acct_1" };
  expect(await call("POST", "/v1/transfers", form)).toMatchObject({ status: 400, body: { error: { code: "balance_insufficient" } } });
  const made = await call("POST", "/v1/transfers", { ...form, source_transaction: charge });
  expect(made.body).toMatchObject({ amount: 6000, source_transaction: charge, transfer_group: "order-1", reversed: false });
  await control("balance", { currency: "USD", amount: 50_000 });
  const beyond = await call("POST", "/v1/transfers", { ...form, source_transaction: charge });
  expect(beyond).toMatchObject({ status: 400, body: { error: { param: "amount" } } });
  const id = made.body["id"];
  expect((await call("POST", `/v1/transfers/${id}/reversals`, { amount: "1000" })).body).toMatchObject({
    object: "transfer_reversal",
    amount: 1000,
  });
  await call("POST", `/v1/transfers/${id}/reversals`);
  expect((await call("GET", `/v1/transfers/${id}`)).body).toMatchObject({ amount_reversed: 6000, reversed: true });
  expect((await call("POST", `/v1/transfers/${id}/reversals`)).status).toBe(400);
});

test("a refund leaves transfers alone; it may fail and come back; a full one is good once", async () => {
  const { intent, charge } = await pay();
  await control("settle", {});
  await call("POST", "/v1/transfers", { amount: "5000", currency: "usd", destination: "acct_1", source_transaction: charge });
  const failed = await call("POST", "/v1/refunds", { payment_intent: intent, amount: "1000" }, { "x-emulator-fault": "failed" });
  await emulator.clock.idle();
  expect((await call("GET", `/v1/refunds/${failed.body["id"]}`)).body).toMatchObject({
    status: "failed",
    failure_reason: expect.any(String),
  });
  await control("balance", { currency: "USD", amount: 10_000 });
  const full = await call("POST", "/v1/refunds", { payment_intent: intent });
  expect(full.body).toMatchObject({ status: "pending", amount: 10_000 });
  await emulator.clock.idle();
  expect((await call("GET", `/v1/refunds?payment_intent=${intent}`)).body["data"]).toMatchObject([
    { status: "succeeded" },
    { status: "failed" },
  ]);
  expect((await call("GET", `/v1/charges/${charge}`)).body).toMatchObject({ refunded: true, amount_refunded: 10_000 });
  expect(await call("POST", "/v1/refunds", { charge })).toMatchObject({
    status: 400,
    body: { error: { code: "charge_already_refunded" } },
  });
  expect((await call("GET", "/v1/transfers")).body["data"]).toMatchObject([{ amount_reversed: 0 }]);
  expect(types()).toEqual(
    expect.arrayContaining(["refund.created", "refund.failed", "refund.updated", "charge.refunded", "transfer.created"]),
  );
});

test("a dispute takes the money and its fee at once; won, the money comes back", async () => {
  const { intent } = await pay();
  await control("settle", {});
  const opened = await control("disputes", { reference: intent });
  expect((await call("GET", "/v1/balance")).body).toMatchObject({ available: [{ amount: 9_680 - 10_000 - 1_500 }] });
  expect(
    (await call("POST", `/v1/disputes/${opened["id"]}`, { submit: "true", "evidence[uncategorized_text]": "delivered" })).body,
  ).toMatchObject({ status: "under_review" });
  await control(`disputes/${opened["id"]}/resolve`, { outcome: "won" });
  expect((await call("GET", "/v1/balance")).body).toMatchObject({ available: [{ amount: 9_680 - 1_500 }] });
  const second = await control("disputes", { reference: intent, amount: 4_000 });
  expect((await call("POST", `/v1/disputes/${second["id"]}/close`)).body).toMatchObject({ status: "lost" });
  await emulator.clock.idle();
  expect(types().filter((one) => one.startsWith("charge.dispute"))).toEqual([
    "charge.dispute.created",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.closed",
    "charge.dispute.funds_reinstated",
    "charge.dispute.created",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.closed",
  ]);
  expect((await call("GET", "/v1/disputes")).body["data"]).toHaveLength(2);
});

test("an intent is confirmed, declined, cancelled; a session is left, lapses, or is expired", async () => {
  const made = await call("POST", "/v1/payment_intents", { amount: "500", currency: "usd" });
  const path = `/v1/payment_intents/${made.body["id"]}`;
  expect(await call("POST", `${path}/confirm`, { payment_method: "pm_card_chargeDeclined" })).toMatchObject({
    status: 402,
    body: { error: { code: "card_declined" } },
  });
  expect((await call("POST", `${path}/confirm`, { payment_method: "pm_card_visa" })).body).toMatchObject({ status: "succeeded" });
  expect((await call("POST", `${path}/cancel`)).status).toBe(400);
  const other = await call("POST", "/v1/payment_intents", { amount: "500", currency: "usd" });
  expect((await call("POST", `/v1/payment_intents/${other.body["id"]}/cancel`)).body).toMatchObject({ status: "canceled" });
  const opened = await call("POST", "/v1/checkout/sessions", session);
  const left = await fetch(`${opened.body["url"]}?act=abandon`, { redirect: "manual" });
  expect(left.headers.get("location")).toBe("https://shop.test/no");
  await fetch(`${opened.body["url"]}?act=fail`);
  expect((await call("POST", `/v1/checkout/sessions/${opened.body["id"]}/expire`)).body).toMatchObject({ status: "expired" });
  const lapsing = await call("POST", "/v1/checkout/sessions", session);
  await emulator.clock.advance(25 * hour);
  expect((await call("GET", `/v1/checkout/sessions/${lapsing.body["id"]}`)).body).toMatchObject({
    status: "expired",
    payment_status: "unpaid",
  });
});

test("a pending payment, a wrong amount, a wrong currency, a reversed transfer", async () => {
  const opened = await call("POST", "/v1/checkout/sessions", session);
  await fetch(`${opened.body["url"]}?act=pay&fault=pending`, { redirect: "manual" });
  const path = `/v1/checkout/sessions/${opened.body["id"]}`;
  expect((await call("GET", path)).body).toMatchObject({ status: "complete", payment_status: "unpaid" });
  await emulator.clock.advance(6 * hour);
  expect((await call("GET", path)).body).toMatchObject({ payment_status: "paid" });
  expect(types().at(-1)).toBe("checkout.session.async_payment_succeeded");
  const short = await pay("wrong_amount");
  expect((await call("GET", `/v1/payment_intents/${short.intent}`)).body).toMatchObject({ amount: 10_000, amount_received: 9_900 });
  const other = await pay("wrong_currency");
  expect((await call("GET", `/v1/charges/${other.charge}`)).body).toMatchObject({ currency: "ngn" });
  await control("balance", { currency: "USD", amount: 10_000 });
  const sent = await call(
    "POST",
    "/v1/transfers",
    { amount: "100", currency: "usd", destination: "acct_1" },
    { "x-emulator-fault": "reversed" },
  );
  await emulator.clock.advance(hour);
  expect((await call("GET", `/v1/transfers/${sent.body["id"]}`)).body).toMatchObject({ reversed: true });
  expect((await call("POST", "/v1/transfers", { amount: "100", currency: "usd", destination: "acct_blocked" })).status).toBe(400);
});

test("a forged event has another's signature, and forms with brackets are read as they are meant", async () => {
  await pay("webhook_forged");
  const good = shop.heard.filter(({ body, headers }) => {
    const [, time, signature] = /^t=(\d+),v1=(\w+)$/.exec(String(headers["stripe-signature"])) ?? [];
    return (
      createHmac("sha256", emulator.stripe.secrets["webhook_secret"] ?? "")
        .update(`${time}.${body}`)
        .digest("hex") === signature
    );
  });
  expect([shop.heard.length, good.length]).toEqual([6, 3]);
  expect(readForm("a[b]=1&c[0][d]=2&c[1][d]=3&e[]=x&e[]=y&f=1&f=2&__proto__[x]=1")).toEqual(
    Object.fromEntries([
      ["a", { b: "1" }],
      ["c", [{ d: "2" }, { d: "3" }]],
      ["e", ["x", "y"]],
      ["f", "2"],
      ["__proto__", { x: "1" }],
    ]),
  );
});

test("lists go on after what they are told, and nowhere after what is not in them", async () => {
  for (const reference of ["r1", "r2", "r3"]) {
    const { body } = await call("POST", "/v1/checkout/sessions", { ...session, client_reference_id: reference });
    await fetch(`${body["url"]}?act=pay`, { redirect: "manual" });
  }
  const read = async (what: string) => {
    const ids: string[] = [];
    for (let more = true; more && ids.length < 10; ) {
      const after = ids.length === 0 ? "" : `&starting_after=${ids.at(-1)}`;
      const { body } = await call("GET", `/v1/${what}?limit=2${after}`);
      const { data, has_more: goesOn } = body as unknown as { data: { id: string }[]; has_more: boolean };
      ids.push(...data.map(({ id }) => id));
      more = goesOn;
    }
    return ids;
  };
  const charges = await read("charges");
  expect(new Set(charges).size).toBe(3);
  expect(await read("balance_transactions")).toEqual(charges.map((id) => id.replace("ch_", "txn_")));
  const lost = await call("GET", `/v1/balance_transactions?starting_after=${charges[0]}`);
  expect(lost).toMatchObject({ status: 400, body: { error: { code: "resource_missing", param: "starting_after" } } });
});
