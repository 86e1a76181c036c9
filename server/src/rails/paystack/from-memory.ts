// FROM MEMORY. What Paystack's published description does not say, or what could not be checked against the real rail, stands here and nowhere
// else. Where the real rail is seen to differ, this is the file to change.

import { paystackTariff } from "../../domain/fees.ts";
import type { Tariff } from "../../domain/fees.ts";

/** What a payment costs, by currency: the published tariffs; the ones beside NGN have no flat part here. */
export const tariffs: Readonly<Record<string, Tariff>> = {
  NGN: paystackTariff,
  GHS: { basisPoints: 195, flat: 0n, flatFrom: 0n, cap: null },
  ZAR: { basisPoints: 290, flat: 0n, flatFrom: 0n, cap: null },
  KES: { basisPoints: 290, flat: 0n, flatFrom: 0n, cap: null },
  USD: { basisPoints: 390, flat: 0n, flatFrom: 0n, cap: null },
};

/** The kind of recipient an account is, by the currency it is kept in. */
export const recipientTypes: Readonly<Record<string, string>> = { NGN: "nuban", GHS: "ghipss", ZAR: "basa" };

/** How Paystack says that a reference names nothing: by status, and by code where it sends one. */
export function isNotFound(refused: { readonly status: number; readonly code: string; readonly message: string }): boolean {
  return refused.status === 404 || refused.code.endsWith("_not_found") || / not found$/i.test(refused.message);
}

/** Refusals of a transfer that other account details would mend. The codes are not documented; the sentences are. */
export function isPayeesFault(refused: { readonly code: string; readonly message: string }): boolean {
  return /recipient|account|bank/i.test(refused.message) || /recipient|account|bank/.test(refused.code);
}

/** How long a refund that was asked for may be missing from the list of refunds before it is taken as never asked for. */
export const refundMayBeUnlisted = 15 * 60_000;
