import { Fault } from "../../domain/fault.ts";
import { NoAnswer } from "../rail.ts";
import type { PayeeDetails, SendLookUp, SendOutcome, SendRequest } from "../rail.ts";
import type { Piece } from "../read.ts";
import type { Flutterwave } from "./api.ts";
import { dataOf, everyPage } from "./api.ts";
import { majorOf, minorOf } from "./decimals.ts";
import { isPayeesFault } from "./from-memory.ts";

/**
 * Sends a transfer. The reference is Flutterwave's handle: used again it is refused, whatever became of the first. So a refusal is believed
 * only after the list of transfers was read and has none of that reference.
 */
export async function transfer(flutterwave: Flutterwave, request: SendRequest, to: PayeeDetails): Promise<SendOutcome> {
  if (to.kind !== "bank_account") return { status: "failed", fault: "payee", reason: "Flutterwave pays out to bank accounts alone." };
  const answered = await flutterwave.api.call("POST", "/v3/transfers", {
    account_bank: to.bankCode,
    account_number: to.accountNumber,
    beneficiary_name: to.accountName,
    amount: majorOf(request.amount, request.currency),
    currency: request.currency,
    debit_currency: request.currency,
    reference: request.reference,
    narration: "Payout",
  });
  const read = dataOf(answered, "the transfer");
  if ("data" in read) return withoutReversal(await outcomeOf(flutterwave, read.data));
  const known = await find(flutterwave, request.reference);
  if (known === undefined) {
    const { message } = read.refused;
    return { status: "failed", fault: isPayeesFault(message) ? "payee" : "rail", reason: message };
  }
  const { amount, currency } = request;
  if (known.text("currency") !== currency || minorOf(known.raw("amount"), currency) !== amount || !goesTo(known, to))
    throw new Fault(`send ${request.reference} was asked for other money or another payee`);
  return withoutReversal(await outcomeOf(flutterwave, known));
}

export async function lookUpTransfer(flutterwave: Flutterwave, reference: string): Promise<SendLookUp> {
  const known = await find(flutterwave, reference);
  return known === undefined ? { status: "never_seen" } : outcomeOf(flutterwave, known);
}

/** Should the filter ever be ignored, the list is that of all transfers: it is read to its end, and only the very reference counts. */
async function find(flutterwave: Flutterwave, reference: string): Promise<Piece | undefined> {
  const listed = await everyPage(flutterwave, `/v3/transfers?reference=${encodeURIComponent(reference)}`, "the transfers");
  return listed.find((one) => one.textOr("reference", "") === reference);
}

function goesTo(transfer: Piece, to: Extract<PayeeDetails, { kind: "bank_account" }>): boolean {
  return transfer.text("account_number") === to.accountNumber && transfer.text("bank_code") === to.bankCode;
}

/**
 * A bank's return turns a transfer from SUCCESSFUL into FAILED, so FAILED alone does not say whether it had arrived. It does to whoever saw
 * it arrive: the success is written down before it is told, and FAILED after it is `reversed`. One that came back before anybody looked is
 * told as `failed`; the amount is in our balance again either way, and only its cost then goes unheard.
 */
async function outcomeOf(flutterwave: Flutterwave, transfer: Piece): Promise<SendLookUp> {
  const reference = transfer.text("reference");
  const status = transfer.text("status").toUpperCase();
  switch (status) {
    case "NEW":
    case "PENDING":
      return { status: "pending" };
    case "SUCCESSFUL": {
      const cost = minorOf(transfer.raw("fee"), transfer.text("currency"), "up");
      await flutterwave.memory.keep("arrived", reference, { cost: String(cost) }, flutterwave.clock());
      return { status: "succeeded", cost };
    }
    case "FAILED": {
      const reason = transfer.textOr("complete_message", "Flutterwave says FAILED.");
      const arrived = await flutterwave.memory.recall("arrived", reference);
      if (arrived !== undefined) return { status: "reversed", cost: BigInt(String(arrived.value["cost"])), reason };
      return { status: "failed", fault: isPayeesFault(reason) ? "payee" : "rail", reason };
    }
    default:
      throw new NoAnswer(`Flutterwave names a status that is not known: ${status}`);
  }
}

/** Whoever sends hears no reversals: it looks again, as after anything undecided. */
function withoutReversal(outcome: SendLookUp): SendOutcome {
  if (outcome.status === "reversed" || outcome.status === "never_seen") return { status: "pending" };
  const { status, ...rest } = outcome;
  return { status, ...rest };
}
