import { createHmac } from "node:crypto";
import { createServer as createHttpServer } from "node:http";
import type { Server } from "node:http";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Emulator } from "../../emulator/start.ts";
import { startEmulator } from "../../emulator/start.ts";
import { isCurrency } from "../src/domain/currency.ts";
import { Fault } from "../src/domain/fault.ts";
import type { OpenPayment, PayeeDetails, RailEvent, SendRequest } from "../src/rails/rail.ts";
import { NoAnswer, RailEventRejected } from "../src/rails/rail.ts";
import { memoryOfThisProcess } from "../src/rails/rail-memory.ts";
import { fromStripe, toStripe } from "../src/rails/stripe/amounts.ts";
import type { StripeOptions } from "../src/rails/stripe/stripe.ts";
import { makeStripe } from "../src/rails/stripe/stripe.ts";
import type { Heard } from "./setup/rail-listener.ts";
import { railListener } from "./setup/rail-listener.ts";
import { railContract } from "./rail-contract.ts";

const day = 86_400_000;
let emulator: Emulator;
let heard: Heard;
let rail: ReturnType<typeof makeStripe>;
const memory = memoryOfThisProcess();

beforeAll(async () => {
  emulator = await startEmulator({ seed: 6, hangMs: 300, slowMs: 300, now: () => new Date("2026-03-02T08:00:00Z") });
  heard = await railListener();
  emulator.stripe.tell(heard.url);
  emulator.stripe.levers.topUp("USD", 1_000_000_000n);
  rail = makeStripe(stage());
});
afterAll(async () => {
  await rail.close();
  await heard.stop();
  await emulator.stop();
});

function stage(): StripeOptions {
  return {
    secretKey: emulator.stripe.secrets["secret_key"] ?? "",
    webhookSecret: emulator.stripe.secrets["webhook_secret"] ?? "",
    baseUrl: emulator.stripe.url,
    memory,
    clock: () => emulator.clock.now(),
    timeout: 20_000,
  };
}

function account(accountId: string): PayeeDetails {
  return { kind: "stripe_account", accountId, name: "Ada Obi" };
}

function payout(reference: string, to = account("acct_ada"), amount = 5000n): SendRequest {
  return { reference, kind: "payout", amount, currency: "USD", to };
}

function asked(reference: string, currency = "USD"): OpenPayment {
  return {
    sellerId: 7,
    reference,
    amount: 450_000n,
    currency,
    description: "An order",
    returnUrl: "https://shop.example/back",
    payerEmail: "buyer@shop.example",
  };
}

async function act(reference: string, what: "pay" | "fail", currency = "USD"): Promise<void> {
  const { url } = await rail.openPayment(asked(reference, currency));
  await fetch(`${url}?act=${what}`, { redirect: "manual" });
}

/** What a list of Stripe's holds, asked for without the adapter. */
async function listed(path: string): Promise<{ readonly metadata: Readonly<Record<string, string>> }[]> {
  const answer = await fetch(`${emulator.stripe.url}${path}`, {
    headers: { authorization: `Bearer ${emulator.stripe.secrets["secret_key"]}` },
  });
  return ((await answer.json()) as { data: { metadata: Record<string, string> }[] }).data;
}

async function timesSent(reference: string): Promise<number> {
  const all = [...(await listed("/v1/transfers?limit=100")), ...(await listed("/v1/refunds?limit=100"))];
  return all.filter((one) => one.metadata["reference"] === reference).length;
}

/** A refund of that payment, paid before. */
async function paidAndRefund(reference: string, amount = 300_000n): Promise<SendRequest> {
  await act(reference, "pay");
  return { reference: `refund-of-${reference}`, kind: "refund", amount, currency: "USD", to: { paymentReference: reference } };
}

/** Events that came while `acting`, as they were read at once. */
async function told(acting: () => Promise<unknown>): Promise<RailEvent[]> {
  await emulator.clock.idle();
  const before = heard.all.length;
  await acting();
  await emulator.clock.idle();
  return heard.all.slice(before).map((one) => rail.parseEvent(one.raw, one.headers));
}

