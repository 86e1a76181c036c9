// FROM MEMORY. Everything about Paystack that its published description does not say, or says nowhere that could be checked, stands here and
// nowhere else. Where the real rail is seen to differ, this is the file to change.

/** The newer error bodies carry a type, a code and advice beside the message. The messages themselves are documented; the codes are not. */
export const errorCodes: Readonly<Record<string, { readonly status: number; readonly code: string }>> = {
  "No Authorization Header was found": { status: 401, code: "missing_authorization" },
  "Format is Authorization Bearer [secret key]": { status: 401, code: "invalid_Key" },
  "Invalid key": { status: 401, code: "invalid_Key" },
  "Duplicate Transaction Reference": { status: 400, code: "duplicate_reference" },
  "Transaction reference not found": { status: 404, code: "transaction_not_found" },
  "Transaction not found": { status: 404, code: "transaction_not_found" },
  "Transfer not found": { status: 404, code: "transfer_not_found" },
  "Please provide a unique reference. Reference already exists on a transfer": { status: 400, code: "duplicate_transfer_reference" },
  "Your balance is not enough to fulfil this request": { status: 400, code: "insufficient_balance" },
  "Insufficient balance to fulfill this refund. Please top up.": { status: 400, code: "insufficient_balance" },
  "Recipient specified is invalid": { status: 404, code: "invalid_recipient" },
  "Could not resolve account name. Check parameters or try again.": { status: 422, code: "invalid_bank_code" },
  "Dispute not found": { status: 404, code: "dispute_not_found" },
  "Please wait a few minutes and try again.": { status: 429, code: "rate_limited" },
};
export const otherError = { status: 400, code: "invalid_params" } as const;

/** A transaction that nobody has paid yet verifies as this, and may still succeed later. */
export const unpaidStatus = "abandoned";
export const unpaidResponse = "The transaction was not completed";

/** What Paystack keeps of a payment: 1.5 %, and NGN 100 from NGN 2,500 up, never more than NGN 2,000; elsewhere its usual percentage. */
export function paymentFee(amount: bigint, currency: string): bigint {
  if (currency === "NGN") {
    const fee = divideUp(amount * 15n, 1000n) + (amount >= 250_000n ? 10_000n : 0n);
    return fee < 200_000n ? fee : 200_000n;
  }
  const perMille: Readonly<Record<string, bigint>> = { GHS: 195n, ZAR: 290n, KES: 290n, USD: 390n };
  return divideUp(amount * (perMille[currency] ?? 390n), 10_000n);
}

/** What a transfer costs on top: NGN 10, 25 or 50 by its size. */
export function transferFee(amount: bigint, currency: string): bigint {
  if (currency === "NGN") return amount <= 500_000n ? 1_000n : amount <= 5_000_000n ? 2_500n : 5_000n;
  return currency === "GHS" ? 100n : currency === "ZAR" ? 300n : currency === "KES" ? 2_000n : 0n;
}

function divideUp(amount: bigint, by: bigint): bigint {
  return (amount + by - 1n) / by;
}

/** A payment reaches the balance a day later. */
export const settleAfter = 24 * 3_600_000;

/** A dispute must be answered within a day; a reminder comes halfway. Unanswered, it is lost. */
export const disputeAnswer = 24 * 3_600_000;

/** The bank decides about a declined dispute within a week; nobody asks, so it is won. */
export const disputeDecision = 7 * 24 * 3_600_000;

/** An OTP that nobody enters lets a transfer lapse. (The half hour is documented.) */
export const otpLapse = 30 * 60_000;

/** Account numbers with a meaning, for tests: the name cannot be found; the account is on a watch list. */
export const unknownAccount = "0000000404";
export const blockedAccount = "0000000403";
