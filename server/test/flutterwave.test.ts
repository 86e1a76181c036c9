import { createHmac } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Rule } from "../../emulator/core/faults.ts";
import type { Emulator } from "../../emulator/start.ts";
import { startEmulator } from "../../emulator/start.ts";
import type { PayeeDetails, Rail, SendRequest } from "../src/rails/rail.ts";
import { NoAnswer, RailEventRejected } from "../src/rails/rail.ts";
import { memoryOfThisProcess } from "../src/rails/rail-memory.ts";
import type { FlutterwaveOptions } from "../src/rails/flutterwave/flutterwave.ts";
import { makeFlutterwave } from "../src/rails/flutterwave/flutterwave.ts";
import type { Heard } from "./setup/rail-listener.ts";
import { railListener } from "./setup/rail-listener.ts";
import { railContract } from "./rail-contract.ts";

const hour = 3_600_000;
let emulator: Emulator;
let heard: Heard;
let rail: ReturnType<typeof makeFlutterwave>;

beforeAll(async () => {
  emulator = await startEmulator({ seed: 5, hangMs: 1200, slowMs: 1200, now: () => new Date("2026-03-02T08:00:00Z") });
  heard = await railListener();
  emulator.flutterwave.tell(heard.url);
  emulator.flutterwave.levers.topUp("NGN", 1_000_000_000n);
  rail = makeFlutterwave(stage());
});
afterAll(async () => {
  await rail.close();
  await heard.stop();
  await emulator.stop();
});

function stage(): FlutterwaveOptions {
  return {
    secretKey: emulator.flutterwave.secrets["secret_key"] ?? "",
    webhookHash: emulator.flutterwave.secrets["secret_hash"] ?? "",
    webhookSignature: "v3",
    baseUrl: emulator.flutterwave.url,
    memory: memoryOfThisProcess(),
    clock: () => emulator.clock.now(),
    // Long enough for a busy machine.
    timeout: 1000,
  };
}

/** The next such call has that fault. */
function spoil(fault: Rule["fault"], on: string, reference?: string): void {
  emulator.flutterwave.script({ fault, on, times: 1, ...(reference === undefined ? {} : { reference }) });
}

const refundCall = "POST /v3/transactions/:id/refund";
const transferCall = "POST /v3/transfers";

function account(accountNumber: string): PayeeDetails {
  return { kind: "bank_account", accountNumber, accountName: "Ada Obi", bankCode: "058" };
}

function payout(reference: string, to = account("0123456789"), amount = 5000n): SendRequest {
  return { reference, kind: "payout", amount, currency: "NGN", to };
}

async function act(on: Rail, reference: string, what: "pay" | "fail", amount = 450_000n): Promise<void> {
  const { url } = await on.openPayment({
    sellerId: 7,
    reference,
    amount,
    currency: "NGN",
    description: "An order",
    returnUrl: "https://shop.example/back",
    payerEmail: "buyer@shop.example",
  });
  await fetch(`${url}?act=${what}`, { redirect: "manual" });
}

/** What Flutterwave's list says of refunds with that note. */
async function refundsNoted(note: string): Promise<number> {
  const key = emulator.flutterwave.secrets["secret_key"];
  let found = 0;
  for (let page = 1; ; page += 1) {
    const answer = await fetch(`${emulator.flutterwave.url}/v3/refunds?page=${page}`, { headers: { authorization: `Bearer ${key}` } });
    const { data } = (await answer.json()) as { data: { comments: string }[] };
    if (data.length === 0) return found;
    found += data.filter((one) => one.comments === note).length;
  }
}

/** A refund of that payment, paid before. */
async function paidAndRefund(reference: string, amount = 300_000n): Promise<SendRequest> {
  await act(rail, reference, "pay");
  return { reference: `refund-of-${reference}`, kind: "refund", amount, currency: "NGN", to: { paymentReference: reference } };
}

const hintsOf = (reference: string) =>
  heard.all.map((one) => rail.parseEvent(one.raw, one.headers)).filter((one) => one.reference === reference);

railContract("flutterwave", async () => {
  spoil("timeout_after", transferCall, "contract-answer-lost");
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
    unboundEvents: true,
    finish: () => emulator.clock.idle(),
    timesSent: async (reference) =>
      emulator.flutterwave.movements().filter((one) => one.reference === reference && one.what === "transfer").length +
      (await refundsNoted(reference)),
  };
});

