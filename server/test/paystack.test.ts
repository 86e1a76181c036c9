import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Emulator } from "../../emulator/start.ts";
import { startEmulator } from "../../emulator/start.ts";
import type { PayeeDetails, Rail, SendRequest } from "../src/rails/rail.ts";
import { NoAnswer } from "../src/rails/rail.ts";
import { memoryOfThisProcess } from "../src/rails/rail-memory.ts";
import type { PaystackOptions } from "../src/rails/paystack/paystack.ts";
import { makePaystack } from "../src/rails/paystack/paystack.ts";
import type { Heard } from "./setup/rail-listener.ts";
import { railListener } from "./setup/rail-listener.ts";
import { railContract } from "./rail-contract.ts";

let emulator: Emulator;
let heard: Heard;
let rail: ReturnType<typeof makePaystack>;

beforeAll(async () => {
  emulator = await startEmulator({ seed: 5, hangMs: 300, slowMs: 300, now: () => new Date("2026-03-02T08:00:00Z") });
  heard = await railListener();
  emulator.paystack.tell(heard.url);
  emulator.paystack.levers.topUp("NGN", 1_000_000_000n);
  rail = makePaystack(stage());
});
afterAll(async () => {
  await rail.close();
  await heard.stop();
  await emulator.stop();
});

function stage(): PaystackOptions {
  return {
    secretKey: emulator.paystack.secrets["secret_key"] ?? "",
    baseUrl: emulator.paystack.url,
    memory: memoryOfThisProcess(),
    clock: () => emulator.clock.now(),
    timeout: 20_000,
  };
}

function account(accountNumber: string): PayeeDetails {
  return { kind: "bank_account", accountNumber, accountName: "Ada Obi", bankCode: "058" };
}

function payout(reference: string, to = account("0123456789"), amount = 5000n): SendRequest {
  return { reference, kind: "payout", amount, currency: "NGN", to };
}

async function act(rail: Rail, reference: string, what: "pay" | "fail"): Promise<void> {
  const { url } = await rail.openPayment({
    sellerId: 7,
    reference,
    amount: 450_000n,
    currency: "NGN",
    description: "An order",
    returnUrl: "https://shop.example/back",
    payerEmail: "buyer@shop.example",
  });
  await fetch(`${url}?act=${what}`, { redirect: "manual" });
}

/** How many refunds Paystack lists with that note. */
async function refundsNoted(note: string): Promise<number> {
  const answer = await fetch(`${emulator.paystack.url}/refund?perPage=1000`, {
    headers: { authorization: `Bearer ${emulator.paystack.secrets["secret_key"]}` },
  });
  const { data } = (await answer.json()) as { data: { merchant_note: string }[] };
  return data.filter((one) => one.merchant_note === note).length;
}

/** A refund of that payment, paid before. */
async function paidAndRefund(reference: string, amount = 300_000n): Promise<SendRequest> {
  await act(rail, reference, "pay");
  return { reference: `refund-of-${reference}`, kind: "refund", amount, currency: "NGN", to: { paymentReference: reference } };
}

railContract("paystack", async () => {
  emulator.paystack.script({ fault: "timeout_after", on: "POST /transfer", reference: "contract-answer-lost", times: 1 });
  return {
    rail,
    pay: (reference) => act(rail, reference, "pay"),
    decline: (reference) => act(rail, reference, "fail"),
    received: () => heard.all,
    goodAccount: account("0123456789"),
    otherAccounts: ["0000000001", "0000000002", "0000000003", "0000000004"].map(account),
    deadAccount: account("0000000403"),
    silentAccount: account("0000000005"),
    tellingAccount: account("0000000006"),
    forgetsRefused: true,
    finish: () => emulator.clock.idle(),
    timesSent: async (reference) =>
      emulator.paystack.movements().filter((one) => one.reference === reference && one.what === "transfer").length +
      (await refundsNoted(reference)),
  };
});

