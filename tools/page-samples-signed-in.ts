import { disputePage } from "../server/src/http/pages/dispute-page.ts";
import type { DisputeView } from "../server/src/http/pages/dispute-page.ts";
import { loginPage } from "../server/src/http/pages/login-page.ts";
import type { MoneyView } from "../server/src/http/pages/money-page.ts";
import { moneyPage } from "../server/src/http/pages/money-page.ts";
import { operatorPage } from "../server/src/http/pages/operator-page.ts";
import type { OperatorView } from "../server/src/http/pages/operator-page.ts";
import { sellerKeysPage } from "../server/src/http/pages/seller-keys-page.ts";
import type { OrderLine, SellerOrdersView } from "../server/src/http/pages/seller-page.ts";
import { sellerOrderPage, sellerOrdersPage } from "../server/src/http/pages/seller-page.ts";
import type { SellerSettingsView } from "../server/src/http/pages/seller-settings-page.ts";
import { sellerSettingsPage } from "../server/src/http/pages/seller-settings-page.ts";
import { history, offered, orderView, refunded, released, split } from "./page-samples-order.ts";
import type { Sample } from "./page-samples.ts";
import { at, day, nastyName, sampleOrder } from "./page-samples.ts";

const signOut = { url: "/sign-out", hidden: { csrf: "x" } };
const seller = {
  sandbox: true,
  signOut,
  hidden: { csrf: "x" },
  nav: [
    { href: "/seller", text: "Orders", current: true },
    { href: "/seller/keys", text: "Keys" },
    { href: "/seller/settings", text: "Settings" },
  ],
};
const operator = { ...seller, nav: [{ href: "/operator", text: "Overview", current: true }] };

const line: OrderLine = {
  id: 3021,
  url: "/seller/orders/3021",
  shopOrderId: "100045",
  productName: "Espresso machine, reconditioned",
  buyer: "Bola Adeyemi",
  amount: 450_000n,
  currency: "NGN",
  state: "delivered",
  dueAt: at("29T14:05:00"),
  createdAt: at("22T14:00:00"),
};

const orders: SellerOrdersView = {
  ...seller,
  name: "Ada’s Kitchen",
  orders: [line, { ...line, id: 3020, productName: nastyName, state: "completed", dueAt: null, amount: 123_456_789_00n }],
  state: null,
  filterUrl: "/seller",
  newerUrl: null,
  olderUrl: "/seller?before=3020",
  invitations: [{ operatorId: 9, operatorName: "Lagos Market <b>", at: at("20T08:00:00") }],
  invitationUrl: "/seller/invitations",
  done: null,
};

const settings: SellerSettingsView = {
  ...seller,
  actionUrl: "/seller/settings",
  values: {
    callback_url: "https://shop.example/tranche",
    callback_format: "auto",
    callback_token: "documented",
    escrow_fee_bearer: "buyer",
    rail_fee_bearer: "seller",
    provider_fee_bearer: "before_split",
    non_split: "0.00",
    policy: "refund",
    sla: "2",
    cancellation_fee: "200.00",
    max_delivery_days: "7",
    accept_after_days: "",
    origins: "https://shop.example\nhttps://www.shop.example",
    unsigned_checkout: "allow",
    provider_share_limit: "80",
    bank_name: "GTBank",
    bank_code: "058",
    account_number: "0123456789",
    account_name: "Ada Obi",
  },
  reasonsWithFee: ["changed_mind"],
  slaUnit: "days",
  limits: { maxDays: 90, maxCancellationFeePercent: 20, coolingOffHours: 24 },
  errors: [],
  done: "The terms are saved.",
};

const lastPages = {
  alarms_before: null,
  reports_before: null,
  disputes_after: null,
  unapplied_before: null,
  parked_before: null,
  holds_before: null,
  receivables_after: null,
};

