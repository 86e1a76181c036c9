import type { Attempt, Buyer, Disbursement, Hold, Offer, Payment, Project, Provider } from "../domain/facts.ts";
import type { EndingRecord, Order } from "../domain/order.ts";
import type { Seller } from "../domain/seller.ts";
import type { OrderTerms } from "../domain/terms.ts";
import type { Table } from "./table.ts";
import { tableOf } from "./table.ts";

function decodeTerms(json: unknown): OrderTerms {
  const terms = json as OrderTerms;
  return {
    ...terms,
    payoutFee: BigInt(terms.payoutFee),
    nonSplit: BigInt(terms.nonSplit),
    cancellationFee: BigInt(terms.cancellationFee),
  };
}

function decodeEnding(json: unknown): EndingRecord {
  const ending = json as EndingRecord;
  return {
    ...ending,
    buyer: BigInt(ending.buyer),
    seller: BigInt(ending.seller),
    provider: BigInt(ending.provider),
    operator: BigInt(ending.operator),
    escrowFee: BigInt(ending.escrowFee),
    payoutFee: BigInt(ending.payoutFee),
    railFee: BigInt(ending.railFee),
    buyerGets: BigInt(ending.buyerGets),
    cancellationFee: BigInt(ending.cancellationFee),
    repaid: BigInt(ending.repaid),
  };
}

export const orders: Table<Order> = tableOf<Order>(
  "orders",
  {
    sellerId: "id",
    id: "id",
    type: "int",
    projectId: "id",
    position: "int",
    buyerId: "id",
    shopOrderId: "text",
    state: "text",
    version: "int",
    stateVersion: "int",
    lastAction: "text",
    lastParty: "text",
    agreedBeforehand: "bool",
    writtenBy: "text",
    currency: "text",
    bookCurrency: "text",
    amountFx: "amount",
    conversionRatio: "numeric",
    productCost: "amount",
    escrowFee: "amount",
    escrowFeeOfBuyer: "amount",
    railFee: "amount",
    amount: "amount",
    net: "amount",
    lost: "amount",
    chargedBack: "amount",
    providerId: "id",
    share: "int",
    operatorId: "id",
    rail: "text",
    terms: "json",
    details: "json",
    redeliveries: "int",
    contactEmail: "text",
    contactPhone: "text",
    reason: "text",
    comment: "text",
    ending: "json",
    agreeBy: "time",
    payBy: "time",
    freeCancelUntil: "time",
    deliverBy: "time",
    respondBy: "time",
    acceptBy: "time",
    returnBy: "time",
    escalateBy: "time",
    ruleBy: "time",
    dueAt: "time",
    createdAt: "time",
    updatedAt: "time",
    fundedAt: "time",
    deliveredAt: "time",
    endedAt: "time",
    dischargedAt: "time",
    digest: "hex",
  },
  {
    key: ["sellerId", "id"],
    fixed: ["type", "projectId", "shopOrderId", "details", "createdAt"],
    decode: { terms: decodeTerms, ending: decodeEnding },
  },
);

export const payments: Table<Payment> = tableOf<Payment>(
  "payments",
  {
    sellerId: "id",
    id: "id",
    orderId: "id",
    rail: "text",
    reference: "text",
    railReference: "text",
    state: "text",
    version: "int",
    asked: "amount",
    currency: "text",
    received: "amount",
    receivedCurrency: "text",
    unapplied: "amount",
    railFee: "amount",
    disputed: "amount",
    takenAtOnce: "bool",
    chargedBack: "amount",
    settled: "bool",
    contactEmail: "text",
    contactPhone: "text",
    openedAt: "time",
    receivedAt: "time",
    dueAt: "time",
  },
  { key: ["sellerId", "id"], fixed: ["rail", "reference", "openedAt"] },
);

