import type { CheckoutInput } from "../../actions/open-checkout.ts";
import { fieldRequired, messages } from "../../atarapay/messages.ts";
import { checkoutSignatureFits } from "../../atarapay/tokens.ts";
import { checkUrl } from "../../actions/sellers.ts";
import { sellerByPhone } from "../../db/sellers.ts";
import { normaliseEmail, normalisePhone } from "../../domain/contact.ts";
import { isCurrency, parseMajor } from "../../domain/currency.ts";
import { minor, nearestMinor } from "../../domain/money.ts";
import { isRefusal, refuse } from "../../domain/refusals.ts";
import type { Refusal } from "../../domain/refusals.ts";
import type { Seller } from "../../domain/seller.ts";
import { parsePercent } from "../../domain/split.ts";
import type { App } from "../app-context.ts";
import type { Fields } from "../fields.ts";
import { text, wholeNumber } from "../fields.ts";
import { sellerOfPublicKey } from "../keys.ts";

/** What a checkout form asks for, judged as far as it can be without the book. */
export interface CheckoutForm {
  /** The seller whose order it becomes: of a marketplace form the associated one. */
  readonly seller: Seller;
  /** Whose key the form carries: of a marketplace form the operator. */
  readonly holder: Seller;
  readonly input: Omit<CheckoutInput, "tokenHash" | "payAgain">;
}

const required = [
  "email",
  "phone_number",
  "currency",
  "amount",
  "customer_firstname",
  "customer_lastname",
  "order_product_id",
  "order_product_name",
  "delivery_date",
  "delivery_location",
] as const;

/** How a form came: posted by the shop's page, or through the inline script, which takes any currency. */
export type Integration = "standard" | "inline";

/**
 * Reads a checkout's form. The browser sends it, so nothing in it is trusted beyond what it may say: the signature (if any)
 * is checked, the redirect address must be the seller's, and an unsigned form is marked so.
 */
export async function readCheckoutForm(
  app: App,
  fields: Fields,
  bearer: string | undefined,
  how: Integration = "standard",
): Promise<CheckoutForm | Refusal> {
  const publicKey = text(fields, "token") === "" ? (bearer ?? "") : text(fields, "token");
  if (publicKey === "") return refuse("wrong_key", fieldRequired("token"));
  const holder = await sellerOfPublicKey(app, publicKey);
  if (isRefusal(holder)) return refuse("wrong_key", messages.wrongAuthtoken);
  const missing = required.find((name) => text(fields, name) === "");
  if (missing !== undefined) return refuse("invalid", fieldRequired(missing), { field: missing });
  const type = text(fields, "type");
  if (type !== "" && type !== "1")
    return refuse("invalid", "The type field must be 1: orders between persons are not paid through this form.", { field: "type" });

  const email = normaliseEmail(fields["email"]);
  if (isRefusal(email)) return email;
  const phone = normalisePhone(fields["phone_number"]);
  if (isRefusal(phone)) return phone;
  const money = readMoney(fields, how);
  if (isRefusal(money)) return money;
  if (!/^[0-9]{1,30}$/.test(text(fields, "order_product_id"))) {
    return refuse("invalid", "The order_product_id field must be a number.", { field: "order_product_id" });
  }
  const ids = readIds(fields);
  if (isRefusal(ids)) return ids;
  const place = await whoSells(app, holder.seller, fields);
  if (isRefusal(place)) return place;
  const signed = signatureOf(fields, holder.privateKey, holder.seller);
  if (isRefusal(signed)) return signed;
  const callbackUrl = readCallback(app, holder.seller, text(fields, "callback_url"));
  if (isRefusal(callbackUrl)) return callbackUrl;

  const { seller, operatorId } = place;
  const { token: _token, ...raw } = fields;
  return {
    seller,
    holder: holder.seller,
    input: {
      contact: { email, phone, firstName: text(fields, "customer_firstname"), lastName: text(fields, "customer_lastname") },
      ...money,
      shopOrderId: text(fields, "order_product_id"),
      projectId: ids.projectId,
      // Of a marketplace order the provider is the order's own seller, and the share is the operator's, set by its own call.
      providerId: operatorId === null ? ids.providerId : null,
      share: operatorId === null ? (ids.providerId === null ? null : ids.share) : 0,
      operatorId,
      rail: text(fields, "rail") === "" ? null : text(fields, "rail"),
      source: signed,
      details: {
        productName: text(fields, "order_product_name"),
        productDesc: text(fields, "order_product_desc"),
        deliveryLocation: text(fields, "delivery_location"),
        deliveryDate: text(fields, "delivery_date"),
        recipient: text(fields, "recipient"),
        callbackUrl,
        platform: text(fields, "platform") === "" ? null : text(fields, "platform"),
        buyerFirstName: text(fields, "customer_firstname"),
        buyerLastName: text(fields, "customer_lastname"),
        raw,
      },
    },
  };
}

