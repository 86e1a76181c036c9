import { NoAnswer } from "../rail.ts";
import type { BackToPayment, SendLookUp, SendOutcome, SendRequest } from "../rail.ts";
import type { Piece } from "../read.ts";
import type { UnreferencedRefunds } from "../unreferenced.ts";
import { lookUpUnreferenced, sendUnreferenced } from "../unreferenced.ts";
import type { Flutterwave } from "./api.ts";
import { dataOf, dayOf, everyPage } from "./api.ts";
import { majorOf, minorOf } from "./decimals.ts";
import { refundMayBeUnlisted, refundStatus } from "./from-memory.ts";
import { verify } from "./payments.ts";

export function refund(flutterwave: Flutterwave, request: SendRequest, to: BackToPayment): Promise<SendOutcome> {
  return sendUnreferenced(refundsOf(flutterwave, to), request);
}

export function lookUpRefund(flutterwave: Flutterwave, request: SendRequest, to: BackToPayment): Promise<SendLookUp> {
  return lookUpUnreferenced(refundsOf(flutterwave, to), request);
}

function refundsOf(flutterwave: Flutterwave, to: BackToPayment): UnreferencedRefunds {
  const { memory, clock } = flutterwave;
  return {
    memory,
    clock,
    mayBeUnlisted: refundMayBeUnlisted,
    find: (request) => find(flutterwave, request, to),
    ask: (request) => ask(flutterwave, request, to),
  };
}

async function ask(flutterwave: Flutterwave, request: SendRequest, to: BackToPayment): Promise<SendOutcome> {
  const transaction = await paid(flutterwave, to);
  // The call names no currency: it would give back the same number of another one.
  if (transaction.text("currency") !== request.currency)
    return { status: "failed", fault: "payee", reason: `The payment was in ${transaction.text("currency")}, not in ${request.currency}.` };
  const answered = await flutterwave.api.call("POST", `/v3/transactions/${transaction.text("id")}/refund`, {
    amount: majorOf(request.amount, request.currency),
    comments: request.reference,
  });
  const read = dataOf(answered, "the refund");
  if ("data" in read) {
    await rememberId(flutterwave, request.reference, read.data.text("id"));
    return outcomeOf(read.data);
  }
  // Decided, unless an earlier try of ours got through after all.
  const listed = await find(flutterwave, request, to);
  if (listed !== undefined) return { ...listed, status: listed.status === "failed" ? "failed" : "pending" };
  const { message } = read.refused;
  return { status: "failed", fault: /balance/i.test(message) ? "rail" : "payee", reason: message };
}

/** The payment's transaction: the one that is named, where its reference holds several. */
async function paid(flutterwave: Flutterwave, to: BackToPayment): Promise<Piece> {
  const by = to.railReference === undefined ? { reference: to.paymentReference } : { id: to.railReference };
  const transaction = await verify(flutterwave, by);
  if (transaction === undefined) throw new NoAnswer("Flutterwave does not know the payment that is refunded.");
  return transaction;
}

/** Flutterwave's number of a refund and our reference, both ways. */
async function rememberId(flutterwave: Flutterwave, reference: string, id: string): Promise<void> {
  await flutterwave.memory.keep("refund-id", reference, { id }, flutterwave.clock());
  await flutterwave.memory.keep("refund-of-id", id, { reference }, flutterwave.clock());
}

/** By its number, where the answer told it; else the one in the list whose comments are our reference. */
async function find(flutterwave: Flutterwave, request: SendRequest, to: BackToPayment): Promise<SendOutcome | undefined> {
  const noted = await flutterwave.memory.recall("refund-id", request.reference);
  if (noted !== undefined) {
    const read = dataOf(await flutterwave.api.call("GET", `/v3/refunds/${String(noted.value["id"])}`), "the refund");
    if ("data" in read) return outcomeOf(read.data);
    throw new NoAnswer(`Flutterwave did not say what became of a refund: ${read.refused.message}`);
  }
  const transaction = await paid(flutterwave, to);
  const listed = await refundsSinceClaimed(flutterwave, request, transaction.text("id"));
  const mine = listed.find((one) => one.textOr("comments", "") === request.reference);
  if (mine !== undefined) {
    await rememberId(flutterwave, request.reference, mine.text("id"));
    return outcomeOf(mine);
  }
  await refuseDoubt(flutterwave, request, listed);
  return undefined;
}

/** Refunds of one transaction. The list cannot be trusted to filter by it, so it is read from the day before the refund was claimed. */
async function refundsSinceClaimed(flutterwave: Flutterwave, request: SendRequest, transactionId: string): Promise<Piece[]> {
  const claimed = (await flutterwave.memory.recall("refund", request.reference))?.at ?? flutterwave.clock();
  const from = dayOf(new Date(claimed.getTime() - 86_400_000));
  const all = await everyPage(flutterwave, `/v3/refunds?from=${from}`, "the refunds");
  return all.filter((one) => one.text("tx_id") === transactionId);
}

/** A refund of the same money without a note may be ours, unless its answer told us whose it is: then nothing is sure. */
async function refuseDoubt(flutterwave: Flutterwave, request: SendRequest, listed: readonly Piece[]): Promise<void> {
  for (const one of listed) {
    if (one.has("comments") || minorOf(one.raw("amount_refunded"), request.currency) !== request.amount) continue;
    if ((await flutterwave.memory.recall("refund-of-id", one.text("id"))) !== undefined) continue;
    throw new NoAnswer(`Flutterwave lists refund ${one.text("id")} of the same money without a note: it may be this one`);
  }
}

function outcomeOf(refund: Piece): SendOutcome {
  const said = refund.text("status");
  const status = refundStatus(said);
  if (status === undefined) throw new NoAnswer(`Flutterwave names a status that is not known: ${said}`);
  if (status === "failed") return { status, fault: "payee", reason: "Flutterwave could not refund the payment." };
  return status === "succeeded" ? { status, cost: 0n } : { status };
}
