import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, test } from "vitest";
import { NoAnswer } from "../src/rails/rail.ts";
import { makeFlutterwave } from "../src/rails/flutterwave/flutterwave.ts";
import { account, flutterwaveStage, payout, refundCall, transferCall } from "./setup/flutterwave-stage.ts";

const hour = 3_600_000;
const on = flutterwaveStage();

describe("a refund, which Flutterwave gives no reference to", () => {
  test.each(["timeout_after", "error_500_after"] as const)(
    "whose answer was lost to %s is found by its note, and never asked for again",
    async (fault) => {
      const refund = await on.paidAndRefund(`refund-${fault.replaceAll("_", "-")}`);
      on.spoil(fault, refundCall);
      await expect(on.rail.send(refund)).rejects.toBeInstanceOf(NoAnswer);
      await on.emulator.clock.idle();
      expect((await on.rail.send(refund)).status).toBe("succeeded");
      expect(await on.refundsNoted(refund.reference)).toBe(1);
    },
  );

  test.each(["timeout_before", "error_500", "rate_limit"] as const)(
    "that never arrived (%s) is unknown for a quarter of an hour, then never seen, and one of two who ask again sends it",
    async (fault) => {
      const refund = await on.paidAndRefund(`refund-${fault.replaceAll("_", "-")}`);
      on.spoil(fault, refundCall);
      await expect(on.rail.send(refund)).rejects.toBeInstanceOf(NoAnswer);
      expect((await on.rail.lookUpSend(refund)).status).toBe("unknown");
      expect((await on.rail.send(refund)).status).toBe("unknown");
      await on.emulator.clock.advance(15 * 60_000);
      expect(await on.rail.lookUpSend(refund)).toEqual({ status: "never_seen" });
      const outcomes = await Promise.all([on.rail.send(refund), on.rail.send(refund)]);
      expect(outcomes.map((one) => one.status).toSorted()).toEqual(["pending", "unknown"]);
      expect(await on.refundsNoted(refund.reference)).toBe(1);
    },
  );

  test("that was refused stays failed under its reference", async () => {
    const refund = await on.paidAndRefund("refused-refund-of-much", 450_001n);
    expect(await on.rail.send(refund)).toMatchObject({ status: "failed", fault: "payee" });
    expect(await on.rail.lookUpSend(refund)).toMatchObject({ status: "failed", fault: "payee" });
    expect((await on.rail.send(refund)).status).toBe("failed");
    expect(await on.refundsNoted(refund.reference)).toBe(0);
  });

  test("for which the balance is too small fails by the rail", async () => {
    const refund = await on.paidAndRefund("refund-from-too-little");
    on.spoil("insufficient_balance", refundCall);
    expect(await on.rail.send(refund)).toMatchObject({ status: "failed", fault: "rail" });
  });

  test("that fails at the payer's bank has failed, and one that is pending is not over", async () => {
    const failing = await on.paidAndRefund("refund-fails");
    on.spoil("failed", refundCall);
    expect((await on.rail.send(failing)).status).toBe("pending");
    const slow = await on.paidAndRefund("refund-takes-hours");
    on.spoil("pending", refundCall);
    await on.rail.send(slow);
    await on.emulator.clock.idle();
    expect(await on.rail.lookUpSend(failing)).toMatchObject({ status: "failed", fault: "payee" });
    expect(await on.rail.lookUpSend(slow)).toEqual({ status: "pending" });
    await on.emulator.clock.advance(6 * hour);
    expect((await on.rail.lookUpSend(slow)).status).toBe("succeeded");
  });

  test("is hinted at by the name of its payment's receipt", async () => {
    const refund = await on.paidAndRefund("refund-hinted-at");
    const { railReference = "" } = await on.rail.lookUpPayment("refund-hinted-at");
    await on.rail.send({ ...refund, to: { paymentReference: "refund-hinted-at", railReference } });
    await on.emulator.clock.idle();
    expect(on.hintsOf(railReference)).toMatchObject([{ type: "refund.changed" }]);
  });

  test("in another currency than its payment gives nothing back", async () => {
    on.spoil("wrong_currency", "pay", "refund-in-naira");
    const refund = await on.paidAndRefund("refund-in-naira");
    expect(await on.rail.send(refund)).toMatchObject({ status: "failed", fault: "payee" });
    expect(await on.refundsNoted(refund.reference)).toBe(0);
  });

  test("whose answer was lost stays unknown where a refund of the same money is listed without a note", async () => {
    const refund = await on.paidAndRefund("refund-noteless", 100_000n);
    const { railReference } = await on.rail.lookUpPayment("refund-noteless");
    on.spoil("timeout_before", refundCall);
    await expect(on.rail.send(refund)).rejects.toBeInstanceOf(NoAnswer);
    const key = on.emulator.flutterwave.secrets["secret_key"];
    await fetch(`${on.emulator.flutterwave.url}/v3/transactions/${railReference}/refund`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: JSON.stringify({ amount: 1000 }),
    });
    await on.emulator.clock.advance(15 * 60_000);
    await expect(on.rail.lookUpSend(refund)).rejects.toThrow("without a note");
    await expect(on.rail.send(refund)).rejects.toThrow("without a note");
    expect(await on.refundsNoted(refund.reference)).toBe(0);
  });
});

