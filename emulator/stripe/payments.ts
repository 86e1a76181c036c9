import type { FaultSet } from "../core/faults.ts";
import { accounts, arriving, hour } from "../core/flow.ts";
import type { PayerAct } from "../core/payer-page.ts";
import { payerPage, sendTo } from "../core/payer-page.ts";
import type { Answer, Call } from "../core/rail-server.ts";
import { missing, ok, stripeNo } from "./answers.ts";
import { availableAfter, paymentFee, sessionLife } from "./from-memory.ts";
import { chargeObject, intentObject, sessionObject } from "./objects.ts";
import type { IntentForm, SessionForm } from "./schemas.ts";
import type { Charge, Intent, Session, Stripe } from "./state.ts";
import { charges, later, nameOf, newId, tell } from "./state.ts";

/** `POST /v1/checkout/sessions`: a page for the payer, with a payment intent behind it. */
export function createSession(on: Stripe, call: Call): Answer {
  const form = call.body as SessionForm;
  const [currency, other] = new Set(form.line_items.map((one) => one.price_data.currency.toLowerCase()));
  if (currency === undefined || other !== undefined) throw stripeNo("All line items must have one currency.", { param: "line_items" });
  const amount = form.line_items.reduce((sum, one) => sum + BigInt(one.price_data.unit_amount) * BigInt(one.quantity), 0n);
  const intent = newIntent(on, { ...form.payment_intent_data, amount: String(amount), currency }, call.faults);
  const at = on.clock.now();
  const one: Session = {
    id: newId(on, "cs_test"),
    token: on.chance.text(20),
    amount,
    currency,
    successUrl: form.success_url,
    cancelUrl: form.cancel_url,
    reference: form.client_reference_id ?? null,
    email: form.customer_email ?? null,
    metadata: form.metadata ?? {},
    expiresAt: form.expires_at === undefined ? new Date(at.getTime() + sessionLife) : new Date(Number(form.expires_at) * 1000),
    at,
    faults: call.faults,
    intent,
    status: "open",
  };
  on.sessions.push(one);
  later(on, one.expiresAt.getTime() - at.getTime(), () => void (one.status === "open" && expire(on, one)));
  return ok(sessionObject(one, on.address()));
}

/** `GET /v1/checkout/sessions/:id` */
export function fetchSession(on: Stripe, call: Call): Answer {
  return ok(sessionObject(findSession(on, call), on.address()));
}

/** `POST /v1/checkout/sessions/:id/expire` */
export function expireSession(on: Stripe, call: Call): Answer {
  const one = findSession(on, call);
  if (one.status !== "open") throw stripeNo('Only Checkout Sessions with a status in ["open"] can be expired.');
  expire(on, one);
  return ok(sessionObject(one, on.address()));
}

function findSession(on: Stripe, call: Call): Session {
  const one = on.sessions.find((session) => session.id === call.params["id"]);
  if (one === undefined) throw missing("checkout.session", call.params["id"]);
  return one;
}

function expire(on: Stripe, one: Session): void {
  one.status = "expired";
  one.intent.status = "canceled";
  tell(on, "checkout.session.expired", sessionObject(one, on.address()), one.faults);
}

/** The payer's page: `?act=pay|fail|abandon`, with `&fault=…`. */
export function payPage(on: Stripe, call: Call): Answer {
  const one = on.sessions.find((session) => session.token === call.params["token"]);
  if (one === undefined) throw missing("checkout.session", call.params["token"]);
  const bill = {
    rail: "Stripe",
    amount: `${one.currency.toUpperCase()} ${one.amount} (smallest units)`,
    reference: one.reference ?? one.id,
  };
  const act = call.query["act"] as PayerAct | undefined;
  if (one.status !== "open") return payerPage({ ...bill, done: `This session is ${one.status}.` });
  if (act === undefined) return payerPage(bill);
  if (act === "abandon") return one.cancelUrl === undefined ? payerPage({ ...bill, done: "Left." }) : sendTo(one.cancelUrl);
  const faults = new Set([...one.faults, ...call.faults]);
  if (act === "fail" || faults.has("failed")) {
    decline(on, one.intent, faults);
    return payerPage({ ...bill, done: "Declined. The page may be opened again." });
  }
  one.status = "complete";
  const slow = faults.has("pending");
  pay(on, one.intent, faults, () => {
    if (slow) tell(on, "checkout.session.async_payment_succeeded", sessionObject(one, on.address()), faults);
  });
  tell(on, "checkout.session.completed", sessionObject(one, on.address()), faults);
  return sendTo(one.successUrl.replaceAll("{CHECKOUT_SESSION_ID}", one.id));
}

