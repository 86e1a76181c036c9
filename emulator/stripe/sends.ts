import { accounts, courseOf, hour } from "../core/flow.ts";
import type { Answer, Call } from "../core/rail-server.ts";
import { list, missing, ok, stripeNo } from "./answers.ts";
import { blockedAccount, disputeFee, errorCodes } from "./from-memory.ts";
import { chargeObject, disputeObject, refundObject, reversalObject, transferObject } from "./objects.ts";
import { findIntent } from "./payments.ts";
import type { RefundForm, TransferForm } from "./schemas.ts";
import type { Charge, Dispute, Refund, Stripe, Transfer } from "./state.ts";
import { charges, later, nameOf, newId, tell } from "./state.ts";

const noFaults: ReadonlySet<never> = new Set();

/** Takes money that is to leave: what is available, or what is still pending of a payment that is not available yet. */
function take(on: Stripe, what: string, to: string, amount: bigint, currency: string, reference: string, pending: boolean): boolean {
  const upper = currency.toUpperCase();
  const from = pending && on.books.balance(accounts.unsettled, upper) >= amount ? accounts.unsettled : accounts.balance;
  if (on.books.balance(from, upper) < amount) return false;
  on.books.move({ what, from, to, amount, currency: upper, reference });
  return true;
}

/** `POST /v1/refunds`. It leaves separate transfers as they are. */
export function createRefund(on: Stripe, call: Call): Answer {
  const form = call.body as RefundForm;
  const charge =
    form.charge === undefined
      ? form.payment_intent === undefined
        ? undefined
        : findIntent(on, form.payment_intent).charge
      : findCharge(on, form.charge);
  if (charge === undefined) throw stripeNo("This PaymentIntent does not have a successful charge to refund.", { param: "payment_intent" });
  const left = charge.amount - charge.refunded;
  if (left === 0n) throw stripeNo(`Charge ${charge.id} has already been refunded.`, { code: errorCodes.refunded });
  const amount = form.amount === undefined ? left : BigInt(form.amount);
  if (amount > left) throw stripeNo(`Refund amount (${amount}) is greater than unrefunded amount on charge (${left})`, { param: "amount" });
  const enough = !call.faults.has("insufficient_balance");
  if (!enough || !take(on, "refund", accounts.inTransit, amount, charge.currency, nameOf(charge.intent), !charge.available))
    throw insufficient();
  charge.refunded += amount;
  const refund: Refund = {
    id: newId(on, "re"),
    charge,
    amount,
    reason: form.reason ?? null,
    metadata: form.metadata ?? {},
    at: on.clock.now(),
    faults: call.faults,
    status: "pending",
  };
  on.refunds.push(refund);
  tell(on, "refund.created", refundObject(refund), call.faults);
  const course = courseOf(call.faults, on.pace);
  later(on, course.wait, () => {
    endRefund(on, refund, course.fails);
    if (course.comesBack) later(on, hour, () => returnRefund(on, refund));
  });
  return ok(refundObject(refund));
}

/** The payer's bank sends back what had succeeded: the refund has then failed. */
function returnRefund(on: Stripe, refund: Refund): void {
  const { charge, amount } = refund;
  const moved = { what: "refund returned", from: accounts.payers, to: accounts.balance, amount };
  on.books.move({ ...moved, currency: charge.currency.toUpperCase(), reference: nameOf(charge.intent) });
  charge.refunded -= amount;
  refund.status = "failed";
  tell(on, "refund.failed", refundObject(refund), refund.faults);
}

function endRefund(on: Stripe, refund: Refund, fails: boolean): void {
  const { charge, amount } = refund;
  const to = fails ? accounts.balance : accounts.payers;
  on.books.move({
    what: fails ? "refund failed" : "refund paid",
    from: accounts.inTransit,
    to,
    amount,
    currency: charge.currency.toUpperCase(),
    reference: nameOf(charge.intent),
  });
  if (fails) charge.refunded -= amount;
  refund.status = fails ? "failed" : "succeeded";
  tell(on, fails ? "refund.failed" : "refund.updated", refundObject(refund), refund.faults);
  if (!fails) tell(on, "charge.refunded", chargeObject(charge), refund.faults);
}