describe("a transfer", () => {
  const faulty = async (reference: string, fault: "failed" | "pending" | "reversed") => {
    on.spoil(fault, transferCall, reference);
    const outcome = await on.rail.send(payout(reference));
    await on.emulator.clock.idle();
    return outcome;
  };

  test("costs what Flutterwave says, rounded up to the kobo", async () => {
    await on.rail.send(payout("transfer-of-finer-fee", account("0123456789"), 3_000_050n));
    await on.emulator.clock.idle();
    expect(await on.rail.lookUpSend(payout("transfer-of-finer-fee"))).toEqual({ status: "succeeded", cost: 2688n });
  });

  test("that fails has failed, and by its sentence other details would mend it", async () => {
    expect((await faulty("transfer-fails", "failed")).status).toBe("pending");
    expect(await on.rail.lookUpSend(payout("transfer-fails"))).toMatchObject({ status: "failed", fault: "payee" });
  });

  test("that is pending is not over, and then there", async () => {
    await faulty("transfer-takes-hours", "pending");
    expect(await on.rail.lookUpSend(payout("transfer-takes-hours"))).toEqual({ status: "pending" });
    await on.emulator.clock.advance(6 * hour);
    expect((await on.rail.lookUpSend(payout("transfer-takes-hours"))).status).toBe("succeeded");
  });

  test("that comes back after it was seen to arrive is reversed, and both are hinted at", async () => {
    await faulty("transfer-comes-back", "reversed");
    expect(await on.rail.lookUpSend(payout("transfer-comes-back"))).toEqual({ status: "succeeded", cost: 1075n });
    await on.emulator.clock.advance(hour);
    expect(await on.rail.lookUpSend(payout("transfer-comes-back"))).toMatchObject({ status: "reversed", cost: 1075n });
    // Asked for again it is not sent again.
    expect((await on.rail.send(payout("transfer-comes-back"))).status).toBe("pending");
    expect(on.hintsOf("transfer-comes-back").map((one) => one.type)).toEqual(["send.changed", "send.changed"]);
    expect(
      on.emulator.flutterwave.movements().filter((one) => one.reference === "transfer-comes-back" && one.what === "transfer"),
    ).toHaveLength(1);
  });

  test("that came back before anybody looked is told as failed: nobody can tell it from one that never arrived", async () => {
    await faulty("transfer-back-unseen", "reversed");
    await on.emulator.clock.advance(hour);
    expect(await on.rail.lookUpSend(payout("transfer-back-unseen"))).toMatchObject({ status: "failed" });
  });

  test.each([
    ["error_500", "never_seen"],
    ["error_500_after", "succeeded"],
    ["timeout_before", "never_seen"],
    ["timeout_after", "succeeded"],
    ["rate_limit", "never_seen"],
  ] as const)("whose answer is %s says nothing, and the look-up says %s", async (fault, status) => {
    const reference = `transfer-answered-${fault.replaceAll("_", "-")}`;
    on.spoil(fault, transferCall, reference);
    await expect(on.rail.send(payout(reference))).rejects.toBeInstanceOf(NoAnswer);
    await on.emulator.clock.idle();
    expect((await on.rail.lookUpSend(payout(reference))).status).toBe(status);
  });

  test.each([
    ["insufficient_balance", "rail"],
    ["blocked_recipient", "payee"],
  ] as const)("that is refused for %s has failed, the %s's fault, after the list was read", async (refusal, fault) => {
    const reference = `transfer-refused-${refusal.replace("_", "-")}`;
    on.spoil(refusal, transferCall, reference);
    expect(await on.rail.send(payout(reference))).toMatchObject({ status: "failed", fault });
    // While the list cannot be read a refusal is not believed.
    on.spoil(refusal, transferCall, reference);
    on.spoil("error_500", "GET /v3/transfers", reference);
    await expect(on.rail.send(payout(reference))).rejects.toBeInstanceOf(NoAnswer);
  });

  test("is found on whatever page of the list it stands", async () => {
    // Without the filter the list holds every transfer, newest first, twenty a page.
    const names = Array.from({ length: 25 }, (_, at) => `transfer-of-many-${at}`);
    for (const name of names) await on.rail.send(payout(name));
    const unhelpful = await withoutFilter();
    const unfiltered = makeFlutterwave({ ...on.stage(), baseUrl: unhelpful.url });
    await on.emulator.clock.idle();
    expect((await unfiltered.lookUpSend(payout(names[0] ?? ""))).status).toBe("succeeded");
    expect(await unfiltered.lookUpSend(payout("transfer-of-nobody"))).toEqual({ status: "never_seen" });
    await unfiltered.close();
    unhelpful.stop();
  });

  test("with a key that is not ours says nothing at all", async () => {
    const stranger = makeFlutterwave({ ...on.stage(), secretKey: "FLWSECK_TEST-nobody-X" });
    await expect(stranger.send(payout("transfer-of-a-stranger"))).rejects.toBeInstanceOf(NoAnswer);
    await expect(stranger.lookUpSend(payout("transfer-of-a-stranger"))).rejects.toBeInstanceOf(NoAnswer);
    await expect(stranger.lookUpPayment("paid-odd-kobo")).rejects.toBeInstanceOf(NoAnswer);
    await stranger.close();
  });
});

/** Flutterwave behind somebody who takes the filter out of every list. */
async function withoutFilter(): Promise<{ readonly url: string; stop(): void }> {
  const server = createServer((request, response) => {
    const asked = new URL(request.url ?? "/", on.emulator.flutterwave.url);
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
