// FROM MEMORY. What of Stripe was not checked against a stored document stands here: figures, waits, and the codes of rarer errors.

/** What Stripe keeps of a payment: 2.9 % and 30 of the smallest unit. */
export function paymentFee(amount: bigint): bigint {
  const fee = (amount * 29n + 999n) / 1000n + 30n;
  return fee < amount ? fee : amount;
}

/** Taken when a dispute opens, and not given back. */
export const disputeFee = 1_500n;

/** A payment is available two days later. */
export const availableAfter = 48 * 3_600_000;

/** A session lapses after a day. */
export const sessionLife = 24 * 3_600_000;

/** Hours between tries of a notice: three days in all. */
export const noticeHours: readonly number[] = [1 / 12, 0.5, 2, 5, 10, 10, 12, 12, 12, 12];

export const errorCodes = {
  insufficient: "balance_insufficient",
  blocked: "insufficient_capabilities_for_transfer",
  refunded: "charge_already_refunded",
} as const;

/** A connected account that may take no transfers. Any other name that begins with `acct_` will do. */
export const blockedAccount = "acct_blocked";
