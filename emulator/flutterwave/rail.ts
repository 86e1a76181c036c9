import type { Levers } from "../core/controls.ts";
import { accounts } from "../core/flow.ts";
import { payerQuery } from "../core/payer-page.ts";
import type { About, Answer, Call, Parts, Route } from "../core/rail-server.ts";
import type { WebhookManner } from "../core/webhooks.ts";
import { flutterwaveNo, ok } from "./answers.ts";
import { toMajor, toMinor } from "./decimals.ts";
import { noticeEvery, noticeTries } from "./from-memory.ts";
import { createPayment, hostedPage, verify, verifyByReference } from "./payments.ts";
import * as schemas from "./schemas.ts";
import { createRefund, createTransfer, fee, fetchRefund, fetchTransfer, listRefunds, listTransfers, resolveAccount } from "./sends.ts";
import { balances, endChargeback, fetchSettlement, listChargebacks, listSettlements, openChargeback, settle } from "./settlements.ts";
import type { Flutterwave } from "./state.ts";
import { clearFlutterwave, newFlutterwave } from "./state.ts";

/**
 * Flutterwave signs nothing: it sends a shared word along. So a forged notice here carries the right word and ten times the money, as anybody can
 * send who has seen one, and only asking for the transaction shows it.
 */
export function flutterwaveManner(secretHash: string): WebhookManner {
  return {
    rail: "flutterwave",
    encode(event, forged) {
      const { data } = event as { data: { amount?: number } };
      const told = forged && data.amount !== undefined ? { ...event, data: { ...data, amount: data.amount * 10 } } : event;
      return { body: JSON.stringify(told), headers: { "verif-hash": secretHash } };
    },
    nextTry: (tries) => (tries < noticeTries ? noticeEvery : undefined),
    received: (status) => status >= 200 && status < 300,
    patience: 10_000,
  };
}

interface Named {
  readonly amount?: number | string;
  readonly currency?: string;
  readonly tx_ref?: string;
  readonly reference?: string;
}

const aboutBody: About = ({ body, params }) => {
  const { amount, currency = "NGN", tx_ref: txRef, reference } = (body ?? {}) as Named;
  const named = txRef ?? reference ?? params["id"];
  return { ...(amount === undefined ? {} : { amount: toMinor(amount, currency) }), ...(named === undefined ? {} : { reference: named }) };
};
const aboutAsked: About = ({ params, query }) => {
  const named = query["tx_ref"] ?? query["reference"] ?? params["id"];
  return named === undefined ? {} : { reference: named };
};

/** Flutterwave v3 with its books. */
export function makeFlutterwave(
  parts: Parts,
  secrets: { readonly secret_key: string; readonly secret_hash: string },
): { readonly routes: readonly Route[]; readonly levers: Levers } {
  const state = newFlutterwave(parts);
  const on = (handle: (on: Flutterwave, call: Call) => Answer) => (call: Call) => handle(state, call);
  const query = schemas.noQuery;
  const aboutLink: About = ({ params }) => {
    const reference = [...state.payments.values()].find((one) => one.link === params["link"])?.txRef;
    return reference === undefined ? {} : { reference };
  };
  const routes: Route[] = [
    { method: "POST", path: "/v3/payments", body: schemas.payment, query, about: aboutBody, handle: on(createPayment) },
    { method: "GET", path: "/v3/hosted/pay/:link", query: payerQuery, open: true, about: aboutLink, handle: on(hostedPage) },
    { method: "GET", path: "/v3/transactions/:id/verify", query, about: aboutAsked, handle: on(verify) },
    {
      method: "GET",
      path: "/v3/transactions/verify_by_reference",
      query: schemas.byReference,
      about: aboutAsked,
      handle: on(verifyByReference),
    },
    { method: "POST", path: "/v3/transactions/:id/refund", body: schemas.refund, query, about: aboutRefund, handle: on(createRefund) },
    { method: "GET", path: "/v3/refunds", query: schemas.refundsQuery, handle: on(listRefunds) },
    { method: "GET", path: "/v3/refunds/:id", query, about: aboutAsked, handle: on(fetchRefund) },
    { method: "POST", path: "/v3/transfers", body: schemas.transfer, query, about: aboutBody, handle: on(createTransfer) },
    { method: "GET", path: "/v3/transfers", query: schemas.transfersQuery, about: aboutAsked, handle: on(listTransfers) },
    { method: "GET", path: "/v3/transfers/fee", query: schemas.feeQuery, handle: on(fee) },
    { method: "GET", path: "/v3/transfers/:id", query, about: aboutAsked, handle: on(fetchTransfer) },
    { method: "POST", path: "/v3/accounts/resolve", body: schemas.resolve, query, handle: on(resolveAccount) },
    { method: "GET", path: "/v3/banks/:country", query, handle: on(listBanks) },
    { method: "GET", path: "/v3/balances", query, handle: on(balances) },
    { method: "GET", path: "/v3/balances/:currency", query, handle: on(balances) },
    { method: "GET", path: "/v3/settlements", query: schemas.settlementsQuery, handle: on(listSettlements) },
    { method: "GET", path: "/v3/settlements/:id", query, handle: on(fetchSettlement) },
    { method: "GET", path: "/v3/chargebacks", query: schemas.refundsQuery, handle: on(listChargebacks) },
  ];
  const levers: Levers = {
    name: "flutterwave",
    secrets,
    settle: (currency) => ({
      settlements: (currency === undefined ? state.books.audit().map((one) => one.currency) : [currency]).flatMap((one) =>
        settle(state, one),
      ),
    }),
    openDispute(reference, amount) {
      if (amount !== undefined) throw flutterwaveNo("a chargeback is of the whole payment");
      return openChargeback(state, reference);
    },
    resolveDispute: (id, outcome) => endChargeback(state, id, outcome),
    topUp(currency, amount) {
      state.books.move({ what: "top-up", from: accounts.operator, to: accounts.balance, amount, currency, reference: "top-up" });
      return { currency, balance: toMajor(state.books.balance(accounts.balance, currency), currency) };
    },
    reset: () => clearFlutterwave(state),
  };
  return { routes, levers };
}

/** The currency of a refund is that of its payment, so its magic amount is read as hundredths. */
const aboutRefund: About = (call) => aboutBody(call);

function listBanks(_on: Flutterwave, call: Call): Answer {
  const banks: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
    NG: [
      ["044", "Access Bank"],
      ["058", "GTBank Plc"],
      ["057", "Zenith Bank"],
    ],
    GH: [["GH280100", "Access Bank"]],
    KE: [["68", "Equity Bank"]],
  };
  const found = banks[call.params["country"]?.toUpperCase() ?? ""];
  if (found === undefined) throw flutterwaveNo("No banks were found for that country");
  return ok(
    "Banks fetched successfully",
    found.map(([code, name], at) => ({ id: at + 1, code, name })),
  );
}
