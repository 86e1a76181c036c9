import type { Pool } from "pg";
import { inTransaction } from "../../db/connect.ts";
import { currencies } from "../../domain/currency.ts";
import type { Tariff } from "../../domain/fees.ts";
import { paystackTariff, tariffFee } from "../../domain/fees.ts";
import type { Refusal } from "../../domain/refusals.ts";
import { isRefusal } from "../../domain/refusals.ts";
import type { Rail } from "../rail.ts";
import type { SandboxBooks } from "./books.ts";
import { readBooks } from "./books.ts";
import { loseDispute, openDispute, winDispute } from "./disputes.ts";
import type { Deliver } from "./events.ts";
import { handOver, parseSandboxEvent, undelivered } from "./events.ts";
import type { PlayOptions, PlayOutcome, SandboxPaymentPage } from "./payments.ts";
import { lookUpPayment, openPayment, payAgain, paymentPage, payUnknown, play, settle } from "./payments.ts";
import { concludeSend, lookUpSend, SandboxTimeout, send } from "./sends.ts";

export interface SandboxRailOptions {
  /** A pool that may read and write the schema made by `prepareSandboxRail`. */
  readonly pool: Pool;
  readonly clock: () => Date;
  /** Where this installation is reached; the payer's page lies under it. */
  readonly baseUrl: string;
  /** Signs the events. */
  readonly secret: string;
  /** Takes an event as the platform's receiving endpoint would. Throwing means not taken; `redeliver` tries again. */
  readonly deliver: Deliver;
  /** What each successful send costs, on top of the amount. Default nothing. */
  readonly costPerSend?: bigint;
}

/** The controls that only the sandbox has: what a payer, a bank and time itself do to a real rail. */
export interface SandboxControls {
  /** What the payer's page shows; undefined for an unknown reference. */
  page(reference: string): Promise<SandboxPaymentPage | undefined>;
  /** The payer acts on the page. Gives the address that the browser goes to, null where it was closed. */
  play(reference: string, outcome: PlayOutcome, options?: PlayOptions): Promise<{ readonly returnUrl: string | null } | Refusal>;
  /** A second payment on a reference that was paid: a receipt with a rail reference of its own. */
  payAgain(reference: string, options?: PlayOptions): Promise<Done>;
  /** The payer's bank disputes the first receipt (default: all of it; the money is taken at once unless told otherwise). */
  openDispute(reference: string, amount?: bigint, takesMoneyAtOnce?: boolean): Promise<Done>;
  winDispute(reference: string): Promise<Done>;
  loseDispute(reference: string, amount?: bigint, disputeFee?: bigint): Promise<Done>;
  /** Ends a pending send, or reverses a succeeded one. `fault` of a failure or reversal is the payee's unless told otherwise. */
  concludeSend(reference: string, how: "succeed" | "fail" | "reverse", fault?: "payee" | "rail"): Promise<Done>;
  /** Settles what was paid 24 hours or more before `now`; gives how many payments. */
  settle(now: Date): Promise<number>;
  /** Hands a stored event over once more, byte for byte; false for an unknown id. */
  emitAgain(eventId: string): Promise<boolean>;
  /** Money arrives on a reference that nobody opened a page for. */
  emitUnknown(reference: string, amount: bigint, currency: string): Promise<Done>;
  /** Hands over every event that was not taken yet, oldest first; to be called at start. Gives how many were tried. */
  redeliver(): Promise<number>;
  /** The ids of the events about a reference, oldest first. */
  eventsAbout(reference: string): Promise<string[]>;
  /** Totals per currency, from the rail's own record of cash. */
  books(): Promise<SandboxBooks[]>;
}

/** The ids of the events that the control caused. */
export type Done = { readonly eventIds: readonly string[] } | Refusal;

export type SandboxRail = Rail & SandboxControls;

/**
 * A payment rail inside the installation, with books of its own in schema `sandbox_rail`. It moves no real money, survives restarts,
 * and stands as an independent record of what the platform's ledger claims. Never registered in a live installation.
 */
