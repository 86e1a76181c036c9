import type { Movement } from "../core/books.ts";
import { accounts as books } from "../core/flow.ts";
import type { Answer, Call } from "../core/rail-server.ts";
import { missing, wiseNo } from "./answers.ts";
import { statementReach } from "./from-memory.ts";
import type { Wise } from "./state.ts";
import { toMajor } from "./state.ts";
import { ofProfile } from "./transfers.ts";

/** A balance keeps its number, whatever other currencies come to be held. */
function balanceId(currency: string): number {
  return 200_000 + Number.parseInt(currency, 36);
}

function held(on: Wise): string[] {
  return [...new Set([...on.books.audit().map((one) => one.currency), "USD"])];
}

/** `GET /v4/profiles/:profile/balances?types=STANDARD` */
export function balances(on: Wise, call: Call): Answer {
  ofProfile(on, call);
  const body = held(on).map((currency) => ({
    id: balanceId(currency),
    currency,
    type: "STANDARD",
    amount: { value: toMajor(on.books.balance(books.balance, currency)), currency },
    reservedAmount: { value: toMajor(on.books.balance(books.inTransit, currency)), currency },
  }));
  return { status: 200, body };
}

/** `GET /v1/profiles/:profile/balance-statements/:balance/statement.json`: what went in and out of one balance, newest first. */
export function statement(on: Wise, call: Call): Answer {
  ofProfile(on, call);
  const { currency = "", intervalStart = "", intervalEnd = "" } = call.query;
  const known = held(on).find((one) => String(balanceId(one)) === call.params["balance"]);
  if (known === undefined) throw missing("balance", call.params["balance"]);
  if (known !== currency) throw wiseNo("NOT_VALID", "The balance is not in that currency", "currency");
  const [from, to] = [new Date(intervalStart).getTime(), new Date(intervalEnd).getTime()];
  if (!(from <= to && to - from <= statementReach)) throw wiseNo("NOT_VALID", "No such interval", "intervalStart");
  const lines = on.books
    .movements()
    .filter((one) => one.currency === currency && (one.from === books.balance || one.to === books.balance))
    .filter((one) => one.at.getTime() >= from && one.at.getTime() <= to);
  const value = toMajor(on.books.balance(books.balance, currency));
  const body = {
    transactions: lines.toReversed().map((one) => line(on, one)),
    endOfStatementBalance: { value, currency },
    query: { intervalStart, intervalEnd, currency },
  };
  return { status: 200, body };
}

function line(on: Wise, { to, amount, currency, reference, at, what, number }: Movement): object {
  const inward = to === books.balance;
  const transfer = on.transfers.get(reference);
  return {
    type: inward ? "CREDIT" : "DEBIT",
    date: at.toISOString(),
    amount: { value: toMajor(inward ? amount : -amount), currency },
    totalFees: { value: 0, currency },
    details: { type: transfer === undefined ? "MONEY_ADDED" : "TRANSFER", description: what },
    exchangeDetails: null,
    referenceNumber: transfer === undefined ? `BALANCE-${number}` : `TRANSFER-${transfer.id}`,
  };
}
