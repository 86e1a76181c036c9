import type { KeyPairSyncResult } from "node:crypto";
import { generateKeyPairSync, sign } from "node:crypto";
import type { Chance } from "../core/chance.ts";
import type { Levers } from "../core/controls.ts";
import { accounts } from "../core/flow.ts";
import type { About, Answer, Call, Parts, Route } from "../core/rail-server.ts";
import type { WebhookManner } from "../core/webhooks.ts";
import { wiseNo } from "./answers.ts";
import { noticeEvery, noticeTries } from "./from-memory.ts";
import { balances, statement } from "./balances.ts";
import * as schemas from "./schemas.ts";
import type { Wise } from "./state.ts";
import { clearWise, newWise, toMajor, toMinor } from "./state.ts";
import * as transfers from "./transfers.ts";

type Pair = KeyPairSyncResult<string, string>;

function newPair(): Pair {
  return generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
}

/** The rail's key and somebody else's, made when they are first needed: once a process, and not from the seed, which RSA keys cannot be drawn from. */
let pairs: { readonly own: Pair; readonly other: Pair } | undefined;
function keys(): { readonly own: Pair; readonly other: Pair } {
  pairs ??= { own: newPair(), other: newPair() };
  return pairs;
}

interface Told {
  readonly data: { readonly current_state?: string; readonly resource: { readonly refund_amount?: number } };
}

/** Says of a change of state that the money bounced back, and of a refund that it was ten times as much. */
function forgery(event: Told): object {
  const { data } = event;
  const { resource } = data;
  if (resource.refund_amount === undefined) return { ...event, data: { ...data, current_state: "bounced_back" } };
  return { ...event, data: { ...data, resource: { ...resource, refund_amount: resource.refund_amount * 10 } } };
}

/** Wise signs the body with RSA, names each delivery, waits five seconds, and tries twenty-five times. */
export function wiseManner(chance: Chance): WebhookManner {
  return {
    rail: "wise",
    encode(event, forged) {
      const body = JSON.stringify(forged ? forgery(event as Told) : event);
      const { privateKey } = forged ? keys().other : keys().own;
      const signature = sign("RSA-SHA256", Buffer.from(body), privateKey).toString("base64");
      return { body, headers: { "x-signature-sha256": signature, "x-delivery-id": chance.uuid() } };
    },
    nextTry: (tries) => (tries < noticeTries ? noticeEvery : undefined),
    received: (status) => status >= 200 && status < 300,
    patience: 5_000,
  };
}

interface Named {
  readonly sourceAmount?: number | null;
  readonly targetAmount?: number | null;
  readonly customerTransactionId?: string;
}

const about: About = ({ body, params }) => {
  const form = (body ?? {}) as Named;
  const given = form.sourceAmount ?? form.targetAmount;
  const amount = given === undefined || given === null ? undefined : toMinor(given);
  const named = form.customerTransactionId ?? params["id"];
  return { ...(amount === undefined ? {} : { amount }), ...(named === undefined ? {} : { reference: named }) };
};

/** Wise with its books: payouts alone. */
export function makeWise(parts: Parts, apiToken: string): { readonly routes: readonly Route[]; readonly levers: Levers } {
  const state = newWise(parts);
  const on = (handle: (on: Wise, call: Call) => Answer) => (call: Call) => handle(state, call);
  const query = schemas.noQuery;
  const routes: Route[] = [
    { method: "GET", path: "/v1/profiles", query, handle: on(transfers.profiles) },
    { method: "POST", path: "/v3/profiles/:profile/quotes", body: schemas.quote, query, about, handle: on(transfers.createQuote) },
    { method: "GET", path: "/v3/profiles/:profile/quotes/:id", query, about, handle: on(transfers.fetchQuote) },
    { method: "POST", path: "/v1/accounts", body: schemas.account, query, about, handle: on(transfers.createAccount) },
    { method: "GET", path: "/v1/accounts/:id", query, about, handle: on(transfers.fetchAccount) },
    { method: "POST", path: "/v1/transfers", body: schemas.transfer, query, about, handle: on(transfers.createTransfer) },
    { method: "GET", path: "/v1/transfers", query: schemas.transfersQuery, handle: on(transfers.listTransfers) },
    { method: "GET", path: "/v1/transfers/:id", query, about, handle: on(transfers.fetchTransfer) },
    { method: "PUT", path: "/v1/transfers/:id/cancel", query, about, handle: on(transfers.cancelTransfer) },
    {
      method: "POST",
      path: "/v3/profiles/:profile/transfers/:id/payments",
      body: schemas.fund,
      query,
      about,
      handle: on(transfers.fundTransfer),
    },
    { method: "GET", path: "/v4/profiles/:profile/balances", query: schemas.balancesQuery, handle: on(balances) },
    {
      method: "GET",
      path: "/v1/profiles/:profile/balance-statements/:balance/statement.json",
      query: schemas.statementQuery,
      handle: on(statement),
    },
  ];
  const levers: Levers = {
    name: "wise",
    secrets: {
      api_token: apiToken,
      profile: String(state.profile),
      get public_key() {
        return keys().own.publicKey;
      },
    },
    settle: () => ({ settlements: [] }),
    openDispute: () => {
      throw wiseNo("NOT_VALID", "Wise takes no payments here, so nothing can be disputed");
    },
    resolveDispute: () => {
      throw wiseNo("NOT_VALID", "Wise takes no payments here, so nothing can be disputed");
    },
    topUp(currency, amount) {
      state.books.move({ what: "top-up", from: accounts.operator, to: accounts.balance, amount, currency, reference: "top-up" });
      return { currency, balance: toMajor(state.books.balance(accounts.balance, currency)) };
    },
    reset: () => clearWise(state),
  };
  return { routes, levers };
}
