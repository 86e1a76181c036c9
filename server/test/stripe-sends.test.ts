import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { describe, expect, test } from "vitest";
import { Fault } from "../src/domain/fault.ts";
import type { PayeeDetails } from "../src/rails/rail.ts";
import { NoAnswer } from "../src/rails/rail.ts";
import { memoryOfThisProcess } from "../src/rails/rail-memory.ts";
import { makeStripe } from "../src/rails/stripe/stripe.ts";
import { account, emulator, overStripe, paidAndRefund, payout, rail, stage, timesSent, told, worse } from "./setup/over-stripe.ts";

overStripe();

describe("a transfer", () => {
  test.each([
    ["error_500", "never_seen"],
    ["error_500_after", "succeeded"],
    ["timeout_before", "never_seen"],
    ["timeout_after", "succeeded"],
    ["rate_limit", "never_seen"],
  ] as const)("whose answer is %s says nothing, the look-up says %s, and asking again makes it one", async (fault, status) => {
    const request = payout(`transfer-answered-${fault.replaceAll("_", "-")}`);
    emulator.stripe.script({ fault, on: "POST /v1/transfers", reference: request.reference, times: 1 });
    await expect(rail.send(request)).rejects.toBeInstanceOf(NoAnswer);
    expect((await rail.lookUpSend(request)).status).toBe(status);
    expect(await rail.send(request)).toEqual({ status: "succeeded", cost: 0n });
    expect(await timesSent(request.reference)).toBe(1);
  });

  test("is not made again after its key was forgotten: the list knows it", async () => {
    const request = payout("transfer-older-than-its-key");
    emulator.stripe.script({ fault: "timeout_after", on: "POST /v1/transfers", reference: request.reference, times: 1 });
    await expect(rail.send(request)).rejects.toBeInstanceOf(NoAnswer);
    const { url, server } = await worse("dropped keys");
    const keyless = makeStripe({ ...stage(), baseUrl: url });
    expect((await keyless.send(request)).status).toBe("succeeded");
    expect(await timesSent(request.reference)).toBe(1);
    await keyless.close();
    server.close();
  });

  test.each(["transfer", "refund"] as const)(
    "or a refund is not made again while the list is behind: the key knows it (%s)",
    async (kind) => {
      const request = kind === "transfer" ? payout("transfer-not-listed-yet") : await paidAndRefund("refund-not-listed-yet");
      const { url, server } = await worse("lists behind");
      const blind = makeStripe({ ...stage(), baseUrl: url });
      const outcomes = [await rail.send(request), await blind.send(request), await blind.send(request)];
      expect(outcomes.map((one) => one.status)).not.toContain("failed");
      expect(await timesSent(request.reference)).toBe(1);
      await blind.close();
      server.close();
    },
  );

  test("that never arrived is not sent with other money, nor to another payee, under its reference", async () => {
    const request = payout("transfer-changed-on-its-way");
    emulator.stripe.script({ fault: "timeout_before", on: "POST /v1/transfers", reference: request.reference, times: 1 });
    await expect(rail.send(request)).rejects.toBeInstanceOf(NoAnswer);
    await expect(rail.send({ ...request, amount: 5001n })).rejects.toThrow(Fault);
    await expect(rail.send({ ...request, to: account("acct_bob") })).rejects.toThrow(Fault);
    expect(await timesSent(request.reference)).toBe(0);
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
    const request = await paidAndRefund(`refunded-${fault.replaceAll("_", "-")}`);
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

test("a call that is silent for too long is given up, and says nothing", async () => {
  const hasty = makeStripe({ ...stage(), timeout: 60 });
  emulator.stripe.script({ fault: "timeout_after", on: "POST /v1/transfers", reference: "transfer-waited-for", times: 1 });
  const began = performance.now();
  await expect(hasty.send(payout("transfer-waited-for"))).rejects.toBeInstanceOf(NoAnswer);
  // Before the emulator cuts the connection.
  expect(performance.now() - began).toBeLessThan(280);
  await hasty.close();
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
