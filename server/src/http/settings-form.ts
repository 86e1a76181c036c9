import type { SellerChange } from "../actions/sellers.ts";
import { format, parseMajor } from "../domain/currency.ts";
import { isRefusal, refuse } from "../domain/refusals.ts";
import type { Refusal } from "../domain/refusals.ts";
import type { Seller, SellerTerms } from "../domain/seller.ts";
import { parsePercent } from "../domain/split.ts";
import type { Fields } from "./fields.ts";
import { text, wholeNumber } from "./fields.ts";
import { bankOf } from "./order-steps.ts";
import type { SettingName } from "./pages/seller-settings-page.ts";

/** Reads one section of the settings form into a change; the action judges it. */
export function readSettings(section: string, fields: Fields, seller: Pick<Seller, "bank">): SellerChange | Refusal {
  if (section === "terms") return readTerms(fields);
  if (section === "shop") return readShop(fields);
  if (section === "bank") {
    const bank = bankOf(fields);
    if (isRefusal(bank)) return bank;
    // The form does not show it.
    const stripeAccountId = seller.bank?.stripeAccountId;
    return { bank: stripeAccountId === undefined ? bank : { ...bank, stripeAccountId } };
  }
  return refuse("invalid", "There is no such section of the settings.");
}

function oneOf<T extends string>(fields: Fields, name: string, choices: readonly T[]): T | Refusal {
  return (
    choices.find((choice) => choice === text(fields, name)) ??
    refuse("invalid", `${name} must be one of ${choices.join(", ")}.`, { field: name })
  );
}

function naira(fields: Fields, name: string): number | Refusal {
  const typed = text(fields, name);
  if (typed === "" || /^0+(\.0{1,2})?$/.test(typed)) return 0;
  const amount = parseMajor(typed.replaceAll(",", ""), "NGN", name);
  return isRefusal(amount) ? amount : Number(amount);
}

function wholeOrNull(fields: Fields, name: string): number | null | Refusal {
  const typed = text(fields, name);
  if (typed === "") return null;
  return wholeNumber(typed) ?? refuse("invalid", `${name} must be empty or a whole number.`, { field: name });
}

function readTerms(fields: Fields): SellerChange | Refusal {
  const read = {
    escrowFeeBearer: oneOf(fields, "escrow_fee_bearer", ["buyer", "seller", "shared"] as const),
    railFeeBearer: oneOf(fields, "rail_fee_bearer", ["buyer", "seller"] as const),
    providerFeeBearer: oneOf(fields, "provider_fee_bearer", ["before_split", "seller", "service_provider"] as const),
    policy: oneOf(fields, "policy", ["refund", "replacement"] as const),
    nonSplit: naira(fields, "non_split"),
    cancellationFee: naira(fields, "cancellation_fee"),
    sla: wholeOrNull(fields, "sla"),
    acceptAfterDays: wholeOrNull(fields, "accept_after_days"),
    maxDeliveryDays:
      wholeNumber(text(fields, "max_delivery_days")) ??
      refuse("invalid", "max_delivery_days must be a whole number.", { field: "max_delivery_days" }),
  };
  const wrong = Object.values(read).find((value): value is Refusal => isRefusal(value));
  if (wrong !== undefined) return wrong;
  const listed = fields["reasons_with_fee"];
  const reasonsWithFee = Array.isArray(listed) ? listed.map(String) : typeof listed === "string" ? [listed] : [];
  return { terms: { ...(read as unknown as SellerTerms), reasonsWithFee } };
}

function readShop(fields: Fields): SellerChange | Refusal {
  const callbackFormat = oneOf(fields, "callback_format", ["auto", "json", "multipart"] as const);
  if (isRefusal(callbackFormat)) return callbackFormat;
  const callbackToken = oneOf(fields, "callback_token", ["documented", "hmac"] as const);
  if (isRefusal(callbackToken)) return callbackToken;
  const unsignedCheckout = oneOf(fields, "unsigned_checkout", ["allow", "refuse"] as const);
  if (isRefusal(unsignedCheckout)) return unsignedCheckout;
  const providerShareLimit = parsePercent(fields["provider_share_limit"], "provider_share_limit");
  if (isRefusal(providerShareLimit)) return providerShareLimit;
  const url = text(fields, "callback_url");
  const origins = text(fields, "origins")
    .split(/\s+/)
    .filter((origin) => origin !== "");
  return { callbackUrl: url === "" ? null : url, callbackFormat, callbackToken, unsignedCheckout, providerShareLimit, origins };
}

const plainNaira = (kobo: number) => format(BigInt(kobo), "NGN").replace(/^NGN /, "").replaceAll(",", "");

/** The settings as the form shows them. */
export function settingValues(seller: Seller): Record<SettingName, string> {
  const { terms } = seller;
  return {
    callback_url: seller.callbackUrl ?? "",
    callback_format: seller.callbackFormat,
    callback_token: seller.callbackToken,
    escrow_fee_bearer: terms.escrowFeeBearer,
    rail_fee_bearer: terms.railFeeBearer,
    provider_fee_bearer: terms.providerFeeBearer,
    non_split: plainNaira(terms.nonSplit),
    policy: terms.policy,
    sla: terms.sla === null ? "" : String(terms.sla),
    cancellation_fee: plainNaira(terms.cancellationFee),
    max_delivery_days: String(terms.maxDeliveryDays),
    accept_after_days: terms.acceptAfterDays === null ? "" : String(terms.acceptAfterDays),
    origins: seller.origins.join("\n"),
    unsigned_checkout: seller.unsignedCheckout,
    provider_share_limit: String(seller.providerShareLimit / 100),
    bank_name: seller.bank?.bankName ?? "",
    bank_code: seller.bank?.bankCode ?? "",
    account_number: seller.bank?.accountNumber ?? "",
    account_name: seller.bank?.accountName ?? "",
  };
}
