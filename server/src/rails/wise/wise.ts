import { Fault } from "../../domain/fault.ts";
import { jsonApi } from "../../net/json-call.ts";
import type { Rail, RailEvent, RailMemory } from "../rail.ts";
import type { Wise } from "./api.ts";
import { balancesOf } from "./api.ts";
import { parseEvent, webhookKey } from "./events.ts";
import { currencies } from "./from-memory.ts";
import { referenceOf } from "./notes.ts";
import { rememberRefund } from "./refunds.ts";
import { lookUpTransfer, transfer } from "./transfers.ts";

export interface WiseOptions {
  readonly apiToken: string;
  /** The number of the business profile whose balances are used. */
  readonly profileId: string;
  /** Wise's key for its notices; without it none is believed, and outcomes are asked for alone. */
  readonly webhookPublicKey?: string | undefined;
  /** `https://api.wise.com`, or an emulator's. */
  readonly baseUrl: string;
  readonly memory: RailMemory;
  readonly clock: () => Date;
  /** Milliseconds for one call; default half a minute. */
  readonly timeout?: number;
}

/**
 * Wise: payouts to Wise accounts out of a balance of the same currency. It takes no payments, so there is nothing to refund along.
 * Written to its published guides; what they do not say stands in from-memory.ts.
 */
export function makeWise(options: WiseOptions): Rail & { close(): Promise<void> } {
  const { apiToken, profileId, webhookPublicKey, baseUrl, memory, clock, timeout = 30_000 } = options;
  const api = jsonApi({ baseUrl, timeout, headers: { authorization: `Bearer ${apiToken}` } });
  const wise: Wise = { api, memory, clock, profileId };
  const key = webhookPublicKey === undefined ? undefined : webhookKey(webhookPublicKey);
  return {
    name: "wise",
    can: { takes: [], paysOut: currencies, payees: ["wise_account"], refunds: false, mayComeBack: true, callsAtOnce: 8 },
    tariff: () => undefined,
    openPayment: () => Promise.reject(new Fault("Wise takes no payments")),
    lookUpPayment: (reference) => Promise.resolve({ reference, status: "unknown_reference", receipts: [] }),
    send(request) {
      if ("paymentReference" in request.to) throw new Fault("Wise takes no payments, so none can go back along it");
      return transfer(wise, request, request.to);
    },
    lookUpSend: (request) => lookUpTransfer(wise, request.reference),
    parseEvent: (rawBody, headers) => parseEvent(key, rawBody, headers, clock()),
    placeEvent: (event) => place(wise, event),
    balances: async () => (await balancesOf(wise)).map(({ currency, available }) => ({ currency, available })),
    close: () => api.close(),
  };
}

/** A notice of a transfer that we did not make, or not yet know the number of, keeps Wise's number for somebody to look at. */
async function place(wise: Wise, event: RailEvent): Promise<RailEvent> {
  if (event.railReference === undefined) return event;
  const reference = await referenceOf(wise, event.railReference);
  if (reference !== undefined) await rememberRefund(wise, event.railReference, event);
  return { ...event, reference: reference ?? `transfer ${event.railReference}` };
}