describe("a payment", () => {
  test("of odd kobo is asked for and told to the kobo, with the fee that was kept of it", async () => {
    await act(rail, "paid-odd-kobo", "pay", 123_457n);
    // 1.4 % is 1728.398 kobo, and a fee is rounded up.
    expect(await rail.lookUpPayment("paid-odd-kobo")).toMatchObject({ status: "succeeded", amount: 123_457n, fee: 1729n, method: "card" });
  });

  test.each([
    ["wrong_amount", { amount: 449_900n, currency: "NGN" }],
    ["wrong_currency", { amount: 450_000n, currency: "USD" }],
  ] as const)("with %s is told as it came", async (fault, brought) => {
    const reference = `paid-with-${fault.replace("_", "-")}`;
    spoil(fault, "pay", reference);
    await act(rail, reference, "pay");
    expect(await rail.lookUpPayment(reference)).toMatchObject({ status: "succeeded", ...brought });
  });

  test("that is pending is undecided, and then there", async () => {
    spoil("pending", "pay", "paid-at-length");
    await act(rail, "paid-at-length", "pay");
    expect(await rail.lookUpPayment("paid-at-length")).toEqual({ reference: "paid-at-length", status: "pending", receipts: [] });
    await emulator.clock.advance(6 * hour);
    expect((await rail.lookUpPayment("paid-at-length")).status).toBe("succeeded");
  });

  test.each(["timeout_before", "timeout_after", "error_500", "error_500_after", "rate_limit"] as const)(
    "whose page is lost to %s has no page, and nothing is made up",
    async (fault) => {
      const reference = `page-lost-to-${fault.replaceAll("_", "-")}`;
      spoil(fault, "POST /v3/payments", reference);
      await expect(act(rail, reference, "pay")).rejects.toBeInstanceOf(NoAnswer);
      expect((await rail.lookUpPayment(reference)).status).toBe("unknown_reference");
    },
  );

  test("that is told by a forged notice is what the rail says it is", async () => {
    spoil("webhook_forged", "pay", "paid-and-forged");
    await act(rail, "paid-and-forged", "pay");
    await emulator.clock.idle();
    const hints = hintsOf("paid-and-forged");
    expect(hints.map(({ type, amount }) => [type, amount])).toEqual([
      ["payment.changed", undefined],
      ["payment.changed", undefined],
    ]);
    expect(await rail.lookUpPayment("paid-and-forged")).toMatchObject({ amount: 450_000n });
  });
});

