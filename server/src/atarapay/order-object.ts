import { Fault } from "../domain/fault.ts";
import type { OrderState } from "../domain/order-table.ts";
import { wireStatus } from "./status.ts";
import { wireDay, wireTime } from "./timestamp.ts";

/** What the order object is made from. Amounts in kobo of the order's book; times are written in UTC. */
export interface WireOrderInput {
  readonly id: number;
  /** 1 a shop's order, 2 agreed person to person. */
  readonly type: number;
  readonly sellerId: number;
  readonly buyerId: number;
  /** Contacts and bearers, filled only for an order agreed person to person. */
  readonly p2p: WireP2p | null;
  readonly isMarketplace: boolean;
  /** The shop's own order number, as it came. */
  readonly shopOrderId: string;
  readonly productName: string;
  readonly productDesc: string;
  readonly productCost: bigint;
  /** A and N as quoted; they stay so whatever happened later. */
  readonly amount: bigint;
  readonly net: bigint;
  readonly currency: string;
  /** Naira for one unit of the foreign currency, null for a naira order. */
  readonly conversionRatio: string | null;
  readonly callbackUrl: string | null;
  readonly comment: string | null;
  readonly deliveryLocation: string;
  readonly quantity: number | null;
  readonly maxDeliveryDays: number;
  readonly sla: number | null;
  readonly cancellationFee: bigint;
  readonly redeliveries: number;
  readonly state: OrderState;
  /** A lapsed order that was not awaiting the buyer when it lapsed. */
  readonly lapsedUndelivered: boolean;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly fundedAt: Date | null;
  readonly deliveredAt: Date | null;
  /** Id of the order's association with a service provider. */
  readonly commissionId: number | null;
  /** How the rail is shown, for example `Paystack`. */
  readonly gatewayName: string | null;
  readonly payment: WirePaymentInput | null;
  readonly refund: WireMoneyOutInput | null;
  /** The payout of the seller's own part. */
  readonly payout: WireMoneyOutInput | null;
  readonly customer: WireCustomerInput;
}

export interface WireP2p {
  readonly sellerEmail: string | null;
  readonly sellerPhone: string | null;
  readonly buyerEmail: string | null;
  readonly buyerPhone: string | null;
  readonly buyerAltPhone: string | null;
  readonly buyerAccountNumber: string | null;
  readonly buyerBankCode: string | null;
  readonly shippingFeeBearer: string | null;
  readonly escrowFeeBearer: string | null;
  readonly txFeeBearer: string | null;
}

export interface WirePaymentInput {
  readonly id: number;
  readonly reference: string;
  readonly amount: bigint;
  readonly method: string;
  readonly succeeded: boolean;
  readonly paidAt: Date;
}

