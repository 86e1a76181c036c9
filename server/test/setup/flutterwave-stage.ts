import { afterAll, beforeAll } from "vitest";
import type { Rule } from "../../../emulator/core/faults.ts";
import type { Emulator } from "../../../emulator/start.ts";
import { startEmulator } from "../../../emulator/start.ts";
import type { PayeeDetails, Rail, RailEvent, SendRequest } from "../../src/rails/rail.ts";
import { memoryOfThisProcess } from "../../src/rails/rail-memory.ts";
import type { FlutterwaveOptions } from "../../src/rails/flutterwave/flutterwave.ts";
import { makeFlutterwave } from "../../src/rails/flutterwave/flutterwave.ts";
import type { Heard } from "./rail-listener.ts";
import { railListener } from "./rail-listener.ts";

export const refundCall = "POST /v3/transactions/:id/refund";
export const transferCall = "POST /v3/transfers";

export function account(accountNumber: string): PayeeDetails {
  return { kind: "bank_account", accountNumber, accountName: "Ada Obi", bankCode: "058" };
}

export function payout(reference: string, to = account("0123456789"), amount = 5000n): SendRequest {
  return { reference, kind: "payout", amount, currency: "NGN", to };
}

/** The payer opens the page and takes a step on it. */
export async function act(on: Rail, reference: string, what: "pay" | "fail", amount = 450_000n): Promise<void> {
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

/** The adapter over its emulator, for one test file: started before its tests, and stopped after them. */
export function flutterwaveStage() {
  let emulator: Emulator;
  let heard: Heard;
  let rail: ReturnType<typeof makeFlutterwave>;
  beforeAll(async () => {
    emulator = await startEmulator({ seed: 5, hangMs: 300, slowMs: 300, now: () => new Date("2026-03-02T08:00:00Z") });
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

  const stage = (): FlutterwaveOptions => ({
    secretKey: emulator.flutterwave.secrets["secret_key"] ?? "",
    webhookHash: emulator.flutterwave.secrets["secret_hash"] ?? "",
    webhookSignature: "v3",
    baseUrl: emulator.flutterwave.url,
    memory: memoryOfThisProcess(),
    clock: () => emulator.clock.now(),
    // The emulator cuts what hangs long before.
    timeout: 20_000,
  });
  return {
    get emulator() {
      return emulator;
    },
    get heard() {
      return heard;
    },
    get rail() {
      return rail;
    },
    stage,
    /** The next such call has that fault. */
    spoil(fault: Rule["fault"], on: string, reference?: string): void {
      emulator.flutterwave.script({ fault, on, times: 1, ...(reference === undefined ? {} : { reference }) });
    },
    /** What Flutterwave's list says of refunds with that note. */
    async refundsNoted(note: string): Promise<number> {
      const key = emulator.flutterwave.secrets["secret_key"];
      let found = 0;
      for (let page = 1; ; page += 1) {
        const answer = await fetch(`${emulator.flutterwave.url}/v3/refunds?page=${page}`, { headers: { authorization: `Bearer ${key}` } });
        const { data } = (await answer.json()) as { data: { comments: string }[] };
        if (data.length === 0) return found;
        found += data.filter((one) => one.comments === note).length;
      }
    },
    /** A refund of that payment, paid before. */
    async paidAndRefund(reference: string, amount = 300_000n): Promise<SendRequest> {
      await act(rail, reference, "pay");
      return { reference: `refund-of-${reference}`, kind: "refund", amount, currency: "NGN", to: { paymentReference: reference } };
    },
    hintsOf: (reference: string): RailEvent[] =>
      heard.all.map((one) => rail.parseEvent(one.raw, one.headers)).filter((one) => one.reference === reference),
  };
}
