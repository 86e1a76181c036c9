import { NoAnswer } from "../rail.ts";
import type { BackToPayment, SendLookUp, SendOutcome, SendRequest } from "../rail.ts";
import type { Piece } from "../read.ts";
import type { UnreferencedRefunds } from "../unreferenced.ts";
import { lookUpUnreferenced, sendUnreferenced } from "../unreferenced.ts";
import type { Paystack } from "./api.ts";
import { dataOf, everyPage } from "./api.ts";
import { refundMayBeUnlisted } from "./from-memory.ts";
import { verify } from "./payments.ts";

export function refund(paystack: Paystack, request: SendRequest, to: BackToPayment): Promise<SendOutcome> {
  return sendUnreferenced(refundsOf(paystack, to), request);
}

export function lookUpRefund(paystack: Paystack, request: SendRequest, to: BackToPayment): Promise<SendLookUp> {
  return lookUpUnreferenced(refundsOf(paystack, to), request);
}

function refundsOf(paystack: Paystack, to: BackToPayment): UnreferencedRefunds {
  const { memory, clock } = paystack;
  return {
    memory,
    clock,
    mayBeUnlisted: refundMayBeUnlisted,
    find: (request) => find(paystack, request, to),
    ask: (request) => ask(paystack, request, to),
  };
}

async function ask(paystack: Paystack, request: SendRequest, to: BackToPayment): Promise<SendOutcome> {
  const answered = await paystack.api.call("POST", "/refund", {
    transaction: to.paymentReference,
    amount: Number(request.amount),
    currency: request.currency,
    merchant_note: request.reference,
  });
  const read = dataOf(answered, "the refund");
  if ("data" in read) return { ...outcomeOf(read.data) };
  // Decided, unless an earlier try of ours got through after all.
  const listed = await find(paystack, request, to);
  if (listed !== undefined) return { ...listed, status: listed.status === "failed" ? "failed" : "pending" };
  return { status: "failed", fault: /balance/i.test(read.refused.message) ? "rail" : "payee", reason: read.refused.message };
}

/** The refund in whose note our reference stands. */
async function find(paystack: Paystack, request: SendRequest, to: BackToPayment): Promise<SendLookUp | undefined> {
  const transaction = await verify(paystack, to.paymentReference);
  if (transaction === undefined) throw new NoAnswer("Paystack does not know the payment that is refunded.");
  const all = await everyPage(paystack, `/refund?transaction=${encodeURIComponent(transaction.text("id"))}`, "the refunds");
  const mine = all.find((one) => one.textOr("merchant_note", "") === request.reference);
  return mine === undefined ? undefined : outcomeOf(mine);
}

/** A refund that needs attention waits for somebody at Paystack's dashboard; it is not over. */
function outcomeOf(refund: Piece): SendOutcome {
  const status = refund.text("status");
  switch (status) {
    case "processed":
      return { status: "succeeded", cost: 0n };
    case "failed":
      return { status: "failed", fault: "payee", reason: "Paystack could not refund the payment." };
    case "pending":
    case "processing":
      return { status: "pending" };
    case "needs-attention":
      return {
        status: "pending",
        reason: "Paystack could not give it back by itself and asks for the customer's account: give it on its dashboard.",
      };
    default:
      throw new NoAnswer(`Paystack names a status that is not known: ${status}`);
  }
}
