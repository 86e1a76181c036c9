import { describe, expect, test } from "vitest";
import { Fault, must } from "./fault.ts";
import * as accounts from "./ledger-accounts.ts";
import type { Account, AccountKind } from "./ledger-accounts.ts";

/** Made inside the tests: a name that cannot be made shall fail them, and not keep them from being found. */
const every: [make: () => accounts.AccountId, AccountKind, Partial<Account>][] = [
  [() => accounts.railIncoming("sandbox"), "rail_incoming", { class: "asset", floor: null, party: "rail", rail: "sandbox" }],
  [() => accounts.railCash("wise"), "rail_cash", { class: "asset", floor: null, party: "rail", rail: "wise" }],
  [() => accounts.railOutgoing("sandbox"), "rail_outgoing", { class: "liability", floor: 0n, party: "rail" }],
  [() => accounts.railDisputed("sandbox"), "rail_disputed", { class: "asset", floor: null, party: "rail" }],
  [() => accounts.railFees("sandbox"), "rail_fees", { class: "expense", floor: null, party: "rail" }],
  [() => accounts.orderEscrow(3021), "order_escrow", { class: "liability", floor: 0n, party: "order", partyId: 3021, rail: null }],
  [() => accounts.paymentUnapplied(2532), "payment_unapplied", { class: "liability", floor: 0n, party: "payment", partyId: 2532 }],
  [() => accounts.payeePayable("seller", 7), "payee_payable", { class: "liability", floor: 0n, party: "seller", partyId: 7 }],
  [() => accounts.payeePayable("service_provider", 7), "payee_payable", { floor: 0n, party: "service_provider", partyId: 7 }],
  [() => accounts.payeePayable("operator", 7), "payee_payable", { floor: 0n, party: "operator", partyId: 7 }],
  [() => accounts.buyerRefundable(278), "buyer_refundable", { class: "liability", floor: 0n, party: "buyer", partyId: 278 }],
  [() => accounts.sellerReceivable(7), "seller_receivable", { class: "asset", floor: null, party: "seller", partyId: 7 }],
  [() => accounts.escrowFees, "platform_escrow_fees", { class: "income", floor: null, party: "platform", partyId: null }],
  [() => accounts.payoutFees, "platform_payout_fees", { class: "income", floor: null, party: "platform" }],
  [() => accounts.platformLosses, "platform_losses", { class: "expense", floor: null, party: "platform" }],
  [() => accounts.platformFloat, "platform_float", { class: "equity", floor: null, party: "platform" }],
  [() => accounts.platformFx, "platform_fx", { class: "position", floor: null, party: "platform" }],
  [() => must(accounts.kitAccount("acct:a"), "acct:a"), "kit_account", { class: "liability", floor: 0n, party: "kit", partyId: null }],
  [() => must(accounts.kitAccount("tck:b"), "tck:b"), "kit_account", { floor: 0n, party: "kit" }],
  [() => must(accounts.kitAccount("external:funding"), "external"), "kit_external", { class: "asset", floor: null, party: "kit" }],
];

describe("the chart of accounts", () => {
  test.each(every)("%s is read back as what it is", (make, kind, facts) => {
    const id = make();
    expect(accounts.parseAccount(id)).toMatchObject({ id, kind, ...facts });
    expect(id).toMatch(accounts.accountPattern);
  });

  test("every kind has a function that makes it", () => {
    expect(new Set(every.map(([, kind]) => kind))).toEqual(new Set(Object.keys(accounts.chart)));
  });

  test("exactly the liabilities have the floor 0", () => {
    for (const rule of Object.values(accounts.chart)) expect(rule.floor).toBe(rule.class === "liability" ? 0n : null);
  });

  test("the solvency sum has these kinds on its two sides", () => {
    const on = (side: accounts.SolvencySide) => every.map(([, kind]) => kind).filter((kind) => accounts.owed(kind) === side);
    expect(new Set(on("held"))).toEqual(new Set(["rail_incoming", "rail_cash", "rail_outgoing", "rail_disputed"]));
    expect(new Set(on("owed"))).toEqual(new Set(["order_escrow", "payment_unapplied", "payee_payable", "buyer_refundable"]));
  });

  test.each([
    ["a|b"],
    ["order:1:escrow|"],
    ["order:1:escrow\n"],
    ["order:0:escrow"],
    ["order:01:escrow"],
    ["order:-1:escrow"],
    ["order:1.5:escrow"],
    ["order:1e21:escrow"],
    ["order:9999999999999999:escrow"],
    ["order::escrow"],
    ["Order:1:escrow"],
    ["payee:buyer:1:payable"],
    ["rail:Sandbox:cash"],
    ["rail:a:b:cash"],
    ["rail::cash"],
    ["platform:profit"],
    [""],
  ])("%j is no account", (text) => {
    expect(() => accounts.parseAccount(text)).toThrow(Fault);
  });

  test("the kit's names and nobody else's are read as the kit's", () => {
    for (const text of ["order:1:escrow", "platform:float", "acct:", "acct:a:b", "acct:A", "bank:a", ""]) {
      expect(accounts.kitAccount(text)).toBeUndefined();
    }
  });

  test("what is no account is named in the fault", () => {
    expect(() => accounts.parseAccount("my:pocket")).toThrow(new Fault("not an account of the chart: my:pocket"));
  });

  test("a name is read once and kept, and read anew after very many others", () => {
    const first = accounts.parseAccount("order:1:escrow");
    expect(accounts.parseAccount("order:1:escrow")).toBe(first);
    for (let id = 1; id <= 10_001; id += 1) accounts.parseAccount(`payment:${id}:unapplied`);
    const again = accounts.parseAccount("order:1:escrow");
    expect(again).not.toBe(first);
    expect(again).toEqual(first);
  });

  test("the letters of a name are those the database checks, from its first to its last", () => {
    for (const name of ["A:b", "a:B", "a|b", "|ab", "ab|", ""]) expect(name).not.toMatch(accounts.accountPattern);
  });

  test("no function makes a name outside the chart", () => {
    expect(() => accounts.railCash("pay|stack")).toThrow(Fault);
    expect(() => accounts.railCash("")).toThrow(Fault);
    for (const id of [0, -1, 1.5, Number.NaN, 2 ** 53, 1e21]) expect(() => accounts.orderEscrow(id)).toThrow(Fault);
  });
});

test("all kinds are told, in the chart's order", () => {
  expect(accounts.accountKinds).toEqual(Object.keys(accounts.chart));
});
