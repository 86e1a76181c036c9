import { accounts } from "../core/flow.ts";
import type { Answer, Call } from "../core/rail-server.ts";
import { list, no, ok } from "./answers.ts";
import { disputeAnswer, disputeDecision } from "./from-memory.ts";
import { customerObject, transactionObject } from "./transaction-object.ts";
import type { ResolveDisputeBody } from "./schemas.ts";
import type { Dispute, Paystack } from "./state.ts";
import { later, nextId } from "./state.ts";

const noFaults: ReadonlySet<never> = new Set();

/** The payer's bank asks the money of a payment back. Nothing is taken before the dispute is lost. */
export function openDispute(paystack: Paystack, reference: string, wanted: bigint | undefined): Dispute {
  const transaction = paystack.transactions.get(reference);
  if (transaction?.paid === undefined) throw no("Transaction not found");
  const amount = wanted ?? transaction.paid.amount;
  if (amount > transaction.paid.amount) throw no("amount is more than was paid");
  const now = paystack.clock.now();
  const dispute: Dispute = {
    id: nextId(paystack),
    transaction,
    amount,
    createdAt: now,
    dueAt: new Date(now.getTime() + disputeAnswer),
    status: "awaiting-merchant-feedback",
    resolution: undefined,
    message: undefined,
    resolvedAt: undefined,
  };
  paystack.disputes.push(dispute);
  tell(paystack, dispute, "create");
  later(paystack, disputeAnswer / 2, () => {
    if (dispute.status === "awaiting-merchant-feedback") tell(paystack, dispute, "remind");
  });
  later(paystack, disputeAnswer, () => {
    if (dispute.status === "awaiting-merchant-feedback") endDispute(paystack, dispute, "lost");
  });
  return dispute;
}

/** Ends it. Lost: the payer gets the money from the balance, which may fall below nothing. */
export function endDispute(paystack: Paystack, dispute: Dispute, outcome: "won" | "lost", amount = dispute.amount): void {
  if (dispute.status === "resolved") throw no("Dispute has been resolved");
  dispute.status = "resolved";
  dispute.resolution = outcome === "won" ? "declined" : "merchant-accepted";
  dispute.resolvedAt = paystack.clock.now();
  if (outcome === "lost") {
    const { reference, paid, currency } = dispute.transaction;
    const movement = {
      what: "dispute lost",
      from: accounts.balance,
      to: accounts.payers,
      amount,
      currency: paid?.currency ?? currency,
      reference,
    };
    paystack.books.move(movement, true);
  }
  tell(paystack, dispute, "resolve");
}

/** `GET /dispute` */
export function listDisputes(paystack: Paystack, call: Call): Answer {
  const { transaction, status } = call.query;
  const fits = (one: Dispute) =>
    (transaction === undefined || String(one.transaction.id) === transaction) && (status === undefined || one.status === status);
  return list("Disputes retrieved", paystack.disputes.filter(fits).toReversed().map(disputeObject), call.query);
}

/** `GET /dispute/:id` */
export function fetchDispute(paystack: Paystack, call: Call): Answer {
  return ok("Dispute retrieved", disputeObject(findDispute(paystack, call.params["id"])));
}

/** `PUT /dispute/:id/resolve`: accepted, it is lost at once; declined, the bank decides. */
export function answerDispute(paystack: Paystack, call: Call): Answer {
  const body = call.body as ResolveDisputeBody;
  const dispute = findDispute(paystack, call.params["id"]);
  if (dispute.status !== "awaiting-merchant-feedback") throw no("Dispute has been resolved");
  const amount = BigInt(body.refund_amount);
  if (amount > dispute.amount) throw no("refund_amount is more than is disputed");
  dispute.message = body.message;
  if (body.resolution === "merchant-accepted") endDispute(paystack, dispute, "lost", amount);
  else {
    dispute.status = "awaiting-bank-feedback";
    later(paystack, disputeDecision, () => {
      if (dispute.status === "awaiting-bank-feedback") endDispute(paystack, dispute, "won");
    });
  }
  return ok("Dispute successfully resolved", disputeObject(dispute));
}

export function findDispute(paystack: Paystack, id: string | undefined): Dispute {
  const dispute = paystack.disputes.find((one) => String(one.id) === id);
  if (dispute === undefined) throw no("Dispute not found");
  return dispute;
}

function tell(paystack: Paystack, dispute: Dispute, what: "create" | "remind" | "resolve"): void {
  paystack.webhooks.send({ event: `charge.dispute.${what}`, data: disputeObject(dispute) }, noFaults);
}

export function disputeObject(dispute: Dispute): object {
  const { transaction } = dispute;
  return {
    id: dispute.id,
    refund_amount: Number(dispute.amount),
    currency: transaction.paid?.currency ?? transaction.currency,
    status: dispute.status,
    resolution: dispute.resolution ?? null,
    domain: "test",
    transaction: transactionObject(transaction),
    transaction_reference: null,
    category: "chargeback",
    customer: customerObject(transaction),
    bin: "408408",
    last4: "4081",
    dueAt: dispute.dueAt.toISOString(),
    resolvedAt: dispute.resolvedAt?.toISOString() ?? null,
    evidence: null,
    attachments: null,
    note: dispute.message ?? null,
    history: [],
    messages: [],
    created_at: dispute.createdAt.toISOString(),
    createdAt: dispute.createdAt.toISOString(),
    updatedAt: (dispute.resolvedAt ?? dispute.createdAt).toISOString(),
  };
}
