import { accounts } from "../core/flow.ts";
import type { Answer, Call } from "../core/rail-server.ts";
import { flutterwaveNo, list, ok } from "./answers.ts";
import { toMajor } from "./decimals.ts";
import type { Flutterwave, Payment, Transaction } from "./state.ts";
import { nextId } from "./state.ts";

/** Makes everything paid in that currency available. */
export function settle(on: Flutterwave, currency: string): object[] {
  const paid = [...on.payments.values()].flatMap((one) => {
    const { transaction } = one;
    const due = transaction?.status === "successful" && transaction.currency === currency && !transaction.settled;
    return due ? [[one, transaction] as const] : [];
  });
  const net = on.books.balance(accounts.unsettled, currency);
  if (paid.length === 0) return [];
  const id = nextId(on);
  if (net > 0n)
    on.books.move({ what: "settlement", from: accounts.unsettled, to: accounts.balance, amount: net, currency, reference: String(id) });
  for (const [, one] of paid) one.settled = true;
  const gross = paid.reduce((sum, [, one]) => sum + one.amount, 0n);
  const fees = paid.reduce((sum, [, one]) => sum + one.fee, 0n);
  const settlement = { id, currency, at: on.clock.now(), gross, fees, net, paid };
  if (gross - fees !== net) throw new Error(`settlement ${id} is not what lies unsettled`);
  on.settlements.push(settlement);
  return [settlementObject(settlement)];
}

function settlementObject(one: Flutterwave["settlements"][number]): object {
  return {
    id: one.id,
    account_id: 17_321,
    transaction_date: one.at.toISOString(),
    due_date: one.at.toISOString(),
    processed_date: one.at.toISOString(),
    status: "completed",
    currency: one.currency,
    gross_amount: toMajor(one.gross, one.currency),
    app_fee: toMajor(one.fees, one.currency),
    merchant_fee: 0,
    chargeback: 0,
    refund: 0,
    net_amount: toMajor(one.net, one.currency),
    destination: "wallet",
  };
}

/** `GET /v3/settlements`, newest first. */
export function listSettlements(on: Flutterwave, call: Call): Answer {
  return list("Settlements fetched", on.settlements.toReversed().map(settlementObject), call.query);
}

/** `GET /v3/settlements/:id`, with what was paid in it. */
export function fetchSettlement(on: Flutterwave, call: Call): Answer {
  const settlement = on.settlements.find((one) => String(one.id) === call.params["id"]);
  if (settlement === undefined) throw flutterwaveNo("Settlement not found", 404);
  return ok("Settlement fetched", {
    ...settlementObject(settlement),
    transactions: settlement.paid.map(([payment, one]) => settledObject(payment, one)),
  });
}

function settledObject(payment: Payment, { id, flwRef, amount, fee, currency, at }: Transaction): object {
  return {
    customer_email: payment.email,
    flw_ref: flwRef,
    tx_ref: payment.txRef,
    id,
    charged_amount: toMajor(amount, currency),
    app_fee: toMajor(fee, currency),
    merchant_fee: 0,
    stampduty_charge: 0,
    settlement_amount: toMajor(amount - fee, currency),
    status: "successful",
    payment_entity: "card",
    transaction_date: at.toISOString().slice(0, 10),
    currency,
    card_locale: "LOCAL",
    rrn: "N/A",
    subaccount_settlement: 0,
  };
}

/** `GET /v3/balances` and `GET /v3/balances/:currency` */
export function balances(on: Flutterwave, call: Call): Answer {
  const one = (currency: string) => ({
    currency,
    available_balance: toMajor(on.books.balance(accounts.balance, currency), currency),
    ledger_balance: toMajor(on.books.balance(accounts.balance, currency) + on.books.balance(accounts.unsettled, currency), currency),
  });
  const { currency } = call.params;
  if (currency !== undefined) return ok("Wallet balance fetched", one(currency.toUpperCase()));
  return ok("Wallet balances fetched", [...new Set([...on.books.audit().map((used) => used.currency), "NGN"])].map(one));
}

/** The payer's bank asks a payment back. The money is taken once it is lost. */
export function openChargeback(on: Flutterwave, reference: string): object {
  const payment = on.payments.get(reference);
  if (payment?.transaction?.status !== "successful") throw flutterwaveNo("No transaction was found for this id", 404);
  payment.transaction.chargeback = "initiated";
  return chargebackObject(payment);
}

export function endChargeback(on: Flutterwave, id: string, outcome: "won" | "lost"): object {
  const payment = [...on.payments.values()].find((one) => String(one.transaction?.id) === id);
  if (payment?.transaction?.chargeback !== "initiated") throw flutterwaveNo("No open chargeback was found", 404);
  const { transaction, txRef } = payment;
  transaction.chargeback = outcome;
  if (outcome === "lost") {
    const { amount, currency } = transaction;
    on.books.move({ what: "chargeback lost", from: accounts.balance, to: accounts.payers, amount, currency, reference: txRef }, true);
  }
  return chargebackObject(payment);
}

/** `GET /v3/chargebacks`. Flutterwave tells of none; one has to ask. */
export function listChargebacks(on: Flutterwave, call: Call): Answer {
  const open = [...on.payments.values()].filter((one) => one.transaction?.chargeback !== undefined);
  return list("Chargebacks fetched", open.map(chargebackObject), call.query);
}

function chargebackObject(payment: Payment): object {
  const { transaction } = payment;
  if (transaction === undefined) throw new Error("a chargeback has a transaction");
  return {
    id: transaction.id,
    amount: toMajor(transaction.amount, transaction.currency),
    flw_ref: transaction.flwRef,
    tx_ref: payment.txRef,
    status: transaction.chargeback,
    stage: "new",
    comment: "",
    transaction_id: transaction.id,
    created_at: transaction.at.toISOString(),
  };
}