const overview: OperatorView = {
  ...operator,
  actionUrl: "/operator",
  now: at("24T12:00:00"),
  disputes: [
    {
      sellerId: 7,
      orderId: 3021,
      url: "/operator/orders/7/3021",
      sellerName: "Ada’s Kitchen",
      amount: 450_000n,
      currency: "NGN",
      since: at("10T12:00:00"),
      ruleBy: at("24T11:00:00"),
      late: true,
      proposed: true,
    },
    {
      sellerId: 8,
      orderId: 3050,
      url: "/operator/orders/8/3050",
      sellerName: "Bello Motors",
      amount: 99_450_000n,
      currency: "NGN",
      since: at("20T12:00:00"),
      ruleBy: at("30T12:00:00"),
      late: false,
      proposed: false,
    },
  ],
  alarms: [{ id: 4, kind: "rule_by", about: "order 3021", says: "The time to decide order 3021 has passed.", at: at("24T11:00:00") }],
  unapplied: [
    {
      sellerId: 1,
      paymentId: 812,
      reference: "ps_unknown_77aa",
      amount: 450_000n,
      currency: "NGN",
      receivedAt: at("24T10:00:00"),
      why: "Nobody knows the reference.",
      unknown: true,
      goesBack: null,
      orderUrl: null,
    },
    {
      sellerId: 7,
      paymentId: 811,
      reference: "tr_pay_9f2c",
      amount: 10_000n,
      currency: "NGN",
      receivedAt: at("23T10:00:00"),
      why: "More than the order asked; it waits for a hold.",
      unknown: false,
      goesBack: "It is on its way back to the payer.",
      orderUrl: "/operator/orders/7/3021",
    },
  ],
  parked: [
    {
      sellerId: 7,
      id: 77,
      kind: "payout",
      payee: "Ada’s Kitchen",
      payeeKind: "seller",
      amount: 383_250n,
      currency: "NGN",
      since: at("23T10:00:00"),
      cause: null,
      freedBy: "The payee’s identity must be verified once; the operator confirms it.",
      sendAgain: false,
      verify: 7,
      orderUrl: "/operator/orders/7/3021",
      orderId: 3021,
    },
    {
      sellerId: 7,
      id: 78,
      kind: "payout",
      payee: "Ada’s Kitchen",
      payeeKind: "seller",
      amount: 75_650n,
      currency: "NGN",
      since: at("23T10:00:00"),
      cause: "The bank returned it.",
      freedBy: "The payee names another account; or send it again once you are sure of the account.",
      sendAgain: true,
      verify: null,
      orderUrl: "/operator/orders/7/3022",
      orderId: 3022,
    },
  ],
  holds: [
    {
      sellerId: 7,
      id: 5,
      reason: "chargeback",
      over: "order 3021",
      url: "/operator/orders/7/3021",
      note: "",
      placedAt: at("23T10:00:00"),
      liftsAt: null,
      liftable: false,
    },
    {
      sellerId: 7,
      id: 6,
      reason: "cooling_off",
      over: "payee: seller Ada’s Kitchen",
      url: null,
      note: "The bank account was changed.",
      placedAt: at("23T10:00:00"),
      liftsAt: at("24T10:00:00"),
      liftable: true,
    },
  ],
  solvency: [
    { currency: "NGN", held: 99_900_000n, owed: 99_850_000n },
    { currency: "USD", held: 10_000n, owed: 12_000n },
  ],
  railEvents: [
    {
      id: 4,
      rail: "sandbox",
      type: "charge.mystery",
      reference: "tr_pay_9f2c",
      receivedAt: at("23T10:00:00"),
      times: 3,
      tries: 1,
      dueAt: null,
      outcome: "unknown_type",
      note: "This kind of report is not known.",
    },
  ],
  receivables: [{ sellerId: 8, sellerName: "Bello Motors", amount: 600_000n, currency: "NGN" }],
  counts: { alarms: 51, railEvents: 1, disputes: 2, unapplied: 2, parked: 130, holds: 2, receivables: 1 },
  next: { ...lastPages, alarms_before: 12, parked_before: "5021" },
  done: null,
  errors: [],
  tried: null,
};

const dispute: DisputeView = {
  ...orderView({ state: "disputed", reason: "damaged", comment: "The tank leaks.", dueAt: at("30T12:00:00") }, [{ action: "rule" }], {
    viewer: "operator",
    offer: { ...offered, party: "buyer" },
  }),
  ...operator,
  actionUrl: "/operator/orders/7/3021",
  buyer: { name: "Bola Adeyemi", email: "bola@mail.example", phone: "+2348030000002" },
  seller: { name: "Ada’s Kitchen", email: "hello@adas.example", phone: "+2348030000001" },
  ruleBy: at("30T12:00:00"),
  draft: null,
  proposal: null,
  holds: [],
};

