import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { NoAnswer, RailEventRejected } from "../src/rails/rail.ts";
import { makeFlutterwave } from "../src/rails/flutterwave/flutterwave.ts";
import { account, act, flutterwaveStage, transferCall } from "./setup/flutterwave-stage.ts";
import { railContract } from "./rail-contract.ts";

const hour = 3_600_000;
const on = flutterwaveStage();

railContract("flutterwave", async () => {
  on.spoil("timeout_after", transferCall, "contract-answer-lost");
  return {
    rail: on.rail,
    pay: (reference) => act(on.rail, reference, "pay"),
    decline: (reference) => act(on.rail, reference, "fail"),
    received: () => on.heard.all,
    goodAccount: account("0123456789"),
    otherAccounts: ["0000000001", "0000000002", "0000000003", "0000000004"].map(account),
    deadAccount: account("0000000403"),
    silentAccount: account("0000000005"),
    tellingAccount: account("0000000006"),
    forgetsRefused: true,
    unboundEvents: true,
    finish: () => on.emulator.clock.idle(),
    timesSent: async (reference) =>
      on.emulator.flutterwave.movements().filter((one) => one.reference === reference && one.what === "transfer").length +
      (await on.refundsNoted(reference)),
  };
});

describe("a payment", () => {
  test("of odd kobo is asked for and told to the kobo, with the fee that was kept of it", async () => {
    await act(on.rail, "paid-odd-kobo", "pay", 123_457n);
    // 1.4 % is 1728.398 kobo, and a fee is rounded up.
    expect(await on.rail.lookUpPayment("paid-odd-kobo")).toMatchObject({
      status: "succeeded",
      amount: 123_457n,
      fee: 1729n,
      method: "card",
    });
  });

  test.each([
    ["wrong_amount", { amount: 449_900n, currency: "NGN" }],
    ["wrong_currency", { amount: 450_000n, currency: "USD" }],
  ] as const)("with %s is told as it came", async (fault, brought) => {
    const reference = `paid-with-${fault.replace("_", "-")}`;
    on.spoil(fault, "pay", reference);
    await act(on.rail, reference, "pay");
    expect(await on.rail.lookUpPayment(reference)).toMatchObject({ status: "succeeded", ...brought });
  });

  test("that is pending is undecided, and then there", async () => {
    on.spoil("pending", "pay", "paid-at-length");
    await act(on.rail, "paid-at-length", "pay");
    expect(await on.rail.lookUpPayment("paid-at-length")).toEqual({ reference: "paid-at-length", status: "pending", receipts: [] });
    await on.emulator.clock.advance(6 * hour);
    expect((await on.rail.lookUpPayment("paid-at-length")).status).toBe("succeeded");
  });

  test.each(["timeout_before", "timeout_after", "error_500", "error_500_after", "rate_limit"] as const)(
    "whose page is lost to %s has no page, and nothing is made up",
    async (fault) => {
      const reference = `page-lost-to-${fault.replaceAll("_", "-")}`;
      on.spoil(fault, "POST /v3/payments", reference);
      await expect(act(on.rail, reference, "pay")).rejects.toBeInstanceOf(NoAnswer);
      expect((await on.rail.lookUpPayment(reference)).status).toBe("unknown_reference");
    },
  );

  test("that is told by a forged notice is what the rail says it is", async () => {
    on.spoil("webhook_forged", "pay", "paid-and-forged");
    await act(on.rail, "paid-and-forged", "pay");
    await on.emulator.clock.idle();
    const hints = on.hintsOf("paid-and-forged");
    expect(hints.map(({ type, amount }) => [type, amount])).toEqual([
      ["payment.changed", undefined],
      ["payment.changed", undefined],
    ]);
    expect(await on.rail.lookUpPayment("paid-and-forged")).toMatchObject({ amount: 450_000n });
  });
});