describe("a refund, which Paystack gives no reference to", () => {
  test("whose answer was lost is found by its note, and never asked for again", async () => {
    const refund = await paidAndRefund("lost-answer-of-refund");
    emulator.paystack.script({ fault: "timeout_after", on: "POST /refund", reference: "lost-answer-of-refund", times: 1 });
    await expect(rail.send(refund)).rejects.toBeInstanceOf(NoAnswer);
    await emulator.clock.idle();
    expect((await rail.send(refund)).status).toBe("succeeded");
    expect(await refundsNoted(refund.reference)).toBe(1);
  });

  test("that never arrived is unknown for a quarter of an hour, then never seen, and one of two who ask again sends it", async () => {
    const refund = await paidAndRefund("never-arrived-refund");
    emulator.paystack.script({ fault: "timeout_before", on: "POST /refund", reference: "never-arrived-refund", times: 1 });
    await expect(rail.send(refund)).rejects.toBeInstanceOf(NoAnswer);
    expect((await rail.lookUpSend(refund)).status).toBe("unknown");
    expect((await rail.send(refund)).status).toBe("unknown");
    await emulator.clock.advance(15 * 60_000);
    expect(await rail.lookUpSend(refund)).toEqual({ status: "never_seen" });
    const outcomes = await Promise.all([rail.send(refund), rail.send(refund)]);
    expect(outcomes.map((one) => one.status).toSorted()).toEqual(["pending", "unknown"]);
    expect(await refundsNoted(refund.reference)).toBe(1);
  });

  test("that was refused stays failed under its reference", async () => {
    const refund = await paidAndRefund("refused-refund-of-much", 450_001n);
    expect(await rail.send(refund)).toMatchObject({ status: "failed", fault: "payee" });
    expect(await rail.lookUpSend(refund)).toMatchObject({ status: "failed", fault: "payee" });
    expect((await rail.send(refund)).status).toBe("failed");
  });

  test("that needs attention is not over", async () => {
    const refund = await paidAndRefund("refund-needs-attention");
    emulator.paystack.script({ fault: "needs_attention", on: "POST /refund", reference: "refund-needs-attention", times: 1 });
    await rail.send(refund);
    await emulator.clock.idle();
    expect(await rail.lookUpSend(refund)).toMatchObject({ status: "pending" });
  });
});