export function makeSandboxRail(options: SandboxRailOptions): SandboxRail {
  const { pool, clock, secret, deliver, costPerSend = 0n } = options;
  const base = options.baseUrl.replace(/\/+$/, "");
  // Naira are charged as Paystack would; money that arrives in another currency costs nothing.
  const tariff = (currency: string): Tariff | undefined => (currency === "NGN" ? paystackTariff : undefined);
  const feeOf = (amount: bigint, currency: string): bigint => {
    const t = tariff(currency);
    return t === undefined ? 0n : tariffFee(t, amount);
  };
  const tell = (eventIds: readonly string[]): Promise<void> => handOver(pool, secret, deliver, clock, eventIds);
  const told = async <T extends { readonly eventIds: readonly string[] }>(done: T | Refusal): Promise<T | Refusal> => {
    if (!isRefusal(done)) await tell(done.eventIds);
    return done;
  };
  const done = async (work: Promise<Done>): Promise<Done> => {
    const outcome = await told(await work);
    return isRefusal(outcome) ? outcome : { eventIds: outcome.eventIds };
  };

  return {
    name: "sandbox",
    can: {
      takes: ["NGN"],
      paysOut: currencies.map(({ code }) => code),
      payees: ["bank_account", "wise_account"],
      refunds: true,
      mayComeBack: false,
      callsAtOnce: 50,
    },
    tariff,

    openPayment: async (request) => {
      await inTransaction(pool, (db) => openPayment(db, clock(), request));
      return { url: `${base}/sandbox/rail/${encodeURIComponent(request.reference)}` };
    },
    lookUpPayment: (reference) => inTransaction(pool, (db) => lookUpPayment(db, reference)),
    send: async (request) => {
      const sent = await inTransaction(pool, (db) => send(db, clock(), costPerSend, request));
      if (sent.unheard) throw new SandboxTimeout(`no answer to send ${request.reference}`);
      return sent.outcome;
    },
    lookUpSend: ({ reference }) => inTransaction(pool, (db) => lookUpSend(db, clock(), costPerSend, reference)),
    parseEvent: (rawBody, headers) => parseSandboxEvent(secret, rawBody, headers),

    page: (reference) => inTransaction(pool, (db) => paymentPage(db, reference)),
    play: async (reference, outcome, playOptions = {}) => {
      const played = await told(await inTransaction(pool, (db) => play(db, clock(), feeOf, reference, outcome, playOptions)));
      return isRefusal(played) ? played : { returnUrl: played.returnUrl };
    },
    payAgain: (reference, playOptions = {}) => done(inTransaction(pool, (db) => payAgain(db, clock(), feeOf, reference, playOptions))),
    openDispute: (reference, amount, takesMoneyAtOnce = true) =>
      done(inTransaction(pool, (db) => openDispute(db, clock(), reference, amount, takesMoneyAtOnce))),
    winDispute: (reference) => done(inTransaction(pool, (db) => winDispute(db, clock(), reference))),
    loseDispute: (reference, amount, disputeFee = 0n) =>
      done(inTransaction(pool, (db) => loseDispute(db, clock(), reference, amount, disputeFee))),
    concludeSend: (reference, how, fault = "payee") =>
      done(inTransaction(pool, (db) => concludeSend(db, clock(), costPerSend, reference, how, fault))),
    settle: async (now) => {
      const eventIds = await inTransaction(pool, (db) => settle(db, now));
      await tell(eventIds);
      return eventIds.length;
    },
    emitAgain: async (eventId) => {
      const { rowCount } = await pool.query(`SELECT FROM sandbox_rail.events WHERE event_id = $1`, [eventId]);
      if (rowCount === 0) return false;
      await tell([eventId]);
      return true;
    },
    emitUnknown: (reference, amount, currency) =>
      done(inTransaction(pool, (db) => payUnknown(db, clock(), feeOf, reference, amount, currency))),
    redeliver: async () => {
      const eventIds = await undelivered(pool);
      await tell(eventIds);
      return eventIds.length;
    },
    eventsAbout: async (reference) => {
      const { rows } = await pool.query<{ event_id: string }>(
        `SELECT event_id FROM sandbox_rail.events WHERE reference = $1 ORDER BY position`,
        [reference],
      );
      return rows.map((r) => r.event_id);
    },
    books: () => readBooks(pool),
  };
}
