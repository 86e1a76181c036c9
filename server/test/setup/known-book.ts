import type { Ending } from "../../src/domain/ending.ts";
import { payeePayable } from "../../src/domain/ledger-accounts.ts";
import { ending, floatAdded, payIn, railFee, reverse, sent, succeeded } from "../../src/domain/movements.ts";
import { SmallBook } from "./small-book.ts";

export const at = { rail: "sandbox", currency: "NGN" };
export const released: Ending = {
  buyer: 0n,
  seller: 383_250n,
  provider: 0n,
  operator: 0n,
  escrowFeeKept: 50_000n,
  payoutFee: 0n,
  railFeeRecovered: 16_750n,
  lost: 0n,
};
export const payInOf = (paymentId: number, orderId: number) => [
  ...payIn({ ...at, paymentId, received: 450_000n, funds: { orderId, due: 450_000n } }),
  ...railFee({ ...at, fee: 16_750n }),
];
export const checkout = { action: "open_checkout", to: "awaiting_payment", party: "buyer" };
export const fund = { action: "fund", to: "funded", party: "rail" };
export const deliver = { action: "deliver", to: "delivered", party: "seller" };
export const accept = { action: "accept", to: "accepted", party: "buyer" };

/** An order that is paid out, one that is funded, and one whose ruling was turned round. Entries: 1 float, 2 and 3 pay-ins, 4 release, 5 sent, 6 arrived, 7 pay-in, 8 a ruling, 9 that ruling turned round. */
export function makeBook(sellerId: number, first: number): SmallBook {
  const book = new SmallBook(sellerId);
  const payable = payeePayable("seller", sellerId);
  const [accepted, held, disputed] = [first, first + 1, first + 2];
  const end = (orderId: number) => ending(released, { ...at, orderId, sellerId, buyerId: 1 });
  book.entry("book.float_added", null, floatAdded({ ...at, amount: 100_000n }));
  book.order(accepted, checkout, fund).entry("payment.receive", accepted, payInOf(1, accepted));
  book.order(held, checkout, fund).entry("payment.receive", held, payInOf(2, held));
  book.order(accepted, deliver, accept).entry("order.accept", accepted, end(accepted));
  book.payout(1, accepted, 383_250n, { action: "queue", to: "queued" }, { action: "send", to: "sending" });
  book.entry("disbursement.send", accepted, sent({ ...at, account: payable, amount: 383_250n }));
  book.payout(1, accepted, 383_250n, { action: "succeed", to: "succeeded", party: "rail" });
  book.entry("attempt.succeeded", accepted, succeeded({ ...at, amount: 383_250n, cost: 1_000n }));
  book.order(accepted, { action: "settle", to: "completed", party: "rail" });
  book.order(disputed, checkout, fund).entry("payment.receive", disputed, payInOf(3, disputed));
  book.order(disputed, deliver, { action: "contest_silence", to: "contested", party: "seller" }, { action: "escalate", to: "disputed" });
  book.order(disputed, { action: "rule", to: "resolved", party: "operator" }).entry("order.rule", disputed, end(disputed));
  book.payout(2, disputed, 383_250n, { action: "queue", to: "queued" }, { action: "cancel", to: "cancelled", party: "operator" });
  book.order(disputed, { action: "reopen", to: "disputed", party: "operator" });
  return book.entry("order.reopen", disputed, reverse(end(disputed)), 8);
}
