import type { SellerChange } from "../actions/sellers.ts";
import type { PayeeDetails } from "../domain/facts.ts";
import { isRefusal } from "../domain/refusals.ts";
import type { Seller, SellerTerms } from "../domain/seller.ts";
import { parsePercent } from "../domain/split.ts";
import { UsageError } from "./usage-error.ts";

/** A change while it is put together: one seller, several settings. */
type Draft = { -readonly [Name in keyof SellerChange]: SellerChange[Name] };

interface Setting {
  show(seller: Seller): string;
  take(value: string, draft: Draft, seller: Seller, name: string): void;
}

function choice<T extends string>(value: string, name: string, choices: readonly T[]): T {
  const found = choices.find((one) => one === value);
  if (found === undefined) throw new UsageError(`${name} must be one of ${choices.join(", ")}; it is "${value}".`);
  return found;
}

function whole(value: string, name: string): number {
  if (!/^[0-9]{1,15}$/.test(value)) throw new UsageError(`${name} must be a whole number; it is "${value}".`);
  return Number(value);
}

function list(value: string): string[] {
  return value.split(/[\s,]+/).filter((one) => one !== "");
}

function term<Name extends keyof SellerTerms>(key: Name, read: (value: string, name: string) => SellerTerms[Name]): Setting {
  return {
    show: ({ terms }) => {
      const value: unknown = terms[key];
      return Array.isArray(value) ? value.join(",") : value === null ? "" : String(value);
    },
    take: (value, draft, _seller, name) => {
      draft.terms = { ...draft.terms, [key]: read(value, name) };
    },
  };
}

function account(key: keyof PayeeDetails, fits: RegExp, rule: string): Setting {
  return {
    show: ({ bank }) => bank?.[key] ?? "",
    take: (value, draft, seller, name) => {
      if (!fits.test(value)) throw new UsageError(`${name} must be ${rule}; it is "${value}".`);
      draft.bank = { ...seller.bank, ...draft.bank, [key]: value };
    },
  };
}

const emptyOrWhole = (value: string, name: string): number | null => (value === "" ? null : whole(value, name));

/** Every setting of a seller that the command can change, by the name that it has there. Amounts in kobo, shares in percent. */
export const sellerSettings: ReadonlyMap<string, Setting> = new Map<string, Setting>([
  [
    "callback_url",
    { show: ({ callbackUrl }) => callbackUrl ?? "", take: (value, draft) => void (draft.callbackUrl = value === "" ? null : value) },
  ],
  [
    "callback_format",
    {
      show: ({ callbackFormat }) => callbackFormat,
      take: (value, draft, _seller, name) => void (draft.callbackFormat = choice(value, name, ["auto", "json", "multipart"])),
    },
  ],
  [
    "callback_token",
    {
      show: ({ callbackToken }) => callbackToken,
      take: (value, draft, _seller, name) => void (draft.callbackToken = choice(value, name, ["documented", "hmac"])),
    },
  ],
  [
    "unsigned_checkout",
    {
      show: ({ unsignedCheckout }) => unsignedCheckout,
      take: (value, draft, _seller, name) => void (draft.unsignedCheckout = choice(value, name, ["allow", "refuse"])),
    },
  ],
  [
    "provider_share_limit",
    {
      show: ({ providerShareLimit }) => String(providerShareLimit / 100),
      take: (value, draft, _seller, name) => {
        const share = parsePercent(value, name);
        if (isRefusal(share)) throw new UsageError(share.detail);
        draft.providerShareLimit = share;
      },
    },
  ],
  ["origins", { show: ({ origins }) => origins.join(","), take: (value, draft) => void (draft.origins = list(value)) }],
  ["terms.escrow_fee_bearer", term("escrowFeeBearer", (value, name) => choice(value, name, ["buyer", "seller", "shared"]))],
  ["terms.rail_fee_bearer", term("railFeeBearer", (value, name) => choice(value, name, ["buyer", "seller"]))],
  [
    "terms.provider_fee_bearer",
    term("providerFeeBearer", (value, name) => choice(value, name, ["before_split", "seller", "service_provider"])),
  ],
  ["terms.non_split", term("nonSplit", whole)],
  ["terms.policy", term("policy", (value, name) => choice(value, name, ["refund", "replacement"]))],
  ["terms.sla", term("sla", emptyOrWhole)],
  ["terms.cancellation_fee", term("cancellationFee", whole)],
  ["terms.reasons_with_fee", term("reasonsWithFee", (value) => list(value))],
  ["terms.max_delivery_days", term("maxDeliveryDays", whole)],
  ["terms.accept_after_days", term("acceptAfterDays", emptyOrWhole)],
  ["bank.bank_name", account("bankName", /\S/, "the bank's name")],
  ["bank.bank_code", account("bankCode", /^\d{3,6}$/, "3 to 6 digits")],
  ["bank.nip_bank_code", account("nipBankCode", /^\d{6}$/, "6 digits")],
  ["bank.account_number", account("accountNumber", /^\d{10}$/, "10 digits")],
  ["bank.account_name", account("accountName", /\S/, "the name of the account's holder")],
  ["bank.stripe_account", account("stripeAccountId", /^acct_\w+$/, "the name of a connected account, like acct_…")],
]);

const neededForBank = ["bankName", "bankCode", "accountNumber", "accountName"] as const;

/** `name=value` arguments as one change, judged as far as it can be without the book. */
export function readChange(pairs: readonly string[], seller: Seller): SellerChange {
  if (pairs.length === 0) throw new UsageError("Name at least one setting, as in `set terms.max_delivery_days=14`.");
  const draft: Draft = {};
  const seen = new Set<string>();
  for (const pair of pairs) {
    const at = pair.indexOf("=");
    const name = at < 0 ? pair : pair.slice(0, at);
    const setting = sellerSettings.get(name);
    if (setting === undefined) throw new UsageError(`There is no setting "${name}"; there are ${[...sellerSettings.keys()].join(", ")}.`);
    if (at < 0) throw new UsageError(`Give ${name} a value, as in ${name}=…`);
    if (seen.has(name)) throw new UsageError(`${name} is given twice.`);
    seen.add(name);
    setting.take(pair.slice(at + 1).trim(), draft, seller, name);
  }
  const filled = neededForBank.filter((key) => (draft.bank?.[key] ?? "") !== "");
  // Somebody who is paid at Stripe alone needs no bank account here.
  const atStripeAlone = draft.bank?.stripeAccountId !== undefined && filled.length === 0;
  const missing = draft.bank === undefined || atStripeAlone ? undefined : neededForBank.find((key) => !filled.includes(key));
  if (missing !== undefined)
    throw new UsageError(
      `A first bank account needs all of bank.bank_name, bank.bank_code, bank.account_number and bank.account_name; ${missing} is missing.`,
    );
  return draft;
}

/** The settings, one `name=value` a line, as `set` takes them. */
export function showSettings(seller: Seller): string {
  return [...sellerSettings].map(([name, setting]) => `  ${name}=${setting.show(seller)}`).join("\n");
}
