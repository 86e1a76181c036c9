import { createHmac } from "node:crypto";
import type { Clock } from "../core/clock.ts";
import type { Levers } from "../core/controls.ts";
import { accounts } from "../core/flow.ts";
import { payerQuery } from "../core/payer-page.ts";
import type { About, Answer, Call, Parts, Route } from "../core/rail-server.ts";
import type { WebhookManner } from "../core/webhooks.ts";
import { expands, list, missing, ok, stripeNo } from "./answers.ts";
import { noticeHours } from "./from-memory.ts";
import { balanceId, balanceObject, chargeObject, disputeObject } from "./objects.ts";
import {
  cancelIntent,
  confirmIntent,
  createIntent,
  createSession,
  expireSession,
  fetchIntent,
  fetchSession,
  makeAvailable,
  payPage,
} from "./payments.ts";
import * as schemas from "./schemas.ts";
import * as sends from "./sends.ts";
import type { Charge, Stripe } from "./state.ts";
import { charges, clearStripe, newStripe, seconds } from "./state.ts";

/** Stripe signs `time.body`, and repeats for three days. */
export function stripeManner(secret: string, clock: Clock): WebhookManner {
  return {
    rail: "stripe",
    encode(event, forged) {
      const { data } = event as { data: { object: { amount?: number } } };
      const untrue = { ...event, data: { object: { ...data.object, amount: (data.object.amount ?? 1) * 10 } } };
      const body = JSON.stringify(forged ? untrue : event);
      const time = seconds(clock.now());
      const signature = createHmac("sha256", forged ? "whsec_of_somebody_else" : secret)
        .update(`${time}.${body}`)
        .digest("hex");
      return { body, headers: { "stripe-signature": `t=${time},v1=${signature}` } };
    },
    nextTry(tries) {
      const wait = noticeHours[tries - 1];
      return wait === undefined ? undefined : Math.round(wait * 3_600_000);
    },
    received: (status) => status >= 200 && status < 300,
    patience: 10_000,
  };
}

interface Named {
  readonly amount?: string;
  readonly client_reference_id?: string;
  readonly payment_intent?: string;
  readonly transfer_group?: string;
  readonly line_items?: readonly { readonly quantity?: string; readonly price_data?: { readonly unit_amount?: string } }[];
}

const about: About = ({ body, params }) => {
  const form = (body ?? {}) as Named;
  const [line] = form.line_items ?? [];
  const amount = form.amount ?? line?.price_data?.unit_amount;
  const named = form.client_reference_id ?? form.payment_intent ?? form.transfer_group ?? params["id"];
  return { ...(amount === undefined ? {} : { amount: BigInt(amount) }), ...(named === undefined ? {} : { reference: named }) };
};

/** A key gives the first answer again, whatever it was. The same key with other parameters is an error. */
function once(state: Stripe, path: string, handle: (on: Stripe, call: Call) => Answer) {
  return (call: Call): Answer => {
    const key = call.headers["idempotency-key"];
    if (typeof key !== "string") return handle(state, call);
    if (key.length > 255) throw stripeNo("Idempotency-Key must have at most 255 characters", { type: "idempotency_error" });
    const asked = JSON.stringify([path, call.params, call.body]);
    const known = state.answered.get(key);
    if (known !== undefined) {
      if (known.asked !== asked)
        throw stripeNo("Keys for idempotent requests can only be used with the same parameters they were first used with.", {
          type: "idempotency_error",
        });
      return { status: known.status, body: known.body, headers: { "idempotent-replayed": "true" } };
    }
    const { status, body } = handle(state, call);
    // As it was answered: what becomes of the object later does not change it.
    state.answered.set(key, { asked, status, body: structuredClone(body) });
    return { status, body };
  };
}

