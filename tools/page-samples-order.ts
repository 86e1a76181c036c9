import { silenceMeans } from "../server/src/domain/deadlines.ts";
import type { WhoGetsWhat } from "../server/src/http/pages/blocks.ts";
import { messagePage, orderPage, orderSummaryPage } from "../server/src/http/pages/order-page.ts";
import type { AllowedStep, HistoryStep, OrderView, ShownOrder } from "../server/src/http/pages/order-view.ts";
import type { Sample } from "./page-samples.ts";
import { at, nastyName, sampleOrder } from "./page-samples.ts";

const nothing = { currency: "NGN", buyer: 0n, seller: 0n, provider: 0n, operator: 0n, escrowFee: 0n, payoutFee: 0n, railFee: 0n };
export const released: WhoGetsWhat = {
  ...nothing,
  seller: 75_650n,
  provider: 302_600n,
  escrowFee: 50_000n,
  payoutFee: 5_000n,
  railFee: 16_750n,
};
export const refunded: WhoGetsWhat = { ...nothing, buyer: 450_000n };
export const refundedLess: WhoGetsWhat = { ...nothing, buyer: 430_000n, seller: 20_000n };
export const split: WhoGetsWhat = {
  ...nothing,
  buyer: 225_000n,
  seller: 37_325n,
  provider: 149_300n,
  escrowFee: 25_000n,
  payoutFee: 5_000n,
  railFee: 8_375n,
};

export const history: readonly HistoryStep[] = [
  { at: at("24T09:30:00"), action: "reject", party: "buyer", said: "It is damaged. The tank leaks <b>everywhere</b>." },
  { at: at("24T08:00:00"), action: "deliver", party: "seller" },
  { at: at("22T14:05:00"), action: "fund", party: "rail" },
  { at: at("22T14:00:00"), action: "open_checkout", party: "buyer" },
];

export function orderView(change: Partial<ShownOrder>, allowed: readonly AllowedStep[], rest: Partial<OrderView> = {}): OrderView {
  const order = { ...sampleOrder, ...change };
  return {
    sandbox: true,
    viewer: "buyer",
    actionUrl: "/l/token",
    hidden: { version: "3" },
    order,
    shopName: "Ada’s Kitchen",
    buyerName: "Bola Adeyemi",
    providerName: "Chidi Transport",
    project: null,
    escrow: order.amount,
    silence: silenceMeans(order),
    clockStopped: false,
    allowed,
    offer: null,
    splitDraft: null,
    codeNeeded: [],
    codeSentTo: null,
    moneyOut: [],
    why: [],
    history,
    done: null,
    tried: null,
    errors: [],
    typed: {},
    ...rest,
  };
}

export const offered = { id: 51, kind: "split", party: "seller", buyerGets: 225_000n, expiresAt: at("27T09:00:00") } as const;
const parked = {
  id: 77,
  kind: "refund",
  amount: 450_000n,
  currency: "NGN",
  state: "parked",
  concludedAt: null,
  payee: null,
  freedBy: "Your card does not take the refund. Give a bank account to which we can send it.",
  accountNeeded: true,
} as const;

