import { jsonApi } from "../../net/json-call.ts";
import type { Rail, RailMemory } from "../rail.ts";
import type { Paystack } from "./api.ts";
import { parseEvent } from "./events.ts";
import { tariffs } from "./from-memory.ts";
import { lookUpPayment, openPayment } from "./payments.ts";
import { lookUpRefund, refund } from "./refunds.ts";
import { balances, enquireName, settlements } from "./settlements.ts";
import { lookUpTransfer, transfer } from "./transfers.ts";

export interface PaystackOptions {
  readonly secretKey: string;
  /** `https://api.paystack.co`, or an emulator's. */
  readonly baseUrl: string;
  readonly memory: RailMemory;
  readonly clock: () => Date;
  /** Milliseconds for one call; default half a minute. */
  readonly timeout?: number;
}

/**
 * Paystack: payments on its hosted page, transfers to bank accounts, refunds along payments. Cards never touch this server.
 * Written to its published OpenAPI description; what that does not say stands in from-memory.ts.
 */
export function makePaystack(options: PaystackOptions): Rail & { close(): Promise<void> } {
  const { secretKey, baseUrl, memory, clock, timeout = 30_000 } = options;
  const api = jsonApi({ baseUrl, timeout, headers: { authorization: `Bearer ${secretKey}` } });
  const paystack: Paystack = { api, memory, clock };
  return {
    name: "paystack",
    can: {
      takes: Object.keys(tariffs),
      paysOut: ["NGN", "GHS", "ZAR", "KES"],
      payees: ["bank_account"],
      refunds: true,
      mayComeBack: true,
      callsAtOnce: 8,
    },
    tariff: (currency) => tariffs[currency],
    openPayment: (request) => openPayment(paystack, request),
    lookUpPayment: (reference) => lookUpPayment(paystack, reference),
    send(request) {
      return "paymentReference" in request.to ? refund(paystack, request, request.to) : transfer(paystack, request, request.to);
    },
    lookUpSend(request) {
      return "paymentReference" in request.to ? lookUpRefund(paystack, request, request.to) : lookUpTransfer(paystack, request.reference);
    },
    parseEvent: (rawBody, headers) => parseEvent(secretKey, rawBody, headers, clock()),
    settlements: (since) => settlements(paystack, since),
    balances: () => balances(paystack),
    enquireName: (account) => enquireName(paystack, account),
    close: () => api.close(),
  };
}