/** Kobo of the product, and the foreign amount where there is one. Shops send JavaScript floats: a foreign order's kobo may be a real fraction. */
function readMoney(fields: Fields, how: Integration): Pick<CheckoutInput, "productCost" | "currency" | "amountFx"> | Refusal {
  const currency = text(fields, "currency").toUpperCase();
  if (how === "standard" && currency !== "NGN" && currency !== "USD") {
    return refuse("currency_unknown", "The currency field must be one of NGN, USD.", { field: "currency" });
  }
  if (!isCurrency(currency))
    return refuse("currency_unknown", "The currency field must be a code of ISO 4217, such as NGN or USD.", { field: "currency" });
  const productCost = currency === "NGN" ? minor(fields["amount"]) : nearestMinor(fields["amount"]);
  if (isRefusal(productCost)) return productCost;
  if (currency === "NGN") return { productCost, currency, amountFx: null };
  if (text(fields, "amount_fx") === "") return refuse("invalid", fieldRequired("amount_fx"), { field: "amount_fx" });
  const amountFx = parseMajor(fields["amount_fx"], currency);
  return isRefusal(amountFx) ? amountFx : { productCost, currency, amountFx };
}

function readIds(fields: Fields): { projectId: number | null; providerId: number | null; share: number | null } | Refusal {
  const [project, provider] = [text(fields, "project_id"), text(fields, "sp_id")];
  const none = (value: string) => value === "" || value === "null" || value === "undefined";
  const projectId = none(project) ? null : wholeNumber(project);
  if (projectId === undefined) return refuse("project_unknown", `Project with id (${project}) does not exist`);
  const providerId = none(provider) ? null : wholeNumber(provider);
  if (providerId === undefined)
    return refuse("provider_unknown", `Service Provider with id (${provider}) does not exist, Please add Service Provider then try`);
  const given = text(fields, "sp_commission");
  if (providerId === null) return { projectId, providerId, share: null };
  if (none(given)) return refuse("invalid", fieldRequired("sp_commission"), { field: "sp_commission" });
  const share = parsePercent(given, "sp_commission");
  return isRefusal(share) ? share : { projectId, providerId, share };
}

/** With `is_marketplace` the token is the operator's and `seller_phone` names the seller whose order it is. */
async function whoSells(app: App, holder: Seller, fields: Fields): Promise<{ seller: Seller; operatorId: number | null } | Refusal> {
  const phone = text(fields, "seller_phone");
  if (text(fields, "is_marketplace") !== "1" || phone === "") return { seller: holder, operatorId: null };
  const normal = normalisePhone(phone, "seller_phone");
  if (isRefusal(normal)) return normal;
  const seller = await sellerByPhone(app.pool, normal);
  // Whether the two are associated is judged under the seller's lock; here only whether there is such a seller.
  return seller === undefined ? refuse("seller_not_associated") : { seller, operatorId: holder.id };
}

function signatureOf(fields: Fields, privateKey: string, seller: Seller): "signed" | "browser" | Refusal {
  if (text(fields, "signature") === "") return seller.unsignedCheckout === "refuse" ? refuse("unsigned_checkout") : "browser";
  return checkoutSignatureFits(privateKey, fields, text(fields, "signature")) ? "signed" : refuse("signature_invalid");
}

/** Where the browser goes afterwards: in live only to an origin the seller registered; in the sandbox too, once it has registered any. */
function readCallback(app: App, seller: Seller, given: string): string | null | Refusal {
  if (given === "") return null;
  if (given.length > 2000)
    return refuse("invalid", "The callback_url field is longer than the 2000 signs that fit an address.", { field: "callback_url" });
  const url = checkUrl(given, "callback_url", app.mode);
  if (isRefusal(url)) return url;
  const open = app.mode === "sandbox" && seller.origins.length === 0;
  return open || seller.origins.includes(url.origin) ? given : refuse("callback_not_allowed");
}
