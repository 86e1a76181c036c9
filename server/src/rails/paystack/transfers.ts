import { Fault } from "../../domain/fault.ts";
import { NoAnswer } from "../rail.ts";
import type { PayeeDetails, SendLookUp, SendOutcome, SendRequest } from "../rail.ts";
import type { Piece } from "../read.ts";
import type { Paystack } from "./api.ts";
import { dataOf } from "./api.ts";
import { isNotFound, isPayeesFault, recipientTypes } from "./from-memory.ts";

/**
 * Sends a transfer. The reference is Paystack's handle: used again it is refused, whatever became of the first. So a refusal is believed
 * only after the reference was looked up and names nothing.
 */
export async function transfer(paystack: Paystack, request: SendRequest, to: PayeeDetails): Promise<SendOutcome> {
  if (to.kind !== "bank_account") return { status: "failed", fault: "payee", reason: "Paystack pays out to bank accounts alone." };
  const recipient = await recipientOf(paystack, request.currency, to);
  if ("refused" in recipient) return { status: "failed", fault: "payee", reason: recipient.refused };
  const answered = await paystack.api.call("POST", "/transfer", {
    source: "balance",
    amount: Number(request.amount),
    currency: request.currency,
    recipient: recipient.code,
    reference: request.reference,
    reason: "Payout",
  });
  const read = dataOf(answered, "the transfer");
  if ("data" in read) return withoutReversal(outcomeOf(read.data));
  const known = await find(paystack, request.reference);
  if (known === undefined) return { status: "failed", fault: isPayeesFault(read.refused) ? "payee" : "rail", reason: read.refused.message };
  if (known.whole("amount") !== request.amount || known.text("currency") !== request.currency || !goesTo(known, to))
    throw new Fault(`send ${request.reference} was asked for other money or another payee`);
  return withoutReversal(outcomeOf(known));
}

export async function lookUpTransfer(paystack: Paystack, reference: string): Promise<SendLookUp> {
  const known = await find(paystack, reference);
  return known === undefined ? { status: "never_seen" } : outcomeOf(known);
}

async function find(paystack: Paystack, reference: string): Promise<Piece | undefined> {
  const read = dataOf(await paystack.api.call("GET", `/transfer/verify/${encodeURIComponent(reference)}`), "the transfer");
  if ("data" in read) return read.data;
  if (isNotFound(read.refused)) return undefined;
  throw new NoAnswer(`Paystack did not say what became of a transfer: ${read.refused.message}`);
}

function goesTo(transfer: Piece, to: PayeeDetails): boolean {
  const details = transfer.piece("recipient").piece("details");
  return to.kind === "bank_account" && details.text("account_number") === to.accountNumber && details.text("bank_code") === to.bankCode;
}

/** The nine statuses of a transfer: three are open, five conclusive, and `reversed` is conclusive after a success. */
function outcomeOf(transfer: Piece): SendLookUp {
  const status = transfer.text("status");
  const cost = transfer.wholeOr("fee_charged", 0n);
  const reason = reasonOf(transfer, status);
  switch (status) {
    case "success":
      return { status: "succeeded", cost };
    case "reversed":
      return { status: "reversed", cost, reason };
    case "failed":
    case "abandoned":
    case "blocked":
    case "rejected":
      return { status: "failed", fault: "rail", reason };
    case "pending":
      return { status: "pending" };
    case "otp":
      return {
        status: "pending",
        reason: "Paystack waits for a one-time code: enter it on its dashboard, and switch codes off for transfers.",
      };
    case "received":
      return { status: "pending", reason: "Paystack waits for the transfer to be approved: do it on its dashboard." };
    default:
      throw new NoAnswer(`Paystack names a status that is not known: ${status}`);
  }
}

function reasonOf(transfer: Piece, status: string): string {
  const failures = transfer.has("failures") ? transfer.piece("failures").textOr("reason", null) : null;
  return failures ?? transfer.textOr("gateway_response", `Paystack says ${status}.`);
}

/** Whoever sends hears no reversals: it looks again, as after anything undecided. */
function withoutReversal(outcome: SendLookUp): SendOutcome {
  if (outcome.status === "reversed" || outcome.status === "never_seen") return { status: "pending" };
  const { status, ...rest } = outcome;
  return { status, ...rest };
}

/** Paystack's name for an account; the same account is the same recipient, so it may be asked for twice. */
async function recipientOf(
  paystack: Paystack,
  currency: string,
  to: Extract<PayeeDetails, { kind: "bank_account" }>,
): Promise<{ readonly code: string } | { readonly refused: string }> {
  const key = `${currency} ${to.bankCode} ${to.accountNumber}`;
  const known = await paystack.memory.recall("recipient", key);
  if (known !== undefined) return { code: String(known.value["code"]) };
  const answered = await paystack.api.call("POST", "/transferrecipient", {
    type: recipientTypes[currency] ?? "nuban",
    name: to.accountName,
    account_number: to.accountNumber,
    bank_code: to.bankCode,
    currency,
  });
  const read = dataOf(answered, "the recipient");
  if ("refused" in read) return { refused: read.refused.message };
  const kept = await paystack.memory.keep("recipient", key, { code: read.data.text("recipient_code") }, paystack.clock());
  return { code: String(kept.value["code"]) };
}
