import type { Currency } from "./currency.ts";
import type { Ending } from "./ending.ts";
import { Fault } from "./fault.ts";
import {
  buyerRefundable,
  escrowFees,
  orderEscrow,
  parseAccount,
  payeePayable,
  paymentUnapplied,
  payoutFees,
  platformFloat,
  platformFx,
  platformLosses,
  railCash,
  railDisputed,
  railFees,
  railIncoming,
  railOutgoing,
  sellerReceivable,
} from "./ledger-accounts.ts";
import type { AccountId } from "./ledger-accounts.ts";
import { least } from "./money.ts";

/** One positive amount, in minor units, from one account to another of the same book: it cannot be unbalanced. */
export interface Posting {
  readonly debit: AccountId;
  readonly credit: AccountId;
  readonly amount: bigint;
  readonly currency: Currency;
}

/** What moves at one rail: every flow below takes an amount of it, in minor units of its currency. */
export interface AtRail {
  readonly rail: string;
  readonly currency: Currency;
}

/** One posting, or none for an amount of 0. Faults on a negative amount. */
function move(debit: AccountId, credit: AccountId, amount: bigint, currency: Currency): Posting[] {
  if (amount < 0n) throw new Fault(`a posting from ${debit} to ${credit} of ${amount}`);
  return amount === 0n ? [] : [{ debit, credit, amount, currency }];
}

/** The postings that undo the given ones exactly: each turned round, the last first, so that no floor is broken on the way. */
export function reverse(postings: readonly Posting[]): Posting[] {
  return postings.toReversed().map(({ debit, credit, amount, currency }) => ({ debit: credit, credit: debit, amount, currency }));
}

// Money in

/**
 * A receipt. `funds` is the order it pays and what that order is still due, and stands there only if the order waits for payment in
 * this currency. A receipt of at least the due amount goes to escrow, what is over to unapplied; without `funds`, or short, all of it
 * is unapplied: late, second, short, wrong currency. An unknown reference is the same in the house's book.
 */
export function payIn(
  receipt: AtRail & {
    readonly paymentId: number;
    readonly received: bigint;
    readonly funds?: { readonly orderId: number; readonly due: bigint };
  },
): Posting[] {
  const { rail, currency, paymentId, received, funds } = receipt;
  const incoming = railIncoming(rail);
  if (funds === undefined || received < funds.due) return move(incoming, paymentUnapplied(paymentId), received, currency);
  return [
    ...move(incoming, orderEscrow(funds.orderId), funds.due, currency),
    ...move(incoming, paymentUnapplied(paymentId), received - funds.due, currency),
  ];
}

/**
 * Funds an order from unapplied payments, in the order given; what is over stays unapplied. A top-up is posted as unapplied first.
 * Faults if they do not reach the due amount.
 */
export function applyUnapplied(funding: {
  readonly orderId: number;
  readonly due: bigint;
  readonly currency: Currency;
  readonly from: readonly { readonly paymentId: number; readonly held: bigint }[];
}): Posting[] {
  const { orderId, due, currency, from } = funding;
  let left = due;
  const postings = from.flatMap(({ paymentId, held }) => {
    const taken = least(held, left);
    left -= taken;
    return move(paymentUnapplied(paymentId), orderEscrow(orderId), taken, currency);
  });
  if (left > 0n) throw new Fault(`order ${orderId} lacks ${left} of ${due}`);
  return postings;
}

/** The rail's fee for a pay-in, when the rail tells it. */
export function railFee({ rail, currency, fee }: AtRail & { readonly fee: bigint }): Posting[] {
  return move(railFees(rail), railIncoming(rail), fee, currency);
}

/** The rail settles: what came in, less its fees, is in our balance there. */
export function settle({ rail, currency, amount }: AtRail & { readonly amount: bigint }): Posting[] {
  return move(railCash(rail), railIncoming(rail), amount, currency);
}

// An order's end

export interface EndingParties extends AtRail {
  readonly orderId: number;
  readonly sellerId: number;
  readonly buyerId: number;
  readonly serviceProviderId?: number;
  /** The marketplace operator's seller number. */
  readonly operatorId?: number;
}

