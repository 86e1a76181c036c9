import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll } from "vitest";
import type { Emulator } from "../../../emulator/start.ts";
import { startEmulator } from "../../../emulator/start.ts";
import type { OpenPayment, PayeeDetails, RailEvent, SendRequest } from "../../src/rails/rail.ts";
import { memoryOfThisProcess } from "../../src/rails/rail-memory.ts";
import type { StripeOptions } from "../../src/rails/stripe/stripe.ts";
import { makeStripe } from "../../src/rails/stripe/stripe.ts";
import type { Heard } from "./rail-listener.ts";
import { railListener } from "./rail-listener.ts";

// The adapter of Stripe over its emulator, for one file of tests.

export let emulator: Emulator;
export let heard: Heard;
export let rail: ReturnType<typeof makeStripe>;
const memory = memoryOfThisProcess();

/** Starts everything before the tests of this file and stops it after them. */
export function overStripe(): void {
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
}

export function stage(): StripeOptions {
  return {
    secretKey: emulator.stripe.secrets["secret_key"] ?? "",
    webhookSecret: emulator.stripe.secrets["webhook_secret"] ?? "",
    baseUrl: emulator.stripe.url,
    memory,
    clock: () => emulator.clock.now(),
    timeout: 20_000,
  };
}

export function account(accountId: string): PayeeDetails {
  return { kind: "stripe_account", accountId, name: "Ada Obi" };
}

export function payout(reference: string, to = account("acct_ada"), amount = 5000n): SendRequest {
  return { reference, kind: "payout", amount, currency: "USD", to };
}

export function asked(reference: string, currency = "USD"): OpenPayment {
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

export async function act(reference: string, what: "pay" | "fail", currency = "USD"): Promise<void> {
  const { url } = await rail.openPayment(asked(reference, currency));
  await fetch(`${url}?act=${what}`, { redirect: "manual" });
}

/** What a list of Stripe's holds, asked for without the adapter. */
export async function listed(path: string): Promise<{ readonly metadata: Readonly<Record<string, string>> }[]> {
  const answer = await fetch(`${emulator.stripe.url}${path}`, {
    headers: { authorization: `Bearer ${emulator.stripe.secrets["secret_key"]}` },
  });
  return ((await answer.json()) as { data: { metadata: Record<string, string> }[] }).data;
}

export async function timesSent(reference: string): Promise<number> {
  const all = [...(await listed("/v1/transfers?limit=100")), ...(await listed("/v1/refunds?limit=100"))];
  return all.filter((one) => one.metadata["reference"] === reference).length;
}

/** A refund of that payment, paid before. */
export async function paidAndRefund(reference: string, amount = 300_000n): Promise<SendRequest> {
  await act(reference, "pay");
  return { reference: `refund-of-${reference}`, kind: "refund", amount, currency: "USD", to: { paymentReference: reference } };
}

/** Events that came while `acting`, as they were read at once. */
export async function told(acting: () => Promise<unknown>): Promise<RailEvent[]> {
  await emulator.clock.idle();
  const before = heard.all.length;
  await acting();
  await emulator.clock.idle();
  return heard.all.slice(before).map((one) => rail.parseEvent(one.raw, one.headers));
}

/** The emulator behind a proxy that drops keys, as Stripe itself does after a day, or whose lists of sends are empty, as if they were behind. */
export async function worse(by: "dropped keys" | "lists behind"): Promise<{ readonly url: string; readonly server: Server }> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { method = "GET", url = "" } = request;
      const json = { "content-type": "application/json" };
      if (by === "lists behind" && method === "GET" && /^.v1.(transfers|refunds)/.test(url)) {
        response.writeHead(200, json).end(JSON.stringify({ object: "list", url, has_more: false, data: [] }));
        return;
      }
      const { authorization = "", "idempotency-key": key } = request.headers;
      const keyed = by === "dropped keys" || typeof key !== "string" ? {} : { "idempotency-key": key };
      const headers = { authorization, "content-type": "application/x-www-form-urlencoded", ...keyed };
      const body = chunks.length === 0 ? {} : { body: Buffer.concat(chunks) };
      void fetch(`${emulator.stripe.url}${url}`, { method, headers, ...body }).then(async (answer) => {
        response.writeHead(answer.status, json).end(await answer.text());
      });
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}