function buyerSamples(): Sample[] {
  const delivered = { state: "delivered", dueAt: at("29T14:05:00") } as const;
  const rejected = { state: "rejected", reason: "damaged", comment: "The tank leaks.", dueAt: at("30T09:30:00") } as const;
  return [
    { name: "buyer-funded", html: orderPage(orderView({}, [{ action: "cancel", gets: refunded, fee: 0n }])) },
    {
      name: "buyer-delivered-code",
      html: orderPage(
        orderView(
          { ...delivered, details: { ...sampleOrder.details, productName: nastyName } },
          [{ action: "accept", gets: released }, { action: "reject" }, { action: "offer_split" }],
          {
            codeNeeded: ["accept"],
            codeSentTo: "+234 … 02",
          },
        ),
      ),
    },
    {
      name: "buyer-reject-wrong-field",
      html: orderPage(
        orderView(delivered, [{ action: "accept", gets: released }, { action: "reject" }], {
          tried: "reject",
          errors: [{ field: "reason", message: "Choose a reason for the rejection." }],
          typed: { comment: "It leaks" },
        }),
      ),
    },
    {
      name: "buyer-rejected-offers",
      html: orderPage(
        orderView(rejected, [{ action: "accept", gets: released }, { action: "agree_split", gets: split }, { action: "offer_split" }], {
          offer: offered,
        }),
      ),
    },
    {
      name: "buyer-second-delivery-offered",
      html: orderPage(orderView(rejected, [{ action: "redeliver" }], { offer: { ...offered, kind: "redelivery", buyerGets: null } })),
    },
    {
      name: "buyer-late-cancel",
      html: orderPage(orderView({}, [{ action: "cancel", gets: refundedLess, fee: 20_000n }], { done: "Your comment was kept." })),
    },
    {
      name: "buyer-refund-parked",
      html: orderPage(
        orderView({ state: "cancelled", dueAt: null, ending: refunded }, [{ action: "object" }], {
          escrow: 0n,
          moneyOut: [
            parked,
            { ...parked, id: 78, state: "succeeded", freedBy: null, accountNeeded: false, concludedAt: at("25T10:00:00"), amount: 10_000n },
          ],
          tried: "account-77",
          errors: [{ field: "account_number", message: "The account number has ten digits." }],
          typed: { bank_name: "GTBank", account_number: "12" },
          why: ["A refund waits for your bank account."],
        }),
      ),
    },
    {
      name: "buyer-proposed",
      html: orderPage(
        orderView(
          { state: "proposed", fundedAt: null, dueAt: at("29T14:05:00") },
          [{ action: "agree" }, { action: "expire" }, { action: "amend" }],
          { escrow: 0n },
        ),
      ),
    },
  ];
}

function sellerSamples(): Sample[] {
  const seller = { viewer: "seller" } as const;
  return [
    {
      name: "seller-funded",
      html: orderPage(
        orderView({}, [{ action: "deliver" }, { action: "cancel", gets: refunded }], {
          ...seller,
          project: { id: 88, name: "Kitchen & bath", position: 2 },
        }),
      ),
    },
    {
      name: "seller-rejected",
      html: orderPage(
        orderView(
          { state: "rejected", reason: "changed_mind", dueAt: at("30T09:30:00") },
          [
            { action: "confirm_return", gets: refundedLess, fee: 20_000n },
            { action: "replace" },
            { action: "offer_redelivery" },
            { action: "offer_split" },
            { action: "contest_return" },
            { action: "cancel", gets: refunded },
          ],
          seller,
        ),
      ),
    },
    {
      name: "seller-split-draft",
      html: orderPage(
        orderView(
          { state: "contested", dueAt: at("30T09:30:00") },
          [{ action: "offer_split" }, { action: "escalate" }, { action: "withdraw_dispute", gets: refunded }],
          {
            ...seller,
            splitDraft: { amount: "2250.00", gets: split },
            clockStopped: true,
          },
        ),
      ),
    },
    {
      name: "seller-completed",
      html: orderPage(
        orderView({ state: "completed", dueAt: null, ending: released }, [], {
          ...seller,
          escrow: 0n,
          moneyOut: [
            {
              ...parked,
              id: 80,
              kind: "payout",
              amount: 75_650n,
              state: "succeeded",
              freedBy: null,
              accountNeeded: false,
              concludedAt: at("26T10:00:00"),
            },
            {
              ...parked,
              id: 81,
              kind: "payout",
              amount: 302_600n,
              state: "in_flight",
              freedBy: null,
              accountNeeded: false,
              payee: "service provider Chidi Transport",
            },
          ],
        }),
      ),
    },
    { name: "seller-silence", html: orderPage(orderView({ state: "delivered" }, [{ action: "contest_silence" }], seller)) },
  ];
}

/** The pages behind links. */
export function orderSamples(): Sample[] {
  const summary = {
    sandbox: true,
    viewer: "buyer",
    order: { ...sampleOrder, state: "delivered" },
    shopName: "Ada’s Kitchen",
    escrow: 450_000n,
    hidden: {},
    freshUrl: "/l/token/fresh",
  } as const;
  return [
    ...buyerSamples(),
    ...sellerSamples(),
    { name: "link-stale", html: orderSummaryPage({ ...summary, done: null }) },
    {
      name: "link-done",
      html: orderSummaryPage({
        ...summary,
        order: { ...sampleOrder, state: "accepted", ending: released },
        escrow: 0n,
        done: "You accepted the delivery. The seller is paid.",
      }),
    },
    {
      name: "message",
      html: messagePage({ sandbox: true, title: "A fresh link is on its way", message: "We sent it to the contact you confirmed." }),
    },
  ];
}