function payableOf(kind: "service_provider" | "operator", id: number | undefined, amount: bigint): AccountId[] {
  if (amount === 0n) return [];
  if (id === undefined) throw new Fault(`an ending pays a ${kind} that the order does not have`);
  return [payeePayable(kind, id)];
}

/** Empties the order's escrow as the ending says. Faults if it pays a party that is not named. */
export function ending(ended: Ending, to: EndingParties): Posting[] {
  const escrow = orderEscrow(to.orderId);
  const pay = (account: AccountId, amount: bigint) => move(escrow, account, amount, to.currency);
  return [
    ...pay(buyerRefundable(to.buyerId), ended.buyer),
    ...pay(escrowFees, ended.escrowFeeKept),
    ...pay(railFees(to.rail), ended.railFeeRecovered),
    ...pay(payoutFees, ended.payoutFee),
    ...pay(payeePayable("seller", to.sellerId), ended.seller),
    ...payableOf("service_provider", to.serviceProviderId, ended.provider).flatMap((account) => pay(account, ended.provider)),
    ...payableOf("operator", to.operatorId, ended.operator).flatMap((account) => pay(account, ended.operator)),
  ];
}

/** What a seller owes for chargebacks is kept from what was released to it, before a payout is queued. */
export function payableToReceivable(repayment: {
  readonly sellerId: number;
  readonly payable: bigint;
  readonly owed: bigint;
  readonly currency: Currency;
}): Posting[] {
  const { sellerId, payable, owed, currency } = repayment;
  return move(payeePayable("seller", sellerId), sellerReceivable(sellerId), least(payable, owed), currency);
}

// Money out: payouts and refunds alike

/** `account` is where the money waits: a payee's payable, a buyer's refundable or a payment's unapplied money. */
export interface Sending extends AtRail {
  readonly account: AccountId;
  readonly amount: bigint;
}

function waiting(account: AccountId): AccountId {
  const { kind } = parseAccount(account);
  if (kind === "payee_payable" || kind === "buyer_refundable" || kind === "payment_unapplied") return account;
  throw new Fault(`${account} holds nothing to be sent`);
}

/** Handed to the rail, outcome not known yet. */
export function sent({ account, rail, currency, amount }: Sending): Posting[] {
  return move(waiting(account), railOutgoing(rail), amount, currency);
}

/** The rail paid it out, and took `cost` for it. */
export function succeeded({ rail, currency, amount, cost }: AtRail & { readonly amount: bigint; readonly cost: bigint }): Posting[] {
  return [...move(railOutgoing(rail), railCash(rail), amount, currency), ...move(railFees(rail), railCash(rail), cost, currency)];
}

/** The rail did not pay it out: the payee is still owed. */
export function failed({ account, rail, currency, amount }: Sending): Posting[] {
  return move(railOutgoing(rail), waiting(account), amount, currency);
}

/** The money came back after the rail had reported success: the payee is owed again. */
export function reversedAfterSuccess({ account, rail, currency, amount }: Sending): Posting[] {
  return move(railCash(rail), waiting(account), amount, currency);
}

/** What the rail kept of money that came back: the payee is owed all of it again, so the rest is the platform's cost. */
export function keptOfReturn({ rail, currency, kept }: AtRail & { readonly kept: bigint }): Posting[] {
  return move(railFees(rail), railCash(rail), kept, currency);
}

// Disputes with the buyer's bank

/** The rail takes the disputed amount: when the dispute opens or, where it waits until it is lost, just before the loss is posted. */
export function disputeOpened({ rail, currency, amount }: AtRail & { readonly amount: bigint }): Posting[] {
  return move(railDisputed(rail), railCash(rail), amount, currency);
}

/** The rail gives back what it took. Nothing to post where it had not taken anything. */
export function disputeWon({ rail, currency, amount }: AtRail & { readonly amount: bigint }): Posting[] {
  return move(railCash(rail), railDisputed(rail), amount, currency);
}

export interface Loss extends AtRail {
  readonly orderId: number;
  readonly sellerId: number;
  /** q: what the buyer's bank took back. */
  readonly amount: bigint;
}

/** Lost, all or in part, while the money is in escrow. */
export function lostFromEscrow({ rail, currency, orderId, amount }: Loss): Posting[] {
  return move(orderEscrow(orderId), railDisputed(rail), amount, currency);
}