describe("an event", () => {
  const body = Buffer.from(JSON.stringify({ type: "charge.completed", data: { id: "chg_1", reference: "paid-by-v4", amount: 4500 } }));
  const hash = "a-hash-of-thirty-two-characters!";
  const sign = (raw: Buffer, key = hash) => ({ "flutterwave-signature": createHmac("sha256", key).update(raw).digest("base64") });

  test("in the manner of v4 is signed over its body, and is a hint all the same", async () => {
    const v4 = makeFlutterwave({ ...on.stage(), webhookHash: hash, webhookSignature: "v4" });
    const event = v4.parseEvent(body, sign(body));
    expect(event).toEqual({
      eventId: event.eventId,
      type: "payment.changed",
      reference: "paid-by-v4",
      occurredAt: on.emulator.clock.now(),
    });
    const changed = Buffer.from(body.toString().replace("4500", "9500"));
    expect(() => v4.parseEvent(changed, sign(body))).toThrow(RailEventRejected);
    expect(() => v4.parseEvent(body, sign(body, "another"))).toThrow(RailEventRejected);
    // What v3 sends is no signature of v4, nor the other way round.
    expect(() => v4.parseEvent(body, { "verif-hash": hash })).toThrow(RailEventRejected);
    expect(() => v4.parseEvent(body, { "flutterwave-signature": hash })).toThrow(RailEventRejected);
    expect(() => on.rail.parseEvent(body, sign(body, on.stage().webhookHash))).toThrow(RailEventRejected);
    await v4.close();
  });

  test("with the word's beginning, more than the word, several words or none is rejected", () => {
    const word = on.stage().webhookHash;
    for (const given of [word.slice(0, -1), `${word}0`, "", word.toUpperCase(), undefined, [word, word]])
      expect(() => on.rail.parseEvent(body, { "verif-hash": given })).toThrow(RailEventRejected);
    expect(on.rail.parseEvent(body, { "verif-hash": word }).reference).toBe("paid-by-v4");
  });

  test("of a kind that is not known, or that cannot be read, is kept", () => {
    const word = { "verif-hash": on.stage().webhookHash };
    const told = (text: string) => on.rail.parseEvent(Buffer.from(text), word);
    expect(told('{"event":"virtualaccount.made","data":{"tx_ref":"a"}}')).toMatchObject({ type: "unknown", reference: "a" });
    expect(told("not JSON").type).toBe("unknown");
    expect(told('{"event":"transfer.completed","data":{}}').type).toBe("unknown");
  });
});

test("a settlement names its payments, and its lines add up to what reached the balance", async () => {
  await act(on.rail, "paid-before-settlement", "pay");
  on.emulator.flutterwave.levers.settle("NGN");
  const settlements = (await on.rail.settlements?.(new Date("2026-03-01T00:00:00Z"))) ?? [];
  const moved = on.emulator.flutterwave.movements().filter((one) => one.what === "settlement" && one.currency === "NGN");
  expect(settlements.filter((one) => one.currency === "NGN").map((one) => [one.id, one.amount])).toEqual(
    moved.map((one) => [one.reference, one.amount]),
  );
  for (const { amount, lines } of settlements) expect(lines.reduce((sum, line) => sum + line.net, 0n)).toBe(amount);
  const line = settlements.flatMap((one) => one.lines).find((one) => one.reference === "paid-before-settlement");
  expect(line).toMatchObject({ kind: "payment", gross: 450_000n, fee: 6300n, net: 443_700n });
  expect(await on.rail.settlements?.(new Date(on.emulator.clock.now().getTime() + 1))).toEqual([]);
});

test("the balance is what may be sent now, below nothing too", async () => {
  const held = (currency: string) => on.emulator.flutterwave.audit().find((one) => one.currency === currency)?.held["balance"] ?? 0n;
  const told = new Map((await on.rail.balances?.())?.map(({ currency, available }) => [currency, available]));
  expect(told.get("NGN")).toBe(held("NGN"));
  expect(told.get("NGN")).toBeGreaterThan(0n);
});

test("the bank says whose account it is, or that there is none", async () => {
  expect(await on.rail.enquireName?.(account("0123456789"), "NGN")).toEqual({ found: true, accountName: "Emeka Okafor" });
  expect(await on.rail.enquireName?.(account("0000000404"), "NGN")).toMatchObject({ found: false });
});

test.each(["won", "lost"] as const)("a chargeback is told when it is asked for, and its end too, which is %s", async (outcome) => {
  const reference = `charged-back-and-${outcome}`;
  await act(on.rail, reference, "pay");
  const { railReference } = await on.rail.lookUpPayment(reference);
  const ours = async () =>
    ((await on.rail.disputes?.(new Date("2026-01-01T00:00:00Z"))) ?? []).filter((one) => one.reference === reference);
  expect(await ours()).toEqual([]);
  const opened = on.emulator.flutterwave.levers.openDispute(reference, undefined) as { id: number };
  const money = { reference, railReference, amount: 450_000n, currency: "NGN" };
  expect(await ours()).toMatchObject([{ type: "payment.dispute_opened", moneyTaken: false, ...money }]);
  on.emulator.flutterwave.levers.resolveDispute(String(opened.id), outcome);
  const told = await ours();
  expect(told).toMatchObject([
    { type: "payment.dispute_opened", ...money },
    { type: `payment.dispute_${outcome}`, ...money },
  ]);
  expect((await ours()).map((one) => one.eventId)).toEqual(told.map((one) => one.eventId));
});
