import { unpaidResponse, unpaidStatus } from "./from-memory.ts";
import type { Transaction } from "./state.ts";

/** A transaction as Paystack writes it in answers and events. */
export function transactionObject(transaction: Transaction): object {
  const { paid, requested, currency, createdAt } = transaction;
  const status = transaction.state === "unpaid" ? unpaidStatus : transaction.state;
  const response = { unpaid: unpaidResponse, pending: "Pending", failed: "Declined", success: "Successful" }[transaction.state];
  const paidAt = paid?.at.toISOString() ?? null;
  return {
    id: transaction.id,
    domain: "test",
    status: paid !== undefined && transaction.refunded === paid.amount ? "reversed" : status,
    reference: transaction.reference,
    receipt_number: null,
    amount: Number(paid?.amount ?? requested),
    message: null,
    gateway_response: response,
    paid_at: paidAt,
    created_at: createdAt.toISOString(),
    channel: "card",
    currency: paid?.currency ?? currency,
    ip_address: "127.0.0.1",
    metadata: transaction.metadata,
    log: null,
    fees: paid === undefined ? null : Number(paid.fee),
    fees_split: null,
    authorization: paid === undefined ? {} : authorization(transaction),
    customer: customerObject(transaction),
    plan: null,
    split: {},
    order_id: null,
    paidAt,
    createdAt: createdAt.toISOString(),
    requested_amount: Number(requested),
    pos_transaction_data: null,
    source: null,
    fees_breakdown: null,
    connect: null,
    transaction_date: createdAt.toISOString(),
    plan_object: {},
    subaccount: {},
  };
}

function authorization(transaction: Transaction): object {
  return {
    authorization_code: `AUTH_${transaction.accessCode.slice(0, 10)}`,
    bin: "408408",
    last4: "4081",
    exp_month: "12",
    exp_year: "2030",
    channel: "card",
    card_type: "visa ",
    bank: "TEST BANK",
    country_code: "NG",
    brand: "visa",
    reusable: true,
    signature: `SIG_${transaction.accessCode}`,
    account_name: null,
  };
}

export function customerObject(transaction: Transaction): object {
  return {
    id: transaction.id + 1,
    first_name: null,
    last_name: null,
    email: transaction.email,
    customer_code: `CUS_${transaction.accessCode}`,
    phone: null,
    metadata: null,
    risk_action: "default",
    international_format_phone: null,
  };
}
