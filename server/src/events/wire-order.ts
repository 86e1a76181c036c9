import type { WireMoneyOutInput, WireOrder, WirePaymentInput } from "../atarapay/order-object.ts";
import { wireOrder } from "../atarapay/order-object.ts";
import type { OrderView } from "../db/orders.ts";
import type { Disbursement } from "../domain/facts.ts";

/** What of an order's surroundings the wire shows. */
export type WireOrderView = Pick<OrderView, "order" | "buyer" | "payments" | "disbursements">;

/** How each rail is called on the wire. */
const railNames: Readonly<Record<string, string>> = {
  sandbox: "Sandbox",
  paystack: "Paystack",
  flutterwave: "Flutterwave",
  stripe: "Stripe",
  wise: "Wise",
};

/** An order as the wire shows it. The order must have been paid: unpaid ones do not exist there. */
export function wireOrderOf(view: WireOrderView): WireOrder {
  const { order, buyer } = view;
  const { details } = order;
  return wireOrder({
    id: order.id,
    type: order.type,
    sellerId: order.sellerId,
    buyerId: order.buyerId,
    p2p: null,
    isMarketplace: order.operatorId !== null,
    shopOrderId: order.shopOrderId,
    productName: details.productName,
    productDesc: details.productDesc,
    productCost: order.productCost,
    amount: order.amount,
    net: order.net,
    currency: order.currency,
    conversionRatio: order.conversionRatio,
    callbackUrl: details.callbackUrl,
    comment: order.comment,
    deliveryLocation: details.deliveryLocation,
    quantity: null,
    maxDeliveryDays: order.terms.maxDeliveryDays,
    sla: order.terms.sla,
    cancellationFee: order.terms.cancellationFee,
    redeliveries: order.redeliveries,
    state: order.state,
    // A redelivery forgets the first delivery, so a lapsed order with a delivery lapsed while it awaited the buyer.
    lapsedUndelivered: order.state === "lapsed" && order.deliveredAt === null,
    createdAt: order.createdAt,
    updatedAt: order.updatedAt,
    fundedAt: order.fundedAt,
    deliveredAt: order.deliveredAt,
    commissionId: order.providerId,
    gatewayName: railNames[order.rail] ?? order.rail,
    payment: paymentOf(view),
    refund: moneyOut(view.disbursements.find((one) => one.kind === "refund" && !one.source.startsWith("payment:"))),
    payout: moneyOut(view.disbursements.find((one) => one.kind === "payout" && one.payeeKind === "seller")),
    customer: {
      firstName: buyer?.firstName ?? details.buyerFirstName,
      lastName: buyer?.lastName ?? details.buyerLastName,
      phone: buyer?.phone ?? null,
      altPhone: null,
      email: buyer?.email ?? null,
    },
  });
}

function paymentOf(view: WireOrderView): WirePaymentInput | null {
  const payment = view.payments.find((one) => one.received > 0n && one.receivedAt !== null);
  if (payment === undefined || payment.receivedAt === null) return null;
  return {
    id: payment.id,
    reference: payment.reference,
    amount: view.order.amount,
    method: "card",
    succeeded: true,
    paidAt: payment.receivedAt,
  };
}

function moneyOut(one: Disbursement | undefined): WireMoneyOutInput | null {
  if (one === undefined) return null;
  return {
    id: one.id,
    reference: `TR-${one.id}`,
    amount: one.amount,
    currency: one.currency,
    succeeded: one.state === "succeeded",
    createdAt: one.createdAt,
    updatedAt: one.concludedAt ?? one.createdAt,
  };
}