function insufficient(): Error {
  return stripeNo("You have insufficient available funds in your Stripe account.", { code: errorCodes.insufficient });
}

/** `GET /v1/refunds/:id` */
export function fetchRefund(on: Stripe, call: Call): Answer {
  const one = on.refunds.find((refund) => refund.id === call.params["id"]);
  if (one === undefined) throw missing("refund", call.params["id"]);
  return ok(refundObject(one));
}

/** `GET /v1/refunds?payment_intent=` */
export function listRefunds(on: Stripe, call: Call): Answer {
  const { payment_intent: intent, charge } = call.query;
  const fits = (one: Refund) =>
    (intent === undefined || one.charge.intent.id === intent) && (charge === undefined || one.charge.id === charge);
  return list("/v1/refunds", on.refunds.filter(fits), call.query, refundObject);
}

export function findCharge(on: Stripe, id: string | undefined): Charge {
  const one = charges(on).find((charge) => charge.id === id);
  if (one === undefined) throw missing("charge", id);
  return one;
}

/** What a transfer's money is booked under: its group, unless that is the payment's whose money it is. */
function moneyName({ source, group, id }: Transfer): string {
  return source === null ? (group ?? id) : id;
}

/** `POST /v1/transfers`. Without `source_transaction` it needs available money; with it, that payment's pending money will do. */
export function createTransfer(on: Stripe, call: Call): Answer {
  const form = call.body as TransferForm;
  const { destination } = form;
  if (!destination.startsWith("acct_"))
    throw stripeNo(`No such destination: '${destination}'`, { code: "resource_missing", param: "destination" });
  if (destination === blockedAccount || call.faults.has("blocked_recipient") || call.faults.has("failed")) {
    throw stripeNo("Your destination account needs to have the transfers capability enabled.", { code: errorCodes.blocked });
  }
  const amount = BigInt(form.amount);
  const currency = form.currency.toLowerCase();
  const source = form.source_transaction === undefined ? undefined : findCharge(on, form.source_transaction);
  if (source !== undefined && (source.currency !== currency || source.transferred + amount > source.amount)) {
    throw stripeNo("Transfers with source_transaction can only be of the charge's money.", { param: "amount" });
  }
  const one: Transfer = {
    id: newId(on, "tr"),
    amount,
    currency,
    destination,
    source: source?.id ?? null,
    group: form.transfer_group ?? source?.intent.transferGroup ?? null,
    description: form.description ?? null,
    metadata: form.metadata ?? {},
    at: on.clock.now(),
    faults: call.faults,
    reversals: [],
    reversed: 0n,
  };
  const pending = source !== undefined && !source.available;
  if (call.faults.has("insufficient_balance") || !take(on, "transfer", accounts.banks, amount, currency, moneyName(one), pending))
    throw insufficient();
  if (source !== undefined) source.transferred += amount;
  on.transfers.push(one);
  tell(on, "transfer.created", transferObject(one), call.faults);
  if (call.faults.has("reversed")) later(on, hour, () => void (one.reversed < one.amount && reverse(on, one, one.amount - one.reversed)));
  return ok(transferObject(one));
}

function reverse(on: Stripe, one: Transfer, amount: bigint): Transfer["reversals"][number] {
  on.books.move({
    what: "transfer reversed",
    from: accounts.banks,
    to: accounts.balance,
    amount,
    currency: one.currency.toUpperCase(),
    reference: moneyName(one),
  });
  const part = { id: newId(on, "trr"), amount, at: on.clock.now() };
  one.reversals.push(part);
  one.reversed += amount;
  tell(on, "transfer.reversed", transferObject(one), one.faults);
  return part;
}