/** `POST /v1/payment_intents` */
export function createIntent(on: Stripe, call: Call): Answer {
  const form = call.body as IntentForm;
  const one = newIntent(on, form, call.faults);
  if (form.confirm === "true") confirm(on, one, form.payment_method, call.faults);
  return ok(intentObject(one));
}

function newIntent(on: Stripe, form: IntentForm, faults: FaultSet): Intent {
  const one: Intent = {
    id: newId(on, "pi"),
    amount: BigInt(form.amount),
    currency: form.currency.toLowerCase(),
    transferGroup: form.transfer_group ?? null,
    description: form.description ?? null,
    metadata: form.metadata ?? {},
    at: on.clock.now(),
    faults,
    status: "requires_payment_method",
    charge: undefined,
  };
  on.intents.push(one);
  return one;
}

/** `GET /v1/payment_intents/:id` */
export function fetchIntent(on: Stripe, call: Call): Answer {
  return ok(intentObject(findIntent(on, call.params["id"])));
}

/** `POST /v1/payment_intents/:id/confirm`: `pm_card_visa` pays, `pm_card_chargeDeclined` does not. */
export function confirmIntent(on: Stripe, call: Call): Answer {
  const one = findIntent(on, call.params["id"]);
  const form = (call.body ?? {}) as { readonly payment_method?: string };
  confirm(on, one, form.payment_method, new Set([...one.faults, ...call.faults]));
  return ok(intentObject(one));
}

/** `POST /v1/payment_intents/:id/cancel` */
export function cancelIntent(on: Stripe, call: Call): Answer {
  const one = findIntent(on, call.params["id"]);
  if (one.status !== "requires_payment_method") throw unexpected(one);
  one.status = "canceled";
  tell(on, "payment_intent.canceled", intentObject(one), one.faults);
  return ok(intentObject(one));
}

export function findIntent(on: Stripe, id: string | undefined): Intent {
  const one = on.intents.find((intent) => intent.id === id);
  if (one === undefined) throw missing("payment_intent", id);
  return one;
}

function unexpected(one: Intent): Error {
  return stripeNo(`This PaymentIntent has the status ${one.status}.`, { code: "payment_intent_unexpected_state" });
}

function confirm(on: Stripe, one: Intent, method: string | undefined, faults: FaultSet): void {
  if (one.status !== "requires_payment_method") throw unexpected(one);
  if (method === undefined) throw stripeNo("You must provide a payment method.", { code: "parameter_missing", param: "payment_method" });
  if (method.toLowerCase().includes("declined") || faults.has("failed")) {
    decline(on, one, faults);
    throw stripeNo("Your card was declined.", { status: 402, type: "card_error", code: "card_declined" });
  }
  pay(on, one, faults, () => undefined);
}

function decline(on: Stripe, one: Intent, faults: FaultSet): void {
  tell(on, "payment_intent.payment_failed", intentObject(one), faults);
}

function pay(on: Stripe, one: Intent, faults: FaultSet, then: () => void): void {
  if (!faults.has("pending")) return receive(on, one, faults, then);
  one.status = "processing";
  tell(on, "payment_intent.processing", intentObject(one), faults);
  later(on, 6 * hour, () => receive(on, one, faults, then));
}

function receive(on: Stripe, one: Intent, faults: FaultSet, then: () => void): void {
  const arrived = arriving(faults, one.amount, one.currency.toUpperCase());
  const { amount } = arrived;
  const fee = paymentFee(amount);
  const moved = { currency: arrived.currency, reference: nameOf(one) };
  on.books.move({ ...moved, what: "payment", from: accounts.payers, to: accounts.unsettled, amount });
  on.books.move({ ...moved, what: "fee", from: accounts.unsettled, to: accounts.fees, amount: fee });
  const charge: Charge = {
    id: newId(on, "ch"),
    intent: one,
    amount,
    currency: arrived.currency.toLowerCase(),
    fee,
    at: on.clock.now(),
    refunded: 0n,
    transferred: 0n,
    available: false,
  };
  one.charge = charge;
  one.status = "succeeded";
  later(on, availableAfter, () => makeAvailable(on, charge.currency));
  tell(on, "charge.succeeded", chargeObject(charge), faults);
  tell(on, "payment_intent.succeeded", intentObject(one), faults);
  then();
}

/** Everything of that currency that is still pending becomes available. Answers how much it was. */
export function makeAvailable(on: Stripe, currency: string): bigint {
  const amount = on.books.balance(accounts.unsettled, currency.toUpperCase());
  const movement = {
    what: "available",
    from: accounts.unsettled,
    to: accounts.balance,
    amount,
    currency: currency.toUpperCase(),
    reference: "available",
  };
  if (amount > 0n) on.books.move(movement);
  for (const one of charges(on)) if (one.currency === currency) one.available = true;
  return amount;
}
