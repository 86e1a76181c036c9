// The bodies and queries of Flutterwave's v3 documents. Nothing that is not named there is let through.

const text = { type: "string", minLength: 1 } as const;
const amount = {
  anyOf: [
    { type: "number", exclusiveMinimum: 0 },
    { type: "string", pattern: "^\\d+(\\.\\d+)?$" },
  ],
} as const;
const currency = { type: "string", pattern: "^[A-Z]{3}$" } as const;

function body(properties: object, required: readonly string[]): object {
  return { type: "object", additionalProperties: false, properties, required };
}

export const payment = body(
  {
    tx_ref: text,
    amount,
    currency,
    redirect_url: text,
    customer: body(
      {
        email: { type: "string", pattern: "^[^@\\s]+@[^@\\s]+$" },
        name: text,
        phonenumber: { type: "string" },
        phone_number: { type: "string" },
      },
      ["email"],
    ),
    customizations: body({ title: { type: "string" }, logo: { type: "string" }, description: { type: "string" } }, []),
    meta: { type: "object" },
    payment_options: text,
    payment_plan: { type: ["string", "integer"] },
    subaccounts: { type: "array" },
    session_duration: { type: "integer" },
    max_retry_attempt: { type: "integer" },
    link_expiration: text,
    configurations: { type: "object" },
  },
  ["tx_ref", "amount", "currency", "redirect_url", "customer"],
);

export interface PaymentBody {
  readonly tx_ref: string;
  readonly amount: number | string;
  readonly currency: string;
  readonly redirect_url: string;
  readonly customer: { readonly email: string; readonly name?: string };
  readonly meta?: object;
}

export const refund = body({ amount, comments: { type: "string" }, callbackurl: text }, []);

export interface RefundBody {
  readonly amount?: number | string;
  readonly comments?: string;
}

export const transfer = body(
  {
    account_bank: text,
    account_number: text,
    amount,
    currency,
    narration: { type: "string", maxLength: 100 },
    reference: { type: "string", minLength: 1, maxLength: 100 },
    callback_url: text,
    debit_currency: currency,
    beneficiary_name: text,
    destination_branch_code: text,
    beneficiary: { type: "integer" },
    meta: { type: ["object", "array"] },
  },
  ["account_bank", "account_number", "amount", "currency"],
);

export interface TransferBody {
  readonly account_bank: string;
  readonly account_number: string;
  readonly amount: number | string;
  readonly currency: string;
  readonly narration?: string;
  readonly reference?: string;
  readonly debit_currency?: string;
  readonly beneficiary_name?: string;
  readonly meta?: object;
}

export const resolve = body({ account_number: text, account_bank: text, country: text, type: text }, ["account_number", "account_bank"]);

function query(...names: readonly string[]): object {
  return { type: "object", additionalProperties: false, properties: Object.fromEntries(names.map((name) => [name, { type: "string" }])) };
}

export const noQuery = query();
export const byReference = { ...query("tx_ref"), required: ["tx_ref"] };
export const transfersQuery = query("page", "status", "from", "to", "reference");
export const refundsQuery = query("page", "from", "to", "id");
export const feeQuery = { ...query("amount", "currency", "type"), required: ["amount"] };
export const settlementsQuery = query("page", "from", "to", "subaccount_id");
