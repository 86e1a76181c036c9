import { format } from "../domain/currency.ts";
import { escrowFees, payoutFees } from "../domain/ledger-accounts.ts";
import { greatest } from "../domain/money.ts";
import { feesTaken, floatAdded, fxChange, payIn, railFee, reverse, settle, writtenOff } from "../domain/movements.ts";
import type { Posting } from "../domain/movements.ts";
import { isRefusal, refuse } from "../domain/refusals.ts";
import type { Ask, Command } from "./command.ts";
import { command } from "./command.ts";
import { isGoingBack, refundUnapplied } from "./receive-payment.ts";
import type { PaymentAsk } from "./payment-steps.ts";
import { usualRail } from "./rail-choice.ts";
import type { Writer } from "./writer.ts";

function bookStep(
  writer: Writer,
  action: "settle" | "add_float" | "take_fees" | "change_money" | "write_off",
  event: string,
  postings: readonly Posting[],
): number {
  // The book has no row of its own to count its steps in: the event sequence numbers them.
  const version = writer.book.eventSeq + 1;
  writer.record({ object: "book", objectId: writer.book.sellerId, version, action, fromState: "kept", toState: "kept", event });
  return writer.post(event, null, postings);
}

/**
 * The rail has settled a payment: what it took for us is in our balance there. Amount: net, as it reached us. `fee`: what it kept, where that
 * turned out to be another sum than it told before; the books take the difference.
 */
export function settlePayment(ask: PaymentAsk, input: { readonly amount: bigint; readonly fee?: bigint }): Command {
  const refs = { payments: [ask.paymentId], ...(ask.orderId === null ? {} : { orders: [ask.orderId] }) };
  return command("book.settle", ask, refs, (book) => {
    const payment = book.payments.get(ask.paymentId);
    if (payment === undefined) return refuse("not_yours");
    if (payment.settled || payment.receivedCurrency === null) return () => ({ payment: payment.id, again: true });
    const currency = payment.receivedCurrency;
    const { rail } = payment;
    const fee = input.fee ?? payment.railFee;
    const more = fee - payment.railFee;
    const feeMended = more < 0n ? reverse(railFee({ rail, currency, fee: -more })) : railFee({ rail, currency, fee: more });
    return (writer) => {
      book.payments.change(payment.id, { settled: true, railFee: fee });
      const postings = [...feeMended, ...settle({ rail, currency, amount: input.amount })];
      return { payment: payment.id, entry: bookStep(writer, "settle", "book.settled", postings) };
    };
  });
}

/** The operator adds money of its own to a rail's balance; unnamed, to the balance that payouts in the currency leave from. */
export function addFloat(
  ask: Ask,
  input: { readonly amount: bigint; readonly currency: string; readonly rail?: string | undefined },
): Command {
  return command("book.add_float", ask, {}, (book) => {
    if (input.amount <= 0n) return refuse("amount_invalid");
    const rail = input.rail ?? usualRail(book.settings.rails, input.currency);
    if (isRefusal(rail)) return rail;
    const at = { rail, currency: input.currency };
    // Which one it was is said: unnamed, it was chosen here.
    return (writer) => ({ entry: bookStep(writer, "add_float", "book.float_added", floatAdded({ ...at, amount: input.amount })), rail });
  });
}

/**
 * The operator takes earned fees out, never more of either kind than this book has earned and not taken yet. Their accounts have no floor: a ruling
 * that is reopened takes back fees that may have been taken already. `surplus` is what the installation holds above what it owes, read just before.
 */
export function takeFees(
  ask: Ask,
  input: {
    readonly escrow: bigint;
    readonly payout: bigint;
    readonly currency: string;
    readonly surplus: bigint;
    readonly rail?: string | undefined;
  },
): Command {
  return command("book.take_fees", ask, { summed: [escrowFees, payoutFees] }, (book) => {
    const { currency } = input;
    if (input.escrow < 0n || input.payout < 0n || input.escrow + input.payout === 0n) return refuse("amount_invalid");
    const escrow = greatest(book.balance(escrowFees, currency), 0n);
    const payout = greatest(book.balance(payoutFees, currency), 0n);
    if (input.escrow > escrow || input.payout > payout) {
      const there = `${format(escrow, currency)} of escrow fees and ${format(payout, currency)} of payout fees`;
      return refuse("mismatch", `Earned in the book of seller ${book.sellerId} and not taken yet are ${there}.`, {
        field: input.escrow > escrow ? "escrow_fees" : "payout_fees",
        escrow_fees: escrow.toString(),
        payout_fees: payout.toString(),
      });
    }
    if (input.escrow + input.payout > input.surplus) return refuse("mismatch", "Taking that much would leave less than is owed.");
    const rail = input.rail ?? usualRail(book.settings.rails, input.currency);
    if (isRefusal(rail)) return rail;
    return (writer) => {
      // Nobody keeps these balances: another who takes in the same batch would find what is gone by then.
      writer.book.changeBalance(escrowFees, currency, -input.escrow);
      writer.book.changeBalance(payoutFees, currency, -input.payout);
      const postings = feesTaken({ rail, currency, escrow: input.escrow, payout: input.payout });
      return { entry: bookStep(writer, "take_fees", "book.fees_taken", postings) };
    };
  });
}

