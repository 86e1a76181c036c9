// The parameters of Stripe's published reference that a platform for separate charges and transfers needs. Forms carry text only.

const text = { type: "string", minLength: 1 } as const;
const whole = { type: "string", pattern: "^[1-9][0-9]{0,14}$" } as const;
const currency = { type: "string", pattern: "^[a-zA-Z]{3}$" } as const;
const metadata = { type: "object", maxProperties: 50, additionalProperties: { type: "string", maxLength: 500 } } as const;
const expand = { type: "array", items: text } as const;
const flag = { enum: ["true", "false"] } as const;

function form(properties: object, required: readonly string[] = []): object {
  return { type: "object", additionalProperties: false, properties: { expand, ...properties }, required };
}

function inner(properties: object, required: readonly string[] = []): object {
  return { type: "object", additionalProperties: false, properties, required };
}

const intent = {
  transfer_group: text,
  description: text,
  metadata,
  statement_descriptor: text,
  statement_descriptor_suffix: text,
  receipt_email: text,
  capture_method: { const: "automatic" },
  setup_future_usage: text,
} as const;

export const session = form(
  {
    mode: { const: "payment" },
    line_items: {
      type: "array",
      minItems: 1,
      items: inner(
        {
          quantity: whole,
          price_data: inner({ currency, unit_amount: whole, product_data: inner({ name: text, description: text, metadata }, ["name"]) }, [
            "currency",
            "unit_amount",
            "product_data",
          ]),
        },
        ["price_data", "quantity"],
      ),
    },
    success_url: text,
    cancel_url: text,
    client_reference_id: { type: "string", maxLength: 200 },
    customer_email: text,
    expires_at: whole,
    locale: text,
    metadata,
    payment_intent_data: inner(intent),
    payment_method_types: { type: "array", items: text },
    submit_type: text,
  },
  ["mode", "line_items", "success_url"],
);

export const paymentIntent = form(
  {
    amount: whole,
    currency,
    confirm: flag,
    payment_method: text,
    payment_method_types: { type: "array", items: text },
    automatic_payment_methods: inner({ enabled: flag, allow_redirects: text }),
    ...intent,
    return_url: text,
  },
  ["amount", "currency"],
);
export const confirm = form({ payment_method: text, return_url: text, receipt_email: text });
export const cancel = form({ cancellation_reason: text });
export const nothing = form({});

export const refund = form({
  payment_intent: text,
  charge: text,
  amount: whole,
  reason: { enum: ["duplicate", "fraudulent", "requested_by_customer"] },
  metadata,
});

export const transfer = form(
  { amount: whole, currency, destination: text, source_transaction: text, transfer_group: text, description: text, metadata },
  ["amount", "currency", "destination"],
);
export const reversal = form({ amount: whole, description: text, metadata, refund_application_fee: flag });
export const dispute = form({ evidence: { type: "object" }, metadata, submit: flag });

export function query(...names: readonly string[]): object {
  const all = [...names, "limit", "starting_after", "expand"];
  return {
    type: "object",
    additionalProperties: false,
    // Stripe's own client numbers the parts of a list.
    patternProperties: { "^expand\\[[0-9]*\\]$": { type: ["string", "array"] } },
    properties: Object.fromEntries(all.map((name) => [name, { type: ["string", "array"] }])),
  };
}

interface IntentData {
  readonly transfer_group?: string;
  readonly description?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface SessionForm {
  readonly line_items: readonly {
    readonly quantity: string;
    readonly price_data: { readonly currency: string; readonly unit_amount: string };
  }[];
  readonly success_url: string;
  readonly cancel_url?: string;
  readonly client_reference_id?: string;
  readonly customer_email?: string;
  readonly expires_at?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly payment_intent_data?: IntentData;
}

export interface IntentForm extends IntentData {
  readonly amount: string;
  readonly currency: string;
  readonly confirm?: string;
  readonly payment_method?: string;
}

export interface RefundForm {
  readonly payment_intent?: string;
  readonly charge?: string;
  readonly amount?: string;
  readonly reason?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface TransferForm {
  readonly amount: string;
  readonly currency: string;
  readonly destination: string;
  readonly source_transaction?: string;
  readonly transfer_group?: string;
  readonly description?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}
