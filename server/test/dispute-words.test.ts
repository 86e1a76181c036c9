import { createHmac } from "node:crypto";
import { Stripe } from "stripe";
import { expect, test } from "vitest";
import { parseEvent as paystack } from "../src/rails/paystack/events.ts";
import { parseEvent as stripe } from "../src/rails/stripe/events.ts";

test.each(["auto-accepted", "anything"])("Paystack: a dispute that was resolved as %s is not one that was won", (resolution) => {
  const body = Buffer.from(
    JSON.stringify({
      event: "charge.dispute.resolve",
      data: {
        refund_amount: 450000,
        currency: "NGN",
        resolution,
        resolvedAt: "2026-11-20T08:00:00Z",
        transaction: { id: 1, reference: "r" },
      },
    }),
  );
  const signature = createHmac("sha512", "sk").update(body).digest("hex");
  expect(paystack("sk", body, { "x-paystack-signature": signature }, new Date()).type).toBe("unknown");
});

test.each(["prevented", "anything"])("Stripe: a dispute that closed as %s is not one that was won", (status) => {
  const client = new Stripe("sk_test_x");
  const now = new Date();
  const object = { id: "dp_1", charge: "ch_1", currency: "usd", amount: 100, status, balance_transactions: [] };
  const body = JSON.stringify({
    id: "evt_1",
    object: "event",
    type: "charge.dispute.closed",
    created: Math.floor(now.getTime() / 1000),
    data: { object },
  });
  const header = client.webhooks.generateTestHeaderString({ payload: body, secret: "whsec_x" });
  expect(stripe(client, "whsec_x", Buffer.from(body), { "stripe-signature": header }, now).type).toBe("unknown");
});
