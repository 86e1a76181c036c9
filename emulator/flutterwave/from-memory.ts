// FROM MEMORY. What Flutterwave's v3 documents do not say, or say nowhere that could be checked, stands here and nowhere else: the file to
// change where the real rail is seen to differ. From memory too: the body of `POST /v3/payments`, the sentences of most errors, and what
// notices say of refunds.

/** How often a notice is repeated is not confirmed anywhere: three times every half hour is what the dashboard offers. */
export const noticeTries = 4;
export const noticeEvery = 30 * 60_000;

/** What Flutterwave keeps of a payment: 1.4 % in NGN up to NGN 2,000, else 3.8 %. */
export function paymentFee(amount: bigint, currency: string): bigint {
  const fee = (amount * (currency === "NGN" ? 14n : 38n) + 999n) / 1000n;
  return currency === "NGN" && fee > 200_000n ? 200_000n : fee;
}

/**
 * What a transfer costs, in thousandths of the major unit: answers carry 10.75, 26.875 and 53.75, which is finer than a kobo. The books round up.
 */
export function transferFee(amount: bigint, currency: string): { readonly booked: bigint; readonly written: number } {
  if (currency !== "NGN") return { booked: 0n, written: 0 };
  if (amount <= 500_000n) return { booked: 1_075n, written: 10.75 };
  return amount <= 5_000_000n ? { booked: 2_688n, written: 26.875 } : { booked: 5_375n, written: 53.75 };
}

/** Money is available a day later. */
export const settleAfter = 24 * 3_600_000;

/** A transfer that a bank returns is written as failed, although it had been successful. */
export const returnedStatus = "FAILED";

export const unknownAccount = "0000000404";
export const blockedAccount = "0000000403";