describe("a refund, which Flutterwave gives no reference to", () => {
  test.each(["timeout_after", "error_500_after"] as const)(
    "whose answer was lost to %s is found by its note, and never asked for again",
    async (fault) => {
      const refund = await paidAndRefund(`refund-${fault.replaceAll("_", "-")}`);
      spoil(fault, refundCall);
      await expect(rail.send(refund)).rejects.toBeInstanceOf(NoAnswer);
      await emulator.clock.idle();
      expect((await rail.send(refund)).status).toBe("succeeded");
      expect(await refundsNoted(refund.reference)).toBe(1);
    },
  );

  test.each(["timeout_before", "error_500", "rate_limit"] as const)(
    "that never arrived (%s) is unknown for a quarter of an hour, then never seen, and one of two who ask again sends it",
    async (fault) => {
      const refund = await paidAndRefund(`refund-${fault.replaceAll("_", "-")}`);
      spoil(fault, refundCall);
      await expect(rail.send(refund)).rejects.toBeInstanceOf(NoAnswer);
      expect((await rail.lookUpSend(refund)).status).toBe("unknown");
      expect((await rail.send(refund)).status).toBe("unknown");
      await emulator.clock.advance(15 * 60_000);
      expect(await rail.lookUpSend(refund)).toEqual({ status: "never_seen" });
      const outcomes = await Promise.all([rail.send(refund), rail.send(refund)]);
      expect(outcomes.map((one) => one.status).toSorted()).toEqual(["pending", "unknown"]);
      expect(await refundsNoted(refund.reference)).toBe(1);
    },
  );

  test("that was refused stays failed under its reference", async () => {
    const refund = await paidAndRefund("refused-refund-of-much", 450_001n);
    expect(await rail.send(refund)).toMatchObject({ status: "failed", fault: "payee" });
    expect(await rail.lookUpSend(refund)).toMatchObject({ status: "failed", fault: "payee" });
    expect((await rail.send(refund)).status).toBe("failed");
    expect(await refundsNoted(refund.reference)).toBe(0);
  });

  test("for which the balance is too small fails by the rail", async () => {
    const refund = await paidAndRefund("refund-from-too-little");
    spoil("insufficient_balance", refundCall);
    expect(await rail.send(refund)).toMatchObject({ status: "failed", fault: "rail" });
  });

  test("that fails at the payer's bank has failed, and one that is pending is not over", async () => {
    const failing = await paidAndRefund("refund-fails");
    spoil("failed", refundCall);
    expect((await rail.send(failing)).status).toBe("pending");
    const slow = await paidAndRefund("refund-takes-hours");
    spoil("pending", refundCall);
    await rail.send(slow);
    await emulator.clock.idle();
    expect(await rail.lookUpSend(failing)).toMatchObject({ status: "failed", fault: "payee" });
    expect(await rail.lookUpSend(slow)).toEqual({ status: "pending" });
    await emulator.clock.advance(6 * hour);
    expect((await rail.lookUpSend(slow)).status).toBe("succeeded");
  });

  test("is hinted at by the name of its payment's receipt", async () => {
    const refund = await paidAndRefund("refund-hinted-at");
    const { railReference = "" } = await rail.lookUpPayment("refund-hinted-at");
    await rail.send({ ...refund, to: { paymentReference: "refund-hinted-at", railReference } });
    await emulator.clock.idle();
    expect(hintsOf(railReference)).toMatchObject([{ type: "refund.changed" }]);
  });

  test("in another currency than its payment gives nothing back", async () => {
    spoil("wrong_currency", "pay", "refund-in-naira");
    const refund = await paidAndRefund("refund-in-naira");
    expect(await rail.send(refund)).toMatchObject({ status: "failed", fault: "payee" });
    expect(await refundsNoted(refund.reference)).toBe(0);
  });

  test("whose answer was lost stays unknown where a refund of the same money is listed without a note", async () => {
    const refund = await paidAndRefund("refund-noteless", 100_000n);
    const { railReference } = await rail.lookUpPayment("refund-noteless");
    spoil("timeout_before", refundCall);
    await expect(rail.send(refund)).rejects.toBeInstanceOf(NoAnswer);
    const key = emulator.flutterwave.secrets["secret_key"];
    await fetch(`${emulator.flutterwave.url}/v3/transactions/${railReference}/refund`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: JSON.stringify({ amount: 1000 }),
    });
    await emulator.clock.advance(15 * 60_000);
    await expect(rail.lookUpSend(refund)).rejects.toThrow("without a note");
    await expect(rail.send(refund)).rejects.toThrow("without a note");
    expect(await refundsNoted(refund.reference)).toBe(0);
  });
});