/** Stripe with its books: separate charges and transfers. */
export function makeStripe(
  parts: Parts,
  secrets: { readonly secret_key: string; readonly webhook_secret: string },
): { readonly routes: readonly Route[]; readonly levers: Levers } {
  const state = newStripe(parts);
  const aboutToken: About = ({ params }) => {
    const reference = state.sessions.find((one) => one.token === params["token"])?.reference;
    return typeof reference === "string" ? { reference } : {};
  };
  const post = (path: string, body: object, handle: (on: Stripe, call: Call) => Answer): Route => ({
    method: "POST",
    path,
    body,
    about,
    handle: once(state, path, handle),
  });
  const get = (path: string, handle: (on: Stripe, call: Call) => Answer, ...names: string[]): Route => ({
    method: "GET",
    path,
    query: schemas.query(...names),
    about,
    handle: (call) => handle(state, call),
  });
  // A post without parameters has no body at all.
  const orNothing = (schema: object) => ({ anyOf: [schema, { type: "null" }] });
  const routes: Route[] = [
    post("/v1/checkout/sessions", schemas.session, createSession),
    get("/v1/checkout/sessions/:id", fetchSession),
    post("/v1/checkout/sessions/:id/expire", orNothing(schemas.nothing), expireSession),
    { method: "GET", path: "/c/pay/:token", query: payerQuery, open: true, about: aboutToken, handle: (call) => payPage(state, call) },
    post("/v1/payment_intents", schemas.paymentIntent, createIntent),
    get("/v1/payment_intents/:id", fetchIntent),
    post("/v1/payment_intents/:id/confirm", schemas.confirm, confirmIntent),
    post("/v1/payment_intents/:id/cancel", orNothing(schemas.cancel), cancelIntent),
    get("/v1/charges", listCharges, "transfer_group", "payment_intent"),
    get("/v1/charges/:id", (on, call) => ok(chargeObject(sends.findCharge(on, call.params["id"])))),
    post("/v1/refunds", schemas.refund, sends.createRefund),
    get("/v1/refunds", sends.listRefunds, "payment_intent", "charge"),
    get("/v1/refunds/:id", sends.fetchRefund),
    post("/v1/transfers", schemas.transfer, sends.createTransfer),
    get("/v1/transfers", sends.listTransfers, "transfer_group", "destination"),
    get("/v1/transfers/:id", sends.fetchTransfer),
    post("/v1/transfers/:id/reversals", orNothing(schemas.reversal), sends.createReversal),
    get("/v1/disputes", (on, call) => list("/v1/disputes", on.disputes, call.query, disputeObject), "charge", "payment_intent"),
    get("/v1/disputes/:id", (on, call) => ok(disputeObject(sends.findDispute(on, call.params["id"])))),
    post("/v1/disputes/:id", schemas.dispute, sends.answerDispute),
    post("/v1/disputes/:id/close", orNothing(schemas.nothing), sends.closeDispute),
    get("/v1/balance", balance),
    get("/v1/balance_transactions", listBalanceTransactions, "type", "source"),
    get("/v1/events", (on, call) => list("/v1/events", on.events, call.query, (one: object) => one), "type"),
    get("/v1/events/:id", fetchEvent),
  ];
  const levers: Levers = {
    name: "stripe",
    secrets,
    settle(currency) {
      const wanted = currency === undefined ? state.books.audit().map((one) => one.currency) : [currency];
      return { settlements: wanted.map((one) => ({ currency: one, amount: Number(makeAvailable(state, one.toLowerCase())) })) };
    },
    openDispute: (reference, amount) => disputeObject(sends.openDispute(state, reference, amount)),
    resolveDispute(id, outcome) {
      const one = sends.findDispute(state, id);
      sends.endDispute(state, one, outcome);
      return disputeObject(one);
    },
    topUp(currency, amount) {
      state.books.move({ what: "top-up", from: accounts.operator, to: accounts.balance, amount, currency, reference: "top-up" });
      return { currency, balance: Number(state.books.balance(accounts.balance, currency)) };
    },
    reset: () => clearStripe(state),
  };
  return { routes, levers };
}

function balance(on: Stripe): Answer {
  const of = (account: string) =>
    on.books.audit().map(({ currency }) => ({ currency: currency.toLowerCase(), amount: Number(on.books.balance(account, currency)) }));
  return ok({ object: "balance", livemode: false, available: of(accounts.balance), pending: of(accounts.unsettled) });
}

/** `GET /v1/charges?transfer_group=` */
function listCharges(on: Stripe, { query }: Call): Answer {
  const { transfer_group: group, payment_intent: intent } = query;
  const fits = (one: Charge) =>
    (group === undefined || one.intent.transferGroup === group) && (intent === undefined || one.intent.id === intent);
  const whole = expands(query, "data.balance_transaction");
  const draw = (one: Charge) => ({ ...chargeObject(one), ...(whole ? { balance_transaction: balanceObject(one) } : {}) });
  return list("/v1/charges", charges(on).filter(fits), query, draw);
}

/** `GET /v1/balance_transactions?source=`: those of payments; what refunds, transfers and disputes book is not listed. */
function listBalanceTransactions(on: Stripe, { query }: Call): Answer {
  const { type = "charge", source } = query;
  const fits = (one: Charge) => type === "charge" && (source === undefined || one.id === source);
  const whole = expands(query, "data.source");
  const named = charges(on)
    .filter(fits)
    .map((charge) => ({ id: balanceId(charge.id), charge }));
  const draw = ({ charge }: (typeof named)[number]) => ({ ...balanceObject(charge), ...(whole ? { source: chargeObject(charge) } : {}) });
  return list("/v1/balance_transactions", named, query, draw);
}

function fetchEvent(on: Stripe, call: Call): Answer {
  const one = on.events.find((event) => event.id === call.params["id"]);
  if (one === undefined) throw missing("event", call.params["id"]);
  return ok(one);
}
