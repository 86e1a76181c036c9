import type { Rail, RailMemory } from "../rail.ts";
import { connect } from "./api.ts";
import type { StripeParts } from "./api.ts";
import { parseEvent } from "./events.ts";
import { kept, presentedOnly, tariffOf } from "./from-memory.ts";
import { lookUpPayment, openPayment } from "./payments.ts";
import { lookUpRefund, refund } from "./refunds.ts";
import { balances, settlements } from "./settlements.ts";
import { lookUpTransfer, transfer } from "./transfers.ts";

export interface StripeOptions {
  readonly secretKey: string;
  /** Of the endpoint that Stripe sends our events to. */
  readonly webhookSecret: string;
  /** `https://api.stripe.com`, or an emulator's. Without a path. */
  readonly baseUrl: string;
  readonly memory: RailMemory;
  readonly clock: () => Date;
  /** Milliseconds that a call may be silent; default half a minute. */
  readonly timeout?: number;
}

/**
 * Stripe: payments on its hosted page, transfers to connected Stripe accounts, refunds along payments; separate charges and transfers, so
 * that money waits in our balance between the two. Cards never touch this server. What could not be checked stands in from-memory.ts.
 */
export function makeStripe(options: StripeOptions): Rail & { close(): Promise<void> } {
  const { secretKey, webhookSecret, baseUrl, memory, clock, timeout = 30_000 } = options;
  const { client, close } = connect(secretKey, baseUrl, timeout);
  const stripe: StripeParts = { client, memory, clock };
  const takes = [...new Set([...kept, ...presentedOnly])];
  return {
    name: "stripe",
    can: { takes, paysOut: kept, payees: ["stripe_account"], refunds: true, mayComeBack: true, callsAtOnce: 8 },
    tariff: (currency) => (takes.includes(currency) ? tariffOf(currency) : undefined),
    openPayment: (request) => openPayment(stripe, request),
    lookUpPayment: (reference) => lookUpPayment(stripe, reference),
    send(request) {
      return "paymentReference" in request.to ? refund(stripe, request, request.to) : transfer(stripe, request, request.to);
    },
    lookUpSend(request) {
      return "paymentReference" in request.to ? lookUpRefund(stripe, request, request.to) : lookUpTransfer(stripe, request, request.to);
    },
    parseEvent: (rawBody, headers) => parseEvent(client, webhookSecret, rawBody, headers, clock()),
    settlements: (since) => settlements(stripe, since),
    balances: () => balances(stripe),
    close() {
      close();
      return Promise.resolve();
    },
  };
}