export const disbursements: Table<Disbursement> = tableOf<Disbursement>(
  "disbursements",
  {
    sellerId: "id",
    id: "id",
    kind: "text",
    orderId: "id",
    paymentId: "id",
    payeeKind: "text",
    payeeId: "id",
    source: "text",
    amount: "amount",
    currency: "text",
    rail: "text",
    state: "text",
    version: "int",
    attemptId: "id",
    attempts: "int",
    fault: "text",
    reason: "text",
    details: "json",
    createdAt: "time",
    dueAt: "time",
    concludedAt: "time",
  },
  { key: ["sellerId", "id"], fixed: ["kind", "orderId", "paymentId", "payeeKind", "payeeId", "source", "amount", "currency", "createdAt"] },
);

export const attempts: Table<Attempt> = tableOf<Attempt>(
  "attempts",
  {
    sellerId: "id",
    id: "id",
    reference: "text",
    rail: "text",
    kind: "text",
    amount: "amount",
    currency: "text",
    sentTo: "json",
    state: "text",
    number: "int",
    startedAt: "time",
    endedAt: "time",
    dueAt: "time",
    said: "text",
  },
  { key: ["sellerId", "id"], fixed: ["reference", "rail", "kind", "amount", "currency", "sentTo", "startedAt"] },
);

export const offers: Table<Offer> = tableOf<Offer>(
  "offers",
  {
    sellerId: "id",
    id: "id",
    orderId: "id",
    kind: "text",
    party: "text",
    partyName: "text",
    buyerGets: "amount",
    state: "text",
    version: "int",
    madeAt: "time",
    expiresAt: "time",
  },
  { key: ["sellerId", "id"], fixed: ["orderId", "kind", "party", "partyName", "buyerGets", "madeAt"] },
);

export const holds: Table<Hold> = tableOf<Hold>(
  "holds",
  {
    sellerId: "id",
    id: "id",
    reason: "text",
    scope: "text",
    orderId: "id",
    projectId: "id",
    payeeKind: "text",
    payeeId: "id",
    note: "text",
    state: "text",
    version: "int",
    placedAt: "time",
    liftsAt: "time",
    liftedAt: "time",
  },
  { key: ["sellerId", "id"], fixed: ["reason", "scope", "orderId", "projectId", "payeeKind", "payeeId", "placedAt"] },
);

export const projects: Table<Project> = tableOf<Project>(
  "projects",
  {
    sellerId: "id",
    id: "id",
    buyerId: "id",
    name: "text",
    description: "text",
    startedBy: "text",
    state: "text",
    version: "int",
    createdAt: "time",
    updatedAt: "time",
  },
  { key: ["sellerId", "id"], fixed: ["buyerId", "startedBy", "createdAt"] },
);

export const buyers: Table<Buyer> = tableOf<Buyer>(
  "buyers",
  {
    sellerId: "id",
    id: "id",
    email: "text",
    phone: "text",
    firstName: "text",
    lastName: "text",
    createdAt: "time",
  },
  { key: ["sellerId", "id"], fixed: ["email", "phone", "createdAt"] },
);

export const providers: Table<Provider> = tableOf<Provider>(
  "providers",
  {
    sellerId: "id",
    id: "id",
    type: "int",
    firstName: "text",
    lastName: "text",
    email: "text",
    phone: "text",
    details: "json",
    state: "text",
    version: "int",
    detailsChangedAt: "time",
    createdAt: "time",
    updatedAt: "time",
  },
  { key: ["sellerId", "id"], fixed: ["createdAt"] },
);

export const sellers: Table<Seller> = tableOf<Seller>(
  "sellers",
  {
    id: "id",
    role: "text",
    state: "text",
    version: "int",
    email: "text",
    phone: "text",
    firstName: "text",
    lastName: "text",
    businessName: "text",
    passwordHash: "text",
    callbackUrl: "text",
    callbackFormat: "text",
    callbackToken: "text",
    unsignedCheckout: "text",
    providerShareLimit: "int",
    origins: "texts",
    terms: "json",
    bank: "json",
    bankChangedAt: "time",
    identityVerifiedAt: "time",
    createdAt: "time",
    updatedAt: "time",
  },
  { key: ["id"], fixed: ["createdAt"] },
);
