// FROM MEMORY. What Flutterwave's v3 documents do not say, or what could not be checked against the real rail, stands here and nowhere else.
// Where the real rail is seen to differ, this is the file to change. From memory too, and not to be put into one place:
// - the body of `POST /v3/payments` and that the same `tx_ref` may be refused a second time;
// - that `GET /v3/transfers` filters by `reference`. Each row's own reference is compared all the same, and every page read;
// - that `comments` of a refund are listed back. Where they are not, a refund whose answer was lost stays unknown and is not asked for again;
// - that money is settled into the Flutterwave wallet (a choice on its dashboard): what is settled to a bank account never reaches the
//   balance that payouts are sent from.

import type { Tariff } from "../../domain/fees.ts";
import type { RailPaymentStatus } from "../rail.ts";

/** What a payment costs, by currency. Flutterwave changes its local tariff now and then: the fee of a receipt is the truth. */
export const tariffs: Readonly<Record<string, Tariff>> = {
  NGN: { basisPoints: 140, flat: 0n, flatFrom: 0n, cap: 200_000n },
  GHS: foreign(),
  KES: foreign(),
  UGX: foreign(),
  TZS: foreign(),
  RWF: foreign(),
  ZMW: foreign(),
  ZAR: foreign(),
  XAF: foreign(),
  XOF: foreign(),
  USD: foreign(),
};

function foreign(): Tariff {
  return { basisPoints: 380, flat: 0n, flatFrom: 0n, cap: null };
}

/** Elsewhere a transfer asks for a branch's code or for the sender's details, which nobody here has. */
export const paysOut: readonly string[] = ["NGN"];

/** What a transaction's status means. A failed or cancelled one may be tried again on the same page. */
export const paymentStatuses: Readonly<Record<string, RailPaymentStatus>> = {
  successful: "succeeded",
  failed: "failed",
  cancelled: "failed",
  pending: "pending",
  "success-pending-validation": "pending",
};

/** How Flutterwave says that a reference names nothing. */
export function isNotFound(refused: { readonly status: number; readonly message: string }): boolean {
  return refused.status === 404 || /^no transaction was found|not found$/i.test(refused.message);
}

/** Sentences of a refused or failed transfer that other account details would mend. */
export function isPayeesFault(message: string): boolean {
  return /recipient|beneficiary|account/i.test(message) && !/balance|insufficient|administrator/i.test(message);
}

/** A refund's status carries the way it went: completed-mpgs, completed-momo, completed-bank-transfer. */
export function refundStatus(said: string): "succeeded" | "pending" | "failed" | undefined {
  if (/failed/i.test(said)) return "failed";
  if (/^completed/i.test(said)) return "succeeded";
  return /^(new|initiated|processing|pending)/i.test(said) ? "pending" : undefined;
}

/** How long a refund that was asked for may be missing from the list of refunds before it is taken as never asked for. */
export const refundMayBeUnlisted = 15 * 60_000;

/**
 * What a chargeback's status means. `declined` is the merchant's own no, after which the bank decides; no money is taken before it is lost.
 * A status that is not here is shown to the operator.
 */
export const chargebackStatuses: Readonly<Record<string, "open" | "won" | "lost">> = {
  initiated: "open",
  declined: "open",
  won: "won",
  reversed: "won",
  lost: "lost",
  accepted: "lost",
};

/** A list of settlements is filtered by the day of the payments, which may lie so long before that of the settlement. */
export const settledWithin = 31 * 86_400_000;

/** Where a settlement goes, if not to the wallet. */
export const settledElsewhere: readonly string[] = ["account", "bank"];

/**
 * How notices are signed. `v3`: the secret hash of the dashboard stands in `verif-hash`, and nothing binds the body. `v4`: an HMAC-SHA256 of
 * the raw body, in base64, in `flutterwave-signature`; copies of the documents disagree whether it is that or the plain hash again. The
 * adapter therefore believes no notice beyond "ask about this".
 */
export type WebhookSignature = "v3" | "v4";