/** The emulator behind a proxy that drops keys, as Stripe itself does after a day. */
async function withoutKeys(): Promise<{ readonly url: string; readonly server: Server }> {
  const server = createHttpServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { authorization = "" } = request.headers;
      const body = chunks.length === 0 ? {} : { body: Buffer.concat(chunks) };
      const headers = { authorization, "content-type": "application/x-www-form-urlencoded" };
      void fetch(`${emulator.stripe.url}${request.url}`, { method: request.method ?? "GET", headers, ...body }).then(async (answer) => {
        response.writeHead(answer.status, { "content-type": "application/json" }).end(await answer.text());
      });
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

railContract(
  "stripe",
  async () => {
    emulator.stripe.script({ fault: "timeout_after", on: "POST /v1/transfers", reference: "contract-answer-lost", times: 1 });
    return {
      rail,
      pay: (reference) => act(reference, "pay"),
      decline: (reference) => act(reference, "fail"),
      received: () => heard.all,
      goodAccount: account("acct_ada"),
      otherAccounts: ["acct_one", "acct_two", "acct_three", "acct_four"].map(account),
      deadAccount: account("acct_blocked"),
      silentAccount: account("acct_silent"),
      tellingAccount: account("acct_telling"),
      declinedStaysOpen: true,
      finish: () => emulator.clock.idle(),
      timesSent,
    };
  },
  "USD",
);

describe("a payment", () => {
  test("is told with its charge and with the fee of its balance transaction", async () => {
    await act("paid-with-its-fee", "pay");
    const known = await rail.lookUpPayment("paid-with-its-fee");
    expect(known).toMatchObject({ status: "succeeded", amount: 450_000n, fee: 13_080n, method: "card" });
    expect(known.railReference).toMatch(/^ch_/);
  });

  test.each(["wrong_amount", "wrong_currency"] as const)("that brought a %s is told as it came", async (fault) => {
    const reference = `paid-${fault.replace("_", "-")}`;
    emulator.stripe.script({ fault, on: "pay", reference, times: 1 });
    await act(reference, "pay");
    const known = await rail.lookUpPayment(reference);
    const came = fault === "wrong_amount" ? { amount: 449_900n, currency: "USD" } : { amount: 450_000n, currency: "NGN" };
    expect(known).toMatchObject({ status: "succeeded", ...came });
  });

  test("in naira is opened and told in naira", async () => {
    await act("paid-in-naira", "pay", "NGN");
    expect(await rail.lookUpPayment("paid-in-naira")).toMatchObject({ status: "succeeded", amount: 450_000n, currency: "NGN" });
  });

  test("that waits for the payer's bank is pending, and succeeds later", async () => {
    emulator.stripe.script({ fault: "pending", on: "pay", reference: "paid-hours-later", times: 1 });
    await act("paid-hours-later", "pay");
    expect(await rail.lookUpPayment("paid-hours-later")).toMatchObject({ status: "pending", receipts: [] });
    await emulator.clock.advance(6 * 3_600_000);
    expect(await rail.lookUpPayment("paid-hours-later")).toMatchObject({ status: "succeeded", amount: 450_000n });
  });

  test("that nobody makes is abandoned when its page has lapsed", async () => {
    await rail.openPayment(asked("never-paid-at-all"));
    await emulator.clock.advance(day);
    expect(await rail.lookUpPayment("never-paid-at-all")).toMatchObject({ status: "abandoned", receipts: [] });
  });

  test("whose opening was not answered is neither open nor unknown, and the next try opens the same page", async () => {
    emulator.stripe.script({ fault: "timeout_after", on: "POST /v1/checkout/sessions", reference: "opened-unheard", times: 1 });
    await expect(rail.openPayment(asked("opened-unheard"))).rejects.toBeInstanceOf(NoAnswer);
    await expect(rail.lookUpPayment("opened-unheard")).rejects.toBeInstanceOf(NoAnswer);
    // Other words do not make it another page: what is asked for stands since the first try.
    const { url } = await rail.openPayment({ ...asked("opened-unheard"), description: "Said otherwise" });
    expect(await rail.openPayment(asked("opened-unheard"))).toEqual({ url });
    await fetch(`${url}?act=pay`, { redirect: "manual" });
    expect((await rail.lookUpPayment("opened-unheard")).receipts).toHaveLength(1);
  });

  test("whose opening was never answered is abandoned once its page must have lapsed", async () => {
    emulator.stripe.script({ fault: "timeout_before", on: "POST /v1/checkout/sessions", reference: "opened-nowhere", times: 1 });
    await expect(rail.openPayment(asked("opened-nowhere"))).rejects.toBeInstanceOf(NoAnswer);
    await emulator.clock.advance(2 * day);
    expect(await rail.lookUpPayment("opened-nowhere")).toMatchObject({ status: "abandoned" });
  });

  test("is found by whoever remembers nothing", async () => {
    await act("paid-before-forgotten", "pay");
    const stranger = makeStripe({ ...stage(), memory: memoryOfThisProcess() });
    expect(await stranger.lookUpPayment("paid-before-forgotten")).toEqual(await rail.lookUpPayment("paid-before-forgotten"));
    await stranger.close();
  });
});

describe("a transfer", () => {
  test.each([
    ["error_500", "never_seen", 1],
    ["error_500_after", "succeeded", 1],
    ["timeout_before", "never_seen", 1],
    ["timeout_after", "succeeded", 1],
    ["rate_limit", "never_seen", 1],
  ] as const)("whose answer is %s says nothing, the look-up says %s, and asking again makes it %i", async (fault, status, times) => {
    const request = payout(`transfer-answered-${fault.replaceAll("_", "-")}`);
    emulator.stripe.script({ fault, on: "POST /v1/transfers", reference: request.reference, times: 1 });
    await expect(rail.send(request)).rejects.toBeInstanceOf(NoAnswer);
    expect((await rail.lookUpSend(request)).status).toBe(status);
    expect(await rail.send(request)).toEqual({ status: "succeeded", cost: 0n });
    expect(await timesSent(request.reference)).toBe(times);
  });

  test("is not made again after its key was forgotten: the list knows it", async () => {
    const request = payout("transfer-older-than-its-key");
    emulator.stripe.script({ fault: "timeout_after", on: "POST /v1/transfers", reference: request.reference, times: 1 });
    await expect(rail.send(request)).rejects.toBeInstanceOf(NoAnswer);
    const { url, server } = await withoutKeys();
    const keyless = makeStripe({ ...stage(), baseUrl: url });
    expect((await keyless.send(request)).status).toBe("succeeded");
    expect(await timesSent(request.reference)).toBe(1);
    await keyless.close();
    server.close();
  });

  test("under a key that was used for other money is a fault, also for whoever remembers nothing", async () => {
    await rail.send(payout("transfer-of-other-money"));
    const stranger = makeStripe({ ...stage(), memory: memoryOfThisProcess() });
    await expect(stranger.send(payout("transfer-of-other-money", account("acct_ada"), 6000n))).rejects.toThrow(Fault);
    await expect(stranger.lookUpSend(payout("transfer-of-other-money", account("acct_bob")))).rejects.toThrow(Fault);
    expect(await timesSent("transfer-of-other-money")).toBe(1);
    await stranger.close();
  });

  test("that comes back is reversed, and hints at it", async () => {
    const request = payout("transfer-comes-back");
    emulator.stripe.script({ fault: "reversed", on: "POST /v1/transfers", reference: request.reference, times: 1 });
    const first = await told(() => rail.send(request));
    expect(first).toMatchObject([{ type: "send.changed", reference: request.reference }]);
    expect(await rail.lookUpSend(request)).toEqual({ status: "succeeded", cost: 0n });
    const second = await told(() => emulator.clock.advance(3_600_000));
    expect(second).toMatchObject([{ type: "send.changed", reference: request.reference }]);
    expect(await rail.lookUpSend(request)).toMatchObject({ status: "reversed", cost: 0n });
    // Asked again under its key it is not sent a second time.
    expect((await rail.send(request)).status).toBe("pending");
    expect(await timesSent(request.reference)).toBe(1);
  });

  test("of more than is available fails by the rail; one to a blocked account by the payee", async () => {
    expect(await rail.send(payout("transfer-of-too-much", account("acct_ada"), 99_000_000_000n))).toMatchObject({
      status: "failed",
      fault: "rail",
    });
    emulator.stripe.script({ fault: "blocked_recipient", on: "POST /v1/transfers", reference: "transfer-to-blocked", times: 1 });
    expect(await rail.send(payout("transfer-to-blocked"))).toMatchObject({ status: "failed", fault: "payee" });
  });

  test("to a bank account is the payee's to mend", async () => {
    const bank: PayeeDetails = { kind: "bank_account", accountNumber: "0123456789", accountName: "Ada Obi", bankCode: "058" };
    expect(await rail.send(payout("transfer-to-a-bank", bank))).toEqual({
      status: "failed",
      fault: "payee",
      reason: "Stripe pays out to Stripe accounts alone.",
    });
  });

  test("with a key that is not ours says nothing at all", async () => {
    const stranger = makeStripe({ ...stage(), secretKey: "sk_test_nobody", memory: memoryOfThisProcess() });
    await expect(stranger.send(payout("transfer-of-a-stranger"))).rejects.toBeInstanceOf(NoAnswer);
    await expect(stranger.lookUpSend(payout("transfer-of-a-stranger"))).rejects.toBeInstanceOf(NoAnswer);
    await stranger.close();
  });
});

describe("a refund", () => {
  test.each([
    ["error_500", "never_seen"],
    ["error_500_after", "succeeded"],
    ["timeout_before", "never_seen"],
    ["timeout_after", "succeeded"],
    ["rate_limit", "never_seen"],
  ] as const)("whose answer is %s says nothing, the look-up says %s, and asking again makes it one", async (fault, status) => {
    const paid = `refunded-${fault.replaceAll("_", "-")}`;
    const request = await paidAndRefund(paid);
    const intent = (await listed(`/v1/charges?transfer_group=${paid}`))[0] as unknown as { payment_intent: string };
    expect(intent.payment_intent).toMatch(/^pi_/);
    emulator.stripe.script({ fault, on: "POST /v1/refunds", times: 1 });
    await expect(rail.send(request)).rejects.toBeInstanceOf(NoAnswer);
    await emulator.clock.idle();
    expect((await rail.lookUpSend(request)).status).toBe(status);
    await rail.send(request);
    await emulator.clock.idle();
    expect(await rail.lookUpSend(request)).toEqual({ status: "succeeded", cost: 0n });
    expect(await timesSent(request.reference)).toBe(1);
  });

  test("that is pending is looked up until it is over, and its events hint at it", async () => {
    const request = await paidAndRefund("refunded-hours-later");
    emulator.stripe.script({ fault: "pending", on: "POST /v1/refunds", times: 1 });
    const events = await told(() => rail.send(request));
    expect(events).toMatchObject([{ type: "send.changed", reference: request.reference }]);
    expect(await rail.lookUpSend(request)).toEqual({ status: "pending" });
    const later = await told(() => emulator.clock.advance(6 * 3_600_000));
    expect(later).toMatchObject([
      { type: "send.changed", reference: request.reference },
      { type: "refund.changed", reference: "refunded-hours-later" },
    ]);
    expect((await rail.lookUpSend(request)).status).toBe("succeeded");
  });

  test("that fails is the payee's to mend; one that fails after it had succeeded is reversed", async () => {
    const failing = await paidAndRefund("refund-that-fails");
    emulator.stripe.script({ fault: "failed", on: "POST /v1/refunds", times: 1 });
    await rail.send(failing);
    await emulator.clock.idle();
    expect(await rail.lookUpSend(failing)).toMatchObject({ status: "failed", fault: "payee" });
    const returned = await paidAndRefund("refund-comes-back");
    emulator.stripe.script({ fault: "reversed", on: "POST /v1/refunds", times: 1 });
    await rail.send(returned);
    await emulator.clock.idle();
    expect(await rail.lookUpSend(returned)).toEqual({ status: "succeeded", cost: 0n });
    await emulator.clock.advance(3_600_000);
    expect(await rail.lookUpSend(returned)).toMatchObject({ status: "reversed", cost: 0n });
  });

  test("of more than was paid stays failed under its reference; one without money in the balance fails by the rail", async () => {
    const request = await paidAndRefund("refunded-too-much", 450_001n);
    expect(await rail.send(request)).toMatchObject({ status: "failed", fault: "payee" });
    expect(await rail.lookUpSend(request)).toMatchObject({ status: "failed", fault: "payee" });
    const poor = await paidAndRefund("refunded-without-money");
    emulator.stripe.script({ fault: "insufficient_balance", on: "POST /v1/refunds", times: 1 });
    expect(await rail.send(poor)).toMatchObject({ status: "failed", fault: "rail" });
  });

  test("leaves the transfers of its payment as they are", async () => {
    await rail.send(payout("paid-out-before-refund"));
    const request = await paidAndRefund("refunded-after-payout");
    await rail.send(request);
    await emulator.clock.idle();
    expect((await rail.lookUpSend(payout("paid-out-before-refund"))).status).toBe("succeeded");
  });
});

describe("an event", () => {
  test("that is signed with another secret is rejected, and the true one beside it is not", async () => {
    emulator.stripe.script({ fault: "webhook_forged", on: "pay", reference: "told-of-by-a-forger", times: 1 });
    const before = heard.all.length;
    await act("told-of-by-a-forger", "pay");
    await emulator.clock.idle();
    const read = heard.all.slice(before).map(({ raw, headers }) => {
      try {
        return rail.parseEvent(raw, headers).type;
      } catch (error) {
        return error instanceof RailEventRejected ? "rejected" : error;
      }
    });
    expect(read.map(String).toSorted()).toEqual([
      "payment.changed",
      "payment.changed",
      "payment.changed",
      "rejected",
      "rejected",
      "rejected",
    ]);
  });

  test("is good for five minutes after it was signed", async () => {
    await act("told-of-in-time", "pay");
    await emulator.clock.idle();
    const last = heard.all.at(-1);
    if (last === undefined) throw new Error("no event came");
    const signed = emulator.clock.now().getTime();
    const at = (ms: number) => makeStripe({ ...stage(), clock: () => new Date(signed + ms) }).parseEvent(last.raw, last.headers);
    expect(at(300_000).reference).toBe("told-of-in-time");
    expect(() => at(302_000)).toThrow(RailEventRejected);
  });

  test("whose body says something that we do not read is kept as unknown", () => {
    const raw = Buffer.from(JSON.stringify({ id: "evt_1", object: "event", type: "payout.paid", created: 1, data: { object: {} } }));
    expect(rail.parseEvent(raw, sign(raw))).toMatchObject({ eventId: "evt_1", type: "unknown" });
  });
});

/** The header of an event that Stripe would sign now. */
function sign(raw: Buffer): Record<string, string> {
  const time = Math.floor(emulator.clock.now().getTime() / 1000);
  const signature = createHmac("sha256", emulator.stripe.secrets["webhook_secret"] ?? "")
    .update(`${time}.${raw.toString("utf8")}`)
    .digest("hex");
  return { "stripe-signature": `t=${time},v1=${signature}` };
}

describe("a dispute", () => {
  test.each(["won", "lost"] as const)("takes the money when it opens; that it was %s is told with its fee", async (outcome) => {
    const reference = `disputed-and-${outcome}`;
    await act(reference, "pay");
    const { railReference = "" } = await rail.lookUpPayment(reference);
    const events = await told(async () => {
      const { id } = emulator.stripe.levers.openDispute(railReference, 100_000n) as { id: string };
      emulator.stripe.levers.resolveDispute(id, outcome);
    });
    const about = { railReference, amount: 100_000n, currency: "USD", moneyTaken: true };
    expect(events.filter((one) => one.type !== "unknown")).toMatchObject([
      { type: "payment.dispute_opened", ...about },
      { type: `payment.dispute_${outcome}`, ...about, fee: 1500n },
    ]);
  });

  test("that is only an inquiry has taken nothing", () => {
    const object = { id: "dp_1", charge: "ch_1", amount: 100, currency: "usd", status: "warning_needs_response", balance_transactions: [] };
    const raw = Buffer.from(JSON.stringify({ id: "evt_2", type: "charge.dispute.created", created: 1, data: { object } }));
    expect(rail.parseEvent(raw, sign(raw))).toMatchObject({ type: "payment.dispute_opened", moneyTaken: false, railReference: "ch_1" });
  });
});

test("a payment settles when it becomes available, net of its fee, and the balance then holds it", async () => {
  const held = async () => (await rail.balances?.())?.find((one) => one.currency === "USD")?.available ?? 0n;
  await emulator.clock.advance(3 * day);
  await act("paid-before-available", "pay");
  const from = emulator.clock.now();
  const before = await held();
  expect(await rail.settlements?.(from)).toEqual([]);
  await emulator.clock.advance(2 * day);
  const settled = (await rail.settlements?.(from)) ?? [];
  expect(settled).toMatchObject([
    {
      currency: "USD",
      amount: 436_920n,
      settledAt: new Date(from.getTime() + 2 * day),
      lines: [{ kind: "payment", reference: "paid-before-available", gross: 450_000n, fee: 13_080n, net: 436_920n }],
    },
  ]);
  expect((await held()) - before).toBe(436_920n);
});

test("amounts cross exactly or not at all, by Stripe's count of each currency", () => {
  expect(toStripe(5n, "ISK")).toEqual({ amount: 500 });
  expect(toStripe(5n, "UGX")).toEqual({ amount: 500 });
  expect(toStripe(500n, "MGA")).toEqual({ amount: 5 });
  expect(toStripe(501n, "MGA")).toHaveProperty("refused");
  expect(toStripe(1230n, "KWD")).toEqual({ amount: 1230 });
  expect(toStripe(1234n, "KWD")).toHaveProperty("refused");
  expect(toStripe(7n, "JPY")).toEqual({ amount: 7 });
  expect(toStripe(7n, "HUF")).toEqual({ amount: 7 });
  expect(toStripe(7n, "TWD")).toEqual({ amount: 7 });
  expect(toStripe(2n ** 53n, "USD")).toHaveProperty("refused");
  expect([fromStripe(500n, "ISK"), fromStripe(5n, "MGA"), fromStripe(7n, "USD")]).toEqual([5n, 500n, 7n]);
  expect(() => fromStripe(550n, "ISK")).toThrow(NoAnswer);
  expect(rail.can.takes.filter((code) => !isCurrency(code))).toEqual([]);
});

test("a payment or a payout that Stripe cannot count exactly is refused before anything is asked", async () => {
  await expect(rail.openPayment({ ...asked("opened-too-finely"), amount: 1234n, currency: "KWD" })).rejects.toThrow(Fault);
  const request = { ...payout("paid-out-too-finely"), amount: 501n, currency: "MGA" };
  expect(await rail.send(request)).toMatchObject({ status: "failed", fault: "rail" });
});

test("a call whose connection was closed is not repeated by Stripe's client", async () => {
  let calls = 0;
  const closing = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => {
      calls += 1;
      socket.resetAndDestroy();
    });
  });
  await new Promise<void>((resolve) => {
    closing.listen(0, "127.0.0.1", resolve);
  });
  const cut = makeStripe({
    ...stage(),
    baseUrl: `http://127.0.0.1:${(closing.address() as AddressInfo).port}`,
    memory: memoryOfThisProcess(),
  });
  await expect(cut.send(payout("sent-into-the-void"))).rejects.toBeInstanceOf(NoAnswer);
  expect(calls).toBe(1);
  await cut.close();
  await new Promise((resolve) => closing.close(resolve));
});
