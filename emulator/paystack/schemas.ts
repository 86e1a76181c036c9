// The bodies and queries of Paystack's published description. Nothing that is not named there is let through.

export const currencies = ["NGN", "GHS", "ZAR", "KES", "USD"] as const;

const text = { type: "string", minLength: 1 } as const;
const currency = { enum: currencies } as const;
/** Whole smallest units; the official examples send them as text too. */
const amount = {
  anyOf: [
    { type: "integer", minimum: 1, maximum: Number.MAX_SAFE_INTEGER },
    { type: "string", pattern: "^[1-9][0-9]{0,14}$" },
  ],
} as const;
const jsonText = { anyOf: [{ type: "string" }, { type: "object" }] } as const;

function body(properties: object, required: readonly string[]): object {
  return { type: "object", additionalProperties: false, properties, required };
}

export const initialize = body(
  {
    email: { type: "string", pattern: "^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$" },
    amount,
    currency,
    reference: text,
    callback_url: text,
    plan: text,
    invoice_limit: { type: "integer" },
    metadata: jsonText,
    channels: {
      type: "array",
      items: { enum: ["card", "bank", "ussd", "qr", "eft", "mobile_money", "bank_transfer", "apple_pay", "payattitude"] },
    },
    split_code: text,
    split: { type: "object" },
    subaccount: text,
    transaction_charge: { anyOf: [{ type: "integer" }, text] },
    bearer: { enum: ["account", "subaccount"] },
  },
  ["email", "amount"],
);

export interface InitializeBody {
  readonly email: string;
  readonly amount: number | string;
  readonly currency?: string;
  readonly reference?: string;
  readonly callback_url?: string;
  readonly metadata?: string | object;
  readonly channels?: readonly string[];
}

export const recipient = body(
  {
    type: { enum: ["nuban", "ghipss", "mobile_money", "basa", "authorization"] },
    name: text,
    account_number: text,
    bank_code: text,
    description: { type: "string" },
    currency,
    authorization_code: text,
    metadata: jsonText,
  },
  ["type", "name"],
);

export interface RecipientBody {
  readonly type: string;
  readonly name: string;
  readonly account_number?: string;
  readonly bank_code?: string;
  readonly description?: string;
  readonly currency?: string;
  readonly authorization_code?: string;
  readonly metadata?: string | object;
}

export const transfer = body(
  { source: { const: "balance" }, amount, recipient: text, reference: text, reason: { type: "string" }, currency, account_reference: text },
  ["source", "amount", "recipient", "reference"],
);

export interface TransferBody {
  readonly amount: number | string;
  readonly recipient: string;
  readonly reference: string;
  readonly reason?: string;
  readonly currency?: string;
}

export const finalizeTransfer = body({ transfer_code: text, otp: text }, ["transfer_code", "otp"]);

export const refund = body(
  {
    transaction: { anyOf: [text, { type: "integer" }] },
    amount,
    currency,
    customer_note: { type: "string" },
    merchant_note: { type: "string" },
  },
  ["transaction"],
);

export interface RefundBody {
  readonly transaction: string | number;
  readonly amount?: number | string;
  readonly currency?: string;
  readonly customer_note?: string;
  readonly merchant_note?: string;
}

export const retryRefund = body(
  { refund_account_details: body({ currency, account_number: text, bank_id: text }, ["currency", "account_number", "bank_id"]) },
  ["refund_account_details"],
);

export const resolveDispute = body(
  {
    resolution: { enum: ["merchant-accepted", "declined"] },
    message: text,
    refund_amount: amount,
    uploaded_filename: text,
    evidence: { type: "integer" },
  },
  ["resolution", "message", "refund_amount", "uploaded_filename"],
);

export interface ResolveDisputeBody {
  readonly resolution: "merchant-accepted" | "declined";
  readonly message: string;
  readonly refund_amount: number | string;
}

/** Every query parameter is text on the wire. */
function query(...names: readonly string[]): object {
  return { type: "object", additionalProperties: false, properties: Object.fromEntries(names.map((name) => [name, { type: "string" }])) };
}

export const noQuery = query();
export const refundsQuery = query("transaction", "currency", "from", "to", "perPage", "page");
export const banksQuery = query(
  "country",
  "use_cursor",
  "perPage",
  "page",
  "next",
  "previous",
  "currency",
  "gateway",
  "type",
  "pay_with_bank",
  "pay_with_bank_transfer",
  "enabled_for_verification",
);
export const resolveQuery = { ...query("account_number", "bank_code"), required: ["account_number", "bank_code"] };
export const settlementsQuery = query("perPage", "page", "status", "subaccount", "from", "to");
export const disputesQuery = query("from", "to", "perPage", "page", "transaction", "status");
