import type { OrderView } from "../db/orders.ts";
import type { Payment } from "../domain/facts.ts";
import { paymentUnapplied } from "../domain/ledger-accounts.ts";

type Paid = Pick<OrderView, "order" | "payments" | "disbursements">;

/** Payments that came short and wait for the rest. As the engine counts them: what is on its way back completes nothing. */
export function shortPayments({ order, payments, disbursements }: Paid): Payment[] {
  const goesBack = (id: number) => disbursements.some((one) => one.source === paymentUnapplied(id) && one.state !== "cancelled");
  return payments.filter(
    (one) =>
      order.state === "awaiting_payment" &&
      one.state === "received" &&
      one.unapplied > 0n &&
      one.receivedCurrency === order.bookCurrency &&
      !goesBack(one.id),
  );
}

/** What arrived short and is kept for a top-up, in the order's book currency. */
export function keptShort(paid: Paid): bigint {
  return shortPayments(paid).reduce((sum, one) => sum + one.unapplied, 0n);
}

/** Money that came in a currency in which nobody was asked to pay: it goes back by itself. */
export interface ForeignMoney {
  readonly amount: bigint;
  readonly currency: string;
  /** It has gone back already. */
  readonly back: boolean;
}

export function foreignMoney({ order, payments, disbursements }: Paid): ForeignMoney[] {
  return payments
    .filter((one) => one.unapplied > 0n && one.receivedCurrency !== null && one.receivedCurrency !== order.bookCurrency)
    .map((one) => ({
      amount: one.unapplied,
      currency: one.receivedCurrency ?? one.currency,
      back: disbursements.some((refund) => refund.source === paymentUnapplied(one.id) && refund.state === "succeeded"),
    }));
}
