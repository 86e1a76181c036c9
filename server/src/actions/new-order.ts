import type { Quote } from "../domain/fees.ts";
import type { Party } from "../domain/machine.ts";
import type { Order, OrderDetails } from "../domain/order.ts";
import type { OrderTerms } from "../domain/terms.ts";
import { firstOrderDigest } from "../ledger/chain.ts";
import type { Book } from "./book.ts";

/** An order that does not exist yet, as its first step finds it. */
export function blankOrder(
  book: Book,
  fields: Pick<
    Order,
    | "id"
    | "type"
    | "projectId"
    | "buyerId"
    | "shopOrderId"
    | "currency"
    | "amountFx"
    | "conversionRatio"
    | "providerId"
    | "share"
    | "operatorId"
  > & {
    readonly rail: string;
    readonly quote: Quote;
    readonly terms: OrderTerms;
    readonly details: OrderDetails;
    readonly by: Party;
    readonly position: number | null;
    readonly state: "proposed" | "awaiting_payment";
  },
): Order {
  const { quote, by, state, ...rest } = fields;
  return {
    ...rest,
    sellerId: book.sellerId,
    state,
    version: 0,
    stateVersion: 0,
    lastAction: state === "proposed" ? "propose" : "open_checkout",
    lastParty: by,
    agreedBeforehand: state === "proposed",
    writtenBy: by,
    bookCurrency: "NGN",
    productCost: quote.productCost,
    escrowFee: quote.escrowFee,
    escrowFeeOfBuyer: quote.escrowFeeOfBuyer,
    railFee: quote.railFee,
    amount: quote.amount,
    net: quote.net,
    lost: 0n,
    chargedBack: 0n,
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
    createdAt: book.now,
    updatedAt: book.now,
    fundedAt: null,
    deliveredAt: null,
    endedAt: null,
    dischargedAt: null,
    digest: firstOrderDigest,
  };
}