describe("a transfer", () => {
  const faulty = async (reference: string, fault: "failed" | "pending" | "reversed") => {
    spoil(fault, transferCall, reference);
    const outcome = await rail.send(payout(reference));
    await emulator.clock.idle();
    return outcome;
  };

  test("costs what Flutterwave says, rounded up to the kobo", async () => {
    await rail.send(payout("transfer-of-finer-fee", account("0123456789"), 3_000_050n));
    await emulator.clock.idle();
    expect(await rail.lookUpSend(payout("transfer-of-finer-fee"))).toEqual({ status: "succeeded", cost: 2688n });
  });

  test("that fails has failed, and by its sentence other details would mend it", async () => {
    expect((await faulty("transfer-fails", "failed")).status).toBe("pending");
    expect(await rail.lookUpSend(payout("transfer-fails"))).toMatchObject({ status: "failed", fault: "payee" });
  });

  test("that is pending is not over, and then there", async () => {
    await faulty("transfer-takes-hours", "pending");
    expect(await rail.lookUpSend(payout("transfer-takes-hours"))).toEqual({ status: "pending" });
    await emulator.clock.advance(6 * hour);
    expect((await rail.lookUpSend(payout("transfer-takes-hours"))).status).toBe("succeeded");
  });

  test("that comes back after it was seen to arrive is reversed, and both are hinted at", async () => {
    await faulty("transfer-comes-back", "reversed");
    expect(await rail.lookUpSend(payout("transfer-comes-back"))).toEqual({ status: "succeeded", cost: 1075n });
    await emulator.clock.advance(hour);
    expect(await rail.lookUpSend(payout("transfer-comes-back"))).toMatchObject({ status: "reversed", cost: 1075n });
    // Asked for again it is not sent again.
    expect((await rail.send(payout("transfer-comes-back"))).status).toBe("pending");
    expect(hintsOf("transfer-comes-back").map((one) => one.type)).toEqual(["send.changed", "send.changed"]);
    expect(
      emulator.flutterwave.movements().filter((one) => one.reference === "transfer-comes-back" && one.what === "transfer"),
    ).toHaveLength(1);
  });

  test("that came back before anybody looked is told as failed: nobody can tell it from one that never arrived", async () => {
    await faulty("transfer-back-unseen", "reversed");
    await emulator.clock.advance(hour);
    expect(await rail.lookUpSend(payout("transfer-back-unseen"))).toMatchObject({ status: "failed" });
  });

  test.each([
    ["error_500", "never_seen"],
    ["error_500_after", "succeeded"],
    ["timeout_before", "never_seen"],
    ["timeout_after", "succeeded"],
    ["rate_limit", "never_seen"],
  ] as const)("whose answer is %s says nothing, and the look-up says %s", async (fault, status) => {
    const reference = `transfer-answered-${fault.replaceAll("_", "-")}`;
    spoil(fault, transferCall, reference);
    await expect(rail.send(payout(reference))).rejects.toBeInstanceOf(NoAnswer);
    await emulator.clock.idle();
    expect((await rail.lookUpSend(payout(reference))).status).toBe(status);
  });

  test.each([
    ["insufficient_balance", "rail"],
    ["blocked_recipient", "payee"],
  ] as const)("that is refused for %s has failed, the %s's fault, after the list was read", async (refusal, fault) => {
    const reference = `transfer-refused-${refusal.replace("_", "-")}`;
    spoil(refusal, transferCall, reference);
    expect(await rail.send(payout(reference))).toMatchObject({ status: "failed", fault });
    // While the list cannot be read a refusal is not believed.
    spoil(refusal, transferCall, reference);
    spoil("error_500", "GET /v3/transfers", reference);
    await expect(rail.send(payout(reference))).rejects.toBeInstanceOf(NoAnswer);
  });

  test("is found on whatever page of the list it stands", async () => {
    // Without the filter the list holds every transfer, newest first, twenty a page.
    const names = Array.from({ length: 25 }, (_, at) => `transfer-of-many-${at}`);
    for (const name of names) await rail.send(payout(name));
    const unhelpful = await withoutFilter();
    const unfiltered = makeFlutterwave({ ...stage(), baseUrl: unhelpful.url });
    await emulator.clock.idle();
    expect((await unfiltered.lookUpSend(payout(names[0] ?? ""))).status).toBe("succeeded");
    expect(await unfiltered.lookUpSend(payout("transfer-of-nobody"))).toEqual({ status: "never_seen" });
    await unfiltered.close();
    unhelpful.stop();
  });

  test("with a key that is not ours says nothing at all", async () => {
    const stranger = makeFlutterwave({ ...stage(), secretKey: "FLWSECK_TEST-nobody-X" });
    await expect(stranger.send(payout("transfer-of-a-stranger"))).rejects.toBeInstanceOf(NoAnswer);
    await expect(stranger.lookUpSend(payout("transfer-of-a-stranger"))).rejects.toBeInstanceOf(NoAnswer);
    await expect(stranger.lookUpPayment("paid-odd-kobo")).rejects.toBeInstanceOf(NoAnswer);
    await stranger.close();
  });
});

describe("an event", () => {
  const body = Buffer.from(JSON.stringify({ type: "charge.completed", data: { id: "chg_1", reference: "paid-by-v4", amount: 4500 } }));
  const hash = "a-hash-of-thirty-two-characters!";
  const sign = (raw: Buffer, key = hash) => ({ "flutterwave-signature": createHmac("sha256", key).update(raw).digest("base64") });

  test("in the manner of v4 is signed over its body, and is a hint all the same", async () => {
    const v4 = makeFlutterwave({ ...stage(), webhookHash: hash, webhookSignature: "v4" });
    const event = v4.parseEvent(body, sign(body));
    expect(event).toEqual({ eventId: event.eventId, type: "payment.changed", reference: "paid-by-v4", occurredAt: emulator.clock.now() });
    const changed = Buffer.from(body.toString().replace("4500", "9500"));
    expect(() => v4.parseEvent(changed, sign(body))).toThrow(RailEventRejected);
    expect(() => v4.parseEvent(body, sign(body, "another"))).toThrow(RailEventRejected);
    // What v3 sends is no signature of v4, nor the other way round.
    expect(() => v4.parseEvent(body, { "verif-hash": hash })).toThrow(RailEventRejected);
    expect(() => v4.parseEvent(body, { "flutterwave-signature": hash })).toThrow(RailEventRejected);
    expect(() => rail.parseEvent(body, sign(body, stage().webhookHash))).toThrow(RailEventRejected);
    await v4.close();
  });

  test("with the word's beginning, more than the word, several words or none is rejected", () => {
    const word = stage().webhookHash;
    for (const given of [word.slice(0, -1), `${word}0`, "", word.toUpperCase(), undefined, [word, word]])
      expect(() => rail.parseEvent(body, { "verif-hash": given })).toThrow(RailEventRejected);
    expect(rail.parseEvent(body, { "verif-hash": word }).reference).toBe("paid-by-v4");
  });

  test("of a kind that is not known, or that cannot be read, is kept", () => {
    const word = { "verif-hash": stage().webhookHash };
    const told = (text: string) => rail.parseEvent(Buffer.from(text), word);
    expect(told('{"event":"virtualaccount.made","data":{"tx_ref":"a"}}')).toMatchObject({ type: "unknown", reference: "a" });
    expect(told("not JSON").type).toBe("unknown");
    expect(told('{"event":"transfer.completed","data":{}}').type).toBe("unknown");
  });
});