/** `POST /v1/transfers/:id/reversals`: partial, and again until nothing is left. */
export function createReversal(on: Stripe, call: Call): Answer {
  const one = findTransfer(on, call);
  const form = (call.body ?? {}) as { readonly amount?: string };
  const left = one.amount - one.reversed;
  const amount = form.amount === undefined ? left : BigInt(form.amount);
  if (amount > left || left === 0n)
    throw stripeNo(`The reversal amount (${amount}) is more than is left of the transfer (${left})`, { param: "amount" });
  return ok(reversalObject(one, reverse(on, one, amount)));
}

function findTransfer(on: Stripe, call: Call): Transfer {
  const one = on.transfers.find((transfer) => transfer.id === call.params["id"]);
  if (one === undefined) throw missing("transfer", call.params["id"]);
  return one;
}

/** `GET /v1/transfers/:id` */
export function fetchTransfer(on: Stripe, call: Call): Answer {
  return ok(transferObject(findTransfer(on, call)));
}

/** `GET /v1/transfers?transfer_group=` */
export function listTransfers(on: Stripe, call: Call): Answer {
  const { transfer_group: group, destination } = call.query;
  const fits = (one: Transfer) =>
    (group === undefined || one.group === group) && (destination === undefined || one.destination === destination);
  return list("/v1/transfers", on.transfers.filter(fits), call.query, transferObject);
}

/** A dispute takes the money and a fee at once, from the balance, which may fall below nothing. */
export function openDispute(on: Stripe, reference: string, wanted: bigint | undefined): Dispute {
  const charge = charges(on).find(({ id, intent }) => id === reference || intent.id === reference || intent.transferGroup === reference);
  if (charge === undefined) throw missing("charge", reference);
  const amount = wanted ?? charge.amount;
  if (amount > charge.amount) throw stripeNo("amount is more than was paid", { param: "amount" });
  const one: Dispute = { id: newId(on, "dp"), charge, amount, at: on.clock.now(), status: "needs_response" };
  on.disputes.push(one);
  const moved = { from: accounts.balance, currency: charge.currency.toUpperCase(), reference: nameOf(charge.intent) };
  on.books.move({ ...moved, what: "dispute opened", to: accounts.inTransit, amount }, true);
  on.books.move({ ...moved, what: "dispute fee", to: accounts.fees, amount: disputeFee }, true);
  tell(on, "charge.dispute.created", disputeObject(one), noFaults);
  tell(on, "charge.dispute.funds_withdrawn", disputeObject(one), noFaults);
  return one;
}

/** Ends it. Won: the money comes back, the fee does not. */
export function endDispute(on: Stripe, one: Dispute, outcome: "won" | "lost"): void {
  if (one.status === "won" || one.status === "lost") throw stripeNo("This dispute is already closed");
  one.status = outcome;
  const to = outcome === "won" ? accounts.balance : accounts.payers;
  on.books.move({
    what: `dispute ${outcome}`,
    from: accounts.inTransit,
    to,
    amount: one.amount,
    currency: one.charge.currency.toUpperCase(),
    reference: nameOf(one.charge.intent),
  });
  tell(on, "charge.dispute.closed", disputeObject(one), noFaults);
  if (outcome === "won") tell(on, "charge.dispute.funds_reinstated", disputeObject(one), noFaults);
}

export function findDispute(on: Stripe, id: string | undefined): Dispute {
  const one = on.disputes.find((dispute) => dispute.id === id);
  if (one === undefined) throw missing("dispute", id);
  return one;
}

/** `POST /v1/disputes/:id`: with `submit`, the bank reviews it; a lever decides. */
export function answerDispute(on: Stripe, call: Call): Answer {
  const one = findDispute(on, call.params["id"]);
  if (one.status === "needs_response" && (call.body as { readonly submit?: string }).submit === "true") one.status = "under_review";
  return ok(disputeObject(one));
}

/** `POST /v1/disputes/:id/close`: accepts that it is lost. */
export function closeDispute(on: Stripe, call: Call): Answer {
  const one = findDispute(on, call.params["id"]);
  endDispute(on, one, "lost");
  return ok(disputeObject(one));
}
