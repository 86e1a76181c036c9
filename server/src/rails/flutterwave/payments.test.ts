import { expect, test } from "vitest";
import { memoryOfThisProcess } from "../rail-memory.ts";
import { lookUpPayment } from "./payments.ts";

/** What Flutterwave says of a payment of NGN 1,000.00, with these figures of its fee. */
function looked(figures: Readonly<Record<string, number>>) {
  const data = { id: 7, status: "successful", amount: 1000, currency: "NGN", created_at: "2026-03-02T08:00:00Z", ...figures };
  const api = { call: () => Promise.resolve({ status: 200, body: { status: "success", data } }), close: () => Promise.resolve() };
  return lookUpPayment({ api, memory: memoryOfThisProcess(), clock: () => new Date(0) }, "a-payment");
}

test.each([
  ["what was not settled of the amount", { amount_settled: 985.995, app_fee: 14.005 }, 1401n],
  ["nothing, where the payer paid the fee on top", { charged_amount: 1014, amount_settled: 1000, app_fee: 14 }, 0n],
  ["the fee that is named, rounded up, where nothing is said of what is settled", { app_fee: 14.001 }, 1401n],
  ["the fee that is named, where the settled figure cannot be of that amount", { amount_settled: 1014, app_fee: 14 }, 1400n],
] as const)("of a payment Flutterwave kept %s", async (_what, figures, fee) => {
  expect(await looked(figures)).toMatchObject({ amount: 100_000n, fee });
});
