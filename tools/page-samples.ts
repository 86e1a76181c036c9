import type { Order } from "../server/src/domain/order.ts";
import type { OrderTerms } from "../server/src/domain/terms.ts";
import {
  alreadyFundedPage,
  checkoutExpiredPage,
  milestoneInTheWayPage,
  payAgainPage,
  paymentPendingPage,
} from "../server/src/http/pages/checkout-notices.ts";
import type { CheckoutView } from "../server/src/http/pages/checkout-page.ts";
import { checkoutPage } from "../server/src/http/pages/checkout-page.ts";
import { errorPage, refusalView } from "../server/src/http/pages/error-page.ts";
import { sandboxPayPage } from "../server/src/http/pages/sandbox-pay-page.ts";
import { refuse } from "../server/src/domain/refusals.ts";

/** One page with made-up data. */
export interface Sample {
  readonly name: string;
  readonly html: string;
}

export const day = 86_400_000;
export const at = (text: string): Date => new Date(`2026-11-${text}Z`);

export const sampleTerms: OrderTerms = {
  escrowFeeBearer: "buyer",
  railFeeBearer: "seller",
  providerFeeBearer: "before_split",
  exitRailFeeBearer: "platform",
  payoutFee: 5_000n,
  nonSplit: 0n,
  policy: "refund",
  sla: 2,
  freeCancelFor: 2 * day,
  cancellationFee: 20_000n,
  reasonsWithFee: ["changed_mind", "late"],
  maxDeliveryDays: 7,
  deliverFor: 7 * day,
  respondAfterDelivery: 2 * day,
  contestSilenceAfter: day,
  acceptAfter: null,
  returnFor: 7 * day,
  escalateFor: 5 * day,
  ruleFor: 14 * day,
  payFor: day,
  agreeFor: 30 * day,
  offerFor: 3 * day,
  railSilence: 3 * day,
  source: "browser",
};

/** Everything a name from outside may hold: tags, quotes, a word without a break, another script. */
export const nastyName = `<b onclick="alert('x')">Handwoven rug</b> & runner, 2.4 × 3.0 m, "indigo" – ${"Wollteppichmanufaktur".repeat(9)} <script>alert(1)</script> سجادة مصنوعة يدويا ${"with a very long description of its pattern ".repeat(3)}`;

export const sampleOrder: Order = {
  sellerId: 7,
  id: 3021,
  type: 1,
  projectId: null,
  position: null,
  buyerId: 12,
  shopOrderId: "100045",
  state: "funded",
  version: 3,
  stateVersion: 3,
  contactEmail: "ada@example.test",
  contactPhone: "+2348030000000",
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
  terms: sampleTerms,
  details: {
    productName: "Espresso machine, reconditioned",
    productDesc: "With two cups and a grinder.\nServiced in October.",
    deliveryLocation: "14 Allen Avenue, Ikeja, Lagos",
    deliveryDate: "2026-11-26 12:00:00",
    recipient: "+2348030000002",
    callbackUrl: "https://shop.example/return",
    platform: null,
    buyerFirstName: "Bola",
    buyerLastName: "Adeyemi",
    raw: {},
  },
  redeliveries: 0,
  reason: null,
  comment: null,
  ending: null,
  agreeBy: null,
  payBy: at("23T14:05:00"),
  freeCancelUntil: at("24T14:05:00"),
  deliverBy: at("29T14:05:00"),
  respondBy: null,
  acceptBy: null,
  returnBy: null,
  escalateBy: null,
  ruleBy: null,
  dueAt: at("29T14:05:00"),
  createdAt: at("22T14:00:00"),
  updatedAt: at("22T14:05:00"),
  fundedAt: at("22T14:05:00"),
  deliveredAt: null,
  endedAt: null,
  dischargedAt: null,
  digest: "",
};

const unpaid: Order = { ...sampleOrder, state: "awaiting_payment", fundedAt: null, freeCancelUntil: null, deliverBy: null };

const checkout: CheckoutView = {
  sandbox: true,
  payUrl: "/pay/c/abc",
  hidden: { version: "1" },
  backUrl: "https://shop.example/cart",
  shop: { name: "Ada’s Kitchen", email: "hello@adas.example", phone: "+2348030000001", verified: true },
  order: unpaid,
  project: null,
  providerName: null,
  contacts: { email: "bola@mail.example", phone: "+2348030000002", altRecipient: "" },
  alreadyPaid: 0n,
  errors: [],
};

