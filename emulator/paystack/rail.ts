import { createHmac } from "node:crypto";
import type { Levers } from "../core/controls.ts";
import { accounts } from "../core/flow.ts";
import { payerQuery } from "../core/payer-page.ts";
import type { About, Answer, Call, Parts, Route } from "../core/rail-server.ts";
import type { WebhookManner } from "../core/webhooks.ts";
import { balances, createRecipient, createTransfer, finalizeTransfer, verifyTransfer } from "./transfers.ts";
import { listBanks, resolveAccount } from "./banks.ts";
import { answerDispute, disputeObject, endDispute, fetchDispute, findDispute, listDisputes, openDispute } from "./disputes.ts";
import { checkout, initialize, verify } from "./payments.ts";
import { createRefund, fetchRefund, listRefunds, retryRefund } from "./refunds.ts";
import * as schemas from "./schemas.ts";
import { listSettlements, settle, settlementObject, settlementTransactions } from "./settlements.ts";
import type { Paystack } from "./state.ts";
import { clearPaystack, newPaystack } from "./state.ts";

const minute = 60_000;

/** Paystack signs the raw body with the secret key, and repeats until 200: four times every three minutes, then hourly for three days. */
export function paystackManner(secretKey: string): WebhookManner {
  return {
    rail: "paystack",
    encode(event, forged) {
      const body = JSON.stringify(forged ? tenfold(event) : event);
      const signature = createHmac("sha512", forged ? "sk_test_of_somebody_else" : secretKey)
        .update(body)
        .digest("hex");
      return { body, headers: { "x-paystack-signature": signature } };
    },
    nextTry: (tries, since) => (tries <= 4 ? 3 * minute : since < 72 * 60 * minute ? 60 * minute : undefined),
    received: (status) => status === 200,
    patience: 10_000,
  };
}

function tenfold(event: object): object {
  const { data } = event as { data: { amount?: number } };
  return { ...event, data: { ...data, ...(data.amount === undefined ? {} : { amount: data.amount * 10 }) } };
}

interface Named {
  readonly amount?: number | string;
  readonly reference?: string;
  readonly transaction?: string | number;
}

const ofBody: About = ({ body }) => {
  const { amount, reference, transaction } = body as Named;
  const named = reference ?? transaction;
  return { ...(amount === undefined ? {} : { amount: BigInt(amount) }), ...(named === undefined ? {} : { reference: String(named) }) };
};
const ofPath: About = ({ params }) => {
  const named = params["reference"] ?? params["id"];
  return named === undefined ? {} : { reference: named };
};

/** Paystack with its books: its routes, and the levers of its controls. */
export function makePaystack(
  parts: Parts,
  secretKey: string,
): { readonly routes: readonly Route[]; readonly levers: Levers; readonly state: Paystack } {
  const state = newPaystack(parts);
  const on = (handle: (paystack: Paystack, call: Call) => Answer) => (call: Call) => handle(state, call);
  const query = schemas.noQuery;
  const routes: Route[] = [
    { method: "POST", path: "/transaction/initialize", body: schemas.initialize, query, about: ofBody, handle: on(initialize) },
    { method: "GET", path: "/transaction/verify/:reference", query, about: ofPath, handle: on(verify) },
    { method: "POST", path: "/refund", body: schemas.refund, query, about: ofBody, handle: on(createRefund) },
    { method: "GET", path: "/refund", query: schemas.refundsQuery, handle: on(listRefunds) },
    { method: "GET", path: "/refund/:id", query, about: ofPath, handle: on(fetchRefund) },
    {
      method: "POST",
      path: "/refund/retry_with_customer_details/:id",
      body: schemas.retryRefund,
      query,
      about: ofPath,
      handle: on(retryRefund),
    },
    { method: "POST", path: "/transferrecipient", body: schemas.recipient, query, handle: on(createRecipient) },
    { method: "POST", path: "/transfer", body: schemas.transfer, query, about: ofBody, handle: on(createTransfer) },
    { method: "POST", path: "/transfer/finalize_transfer", body: schemas.finalizeTransfer, query, handle: on(finalizeTransfer) },
    { method: "GET", path: "/transfer/verify/:reference", query, about: ofPath, handle: on(verifyTransfer) },
    { method: "GET", path: "/bank", query: schemas.banksQuery, handle: on(listBanks) },
    { method: "GET", path: "/bank/resolve", query: schemas.resolveQuery, handle: on(resolveAccount) },
    { method: "GET", path: "/balance", query, handle: on(balances) },
    { method: "GET", path: "/settlement", query: schemas.settlementsQuery, handle: on(listSettlements) },
    {
      method: "GET",
      path: "/settlement/:id/transactions",
      query: schemas.settlementsQuery,
      about: ofPath,
      handle: on(settlementTransactions),
    },
    { method: "GET", path: "/dispute", query: schemas.disputesQuery, handle: on(listDisputes) },
    { method: "GET", path: "/dispute/:id", query, about: ofPath, handle: on(fetchDispute) },
    { method: "PUT", path: "/dispute/:id/resolve", body: schemas.resolveDispute, query, about: ofPath, handle: on(answerDispute) },
    { method: "GET", path: "/checkout/:code", query: payerQuery, open: true, about: aboutCheckout, handle: on(checkout) },
  ];
  function aboutCheckout({ params }: { readonly params: Readonly<Record<string, string>> }): { readonly reference?: string } {
    const reference = [...state.transactions.values()].find((one) => one.accessCode === params["code"])?.reference;
    return reference === undefined ? {} : { reference };
  }
  return { routes, levers: leversOf(state, secretKey), state };
}

function leversOf(state: Paystack, secretKey: string): Levers {
  return {
    name: "paystack",
    secrets: { secret_key: secretKey },
    settle(currency) {
      const wanted = currency === undefined ? schemas.currencies : [currency];
      return { settlements: wanted.flatMap((one) => settle(state, one) ?? []).map(settlementObject) };
    },
    openDispute: (reference, amount) => disputeObject(openDispute(state, reference, amount)),
    resolveDispute(id, outcome) {
      const dispute = findDispute(state, id);
      endDispute(state, dispute, outcome);
      return disputeObject(dispute);
    },
    topUp(currency, amount) {
      state.books.move({ what: "top-up", from: accounts.operator, to: accounts.balance, amount, currency, reference: "top-up" });
      return { currency, balance: Number(state.books.balance(accounts.balance, currency)) };
    },
    reset: () => clearPaystack(state),
  };
}
