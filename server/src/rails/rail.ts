import type { Tariff } from "../domain/fees.ts";

export { NoAnswer, saysKeyRefused } from "../net/json-call.ts";

/**
 * The port to a payment provider: it takes money in, sends refunds and payouts, and reports what happened.
 *
 * Three promises hold for every rail, and the contract suite (server/test/rail-contract.ts) proves them:
 * - a reference is an idempotency handle: the same reference never moves money twice, whoever asks and however often;
 * - an answer that did not come (a thrown error, a time-out) means *unknown*, never *failed*; only a look-up decides it;
 * - what a rail sends us is believed only after its signature was checked, and may come twice, late or out of order.
 *
 * Every amount is a positive whole number of the currency's smallest unit.
 */
export interface Rail {
  /** Short stable name; it stands in ledger account names and in stored rows. */
  readonly name: string;

  /** What it can do. Data, so that whoever chooses a rail need not ask it. */
  readonly can: RailCapabilities;

  /** What the rail charges for a pay-in of that currency, or undefined where it takes none. Data, not a promise: `fee` of a receipt is the truth. */
  tariff(currency: string): Tariff | undefined;

  /**
   * Opens a page at the rail where the payer pays. Nothing is owed until the payer acts.
   * Idempotent by `reference`: asked again with the same money it gives the same page. Another amount or currency under the same
   * reference is a bug of the caller and throws.
   */
  openPayment(request: OpenPayment): Promise<{ readonly url: string }>;

  /** What the rail knows about a reference. Safe to repeat. Throws only when the rail cannot be reached; that says nothing about the payment. */
  lookUpPayment(reference: string): Promise<RailPayment>;

  /**
   * Sends money to a payee or back to the payer.
   * Idempotent by `reference`: the same reference gives the same outcome and never sends twice. After a thrown error or `unknown` the
   * outcome must be looked up; sending again under the same reference is safe only after `never_seen`. A new attempt after `failed`
   * needs a new reference.
   */
  send(request: SendRequest): Promise<SendOutcome>;

  /**
   * The authority on a send whose outcome is not known. Safe to repeat, and moves nothing beyond what was asked for: a rail that sends in
   * several calls takes those up that were cut. The request is the one that was sent: some rails find a refund only by its payment.
   */
  lookUpSend(request: SendRequest): Promise<SendLookUp>;

  /**
   * Checks the signature over the raw bytes and reads the event. Throws {@link RailEventRejected} if the event cannot be believed or read.
   * A believed event of a kind we do not know has type `unknown` and is to be stored and left alone.
   */
  parseEvent(rawBody: Buffer, headers: RailHeaders): RailEvent;

  /** Gives a parsed event our reference, where the rail's events name only its own numbers. Absent where they name ours. */
  placeEvent?(event: RailEvent): Promise<RailEvent>;

  /** What reached our balance in one go since then, oldest first, each with its lines. Absent where the rail tells of settlements itself. */
  settlements?(since: Date): Promise<readonly Settlement[]>;

  /** What the rail says it holds for us and may be sent now, per currency. */
  balances?(): Promise<readonly { readonly currency: string; readonly available: bigint }[]>;

  /**
   * Disputes opened since then, as events: the opening of each, and its end once it has one, with the same ids each time. Absent where the
   * rail tells of disputes itself.
   */
  disputes?(since: Date): Promise<readonly RailEvent[]>;

  /** Whose account it is, as the bank says. Absent where the rail cannot ask. */
  enquireName?(account: PayeeDetails, currency: string): Promise<NameEnquiry>;
}

export interface RailCapabilities {
  /** Currencies a payer can pay in. */
  readonly takes: readonly string[];
  /** Currencies it pays out in. */
  readonly paysOut: readonly string[];
  /** Kinds of accounts that it pays out to. */
  readonly payees: readonly PayeeDetails["kind"][];
  /** True if money can go back along a payment, in part too. */
  readonly refunds: boolean;
  /** True if a send that succeeded may come back, told by a notice that may be lost: it is asked about again for a week. */
  readonly mayComeBack: boolean;
  /** How many calls it bears at a time from one process, unless a setting says otherwise. */
  readonly callsAtOnce: number;
}