describe("a transfer", () => {
  const faulty = async (reference: string, fault: "failed" | "blocked" | "rejected" | "abandoned" | "otp" | "received" | "reversed") => {
    emulator.paystack.script({ fault, on: "POST /transfer", reference, times: 1 });
    const outcome = await rail.send(payout(reference));
    await emulator.clock.idle();
    return outcome;
  };

  test.each(["failed", "blocked", "rejected"] as const)(
    "that ends %s has failed by the rail, and may be tried again under a new reference",
    async (status) => {
      expect((await faulty(`transfer-ends-${status}`, status)).status).toBe("pending");
      expect(await rail.lookUpSend(payout(`transfer-ends-${status}`))).toMatchObject({ status: "failed", fault: "rail" });
    },
  );

  test("that waits for an OTP or for approval is open, and abandoned half an hour later", async () => {
    expect((await faulty("transfer-waits-otp", "otp")).status).toBe("pending");
    expect((await faulty("transfer-waits-approval", "received")).status).toBe("pending");
    expect((await rail.lookUpSend(payout("transfer-waits-approval"))).status).toBe("pending");
    await emulator.clock.advance(30 * 60_000);
    expect(await rail.lookUpSend(payout("transfer-waits-otp"))).toMatchObject({ status: "failed", fault: "rail" });
  });

  test("that comes back after its success is reversed, and hints at it", async () => {
    await faulty("transfer-comes-back", "reversed");
    expect(await rail.lookUpSend(payout("transfer-comes-back"))).toEqual({ status: "succeeded", cost: 1000n });
    await emulator.clock.advance(3_600_000);
    expect(await rail.lookUpSend(payout("transfer-comes-back"))).toMatchObject({ status: "reversed", cost: 1000n });
    const hints = heard.all.map((one) => rail.parseEvent(one.raw, one.headers)).filter((one) => one.reference === "transfer-comes-back");
    expect(hints.map((one) => one.type)).toEqual(["send.changed", "send.changed"]);
  });

  test.each([
    ["error_500", "never_seen"],
    ["error_500_after", "succeeded"],
    ["timeout_before", "never_seen"],
    ["rate_limit", "never_seen"],
  ] as const)("whose answer is %s says nothing, and the look-up says %s", async (fault, status) => {
    const reference = `transfer-answered-${fault.replaceAll("_", "-")}`;
    emulator.paystack.script({ fault, on: "POST /transfer", reference, times: 1 });
    await expect(rail.send(payout(reference))).rejects.toBeInstanceOf(NoAnswer);
    await emulator.clock.idle();
    expect((await rail.lookUpSend(payout(reference))).status).toBe(status);
  });

  test("without money in the balance fails by the rail", async () => {
    expect(await rail.send(payout("transfer-of-too-much", account("0123456789"), 99_000_000_000n))).toMatchObject({
      status: "failed",
      fault: "rail",
    });
  });

  test("with a key that is not ours says nothing at all", async () => {
    const stranger = makePaystack({ ...stage(), secretKey: "sk_test_nobody" });
    await expect(stranger.send(payout("transfer-of-a-stranger"))).rejects.toBeInstanceOf(NoAnswer);
    await expect(stranger.lookUpSend(payout("transfer-of-a-stranger"))).rejects.toBeInstanceOf(NoAnswer);
    await stranger.close();
  });
});

test("a payment that brought too little, or another currency, is told as it came", async () => {
  emulator.paystack.script({ fault: "wrong_currency", on: "pay", reference: "paid-in-something-else", times: 1 });
  await act(rail, "paid-in-something-else", "pay");
  const known = await rail.lookUpPayment("paid-in-something-else");
  expect(known).toMatchObject({ status: "succeeded", amount: 450_000n });
  expect(known.currency).not.toBe("NGN");
});

test("a settlement's lines add up to what reached the balance", async () => {
  await act(rail, "paid-before-settlement", "pay");
  await rail.send(await paidAndRefund("refunded-before-settled"));
  emulator.paystack.levers.settle("NGN");
  const settlements = (await rail.settlements?.(new Date("2026-03-01T00:00:00Z"))) ?? [];
  expect(settlements.length).toBeGreaterThan(0);
  for (const { amount, lines } of settlements) expect(lines.reduce((sum, line) => sum + line.net, 0n)).toBe(amount);
  expect(settlements.flatMap((one) => one.lines).map((line) => line.reference)).toContain("paid-before-settlement");
});

test("the bank says whose account it is, or that there is none", async () => {
  expect(await rail.enquireName?.(account("0123456789"), "NGN")).toMatchObject({ found: true });
  expect(await rail.enquireName?.(account("0000000404"), "NGN")).toMatchObject({ found: false });
});

test("a dispute is told with its payment, and its end with who won", async () => {
  await act(rail, "disputed-at-paystack", "pay");
  const opened = emulator.paystack.levers.openDispute("disputed-at-paystack", 100_000n) as { id: number };
  emulator.paystack.levers.resolveDispute(String(opened.id), "lost");
  await emulator.clock.idle();
  const told = heard.all.map((one) => rail.parseEvent(one.raw, one.headers)).filter((one) => one.reference === "disputed-at-paystack");
  expect(told.filter((one) => one.type !== "payment.changed")).toMatchObject([
    { type: "payment.dispute_opened", amount: 100_000n, moneyTaken: false },
    { type: "payment.dispute_lost", amount: 100_000n },
  ]);
});