const notice = { sandbox: true, shopName: "Ada’s Kitchen", shopOrderId: "100045", backUrl: "https://shop.example/cart" };

/** All pages of a payment, in all their variants. */
export function paymentSamples(): Sample[] {
  const dollars: Order = {
    ...unpaid,
    currency: "USD",
    amountFx: 16_945n,
    productCost: 6_947_320n,
    escrowFee: 104_210n,
    escrowFeeOfBuyer: 104_210n,
    railFee: 200_000n,
    amount: 7_251_530n,
    net: 6_947_320n,
  };
  return [
    { name: "checkout", html: checkoutPage(checkout) },
    {
      name: "checkout-foreign-nasty",
      html: checkoutPage({
        ...checkout,
        sandbox: false,
        backUrl: null,
        providerName: "Chidi <Transport>",
        project: { id: 88, name: "Kitchen & bath" },
        order: {
          ...dollars,
          terms: { ...sampleTerms, railFeeBearer: "buyer", policy: "replacement", acceptAfter: 3 * day, source: "signed" },
          details: { ...sampleOrder.details, productName: nastyName, productDesc: nastyName },
        },
      }),
    },
    {
      name: "checkout-wrong-field",
      html: checkoutPage({
        ...checkout,
        contacts: { email: "bola@", phone: "", altRecipient: "" },
        errors: [
          { field: "buyer_email", message: "Write the e-mail address with a name, an @ and a domain." },
          { field: "buyer_phone", message: "Give a phone number with its country code." },
        ],
      }),
    },
    { name: "checkout-short", html: checkoutPage({ ...checkout, alreadyPaid: 440_000n }) },
    { name: "checkout-foreign", html: checkoutPage({ ...checkout, foreign: [{ amount: 45_000n, currency: "USD", back: false }] }) },
    {
      name: "payment-pending",
      html: paymentPendingPage({ ...notice, amount: 450_000n, currency: "NGN", refreshUrl: "/pay/c/abc", refreshSeconds: 5 }),
    },
    {
      name: "already-funded",
      html: alreadyFundedPage({ ...notice, orderId: 3021, amount: 450_000n, currency: "NGN", fundedAt: at("22T14:05:00") }),
    },
    { name: "checkout-expired", html: checkoutExpiredPage({ ...notice, expiredAt: at("23T14:05:00") }) },
    {
      name: "pay-again",
      html: payAgainPage({
        ...notice,
        actionUrl: "/pay",
        hidden: { amount: "450000", order_product_name: nastyName },
        amount: 450_000n,
        currency: "NGN",
        earlier: { orderId: 3021, amount: 450_000n, currency: "NGN", fundedAt: at("22T14:05:00") },
      }),
    },
    {
      name: "milestone-in-the-way",
      html: milestoneInTheWayPage({
        ...notice,
        project: { id: 88, name: "Kitchen & bath" },
        milestone: { orderId: 3019, position: 1, name: "Demolition", state: "Delivered, waiting for the buyer’s answer" },
        wouldFree: [
          "You accept or reject the delivery of order 3019.",
          "Or its time limit passes on 25 Nov 2026, 10:00 UTC, and the money goes back to you.",
        ],
      }),
    },
    {
      name: "sandbox-pay",
      html: sandboxPayPage({
        sandbox: true,
        payUrl: "/sandbox/pay/r1",
        hidden: {},
        reference: "tr_pay_9f2c",
        shopName: "Ada’s Kitchen",
        amount: 450_000n,
        currency: "NGN",
        errors: [],
      }),
    },
    {
      name: "sandbox-pay-wrong-field",
      html: sandboxPayPage({
        sandbox: true,
        payUrl: "/sandbox/pay/r1",
        hidden: {},
        reference: "tr_pay_9f2c",
        shopName: "Ada’s Kitchen",
        amount: 450_000n,
        currency: "NGN",
        errors: [{ field: "amount", message: "The amount must be a whole number of kobo." }],
      }),
    },
    {
      name: "error-refusal",
      html: errorPage(refusalView(refuse("callback_not_allowed"), { sandbox: true, requestId: "req-81f", way: null })),
    },
    {
      name: "error-not-found",
      html: errorPage({
        sandbox: false,
        title: "There is nothing here",
        happened: "No page has this address.",
        why: "It was mistyped, or the link has ended.",
        next: "Open the link in the latest message about your order.",
        requestId: "req-81f",
        way: { href: "/", text: "To the first page" },
      }),
    },
  ];
}
