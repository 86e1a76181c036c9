import { accounts as books, courseOf, hour } from "../core/flow.ts";
import type { Answer, Call } from "../core/rail-server.ts";
import { missing, wiseNo } from "./answers.ts";
import { blockedName, convert, currencies, errorCodes, quoteLife, rateOf, transferFee } from "./from-memory.ts";
import type { AccountBody, QuoteBody, TransferBody } from "./schemas.ts";
import type { Account, Quote, Transfer, TransferState, Wise } from "./state.ts";
import { nextId, toMajor, toMinor } from "./state.ts";

const ok = (body: object, status = 200): Answer => ({ status, body });
const exchange = "outside:exchange";

export function ofProfile(on: Wise, call: Call): void {
  if (call.params["profile"] !== String(on.profile)) throw missing("profile", call.params["profile"]);
}

/** `GET /v1/profiles` */
export function profiles(on: Wise): Answer {
  return ok([{ id: on.profile, type: "business", details: { name: "Emulated Ltd" } }]);
}

/** `POST /v3/profiles/:profile/quotes`: by what is paid or by what arrives, never both. */
export function createQuote(on: Wise, call: Call): Answer {
  ofProfile(on, call);
  const body = call.body as QuoteBody;
  for (const currency of [body.sourceCurrency, body.targetCurrency])
    if (!currencies.includes(currency)) throw wiseNo("NOT_VALID", `${currency} is not supported`, "targetCurrency");
  const given = [body.sourceAmount ?? undefined, body.targetAmount ?? undefined];
  const [only, other] = given.filter((one) => one !== undefined);
  if (only === undefined || other !== undefined) throw wiseNo("NOT_VALID", "Give either sourceAmount or targetAmount", "sourceAmount");
  const amount = toMinor(only);
  if (amount === undefined || amount === 0n) throw wiseNo("NOT_VALID", "An amount has at most two decimals", "sourceAmount");
  const quote = given[0] === undefined ? byTarget(on, body, amount) : bySource(on, body, amount);
  on.quotes.set(quote.id, quote);
  return ok(quoteObject(on, quote));
}

function bySource(on: Wise, body: QuoteBody, sourceAmount: bigint): Quote {
  const fee = transferFee(sourceAmount);
  const targetAmount = fee < sourceAmount ? convert(sourceAmount - fee, body.sourceCurrency, body.targetCurrency) : 0n;
  if (targetAmount === 0n) throw wiseNo("NOT_VALID", "Too little to be sent", "sourceAmount");
  return newQuote(on, body, sourceAmount, targetAmount, fee);
}

function byTarget(on: Wise, body: QuoteBody, targetAmount: bigint): Quote {
  const back = convert(targetAmount, body.targetCurrency, body.sourceCurrency);
  // Rounded up: nobody gets more than was paid for.
  const sent = convert(back, body.sourceCurrency, body.targetCurrency) < targetAmount ? back + 1n : back;
  const fee = transferFee(sent);
  return newQuote(on, body, sent + fee, targetAmount, fee);
}

function newQuote(on: Wise, body: QuoteBody, sourceAmount: bigint, targetAmount: bigint, fee: bigint): Quote {
  const expiresAt = new Date(on.clock.now().getTime() + quoteLife);
  return { id: on.chance.uuid(), source: body.sourceCurrency, target: body.targetCurrency, sourceAmount, targetAmount, fee, expiresAt };
}

/** `GET /v3/profiles/:profile/quotes/:id` */
export function fetchQuote(on: Wise, call: Call): Answer {
  ofProfile(on, call);
  const quote = on.quotes.get(call.params["id"] ?? "");
  if (quote === undefined) throw missing("quote", call.params["id"]);
  return ok(quoteObject(on, quote));
}

function quoteObject(on: Wise, quote: Quote): object {
  const sums = { sourceAmount: toMajor(quote.sourceAmount), targetAmount: toMajor(quote.targetAmount) };
  return {
    id: quote.id,
    profile: on.profile,
    sourceCurrency: quote.source,
    targetCurrency: quote.target,
    ...sums,
    rate: rateOf(quote.source, quote.target),
    rateType: "FIXED",
    payOut: "BANK_TRANSFER",
    status: "PENDING",
    expirationTime: quote.expiresAt.toISOString(),
    paymentOptions: [{ payIn: "BALANCE", payOut: "BANK_TRANSFER", disabled: false, fee: { total: toMajor(quote.fee) }, ...sums }],
  };
}

