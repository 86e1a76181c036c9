// FROM MEMORY. What of Wise was not checked against a stored document stands here: fees, rates, error bodies, and the fields of quotes and
// balances beyond those the guides name.

/** What Wise takes: a fixed part and 0.5 %, in the source currency. */
export function transferFee(source: bigint): bigint {
  return 50n + (source * 5n + 999n) / 1000n;
}

/** How many of the target's smallest units one of the source's gives, as a whole number of millionths. Emulated rates do not move. */
const perDollar: Readonly<Record<string, bigint>> = {
  USD: 1_000_000n,
  EUR: 920_000n,
  GBP: 790_000n,
  NGN: 1_600_000_000n,
  GHS: 15_500_000n,
  KES: 129_000_000n,
};

export const currencies: readonly string[] = Object.keys(perDollar);

export function convert(amount: bigint, from: string, to: string): bigint {
  return (amount * (perDollar[to] ?? 0n)) / (perDollar[from] ?? 1n);
}

export function rateOf(from: string, to: string): number {
  return Number(convert(1_000_000_000n, from, to)) / 1_000_000_000;
}

/** A quote is good for half an hour. */
export const quoteLife = 30 * 60_000;

export const errorCodes = {
  insufficient: "balance.payment-option-unavailable",
  blocked: "error.recipient.blocked",
  expired: "error.quote.expired",
} as const;

/** A recipient of that name may not be paid. */
export const blockedName = "Blocked Person";

/** The longest time that one statement covers. */
export const statementReach = 469 * 86_400_000;

/** Twenty-five tries within two weeks is documented; how they lie is not. */
export const noticeTries = 25;
export const noticeEvery = 14 * 3_600_000;
