import { expect, test } from "vitest";
import { Fault } from "../domain/fault.ts";
import { wireOperatorCommission, wireSellerCommission } from "./commission-object.ts";
import { fieldRequired, messages, noSuchProject, noSuchProvider, sellerNotAssociated } from "./messages.ts";
import type { WireOrderInput } from "./order-object.ts";
import { wireOrder } from "./order-object.ts";
import { wireProject, wireProjectCreated } from "./project-object.ts";
import { wireProvider } from "./provider-object.ts";
import { wireDay, wireTime } from "./timestamp.ts";

const at = new Date("2020-11-23T09:05:07.890Z");

/** Order 3021 of the documents. */
const sample: WireOrderInput = {
  id: 3021,
  type: 1,
  sellerId: 117,
  buyerId: 278,
  p2p: null,
  isMarketplace: false,
  shopOrderId: "1447",
  productName: "Shoes",
  productDesc: "Black shoes",
  productCost: 400_000n,
  amount: 450_000n,
  net: 383_250n,
  currency: "NGN",
  conversionRatio: null,
  callbackUrl: null,
  comment: null,
  deliveryLocation: "Gombe, NG, 140301",
  quantity: null,
  maxDeliveryDays: 7,
  sla: 1,
  cancellationFee: 20_000n,
  redeliveries: 0,
  state: "cancelled",
  lapsedUndelivered: false,
  createdAt: at,
  updatedAt: at,
  fundedAt: at,
  deliveredAt: null,
  commissionId: null,
  gatewayName: "Paystack",
  payment: { id: 2532, reference: "LNG-0123456789abcdef0123456789abcdef", amount: 450_000n, method: "card", succeeded: true, paidAt: at },
  refund: null,
  payout: null,
  customer: { firstName: "Ada", lastName: "Obi", phone: "+2348031234567", altPhone: null, email: "ada@example.com" },
};

/** Every scalar of the documented sample; the reference, null there, is filled in because clients read it. */
const documented = {
  id: 3021,
  type: 1,
  customer_id: 278,
  beneficiary_merchant_id: 117,
  seller_email: null,
  seller_phone: null,
  buyer_email: null,
  buyer_phone: null,
  buyer_alt_phone: null,
  buyer_account_number: null,
  buyer_bank_code: null,
  shipping_fee_bearer: null,
  escrow_fee_bearer: null,
  tx_fee_bearer: null,
  is_marketplace: 0,
  shipping_cost: 0,
  category: null,
  product_id: "1447",
  product_name: "Shoes",
  product_desc: "Black shoes",
  product_cost: 400000,
  started_by: null,
  amount_payed: 450000,
  amount_net: 383250,
  payment_number: 2532,
  payment_ref: "LNG-0123456789abcdef0123456789abcdef",
  gateway_name: "Paystack",
  callback_url: null,
  comment: null,
  delivery_man: 0,
  delivery_location: "Gombe, NG, 140301",
  delivery_city: "",
  delivery_state: "",
  delivery_country: "",
  product_delivery_status: 0,
  transaction_date: "2020-11-23 09:05:07",
  delivery_date: "0000-00-00",
  status: {
    id: 9,
    title: "Canceled",
    description: "Order or P2P transaction canceled",
    deleted_at: null,
    created_at: "2020-01-01 00:00:00",
    updated_at: "2020-01-01 00:00:00",
  },
  state: 0,
  shipping_method: null,
  quantity: null,
  max_delivery_days: 7,
  extra: null,
  is_additional_services: null,
  additional_service_amount: null,
  sla: 1,
  cancellation_fee: 20000,
  currency: "NGN",
  conversion_ratio: 1,
  deleted_at: null,
  created_at: "2020-11-23 09:05:07",
  updated_at: "2020-11-23 09:05:07",
  attempts: null,
  seller_attempts: "",
  cron_status: null,
  sp_order_ref: 0,
};

test("order 3021 reads as documented: every key, in order, with its type", () => {
  const order = wireOrder(sample);
  const { payment, refund, payout, additional_services, customers, ...scalars } = order;
  expect(scalars).toEqual(documented);
  expect(Object.keys(scalars)).toEqual(Object.keys(documented));
  expect(payment).toEqual({
    id: 2532,
    payment_ref: "LNG-0123456789abcdef0123456789abcdef",
    amount: 450000,
    method: "card",
    status: "1",
    payment_date: "2020-11-23 09:05:07",
    gateway_response: "Successfull",
  });
  expect([refund, payout, additional_services]).toEqual([null, null, []]);
  expect(customers).toMatchObject({ id: 278, firstname: "Ada", phone_number: "+2348031234567" });
  expect(JSON.parse(JSON.stringify(order))).toEqual(order);
});

test("a refund and a payout carry the documented type, payee and key order", () => {
  const out = { id: 9, reference: null, amount: 383_250n, currency: "NGN", succeeded: false, createdAt: at, updatedAt: at };
  const { refund, payout } = wireOrder({ ...sample, state: "resolved", refund: { ...out, reference: "LNG-1" }, payout: out });
  expect(Object.keys(payout ?? {})).toEqual(
    "type beneficiary_id seller_id transaction_id reference amount status currency updated_at created_at id".split(" "),
  );
  expect(payout).toMatchObject({ type: 2, beneficiary_id: 117, transaction_id: 3021, reference: null, amount: 383250, status: 0 });
  expect(Object.keys(refund ?? {}).slice(0, 6)).toEqual("id type beneficiary_id seller_id transaction_id reference".split(" "));
  expect(refund).toMatchObject({ type: 7, beneficiary_id: 278, seller_id: 0, reference: "LNG-1" });
});