test("a settlement names its payments, and its lines add up to what reached the balance", async () => {
  await act(rail, "paid-before-settlement", "pay");
  emulator.flutterwave.levers.settle("NGN");
  const settlements = (await rail.settlements?.(new Date("2026-03-01T00:00:00Z"))) ?? [];
  const moved = emulator.flutterwave.movements().filter((one) => one.what === "settlement" && one.currency === "NGN");
  expect(settlements.filter((one) => one.currency === "NGN").map((one) => [one.id, one.amount])).toEqual(
    moved.map((one) => [one.reference, one.amount]),
  );
  for (const { amount, lines } of settlements) expect(lines.reduce((sum, line) => sum + line.net, 0n)).toBe(amount);
  const line = settlements.flatMap((one) => one.lines).find((one) => one.reference === "paid-before-settlement");
  expect(line).toMatchObject({ kind: "payment", gross: 450_000n, fee: 6300n, net: 443_700n });
  expect(await rail.settlements?.(new Date(emulator.clock.now().getTime() + 1))).toEqual([]);
});

test("the balance is what may be sent now, below nothing too", async () => {
  const held = (currency: string) => emulator.flutterwave.audit().find((one) => one.currency === currency)?.held["balance"] ?? 0n;
  const told = new Map((await rail.balances?.())?.map(({ currency, available }) => [currency, available]));
  expect(told.get("NGN")).toBe(held("NGN"));
  expect(told.get("NGN")).toBeGreaterThan(0n);
});

test("the bank says whose account it is, or that there is none", async () => {
  expect(await rail.enquireName?.(account("0123456789"), "NGN")).toEqual({ found: true, accountName: "Emeka Okafor" });
  expect(await rail.enquireName?.(account("0000000404"), "NGN")).toMatchObject({ found: false });
});

test.each(["won", "lost"] as const)("a chargeback is told when it is asked for, and its end too, which is %s", async (outcome) => {
  const reference = `charged-back-and-${outcome}`;
  await act(rail, reference, "pay");
  const { railReference } = await rail.lookUpPayment(reference);
  const ours = async () => ((await rail.disputes?.(new Date("2026-01-01T00:00:00Z"))) ?? []).filter((one) => one.reference === reference);
  expect(await ours()).toEqual([]);
  const opened = emulator.flutterwave.levers.openDispute(reference, undefined) as { id: number };
  const money = { reference, railReference, amount: 450_000n, currency: "NGN" };
  expect(await ours()).toMatchObject([{ type: "payment.dispute_opened", moneyTaken: false, ...money }]);
  emulator.flutterwave.levers.resolveDispute(String(opened.id), outcome);
  const told = await ours();
  expect(told).toMatchObject([
    { type: "payment.dispute_opened", ...money },
    { type: `payment.dispute_${outcome}`, ...money },
  ]);
  expect((await ours()).map((one) => one.eventId)).toEqual(told.map((one) => one.eventId));
});

/** Flutterwave behind somebody who takes the filter out of every list. */
async function withoutFilter(): Promise<{ readonly url: string; stop(): void }> {
  const server = createServer((request, response) => {
    const asked = new URL(request.url ?? "/", emulator.flutterwave.url);
    asked.searchParams.delete("reference");
    void fetch(asked, { headers: { authorization: request.headers.authorization ?? "" } }).then(async (answer) => {
      response.writeHead(answer.status, { "content-type": "application/json" }).end(await answer.text());
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, stop: () => void server.close() };
}
