import { accounts } from "../core/flow.ts";
import type { Answer, Call } from "../core/rail-server.ts";
import { list, no } from "./answers.ts";
import { transactionObject } from "./transaction-object.ts";
import type { Paystack, Settlement } from "./state.ts";
import { nextId } from "./state.ts";

/** Makes everything that was paid in that currency available, as one settlement. Undefined where there is nothing. */
export function settle(paystack: Paystack, currency: string): Settlement | undefined {
  const transactions = [...paystack.transactions.values()].filter((one) => one.paid?.currency === currency && one.settlement === undefined);
  if (transactions.length === 0) return undefined;
  const processed = transactions.reduce((sum, one) => sum + (one.paid?.amount ?? 0n), 0n);
  const fees = transactions.reduce((sum, one) => sum + (one.paid?.fee ?? 0n), 0n);
  const deductions = paystack.deductions.get(currency) ?? 0n;
  const id = nextId(paystack);
  const net = processed - fees - deductions;
  if (net !== paystack.books.balance(accounts.unsettled, currency)) throw new Error(`settlement ${id} is not what lies unsettled`);
  if (net > 0n) {
    paystack.books.move({
      what: "settlement",
      from: accounts.unsettled,
      to: accounts.balance,
      amount: net,
      currency,
      reference: String(id),
    });
  }
  for (const one of transactions) one.settlement = id;
  paystack.deductions.delete(currency);
  const settlement = { id, currency, at: paystack.clock.now(), transactions, processed, fees, deductions, net };
  paystack.settlements.push(settlement);
  return settlement;
}

/** `GET /settlement`, newest first. */
export function listSettlements(paystack: Paystack, call: Call): Answer {
  const { from, to, status } = call.query;
  const fits = (one: Settlement) =>
    (from === undefined || one.at >= new Date(from)) && (to === undefined || one.at <= new Date(to)) && (status ?? "success") === "success";
  return list("Settlements retrieved", paystack.settlements.filter(fits).toReversed().map(settlementObject), call.query);
}

/** `GET /settlement/:id/transactions` */
export function settlementTransactions(paystack: Paystack, call: Call): Answer {
  const settlement = paystack.settlements.find((one) => String(one.id) === call.params["id"]);
  if (settlement === undefined) throw no("Settlement not found");
  return list("Transactions retrieved", settlement.transactions.map(transactionObject), call.query);
}

export function settlementObject(settlement: Settlement): object {
  const at = settlement.at.toISOString();
  return {
    id: settlement.id,
    domain: "test",
    status: "success",
    currency: settlement.currency,
    integration: 100_043,
    total_amount: Number(settlement.net),
    effective_amount: Number(settlement.net),
    total_fees: Number(settlement.fees),
    total_processed: Number(settlement.processed),
    deductions: settlement.deductions === 0n ? null : Number(settlement.deductions),
    settlement_date: at,
    settled_by: null,
    createdAt: at,
    updatedAt: at,
  };
}