export interface WireMoneyOutInput {
  readonly id: number;
  readonly reference: string | null;
  readonly amount: bigint;
  readonly currency: string;
  readonly succeeded: boolean;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface WireCustomerInput {
  readonly firstName: string;
  readonly lastName: string;
  readonly phone: string | null;
  readonly altPhone: string | null;
  readonly email: string | null;
}

export type WireOrder = ReturnType<typeof wireOrder>;

/** The status table's rows have times of their own on the wire; nobody reads them. */
const statusRowsMadeAt = "2020-01-01 00:00:00";

/**
 * The wire's order object: every documented key, null where there is nothing, keys in the documented order. A fault for an unpaid order,
 * which the wire does not know.
 */
export function wireOrder(o: WireOrderInput) {
  const status = wireStatus(o.state, o.lapsedUndelivered);
  if (status === null) throw new Fault(`order ${o.id} is unpaid and does not exist on the wire`);
  return {
    id: o.id,
    type: o.type,
    customer_id: o.buyerId,
    beneficiary_merchant_id: o.sellerId,
    seller_email: o.p2p?.sellerEmail ?? null,
    seller_phone: o.p2p?.sellerPhone ?? null,
    buyer_email: o.p2p?.buyerEmail ?? null,
    buyer_phone: o.p2p?.buyerPhone ?? null,
    buyer_alt_phone: o.p2p?.buyerAltPhone ?? null,
    buyer_account_number: o.p2p?.buyerAccountNumber ?? null,
    buyer_bank_code: o.p2p?.buyerBankCode ?? null,
    shipping_fee_bearer: o.p2p?.shippingFeeBearer ?? null,
    escrow_fee_bearer: o.p2p?.escrowFeeBearer ?? null,
    tx_fee_bearer: o.p2p?.txFeeBearer ?? null,
    is_marketplace: o.isMarketplace ? 1 : 0,
    shipping_cost: 0,
    category: null,
    product_id: o.shopOrderId,
    product_name: o.productName,
    product_desc: o.productDesc,
    product_cost: wireAmount(o.productCost),
    started_by: null,
    amount_payed: wireAmount(o.amount),
    amount_net: wireAmount(o.net),
    payment_number: o.payment?.id ?? null,
    payment_ref: o.payment?.reference ?? null,
    gateway_name: o.gatewayName,
    callback_url: o.callbackUrl,
    comment: o.comment,
    delivery_man: 0,
    delivery_location: o.deliveryLocation,
    delivery_city: "",
    delivery_state: "",
    delivery_country: "",
    product_delivery_status: 0,
    transaction_date: wireTime(o.fundedAt ?? o.createdAt),
    delivery_date: wireDay(o.deliveredAt),
    status: {
      id: status.id,
      title: status.title,
      description: status.description,
      deleted_at: null,
      created_at: statusRowsMadeAt,
      updated_at: statusRowsMadeAt,
    },
    state: 0,
    shipping_method: null,
    quantity: o.quantity,
    max_delivery_days: o.maxDeliveryDays,
    extra: null,
    is_additional_services: null,
    additional_service_amount: null,
    sla: o.sla,
    cancellation_fee: wireAmount(o.cancellationFee),
    currency: o.currency,
    conversion_ratio: o.conversionRatio === null ? 1 : Number(o.conversionRatio),
    deleted_at: null,
    created_at: wireTime(o.createdAt),
    updated_at: wireTime(o.updatedAt),
    attempts: o.redeliveries === 0 ? null : o.redeliveries + 1,
    seller_attempts: "",
    cron_status: null,
    sp_order_ref: o.commissionId ?? 0,
    payment: o.payment === null ? null : wirePayment(o.payment),
    refund: o.refund === null ? null : wireRefund(o, o.refund),
    payout: o.payout === null ? null : wirePayout(o, o.payout),
    additional_services: [],
    customers: {
      id: o.buyerId,
      firstname: o.customer.firstName,
      lastname: o.customer.lastName,
      phone_number: o.customer.phone,
      phone_number_alt: o.customer.altPhone,
      email: o.customer.email,
    },
  };
}

/** An amount as a JSON integer of kobo. A fault for one that a number cannot hold exactly. */
export function wireAmount(amount: bigint): number {
  const value = Number(amount);
  if (!Number.isSafeInteger(value)) throw new Fault(`amount ${amount} does not fit the wire`);
  return value;
}

/** `status` is a text and the gateway's answer is spelled so on the wire. */
function wirePayment(p: WirePaymentInput) {
  return {
    id: p.id,
    payment_ref: p.reference,
    amount: wireAmount(p.amount),
    method: p.method,
    status: p.succeeded ? "1" : "0",
    payment_date: wireTime(p.paidAt),
    gateway_response: p.succeeded ? "Successfull" : "Failed",
  };
}

/** Type 7 and seller 0 as in the documented sample of a buyer's cancellation; status 0 not yet sent, 1 succeeded. */
function wireRefund(o: WireOrderInput, r: WireMoneyOutInput) {
  return {
    id: r.id,
    type: 7,
    beneficiary_id: o.buyerId,
    seller_id: 0,
    transaction_id: o.id,
    reference: r.reference,
    amount: wireAmount(r.amount),
    status: r.succeeded ? 1 : 0,
    currency: r.currency,
    updated_at: wireTime(r.updatedAt),
    created_at: wireTime(r.createdAt),
  };
}

/** Type 2 and the documented key order of the sample of a withdrawn dispute; status as of a refund. */
function wirePayout(o: WireOrderInput, p: WireMoneyOutInput) {
  return {
    type: 2,
    beneficiary_id: o.sellerId,
    seller_id: o.sellerId,
    transaction_id: o.id,
    reference: p.reference,
    amount: wireAmount(p.amount),
    status: p.succeeded ? 1 : 0,
    currency: p.currency,
    updated_at: wireTime(p.updatedAt),
    created_at: wireTime(p.createdAt),
    id: p.id,
  };
}