/**
 * What an adapter remembers between calls and processes: the rail's names of our recipients, claims on calls that carry no reference of
 * ours. Durable before a promise is kept.
 */
export interface RailMemory {
  recall(kind: string, key: string): Promise<Remembered | undefined>;
  /** Writes it unless something stands there already, and answers what stands there now. `first`: it was this call that wrote it. */
  keep(kind: string, key: string, value: RailNote, at: Date): Promise<Remembered & { readonly first: boolean }>;
  /** Writes over what was written at `seen`; false if somebody else has done so meanwhile. */
  replace(kind: string, key: string, value: RailNote, at: Date, seen: Date): Promise<boolean>;
}

export type RailNote = Readonly<Record<string, string | number | null>>;

export interface Remembered {
  readonly value: RailNote;
  readonly at: Date;
}

export type NameEnquiry =
  | { readonly found: true; readonly accountName: string }
  /** The bank knows no such account. */
  | { readonly found: false; readonly reason: string };

/** Money that reached our balance in one go. */
export interface Settlement {
  /** Unique per rail. */
  readonly id: string;
  readonly currency: string;
  /** What reached the balance, after everything that was taken off. */
  readonly amount: bigint;
  readonly settledAt: Date;
  readonly lines: readonly SettlementLine[];
}

export type SettlementLineKind = "payment" | "refund" | "payout" | "dispute" | "fee" | "other";

/** One reason for a settlement's amount. The nets of all lines add up to it. */
export interface SettlementLine {
  /** Unique within the settlement. */
  readonly id: string;
  readonly kind: SettlementLineKind;
  /** Our reference, where the rail knows it, and its own. */
  readonly reference: string | null;
  readonly railReference: string | null;
  /** Positive: to us. `net` is `gross` less `fee`. */
  readonly gross: bigint;
  readonly fee: bigint;
  readonly net: bigint;
  readonly at: Date;
}

export type RailHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

export interface OpenPayment {
  readonly sellerId: number;
  readonly reference: string;
  readonly amount: bigint;
  readonly currency: string;
  readonly description: string;
  /** Where the payer's browser goes afterwards. Its arrival proves nothing. */
  readonly returnUrl: string;
  /** Where the rail sends its own receipt. */
  readonly payerEmail: string;
}

export type RailPaymentStatus = "open" | "pending" | "succeeded" | "failed" | "abandoned" | "unknown_reference";

/** Money that really arrived. One reference can hold several, when a payer pays twice. */
export interface RailReceipt {
  /** The rail's own name for this receipt: unique, and different for a second payment on the same reference. */
  readonly railReference: string;
  readonly amount: bigint;
  readonly currency: string;
  /** What the rail kept of `amount`. */
  readonly fee?: bigint;
  readonly paidAt: Date;
  readonly method?: string;
}

export interface RailPayment {
  readonly reference: string;
  readonly status: RailPaymentStatus;
  /** The figures of the first receipt; absent until money arrived. They may differ from what was asked: short, over, another currency. */
  readonly amount?: bigint;
  readonly currency?: string;
  readonly fee?: bigint;
  readonly paidAt?: Date;
  readonly method?: string;
  readonly railReference?: string;
  /** Everything that arrived on this reference, oldest first, the first one included. */
  readonly receipts: readonly RailReceipt[];
}

/** An account that money can be sent to. */
export type PayeeDetails =
  | {
      readonly kind: "bank_account";
      readonly accountNumber: string;
      readonly accountName: string;
      readonly bankCode: string;
      readonly nipBankCode?: string;
      readonly bankName?: string;
    }
  | { readonly kind: "wise_account"; readonly accountId: string; readonly name: string }
  /** An account connected to ours at Stripe: `acct_…`. */
  | { readonly kind: "stripe_account"; readonly accountId: string; readonly name: string };

