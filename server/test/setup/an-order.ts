import type { Disbursement, Hold, Offer, Payment } from "../../src/domain/facts.ts";
import type { Order } from "../../src/domain/order.ts";
import type { OrderFacts } from "../../src/domain/order-needs.ts";
import type { OrderTerms } from "../../src/domain/terms.ts";

export const hour = 3_600_000;
export const day = 24 * hour;
export const start = new Date("2026-03-02T10:00:00.000Z");

export const someTerms: OrderTerms = {
  escrowFeeBearer: "buyer",
  railFeeBearer: "seller",
  providerFeeBearer: "before_split",
  exitRailFeeBearer: "platform",
  payoutFee: 5_000n,
  nonSplit: 0n,
  policy: "refund",
  sla: null,
  freeCancelFor: null,
  cancellationFee: 0n,
  reasonsWithFee: [],
  maxDeliveryDays: 7,
  deliverFor: 7 * day,
  respondAfterDelivery: 48 * hour,
  contestSilenceAfter: 24 * hour,
  acceptAfter: null,
  returnFor: 7 * day,
  escalateFor: 5 * day,
  ruleFor: 14 * day,
  payFor: 24 * hour,
  agreeFor: 30 * day,
  offerFor: 3 * day,
  railSilence: 72 * hour,
  source: "browser",
};

/** An order of a shop without any deadline, with the sample's amounts. */
export function anOrder(change: Partial<Order>): Order {
  return {
    sellerId: 117,
    id: 3021,
    type: 1,
    projectId: null,
    position: null,
    buyerId: 278,
    shopOrderId: "A-1",
    state: "funded",
    version: 2,
    stateVersion: 2,
    lastAction: "fund",
    lastParty: "rail",
    agreedBeforehand: false,
    writtenBy: "buyer",
    currency: "NGN",
    bookCurrency: "NGN",
    amountFx: null,
    conversionRatio: null,
    productCost: 400_000n,
    escrowFee: 50_000n,
    escrowFeeOfBuyer: 50_000n,
    railFee: 16_750n,
    amount: 450_000n,
    net: 383_250n,
    lost: 0n,
    chargedBack: 0n,
    providerId: null,
    share: null,
    operatorId: null,
    rail: "sandbox",
    terms: someTerms,
    details: {
      productName: "p",
      productDesc: "",
      deliveryLocation: "",
      deliveryDate: "",
      recipient: "",
      callbackUrl: null,
      platform: null,
      buyerFirstName: "B",
      buyerLastName: "B",
      raw: {},
    },
    redeliveries: 0,
    contactEmail: null,
    contactPhone: null,
    reason: null,
    comment: null,
    ending: null,
    agreeBy: null,
    payBy: null,
    freeCancelUntil: null,
    deliverBy: null,
    respondBy: null,
    acceptBy: null,
    returnBy: null,
    escalateBy: null,
    ruleBy: null,
    dueAt: null,
    createdAt: start,
    updatedAt: start,
    fundedAt: start,
    deliveredAt: null,
    endedAt: null,
    dischargedAt: null,
    digest: "0".repeat(64),
    ...change,
  };
}

/** Facts about an order as the buyer who acts now sees them: nothing beside the order itself. */
export function someFacts(change: Partial<OrderFacts> = {}): OrderFacts {
  return {
    order: anOrder({}),
    now: start,
    by: "buyer",
    byName: "buyer:278",
    acting: true,
    input: {},
    escrow: 450_000n,
    payments: [],
    disbursements: [],
    offer: undefined,
    holds: [],
    siblings: [],
    secondOperatorAbove: 0n,
    ...change,
  };
}

export function aPayment(change: Partial<Payment>): Payment {
  return {
    sellerId: 117,
    id: 1,
    orderId: 3021,
    rail: "sandbox",
    reference: "pay_1",
    railReference: null,
    state: "open",
    version: 1,
    asked: 450_000n,
    currency: "NGN",
    received: 0n,
    receivedCurrency: null,
    unapplied: 0n,
    railFee: 0n,
    disputed: 0n,
    takenAtOnce: false,
    chargedBack: 0n,
    settled: false,
    contactEmail: null,
    contactPhone: null,
    openedAt: start,
    receivedAt: null,
    dueAt: null,
    ...change,
  };
}

export function aDisbursement(change: Partial<Disbursement>): Disbursement {
  return {
    sellerId: 117,
    id: 1,
    kind: "payout",
    orderId: 3021,
    paymentId: null,
    payeeKind: "seller",
    payeeId: 117,
    source: "payee:seller:117:payable",
    amount: 383_250n,
    currency: "NGN",
    outAmount: change.amount ?? 383_250n,
    outCurrency: change.currency ?? "NGN",
    rail: "sandbox",
    state: "queued",
    version: 1,
    attemptId: null,
    attempts: 0,
    fault: null,
    reason: null,
    details: null,
    createdAt: start,
    dueAt: null,
    concludedAt: null,
    ...change,
  };
}

export function aHold(change: Partial<Hold>): Hold {
  return {
    sellerId: 117,
    id: 1,
    reason: "operator",
    scope: "order",
    orderId: 3021,
    projectId: null,
    payeeKind: null,
    payeeId: null,
    note: "",
    state: "standing",
    version: 1,
    placedAt: start,
    liftsAt: null,
    liftedAt: null,
    ...change,
  };
}

export function anOffer(change: Partial<Offer>): Offer {
  return {
    sellerId: 117,
    id: 7,
    orderId: 3021,
    kind: "split",
    party: "seller",
    partyName: "seller:117",
    buyerGets: 225_000n,
    state: "open",
    version: 1,
    madeAt: start,
    expiresAt: new Date(start.getTime() + 3 * day),
    ...change,
  };
}