test("a foreign order keeps its currency and its frozen rate, in kobo", () => {
  expect(wireOrder({ ...sample, currency: "USD", conversionRatio: "409.992300" })).toMatchObject({
    currency: "USD",
    conversion_ratio: 409.9923,
  });
});

test("a second delivery counts as the second attempt", () => {
  const delivered = wireOrder({ ...sample, state: "delivered", redeliveries: 1, deliveredAt: at, commissionId: 12 });
  expect(delivered).toMatchObject({ attempts: 2, delivery_date: "2020-11-23", sp_order_ref: 12 });
});

test("an unpaid order cannot be written for the wire, nor an amount beyond exact numbers", () => {
  expect(() => wireOrder({ ...sample, state: "awaiting_payment" })).toThrow(Fault);
  expect(() => wireOrder({ ...sample, amount: 2n ** 53n })).toThrow(Fault);
});

test("times are UTC without a zone", () => {
  expect(wireTime(new Date("2026-12-31T23:59:59.999+01:00"))).toBe("2026-12-31 22:59:59");
  expect(wireDay(null)).toBe("0000-00-00");
});

const project = { id: 5, sellerId: 117, buyerId: 278, name: "House", description: "Walls", closed: false, createdAt: at, updatedAt: at };

test("a project just made has neither status nor transaction; one updated or listed has both", () => {
  const created = wireProjectCreated(project);
  expect(Object.keys(created)).toEqual("project_name description started_by seller_id customer_id updated_at created_at id".split(" "));
  const listed = wireProject(project, [wireOrder(sample)]);
  expect(Object.keys(listed)).toEqual(
    "id seller_id customer_id project_name description started_by status created_at updated_at transaction".split(" "),
  );
  expect(listed).toMatchObject({ status: 0, started_by: null, transaction: [{ id: 3021 }] });
  expect(wireProject({ ...project, closed: true }, [])).toMatchObject({ status: 1, transaction: [] });
});

const provider = wireProvider({
  id: 7,
  type: 1,
  firstName: "Uche",
  lastName: "Eze",
  phone: "+2348030000000",
  email: null,
  bankCode: "221",
  nipBankCode: "000000",
  bankName: "Stanbic",
  accountName: "Uche Eze",
  accountNumber: "0123456789",
  recipientCode: null,
  accountId: null,
  createdAt: at,
  updatedAt: at,
});

test("a provider has every documented key, bank codes as texts", () => {
  expect(Object.keys(provider)).toEqual(
    "id type firstname lastname phone email bank_code nip_bank_code bank_name bank_account_name bank_account_number recipient_code account_id created_at updated_at".split(
      " ",
    ),
  );
  expect(provider).toMatchObject({ bank_code: "221", nip_bank_code: "000000", email: null });
});

test("a seller's commission is an array of one and spelled commisson; an operator's an object and spelled commission", () => {
  const c = { id: 3, orderId: 3021, share: 2050, createdAt: at, updatedAt: at };
  const [one, ...none] = wireSellerCommission(c, provider);
  expect(none).toEqual([]);
  expect(Object.keys(one ?? {})).toEqual("id order_id commisson created_at updated_at service_provider".split(" "));
  expect(one?.commisson).toBe(20.5);
  const seller = {
    id: 118,
    isMarketplace: false,
    operatorId: 72,
    individual: true,
    businessName: null,
    businessEmail: null,
    siteUrl: null,
    sandbox: true,
    createdAt: at,
    updatedAt: at,
  };
  const operators = wireOperatorCommission(c, seller);
  expect(Object.keys(operators)).toEqual("id order_id sp_type commission test comments created_at updated_at service_provider".split(" "));
  expect(operators).toMatchObject({
    commission: 20.5,
    sp_type: "Marketplace Service Provider",
    service_provider: { marketplace_child: 72 },
  });
  expect(Object.keys(operators.service_provider)).toEqual(
    "id is_marketplace marketplace_child individual business_name business_address business_address_2 business_city business_state business_country business_email year_of_inc cac_certificate memorandum_of_article company_profile siteURL test comments deleted_at created_at updated_at".split(
      " ",
    ),
  );
});

test("the sentences that clients compare are letter for letter the documented ones", () => {
  expect(fieldRequired("authtoken")).toBe("The authtoken field is required.");
  expect(noSuchProvider(1)).toBe("Service Provider with id (1) does not exist, Please add Service Provider then try");
  expect(noSuchProject(1)).toBe("Project with id (1) does not exist");
  expect(sellerNotAssociated(1)).toBe(
    "Seller with id (1) is not associated to the marketplace operator, Please associate seller then try again",
  );
  expect(messages.wrongAuthtoken).toBe("Invalid authtoken. Does not match any record.");
  expect(messages.alreadyProcessed).toBe("Invalid action. This request has already been processed");
  expect(messages.deliveredAlreadyProcessed).toBe("Invalid request to Process, Order has been already Processed");
});
