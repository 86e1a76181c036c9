import { jsonApi } from "../../net/json-call.ts";
import type { Rail, RailMemory } from "../rail.ts";
import type { Flutterwave } from "./api.ts";
import { disputes } from "./disputes.ts";
import { parseEvent } from "./events.ts";
import type { WebhookSignature } from "./from-memory.ts";
import { paysOut, tariffs } from "./from-memory.ts";
import { lookUpPayment, openPayment } from "./payments.ts";
import { lookUpRefund, refund } from "./refunds.ts";
import { balances, enquireName, settlements } from "./settlements.ts";
import { lookUpTransfer, transfer } from "./transfers.ts";

export interface FlutterwaveOptions {
  readonly secretKey: string;
  /** The secret hash that was set on Flutterwave's dashboard for its notices. */
  readonly webhookHash: string;
  readonly webhookSignature: WebhookSignature;
  /** `https://api.flutterwave.com`, or an emulator's. */
  readonly baseUrl: string;
  readonly memory: RailMemory;
  readonly clock: () => Date;
  /** Milliseconds for one call; default half a minute. */
  readonly timeout?: number;
}

/**
 * Flutterwave v3: payments on its hosted page, transfers to bank accounts, refunds along payments. Cards never touch this server. Its wire
 * counts in decimals of the major unit; nothing else here does. Written to its published documents and its own client; what those do not
 * say stands in from-memory.ts.
 */
export function makeFlutterwave(options: FlutterwaveOptions): Rail & { close(): Promise<void> } {
  const { secretKey, webhookHash, webhookSignature, baseUrl, memory, clock, timeout = 30_000 } = options;
  const api = jsonApi({ baseUrl, timeout, headers: { authorization: `Bearer ${secretKey}` } });
  const flutterwave: Flutterwave = { api, memory, clock };
  return {
    name: "flutterwave",
    can: { takes: Object.keys(tariffs), paysOut, payees: ["bank_account"], refunds: true, mayComeBack: true, callsAtOnce: 8 },
    tariff: (currency) => tariffs[currency],
    openPayment: (request) => openPayment(flutterwave, request),
    lookUpPayment: (reference) => lookUpPayment(flutterwave, reference),
    send(request) {
      return "paymentReference" in request.to ? refund(flutterwave, request, request.to) : transfer(flutterwave, request, request.to);
    },
    lookUpSend(request) {
      return "paymentReference" in request.to
        ? lookUpRefund(flutterwave, request, request.to)
        : lookUpTransfer(flutterwave, request.reference);
    },
    parseEvent: (rawBody, headers) => parseEvent({ hash: webhookHash, signature: webhookSignature }, rawBody, headers, clock()),
    settlements: (since) => settlements(flutterwave, since),
    balances: () => balances(flutterwave),
    enquireName: (account) => enquireName(flutterwave, account),
    disputes: (since) => disputes(flutterwave, since),
    close: () => api.close(),
  };
}
