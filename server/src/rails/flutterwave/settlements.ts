import { NoAnswer } from "../rail.ts";
import type { NameEnquiry, PayeeDetails, Settlement, SettlementLine, SettlementLineKind } from "../rail.ts";
import { Piece } from "../read.ts";
import type { Flutterwave } from "./api.ts";
import { dataOf, dayOf, everyPage } from "./api.ts";
import { minorOf } from "./decimals.ts";
import { settledElsewhere, settledWithin } from "./from-memory.ts";

/** Settlements that reached the wallet since then, oldest first, with the payments in each and what was taken off. */
export async function settlements(flutterwave: Flutterwave, since: Date): Promise<Settlement[]> {
  const from = dayOf(new Date(since.getTime() - settledWithin));
  const listed = await everyPage(flutterwave, `/v3/settlements?from=${from}`, "the settlements");
  const settled = listed.filter(
    (one) => one.text("status") === "completed" && !settledElsewhere.includes(one.textOr("destination", "")) && settledAt(one) >= since,
  );
  return Promise.all(settled.toReversed().map((one) => settlementOf(flutterwave, one.text("id"))));
}

/** An instant settlement carries no time of its processing; it is due at once. */
function settledAt(settlement: Piece): Date {
  return settlement.date(settlement.has("processed_date") ? "processed_date" : "due_date");
}

async function settlementOf(flutterwave: Flutterwave, id: string): Promise<Settlement> {
  const read = dataOf(await flutterwave.api.call("GET", `/v3/settlements/${encodeURIComponent(id)}`), "the settlement");
  if ("refused" in read) throw new NoAnswer(`Flutterwave did not say what is in a settlement: ${read.refused.message}`);
  const { data } = read;
  const currency = data.text("currency");
  const at = settledAt(data);
  const amount = minorOf(data.raw("net_amount"), currency, "down");
  const payments = data.list("transactions").map((one) => paymentLine(one, currency, at));
  const taken = (name: string, kind: SettlementLineKind) =>
    data.has(name) ? lineOf(name, kind, -minorOf(data.raw(name), currency, "up"), at) : [];
  const lines = [...payments, ...taken("refund", "refund"), ...taken("chargeback", "dispute")];
  // What is left is a share of a subaccount, a stamp duty, or what fees were rounded by: it is shown, not hidden.
  const rest = amount - lines.reduce((sum, line) => sum + line.net, 0n);
  return { id, currency, amount, settledAt: at, lines: [...lines, ...lineOf("rest", "other", rest, at)] };
}

function paymentLine(transaction: Piece, currency: string, at: Date): SettlementLine {
  const gross = minorOf(transaction.raw("charged_amount"), currency);
  const fee = gross - minorOf(transaction.raw("settlement_amount"), currency, "down");
  const id = transaction.text("id");
  return { id, kind: "payment", reference: transaction.text("tx_ref"), railReference: id, gross, fee, net: gross - fee, at };
}

function lineOf(id: string, kind: SettlementLineKind, gross: bigint, at: Date): SettlementLine[] {
  return gross === 0n ? [] : [{ id, kind, reference: null, railReference: null, gross, fee: 0n, net: gross, at }];
}

export async function balances(flutterwave: Flutterwave): Promise<{ currency: string; available: bigint }[]> {
  const { body } = await flutterwave.api.call("GET", "/v3/balances");
  return new Piece(body, "the balances").list("data").map((one) => {
    const currency = one.text("currency");
    return { currency, available: minorOf(one.raw("available_balance"), currency, "down") };
  });
}

export async function enquireName(flutterwave: Flutterwave, account: PayeeDetails): Promise<NameEnquiry> {
  if (account.kind !== "bank_account") return { found: false, reason: "Flutterwave knows bank accounts alone." };
  const asked = { account_number: account.accountNumber, account_bank: account.bankCode };
  const read = dataOf(await flutterwave.api.call("POST", "/v3/accounts/resolve", asked), "the account");
  if ("data" in read) return { found: true, accountName: read.data.text("account_name") };
  return { found: false, reason: read.refused.message };
}