/** `POST /v1/accounts`: a recipient. */
export function createAccount(on: Wise, call: Call): Answer {
  const body = call.body as AccountBody;
  const account: Account = {
    id: nextId(on),
    name: body.accountHolderName,
    currency: body.currency,
    type: body.type,
    details: body.details,
  };
  on.accounts.set(account.id, account);
  return ok(accountObject(on, account));
}

/** `GET /v1/accounts/:id` */
export function fetchAccount(on: Wise, call: Call): Answer {
  const account = on.accounts.get(Number(call.params["id"]));
  if (account === undefined) throw missing("account", call.params["id"]);
  return ok(accountObject(on, account));
}

function accountObject(on: Wise, one: Account): object {
  return {
    id: one.id,
    profile: on.profile,
    accountHolderName: one.name,
    currency: one.currency,
    country: null,
    type: one.type,
    details: one.details,
    active: true,
  };
}

/** `POST /v1/transfers`. The same customerTransactionId gives the same transfer. Nothing moves before it is funded. */
export function createTransfer(on: Wise, call: Call): Answer {
  const body = call.body as TransferBody;
  const known = on.transfers.get(body.customerTransactionId);
  if (known !== undefined) return ok(transferObject(known));
  const account = on.accounts.get(body.targetAccount);
  if (account === undefined) throw missing("account", String(body.targetAccount));
  const quote = on.quotes.get(body.quoteUuid);
  if (quote === undefined) throw missing("quote", body.quoteUuid);
  if (quote.expiresAt <= on.clock.now()) throw wiseNo(errorCodes.expired, "The quote has expired", "quoteUuid");
  if (account.currency !== quote.target) throw wiseNo("NOT_VALID", "The quote is not in the recipient's currency", "targetAccount");
  if (account.name === blockedName || call.faults.has("blocked_recipient"))
    throw wiseNo(errorCodes.blocked, "This recipient cannot be paid", "targetAccount");
  const transfer: Transfer = {
    id: nextId(on),
    customerId: body.customerTransactionId,
    quote,
    account,
    reference: body.details?.reference ?? "",
    at: on.clock.now(),
    faults: call.faults,
    funded: false,
    state: "incoming_payment_waiting",
  };
  on.transfers.set(transfer.customerId, transfer);
  return ok(transferObject(transfer));
}

function find(on: Wise, id: string | undefined): Transfer {
  const found = [...on.transfers.values()].find((one) => String(one.id) === id);
  if (found === undefined) throw missing("transfer", id);
  return found;
}

/** Whether it can still be funded or cancelled. */
function isOpen(transfer: Transfer): boolean {
  return transfer.state === "incoming_payment_waiting" && !transfer.funded;
}

/** `POST /v3/profiles/:profile/transfers/:id/payments`: an answer with 201 may still say REJECTED. */
export function fundTransfer(on: Wise, call: Call): Answer {
  ofProfile(on, call);
  const transfer = find(on, call.params["id"]);
  const rejected = (errorCode: string) => ok({ type: "BALANCE", status: "REJECTED", errorCode, balanceTransactionId: null }, 201);
  if (!isOpen(transfer)) return rejected("payment.exists");
  const { source, sourceAmount } = transfer.quote;
  const faults = new Set([...transfer.faults, ...call.faults]);
  if (faults.has("insufficient_balance") || on.books.balance(books.balance, source) < sourceAmount)
    return rejected(errorCodes.insufficient);
  transfer.faults = faults;
  transfer.funded = true;
  on.books.move({
    what: "transfer",
    from: books.balance,
    to: books.inTransit,
    amount: sourceAmount,
    currency: source,
    reference: transfer.customerId,
  });
  const course = courseOf(faults, on.pace);
  const later = (ms: number, act: () => void) => on.clock.after("wise", ms, act);
  later(0, () => step(on, transfer, "processing"));
  if (course.fails) {
    later(course.wait, () => step(on, transfer, "bounced_back"));
    later(course.wait, () => refund(on, transfer));
  } else {
    later(course.wait, () => turn(on, transfer));
    later(course.wait, () => pay(on, transfer));
    if (course.comesBack) later(course.wait + hour, () => comeBack(on, transfer));
  }
  return ok({ type: "BALANCE", status: "COMPLETED", errorCode: null, balanceTransactionId: nextId(on) }, 201);
}

/** Takes the fee and changes the rest. */
function turn(on: Wise, transfer: Transfer): void {
  const { source, target, sourceAmount, targetAmount, fee } = transfer.quote;
  const reference = transfer.customerId;
  on.books.move({ what: "fee", from: books.inTransit, to: books.fees, amount: fee, currency: source, reference });
  if (source !== target) {
    on.books.move({ what: "exchange", from: books.inTransit, to: exchange, amount: sourceAmount - fee, currency: source, reference });
    on.books.move({ what: "exchange", from: exchange, to: books.inTransit, amount: targetAmount, currency: target, reference });
  }
  step(on, transfer, "funds_converted");
}