/** What stands at a rail in a currency: one side of a change. */
export interface AtRailAmount {
  readonly rail: string;
  readonly currency: string;
  readonly amount: bigint;
}

/**
 * The operator has changed money: `gave` left one rail's balance, `got` reached another's, in the same currency or another one. What is between
 * them is the platform's gain or loss. `surplus` is what the installation holds above what it owes in the currency given, read just before.
 */
export function changeMoney(
  ask: Ask,
  input: { readonly gave: AtRailAmount; readonly got: AtRailAmount; readonly surplus: bigint },
): Command {
  return command("book.change_money", ask, {}, () => {
    const { gave, got, surplus } = input;
    if (gave.amount <= 0n || got.amount <= 0n) return refuse("amount_invalid");
    if (gave.rail === got.rail && gave.currency === got.currency)
      return refuse("invalid", "Money is changed between two rails or two currencies.", { field: "to_rail" });
    if (gave.amount > surplus) return refuse("mismatch", "Giving that much away would leave less than is owed.");
    const change = {
      rail: gave.rail,
      currency: gave.currency,
      amount: gave.amount,
      foreignRail: got.rail,
      foreignCurrency: got.currency,
      foreignAmount: got.amount,
    };
    return (writer) => ({ entry: bookStep(writer, "change_money", "book.money_changed", fxChange(change)) });
  });
}

/** What a seller will not pay back becomes the operator's loss. */
export function writeOff(ask: Ask, input: { readonly amount: bigint; readonly currency: string }): Command {
  return command("book.write_off", ask, {}, (book) => {
    if (input.amount <= 0n || input.amount > book.owed(input.currency))
      return refuse("mismatch", `The seller owes ${book.owed(input.currency)} kobo.`);
    return (writer) => ({ entry: bookStep(writer, "write_off", "book.written_off", writtenOff({ sellerId: book.sellerId, ...input })) });
  });
}

/**
 * The operator knows whose unknown money it is: it leaves the house's book here, and the same receipt, as the answer has it, is then told to
 * the right one (with `settlePayment` after it where it was settled already). The step says which order that is: no other may be told.
 */
export function handOver(ask: PaymentAsk, to: { readonly sellerId: number; readonly orderId: number }): Command {
  return command("payment.hand_over", ask, { payments: [ask.paymentId] }, (book) => {
    const payment = book.payments.get(ask.paymentId);
    if (book.sellerId !== 0 || payment === undefined) return refuse("not_yours");
    if (payment.state !== "received" || payment.unapplied !== payment.received || isGoingBack(book, payment.id))
      return refuse("not_now", "This money has been placed already.");
    return (writer) => {
      writer.stepPayment(payment, "hand_over", { unapplied: 0n }, { to_seller: to.sellerId, to_order: to.orderId });
      const at = { rail: payment.rail, currency: payment.receivedCurrency ?? payment.currency };
      // All that the receipt did here, the rail's fee and its settlement included: they follow the money to the right book.
      const settled = payment.settled ? settle({ ...at, amount: payment.received - payment.railFee }) : [];
      const receipt = payIn({ ...at, paymentId: payment.id, received: payment.received });
      writer.post("payment.hand_over", null, reverse([...receipt, ...railFee({ ...at, fee: payment.railFee }), ...settled]));
      return {
        payment: payment.id,
        state: "handed_over",
        reference: payment.reference,
        rail_reference: payment.railReference,
        amount: Number(payment.received),
        currency: at.currency,
        fee: Number(payment.railFee),
        settled: payment.settled,
      };
    };
  });
}

/** The operator sends unknown money back to whoever paid it. */
export function giveBack(ask: PaymentAsk): Command {
  return command("payment.give_back", ask, { payments: [ask.paymentId] }, (book) => {
    const payment = book.payments.get(ask.paymentId);
    if (book.sellerId !== 0 || payment === undefined) return refuse("not_yours");
    // Of what was charged back in part the rest still goes to whoever paid it.
    const { state } = payment;
    if ((state !== "received" && state !== "charged_back") || payment.unapplied === 0n || isGoingBack(book, payment.id))
      return refuse("not_now", "This money has been placed already.");
    return (writer) => {
      refundUnapplied(writer, writer.stepPayment(payment, "give_back").id);
      return { payment: payment.id, state };
    };
  });
}