/** The payment that a refund goes back to; `railReference` names the receipt where the reference holds several. */
export interface BackToPayment {
  readonly paymentReference: string;
  readonly railReference?: string;
}

export interface SendRequest {
  readonly reference: string;
  readonly kind: "payout" | "refund";
  readonly amount: bigint;
  readonly currency: string;
  /** A payout goes to details. A refund goes back to its payment, or to details that the buyer gave. */
  readonly to: PayeeDetails | BackToPayment;
}

export interface SendOutcome {
  readonly status: "succeeded" | "pending" | "failed" | "unknown";
  /** What the rail took for sending, on top of the amount. Known once succeeded. */
  readonly cost?: bigint;
  /** Of a failure: `payee` needs other details before another try; `rail` may simply be tried again. */
  readonly fault?: "payee" | "rail";
  /** Of a failure: why. Of one that is pending: what a person has to do at the rail, without which it does not go on. */
  readonly reason?: string;
}

export interface SendLookUp {
  /** `never_seen`: the request never arrived, so the same reference may be sent. `reversed`: it succeeded, and came back. */
  readonly status: SendOutcome["status"] | "reversed" | "never_seen";
  readonly cost?: bigint;
  /** Of one that came back: what the rail kept of the amount, beside `cost`. */
  readonly kept?: bigint;
  readonly fault?: "payee" | "rail";
  readonly reason?: string;
}

/**
 * `payment.changed`, `send.changed` and `refund.changed` carry no facts: they are hints after which the rail is asked. A rail whose events
 * cannot be believed in full, or that say too little, sends nothing else.
 */
export const railEventTypes = [
  "payment.changed",
  "send.changed",
  "refund.changed",
  "payment.succeeded",
  "payment.failed",
  "payment.pending",
  "payment.dispute_opened",
  "payment.dispute_won",
  "payment.dispute_lost",
  "payment.settled",
  "send.succeeded",
  "send.failed",
  "send.reversed",
] as const;

export type RailEventType = (typeof railEventTypes)[number] | "unknown";

export interface RailEvent {
  /** Unique per rail; the same event sent again carries the same id. */
  readonly eventId: string;
  readonly type: RailEventType;
  /**
   * Our reference of the payment or the send. Of `refund.changed` the payment's, or the rail's name of its receipt: every undecided refund
   * of it is asked about.
   */
  readonly reference: string;
  /** Of a payment's event: which receipt. Of a hint: the rail's own number of what changed. */
  readonly railReference?: string;
  /**
   * payment.succeeded: gross, as the payer paid it. payment.settled: net, as it reached our balance. dispute_opened: the amount in
   * dispute. dispute_won: what came back, if it was taken. dispute_lost: what is lost for good; taken money above it is given back with
   * the same event. send.*: the amount sent; send.changed: what came back, where the rail tells it there alone.
   */
  readonly amount?: bigint;
  readonly currency?: string;
  /** payment.succeeded: what the rail kept. dispute_lost: the rail's fee for the dispute, on top. send.succeeded: what the sending cost. */
  readonly fee?: bigint;
  readonly occurredAt: Date;
  readonly reason?: string;
  /** send.failed and send.reversed: whose fault. */
  readonly fault?: "payee" | "rail";
  /** dispute_*: the rail's own number of the dispute, by which two of one payment are told apart. */
  readonly disputeId?: string;
  /** dispute_*: whether the rail took the disputed money when the dispute opened. */
  readonly moneyTaken?: boolean;
  readonly method?: string;
}

/** An event that cannot be believed or read: wrong or missing signature, or a body that is not one of ours. Answer it with 400 and store nothing. */
export class RailEventRejected extends Error {
  override readonly name = "RailEventRejected";
}