function pay(on: Wise, transfer: Transfer): void {
  const { target, targetAmount } = transfer.quote;
  on.books.move({
    what: "transfer paid",
    from: books.inTransit,
    to: books.banks,
    amount: targetAmount,
    currency: target,
    reference: transfer.customerId,
  });
  step(on, transfer, "outgoing_payment_sent");
}

/** Nothing was sent: all of it is back, the fee too. */
function refund(on: Wise, transfer: Transfer): void {
  const { source, sourceAmount } = transfer.quote;
  on.books.move({
    what: "transfer refunded",
    from: books.inTransit,
    to: books.balance,
    amount: sourceAmount,
    currency: source,
    reference: transfer.customerId,
  });
  refunded(on, transfer, sourceAmount);
}

/** It had been sent, and the bank returned it: back in the source currency, without the fee. */
function comeBack(on: Wise, transfer: Transfer): void {
  const { source, target, targetAmount, sourceAmount, fee } = transfer.quote;
  const reference = transfer.customerId;
  step(on, transfer, "bounced_back");
  on.books.move({ what: "transfer returned", from: books.banks, to: books.inTransit, amount: targetAmount, currency: target, reference });
  if (source !== target) {
    on.books.move({ what: "exchange", from: books.inTransit, to: exchange, amount: targetAmount, currency: target, reference });
    on.books.move({ what: "exchange", from: exchange, to: books.inTransit, amount: sourceAmount - fee, currency: source, reference });
  }
  on.books.move({
    what: "transfer refunded",
    from: books.inTransit,
    to: books.balance,
    amount: sourceAmount - fee,
    currency: source,
    reference,
  });
  refunded(on, transfer, sourceAmount - fee);
}

/** Two notices: the state, and how much it was. */
function refunded(on: Wise, transfer: Transfer, amount: bigint): void {
  step(on, transfer, "funds_refunded");
  const resource = { refund_amount: toMajor(amount), refund_currency: transfer.quote.source };
  tell(on, transfer, "transfers#refund", resource);
}

function step(on: Wise, transfer: Transfer, state: TransferState): void {
  const states = { current_state: state, previous_state: transfer.state };
  transfer.state = state;
  tell(on, transfer, "transfers#state-change", {}, states);
}

function tell(on: Wise, transfer: Transfer, kind: string, ofResource: object, ofData: object = {}): void {
  const at = on.clock.now().toISOString();
  const event = {
    data: {
      resource: { type: "transfer", id: transfer.id, profile_id: on.profile, account_id: transfer.account.id, ...ofResource },
      ...ofData,
      occurred_at: at,
    },
    subscription_id: "01234567-89ab-4cde-a012-3456789abcde",
    event_type: kind,
    schema_version: "2.0.0",
    sent_at: at,
  };
  on.webhooks.send(event, transfer.faults);
}

/** `GET /v1/transfers/:id` */
export function fetchTransfer(on: Wise, call: Call): Answer {
  return ok(transferObject(find(on, call.params["id"])));
}

/** `GET /v1/transfers`, newest first. */
export function listTransfers(on: Wise, call: Call): Answer {
  const { status, limit = "10", offset = "0" } = call.query;
  const all = [...on.transfers.values()].filter((one) => status === undefined || one.state === status).toReversed();
  return ok(all.slice(Number(offset), Number(offset) + Number(limit)).map(transferObject));
}

/** `PUT /v1/transfers/:id/cancel`, as long as it is not funded. */
export function cancelTransfer(on: Wise, call: Call): Answer {
  const transfer = find(on, call.params["id"]);
  if (!isOpen(transfer)) throw wiseNo("NOT_VALID", `A transfer that is ${transfer.funded ? "funded" : transfer.state} cannot be cancelled`);
  step(on, transfer, "cancelled");
  return ok(transferObject(transfer));
}

function transferObject(one: Transfer): object {
  const { quote } = one;
  return {
    id: one.id,
    targetAccount: one.account.id,
    sourceAccount: null,
    quote: null,
    quoteUuid: quote.id,
    status: one.state,
    reference: one.reference,
    rate: rateOf(quote.source, quote.target),
    created: one.at.toISOString(),
    details: { reference: one.reference },
    hasActiveIssues: false,
    sourceCurrency: quote.source,
    sourceValue: toMajor(quote.sourceAmount - quote.fee),
    targetCurrency: quote.target,
    targetValue: toMajor(quote.targetAmount),
    customerTransactionId: one.customerId,
  };
}