/**
 * Lost after a release of which nothing was sent: the release is undone and escrow pays. `release` is the entry that ended the order.
 * After a loss in part, the new {@link ending} of what is left follows.
 */
export function lostAfterRelease(release: readonly Posting[], loss: Loss): Posting[] {
  return [...reverse(release), ...lostFromEscrow(loss)];
}

/**
 * Lost after the order's money was sent, in part or all of it. First what of this order was not sent yet pays (`unsent`, in the order
 * given), then the platform for what the buyer had been `refunded`, who now has that twice; the seller owes the rest.
 */
export function lostAfterEnding(
  loss: Loss & {
    readonly unsent: readonly { readonly account: AccountId; readonly amount: bigint }[];
    readonly refunded: bigint;
  },
): Posting[] {
  const { rail, currency, sellerId } = loss;
  const disputed = railDisputed(rail);
  let left = loss.amount;
  const take = (account: AccountId, most: bigint): Posting[] => {
    const taken = least(most, left);
    left -= taken;
    return move(account, disputed, taken, currency);
  };
  return [
    ...loss.unsent.flatMap(({ account, amount }) => take(waiting(account), amount)),
    ...take(platformLosses, loss.refunded),
    ...take(sellerReceivable(sellerId), left),
  ];
}

/** What the rail charges for a lost dispute; the seller owes it. */
export function disputeFee({ rail, currency, sellerId, fee }: AtRail & { readonly sellerId: number; readonly fee: bigint }): Posting[] {
  return move(sellerReceivable(sellerId), railCash(rail), fee, currency);
}

/** What the seller will not pay becomes the platform's loss. */
export function writtenOff(debt: { readonly sellerId: number; readonly amount: bigint; readonly currency: Currency }): Posting[] {
  return move(platformLosses, sellerReceivable(debt.sellerId), debt.amount, debt.currency);
}

// The platform's own money

/** The platform adds money of its own to a rail's balance. */
export function floatAdded({ rail, currency, amount }: AtRail & { readonly amount: bigint }): Posting[] {
  return move(railCash(rail), platformFloat, amount, currency);
}

/** The platform takes fees it has earned out of a rail's balance. The caller has made sure that the books stay solvent. */
export function feesTaken(taken: AtRail & { readonly escrow: bigint; readonly payout: bigint }): Posting[] {
  const cash = railCash(taken.rail);
  return [...move(escrowFees, cash, taken.escrow, taken.currency), ...move(payoutFees, cash, taken.payout, taken.currency)];
}

// Two currencies: an entry may hold postings of both, but each posting has one

export interface Exchange {
  readonly currency: Currency;
  readonly amount: bigint;
  readonly foreignCurrency: Currency;
  readonly foreignAmount: bigint;
}

/**
 * A payout of `amount` in another currency at the order's frozen rate: handed to a rail of that currency. If it fails, the postings
 * are reversed; if it succeeds, {@link succeeded} follows in the foreign currency.
 */
export function fxPayout(payout: Exchange & { readonly account: AccountId; readonly rail: string }): Posting[] {
  const { account, rail, currency, amount, foreignCurrency, foreignAmount } = payout;
  return [...move(waiting(account), platformFx, amount, currency), ...move(platformFx, railOutgoing(rail), foreignAmount, foreignCurrency)];
}

/** A foreign payout came back after success: the payee is owed in the book's currency again, at the same rate. */
export function fxPayoutReversed(payout: Exchange & { readonly account: AccountId; readonly rail: string }): Posting[] {
  const { account, rail, currency, amount, foreignCurrency, foreignAmount } = payout;
  return [...move(railCash(rail), platformFx, foreignAmount, foreignCurrency), ...move(platformFx, waiting(account), amount, currency)];
}

/** The platform changes money of one rail's balance into foreign money of another's; what stays in the position is gain or loss. */
export function fxChange(change: Exchange & { readonly rail: string; readonly foreignRail: string }): Posting[] {
  return [
    ...move(platformFx, railCash(change.rail), change.amount, change.currency),
    ...move(railCash(change.foreignRail), platformFx, change.foreignAmount, change.foreignCurrency),
  ];
}