function sellerSamples(): Sample[] {
  const key = { publicKey: "pk_test_4f9a1c2be7d04411a8a3f20b", madeAt: at("01T10:00:00"), lastUsedAt: at("24T11:59:00"), endsAt: null };
  const keys = { ...seller, actionUrl: "/seller/keys", overlap: 7 * day, done: null };
  const order = orderView({}, [{ action: "deliver" }, { action: "cancel", gets: refunded }], { viewer: "seller", history });
  return [
    {
      name: "login-seller",
      html: loginPage({ sandbox: true, kind: "seller", actionUrl: "/seller/sign-in", hidden: {}, email: "", error: null }),
    },
    {
      name: "login-operator-wrong",
      html: loginPage({
        sandbox: false,
        kind: "operator",
        actionUrl: "/operator/sign-in",
        hidden: {},
        email: "op@tranche.example",
        error: "E-mail and password do not match.",
      }),
    },
    { name: "seller-orders", html: sellerOrdersPage(orders) },
    { name: "seller-orders-empty", html: sellerOrdersPage({ ...orders, orders: [], invitations: [], olderUrl: null, state: "disputed" }) },
    { name: "seller-order", html: sellerOrderPage({ ...order, ...seller }) },
    {
      name: "seller-keys",
      html: sellerKeysPage({
        ...keys,
        keys: [key, { ...key, publicKey: "pk_test_0000aaaabbbbccccddddeeee", endsAt: at("30T10:00:00"), lastUsedAt: null }],
        fresh: { publicKey: key.publicKey, privateKey: "sk_test_1b2c3d4e5f60718293a4b5c6d7e8f9001122334455667788" },
      }),
    },
    { name: "seller-keys-none", html: sellerKeysPage({ ...keys, keys: [], fresh: null }) },
    { name: "seller-settings", html: sellerSettingsPage(settings) },
    {
      name: "seller-settings-wrong-field",
      html: sellerSettingsPage({
        ...settings,
        done: null,
        values: { ...settings.values, max_delivery_days: "900", callback_token: "hmac" },
        errors: [
          { field: "max_delivery_days", message: "Days to deliver must be a whole number from 1 to 90." },
          { field: "policy", message: "Choose one of the two." },
        ],
      }),
    },
  ];
}

/** Seller's and operator's pages. */
export function signedInSamples(): Sample[] {
  const proposal = {
    id: 60,
    partyName: "Ngozi",
    buyerGets: 225_000n,
    madeAt: at("24T10:00:00"),
    expiresAt: at("27T10:00:00"),
    gets: split,
  };
  const none = { disputes: [], alarms: [], unapplied: [], parked: [], holds: [], solvency: [], railEvents: [], receivables: [] };
  const money: MoneyView = {
    ...overview,
    held: overview.solvency,
    rails: ["paystack", "wise"],
    draft: null,
    typed: {},
    tried: null,
  };
  return [
    ...sellerSamples(),
    { name: "operator", html: operatorPage(overview) },
    {
      name: "operator-wrong-field",
      html: operatorPage({ ...overview, tried: "match-812", errors: [{ field: "to_order", message: "Seller 7 has no such order." }] }),
    },
    { name: "money", html: moneyPage(money) },
    {
      name: "money-draft",
      html: moneyPage({
        ...money,
        tried: "change_money",
        typed: { amount: "410000", currency: "NGN", rail: "paystack", to_amount: "1000", to_currency: "USD", to_rail: "wise" },
        draft: { act: "change_money", says: [["You gave", "410,000.00"]], fields: { amount: "410000", key: "k" } },
      }),
    },
    {
      name: "money-wrong-field",
      html: moneyPage({ ...money, tried: "add_float", typed: { amount: "x" }, errors: [{ field: "amount", message: "Not an amount." }] }),
    },
    {
      name: "operator-empty",
      html: operatorPage({
        ...overview,
        ...none,
        counts: { alarms: 0, railEvents: 0, disputes: 0, unapplied: 0, parked: 0, holds: 0, receivables: 0 },
        next: lastPages,
      }),
    },
    {
      name: "dispute",
      html: disputePage({
        ...dispute,
        holds: overview.holds,
        why: ["The dispute waits for a decision.", "Hold 5: the buyer’s bank disputes the payment."],
      }),
    },
    {
      name: "dispute-confirm",
      html: disputePage({ ...dispute, draft: { amount: "2250.00", comment: "Half of it <works>.", gets: split, needsSecond: true } }),
    },
    { name: "dispute-proposal", html: disputePage({ ...dispute, proposal: { ...proposal, own: false } }) },
    {
      name: "dispute-reopen",
      html: disputePage({
        ...dispute,
        order: { ...sampleOrder, state: "resolved", dueAt: null, ending: released },
        escrow: 0n,
        allowed: [{ action: "reopen" }],
        done: "The dispute is decided.",
      }),
    },
  ];
}
