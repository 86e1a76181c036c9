import { disputeFee } from "./from-memory.ts";
import type { Charge, Dispute, Intent, Refund, Session, Transfer } from "./state.ts";
import { seconds } from "./state.ts";

// Every object as Stripe writes it, in answers and in events.

export function intentObject(one: Intent): object {
  return {
    id: one.id,
    object: "payment_intent",
    amount: Number(one.amount),
    amount_received: Number(one.charge?.amount ?? 0n),
    currency: one.currency,
    client_secret: `${one.id}_secret_emulated`,
    created: seconds(one.at),
    description: one.description,
    latest_charge: one.charge?.id ?? null,
    livemode: false,
    metadata: one.metadata,
    status: one.status,
    transfer_group: one.transferGroup,
  };
}

export function chargeObject(one: Charge): object {
  return {
    id: one.id,
    object: "charge",
    amount: Number(one.amount),
    amount_captured: Number(one.amount),
    amount_refunded: Number(one.refunded),
    balance_transaction: balanceId(one.id),
    captured: true,
    created: seconds(one.at),
    currency: one.currency,
    disputed: false,
    livemode: false,
    metadata: one.intent.metadata,
    paid: true,
    payment_intent: one.intent.id,
    payment_method_details: { type: "card", card: { brand: "visa", last4: "4242", country: "US" } },
    refunded: one.refunded === one.amount,
    status: "succeeded",
    transfer_group: one.intent.transferGroup,
  };
}

/** Every charge has one balance transaction, named after it. */
export const balanceId = (charge: string): string => charge.replace("ch_", "txn_");

export function balanceObject(one: Charge): object {
  return {
    id: balanceId(one.id),
    object: "balance_transaction",
    amount: Number(one.amount),
    available_on: seconds(one.at) + 2 * 86_400,
    created: seconds(one.at),
    currency: one.currency,
    fee: Number(one.fee),
    fee_details: [{ amount: Number(one.fee), currency: one.currency, type: "stripe_fee", description: "Stripe processing fees" }],
    net: Number(one.amount - one.fee),
    reporting_category: "charge",
    source: one.id,
    status: one.available ? "available" : "pending",
    type: "charge",
  };
}

export function sessionObject(one: Session, address: string): object {
  const paid = one.intent.status === "succeeded";
  return {
    id: one.id,
    object: "checkout.session",
    amount_subtotal: Number(one.amount),
    amount_total: Number(one.amount),
    cancel_url: one.cancelUrl ?? null,
    client_reference_id: one.reference,
    created: seconds(one.at),
    currency: one.currency,
    customer_email: one.email,
    expires_at: seconds(one.expiresAt),
    livemode: false,
    metadata: one.metadata,
    mode: "payment",
    payment_intent: one.status === "complete" ? one.intent.id : null,
    payment_status: paid ? "paid" : "unpaid",
    status: one.status,
    success_url: one.successUrl,
    url: one.status === "open" ? `${address}/c/pay/${one.token}` : null,
  };
}

export function refundObject(one: Refund): object {
  return {
    id: one.id,
    object: "refund",
    amount: Number(one.amount),
    balance_transaction: null,
    charge: one.charge.id,
    created: seconds(one.at),
    currency: one.charge.currency,
    metadata: one.metadata,
    payment_intent: one.charge.intent.id,
    reason: one.reason,
    status: one.status,
    ...(one.status === "failed" ? { failure_reason: "lost_or_stolen_card" } : {}),
  };
}

export function transferObject(one: Transfer): object {
  return {
    id: one.id,
    object: "transfer",
    amount: Number(one.amount),
    amount_reversed: Number(one.reversed),
    created: seconds(one.at),
    currency: one.currency,
    description: one.description,
    destination: one.destination,
    livemode: false,
    metadata: one.metadata,
    reversals: {
      object: "list",
      has_more: false,
      url: `/v1/transfers/${one.id}/reversals`,
      data: one.reversals.map((part) => reversalObject(one, part)),
    },
    reversed: one.reversed === one.amount,
    source_transaction: one.source,
    source_type: "card",
    transfer_group: one.group,
  };
}

export function reversalObject(of: Transfer, one: Transfer["reversals"][number]): object {
  return {
    id: one.id,
    object: "transfer_reversal",
    amount: Number(one.amount),
    created: seconds(one.at),
    currency: of.currency,
    metadata: {},
    transfer: of.id,
  };
}

export function disputeObject(one: Dispute): object {
  return {
    id: one.id,
    object: "dispute",
    amount: Number(one.amount),
    charge: one.charge.id,
    created: seconds(one.at),
    currency: one.charge.currency,
    balance_transactions: disputeBalanceObjects(one),
    evidence: {},
    evidence_details: {
      due_by: seconds(one.at) + 7 * 86_400,
      has_evidence: one.status !== "needs_response",
      past_due: false,
      submission_count: 0,
    },
    is_charge_refundable: false,
    livemode: false,
    metadata: {},
    payment_intent: one.charge.intent.id,
    reason: "general",
    status: one.status,
  };
}

/** What the dispute took, with its fee; and, once it is won, what came back. */
function disputeBalanceObjects(one: Dispute): object[] {
  const booked = (suffix: string, amount: bigint, fee: bigint) => ({
    id: one.id.replace("dp_", `txn_${suffix}`),
    object: "balance_transaction",
    amount: Number(amount),
    created: seconds(one.at),
    currency: one.charge.currency,
    fee: Number(fee),
    net: Number(amount - fee),
    reporting_category: suffix === "taken" ? "dispute" : "dispute_reversal",
    source: one.id,
    type: "adjustment",
  });
  return [booked("taken", -one.amount, disputeFee), ...(one.status === "won" ? [booked("back", one.amount, 0n)] : [])];
}
