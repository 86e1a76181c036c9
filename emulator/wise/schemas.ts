// The bodies and queries of Wise's guides. Nothing that is not named there is let through.

const text = { type: "string", minLength: 1 } as const;
const currency = { type: "string", pattern: "^[A-Z]{3}$" } as const;
const amount = { type: "number", exclusiveMinimum: 0 } as const;
const nullable = { anyOf: [amount, { type: "null" }] } as const;

function body(properties: object, required: readonly string[]): object {
  return { type: "object", additionalProperties: false, properties, required };
}

export const quote = body(
  {
    sourceCurrency: currency,
    targetCurrency: currency,
    sourceAmount: nullable,
    targetAmount: nullable,
    targetAccount: { type: "integer" },
    payOut: text,
    preferredPayIn: text,
    paymentMetadata: { type: "object" },
  },
  ["sourceCurrency", "targetCurrency"],
);

export interface QuoteBody {
  readonly sourceCurrency: string;
  readonly targetCurrency: string;
  readonly sourceAmount?: number | null;
  readonly targetAmount?: number | null;
}

export const account = body(
  {
    profile: { type: "integer" },
    accountHolderName: text,
    currency,
    type: text,
    ownedByCustomer: { type: "boolean" },
    details: { type: "object" },
  },
  ["accountHolderName", "currency", "type", "details"],
);

export interface AccountBody {
  readonly accountHolderName: string;
  readonly currency: string;
  readonly type: string;
  readonly details: object;
}

export const transfer = body(
  {
    sourceAccount: { type: "integer" },
    targetAccount: { type: "integer" },
    quoteUuid: text,
    customerTransactionId: { type: "string", pattern: "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$" },
    details: body(
      { reference: { type: "string" }, transferPurpose: text, transferPurposeSubTransferPurpose: text, sourceOfFunds: text },
      [],
    ),
  },
  ["targetAccount", "quoteUuid", "customerTransactionId"],
);

export interface TransferBody {
  readonly targetAccount: number;
  readonly quoteUuid: string;
  readonly customerTransactionId: string;
  readonly details?: { readonly reference?: string };
}

export const fund = body({ type: { const: "BALANCE" }, partnerReference: text }, ["type"]);

function query(...names: readonly string[]): object {
  return { type: "object", additionalProperties: false, properties: Object.fromEntries(names.map((name) => [name, { type: "string" }])) };
}

export const noQuery = query();
export const balancesQuery = { ...query("types"), required: ["types"] };
export const statementQuery = {
  ...query("currency", "intervalStart", "intervalEnd", "type"),
  required: ["currency", "intervalStart", "intervalEnd"],
};
export const transfersQuery = query("profile", "status", "limit", "offset", "createdDateStart", "createdDateEnd");
