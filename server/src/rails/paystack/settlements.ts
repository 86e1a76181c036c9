import { NoAnswer } from "../rail.ts";
import type { NameEnquiry, PayeeDetails, Settlement, SettlementLine } from "../rail.ts";
import { Piece } from "../read.ts";
import type { Paystack } from "./api.ts";
import { dataOf, everyPage } from "./api.ts";

/** Settlements that reached the balance since then, oldest first, with the payments in each; what refunds took off is one line. */
export async function settlements(paystack: Paystack, since: Date): Promise<Settlement[]> {
  const all = await everyPage(paystack, `/settlement?status=success&from=${encodeURIComponent(since.toISOString())}`, "the settlements");
  return Promise.all(all.toReversed().map((one) => settlementOf(paystack, one)));
}

async function settlementOf(paystack: Paystack, one: Piece): Promise<Settlement> {
  const id = one.text("id");
  const transactions = await everyPage(paystack, `/settlement/${id}/transactions`, "the settlement's transactions");
  const lines = transactions.map(paymentLine);
  const at = one.date("settlement_date");
  const deductions = one.wholeOr("deductions", 0n);
  if (deductions !== 0n) {
    lines.push({
      id: "deductions",
      kind: "refund",
      reference: null,
      railReference: null,
      gross: -deductions,
      fee: 0n,
      net: -deductions,
      at,
    });
  }
  return { id, currency: one.text("currency"), amount: one.whole("effective_amount"), settledAt: at, lines };
}

function paymentLine(transaction: Piece): SettlementLine {
  const gross = transaction.whole("amount");
  const fee = transaction.wholeOr("fees", 0n);
  const id = transaction.text("id");
  return {
    id,
    kind: "payment",
    reference: transaction.text("reference"),
    railReference: id,
    gross,
    fee,
    net: gross - fee,
    at: transaction.date("paid_at"),
  };
}

export async function balances(paystack: Paystack): Promise<{ currency: string; available: bigint }[]> {
  const { body } = await paystack.api.call("GET", "/balance");
  return new Piece(body, "the balances").list("data").map((one) => ({ currency: one.text("currency"), available: one.whole("balance") }));
}

export async function enquireName(paystack: Paystack, account: PayeeDetails): Promise<NameEnquiry> {
  if (account.kind !== "bank_account") return { found: false, reason: "Paystack knows bank accounts alone." };
  const query = new URLSearchParams({ account_number: account.accountNumber, bank_code: account.bankCode });
  const read = dataOf(await paystack.api.call("GET", `/bank/resolve?${query.toString()}`), "the account");
  if ("data" in read) return { found: true, accountName: read.data.text("account_name") };
  if (read.refused.status === 400 || read.refused.status === 404 || read.refused.status === 422)
    return { found: false, reason: read.refused.message };
  throw new NoAnswer(`Paystack did not say whose account it is: ${read.refused.message}`);
}
