import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { exit } from "./ending.ts";
import type { ExitInput } from "./ending.ts";
import { Fault } from "./fault.ts";
import * as accounts from "./ledger-accounts.ts";
import type { AccountId } from "./ledger-accounts.ts";
import * as movements from "./movements.ts";
import type { Posting } from "./movements.ts";

const { escrowFees, payoutFees, platformFloat, platformFx, platformLosses, orderEscrow, payeePayable, paymentUnapplied } = accounts;
const { railCash, railOutgoing, owed, parseAccount } = accounts;

/** Accounts in memory, credit positive, with the floors of the chart. */
class Ledger {
  readonly balances = new Map<string, bigint>();

  post(postings: readonly Posting[]): this {
    for (const { debit, credit, amount, currency } of postings) {
      if (amount <= 0n) throw new Fault(`a posting of ${amount}`);
      this.#add(debit, currency, -amount);
      this.#add(credit, currency, amount);
    }
    return this;
  }

  #add(account: AccountId, currency: string, change: bigint): void {
    const { floor } = parseAccount(account);
    const after = this.balance(account, currency) + change;
    if (floor !== null && after < floor) throw new Fault(`${account} would fall to ${after}`);
    this.balances.set(`${account}|${currency}`, after);
  }

  balance(account: AccountId, currency = "NGN"): bigint {
    return this.balances.get(`${account}|${currency}`) ?? 0n;
  }

  /** Debit-normal balance: what an asset or an expense stands at. */
  debit(account: AccountId, currency = "NGN"): bigint {
    return -this.balance(account, currency);
  }

  /** What is held less what is owed. */
  surplus(currency = "NGN"): bigint {
    let surplus = 0n;
    for (const [key, balance] of this.balances) {
      const [account = "", of] = key.split("|");
      if (of === currency && owed(parseAccount(account).kind) !== "none") surplus -= balance;
    }
    return surplus;
  }
}

const at = { rail: "sandbox", currency: "NGN" };
const order = { orderId: 3021, sellerId: 117, buyerId: 278, ...at };
const paid = 450_000n;
const escrow = orderEscrow(order.orderId);
const unapplied = paymentUnapplied(1);
const refundable = accounts.buyerRefundable(order.buyerId);
const payable = payeePayable("seller", order.sellerId);
const receivable = accounts.sellerReceivable(order.sellerId);
const provider = payeePayable("service_provider", 7);
const [incoming, cash, outgoing] = [accounts.railIncoming("sandbox"), railCash("sandbox"), railOutgoing("sandbox")];
const [disputed, fees] = [accounts.railDisputed("sandbox"), accounts.railFees("sandbox")];

const alone = { payeeKind: "none", basisPoints: 0, nonSplit: 0n, payoutFee: 5000n, providerFeeBearer: "before_split" } as const;
const withProvider = (percent: number) => ({ ...alone, payeeKind: "service_provider", basisPoints: percent * 100 }) as const;
const sample: ExitInput = {
  paid,
  escrowFee: 50_000n,
  railFee: 16_750n,
  lost: 0n,
  buyerGets: 0n,
  keepsEscrowFee: false,
  cancellationFee: 0n,
  exitRailFeeBearer: "platform",
  share: alone,
};

const funded = (amount = paid, fee = 16_750n) =>
  new Ledger()
    .post(movements.payIn({ ...at, paymentId: 1, received: amount, funds: { orderId: order.orderId, due: amount } }))
    .post(movements.railFee({ ...at, fee }));
const settled = () => funded().post(movements.settle({ ...at, amount: 433_250n }));
const endingOf = (change: Partial<ExitInput> = {}) =>
  movements.ending(exit({ ...sample, ...change }), { ...order, serviceProviderId: 7, operatorId: 9 });
/** Pays out everything that waits on an account. */
const pay = (ledger: Ledger, account: AccountId, cost = 0n) => {
  const amount = ledger.balance(account);
  return ledger.post(movements.sent({ ...at, account, amount })).post(movements.succeeded({ ...at, amount, cost }));
};

describe("money in", () => {
  test("an exact payment funds the order, and the rail's fee comes off what it holds", () => {
    const ledger = funded();
    expect(ledger.balance(escrow)).toBe(450_000n);
    expect(ledger.debit(incoming)).toBe(433_250n);
    expect(ledger.debit(fees)).toBe(16_750n);
  });

  test("settling leaves nothing incoming", () => {
    const ledger = settled();
    expect(ledger.debit(incoming)).toBe(0n);
    expect(ledger.debit(cash)).toBe(433_250n);
  });

  test("what is overpaid is unapplied, is sent back, and leaves the platform its dearer fee", () => {
    const ledger = new Ledger()
      .post(movements.payIn({ ...at, paymentId: 1, received: 460_000n, funds: { orderId: order.orderId, due: paid } }))
      .post(movements.railFee({ ...at, fee: 16_900n }));
    expect([ledger.balance(escrow), ledger.balance(unapplied), ledger.debit(incoming)]).toEqual([450_000n, 10_000n, 443_100n]);
    pay(ledger.post(movements.settle({ ...at, amount: 443_100n })), unapplied).post(endingOf());
    expect([ledger.balance(unapplied), ledger.debit(fees), ledger.balance(escrow)]).toEqual([0n, 150n, 0n]);
  });

  test("a short payment is unapplied until a top-up makes it whole", () => {
    const ledger = new Ledger()
      .post(movements.payIn({ ...at, paymentId: 1, received: 440_000n, funds: { orderId: order.orderId, due: paid } }))
      .post(movements.payIn({ ...at, paymentId: 2, received: 10_000n }));
    expect([ledger.balance(escrow), ledger.balance(unapplied)]).toEqual([0n, 440_000n]);
    const from = [
      { paymentId: 1, held: 440_000n },
      { paymentId: 2, held: 10_000n },
    ];
    ledger.post(movements.applyUnapplied({ orderId: order.orderId, due: paid, currency: "NGN", from }));
    expect([ledger.balance(escrow), ledger.balance(unapplied), ledger.balance(paymentUnapplied(2))]).toEqual([450_000n, 0n, 0n]);
  });

  test("what a top-up has too much stays unapplied, and too little funds nothing", () => {
    const from = [
      { paymentId: 1, held: 440_000n },
      { paymentId: 2, held: 30_000n },
    ];
    const funding = { orderId: order.orderId, due: paid, currency: "NGN", from };
    expect(movements.applyUnapplied(funding)).toEqual([
      { debit: unapplied, credit: escrow, amount: 440_000n, currency: "NGN" },
      { debit: paymentUnapplied(2), credit: escrow, amount: 10_000n, currency: "NGN" },
    ]);
    expect(() => movements.applyUnapplied({ ...funding, due: 470_001n })).toThrow(Fault);
  });

  test.each([
    ["late", "NGN"],
    ["second", "NGN"],
    ["wrong currency", "USD"],
    ["unknown, in the house's book", "NGN"],
  ])("a %s payment is unapplied and goes back whole, at the platform's cost", (_name, currency) => {
    const here = { ...at, currency };
    const ledger = new Ledger()
      .post(movements.payIn({ ...here, paymentId: 1, received: paid }))
      .post(movements.railFee({ ...here, fee: 16_750n }))
      .post(movements.sent({ ...here, account: unapplied, amount: paid }))
      .post(movements.succeeded({ ...here, amount: paid, cost: 0n }));
    expect([ledger.balance(unapplied, currency), ledger.balance(outgoing, currency)]).toEqual([0n, 0n]);
    expect([ledger.debit(fees, currency), ledger.debit(cash, currency)]).toEqual([16_750n, -450_000n]);
  });
});

describe("endings", () => {
  const credited = (change: Partial<ExitInput>) => {
    const ledger = funded().post(endingOf(change));
    expect(ledger.balance(escrow)).toBe(0n);
    return [refundable, escrowFees, payoutFees, payable, provider]
      .map((account) => Number(ledger.balance(account)))
      .concat(Number(ledger.debit(fees)));
  };

  // refundable, escrow fees, payout fees, seller, provider; the platform's rail cost
  test.each<[string, Partial<ExitInput>, number[]]>([
    ["accept", {}, [0, 50_000, 0, 383_250, 0, 0]],
    ["accept, c 20", { share: withProvider(20) }, [0, 50_000, 5000, 75_650, 302_600, 0]],
    ["cancel in time, return", { buyerGets: paid }, [450_000, 0, 0, 0, 0, 16_750]],
    ["late cancel, c 50", { buyerGets: paid, cancellationFee: 20_000n, share: withProvider(50) }, [430_000, 0, 5000, 7500, 7500, 16_750]],
    ["lapse", { buyerGets: paid, keepsEscrowFee: true }, [400_000, 50_000, 0, 0, 0, 16_750]],
    ["split, c 20", { buyerGets: 225_000n, share: withProvider(20) }, [225_000, 25_000, 5000, 37_325, 149_300, 8375]],
    ["ruling, c 20", { buyerGets: 200_000n, share: withProvider(20) }, [200_000, 27_778, 5000, 41_583, 166_333, 7444]],
  ])("%s empties escrow", (_name, change, expected) => {
    expect(credited(change)).toEqual(expected);
  });

  test("seller bears all, and buyer bears all", () => {
    const seller = funded(400_000n, 16_000n).post(endingOf({ paid: 400_000n, railFee: 16_000n }));
    expect([seller.balance(payable), seller.balance(escrow), seller.debit(fees)]).toEqual([334_000n, 0n, 0n]);
    const buyer = funded(467_005n, 17_005n).post(endingOf({ paid: 467_005n, railFee: 17_005n }));
    expect([buyer.balance(payable), buyer.balance(escrow), buyer.debit(fees)]).toEqual([400_000n, 0n, 0n]);
  });

  test("the rail's real fee less the quoted one is the platform's", () => {
    expect(funded(paid, 17_000n).post(endingOf()).debit(fees)).toBe(250n);
  });

  test("a marketplace operator is paid in the seller's book", () => {
    const ledger = funded().post(endingOf({ share: { ...withProvider(20), payeeKind: "operator" } }));
    expect([ledger.balance(payeePayable("operator", 9)), ledger.balance(payable)]).toEqual([75_650n, 302_600n]);
  });

  test("a payee that the order does not have is a fault", () => {
    const shared = exit({ ...sample, share: withProvider(20) });
    expect(() => movements.ending(shared, order)).toThrow(new Fault("an ending pays a service_provider that the order does not have"));
    const marketplace = exit({ ...sample, share: { ...withProvider(20), payeeKind: "operator" } });
    expect(() => movements.ending(marketplace, { ...order, serviceProviderId: 7 })).toThrow(Fault);
  });

  test("a reopened ruling puts all of it back into escrow", () => {
    const ruled = endingOf({ buyerGets: 200_000n, share: withProvider(20) });
    const ledger = funded().post(ruled).post(movements.reverse(ruled));
    expect(ledger.balance(escrow)).toBe(450_000n);
    expect([refundable, escrowFees, payoutFees, payable, provider].map((account) => ledger.balance(account))).toEqual([0n, 0n, 0n, 0n, 0n]);
  });
});

describe("money out", () => {
  const released = () => settled().post(endingOf());
  const v = 383_250n;
  const sending = { ...at, account: payable, amount: v };

  test("sent money is neither owed nor paid yet", () => {
    const ledger = released().post(movements.sent(sending));
    expect([ledger.balance(payable), ledger.balance(outgoing), ledger.debit(cash)]).toEqual([0n, v, 433_250n]);
  });

  test("success leaves nothing outgoing, and the rail's cost is the platform's", () => {
    const ledger = pay(released(), payable, 1000n);
    expect([ledger.balance(outgoing), ledger.debit(cash), ledger.debit(fees)]).toEqual([0n, 433_250n - v - 1000n, 1000n]);
  });

  test("after a failure, and after a reversal of a success, the payee is still owed", () => {
    const after = released().post(movements.sent(sending)).post(movements.failed(sending));
    expect([after.balance(payable), after.balance(outgoing)]).toEqual([v, 0n]);
    const back = pay(released(), payable).post(movements.reversedAfterSuccess(sending));
    back.post(movements.keptOfReturn({ ...at, kept: 118n }));
    expect([back.balance(payable), back.debit(cash), back.debit(fees)]).toEqual([v, 433_132n, 118n]);
  });

  test("nothing but payables, refunds and unapplied money can be sent", () => {
    for (const account of [escrow, cash, escrowFees, receivable]) {
      expect(() => movements.sent({ ...sending, account })).toThrow(Fault);
      expect(() => movements.failed({ ...sending, account })).toThrow(Fault);
      expect(() => movements.reversedAfterSuccess({ ...sending, account })).toThrow(Fault);
    }
  });

  test("a refund is sent like a payout", () => {
    const ledger = pay(
      settled()
        .post(movements.floatAdded({ ...at, amount: 16_750n }))
        .post(endingOf({ buyerGets: paid })),
      refundable,
    );
    expect([ledger.balance(refundable), ledger.balance(outgoing), ledger.debit(cash)]).toEqual([0n, 0n, 0n]);
  });
});

describe("disputes with the buyer's bank", () => {
  const opened = (ledger: Ledger) => ledger.post(movements.disputeOpened({ ...at, amount: paid }));
  const loss = { ...order, amount: paid };

  test("a dispute takes cash, a won one gives it back", () => {
    const ledger = opened(settled());
    expect([ledger.debit(disputed), ledger.debit(cash)]).toEqual([450_000n, -16_750n]);
    ledger.post(movements.disputeWon({ ...at, amount: paid }));
    expect([ledger.debit(disputed), ledger.debit(cash), ledger.balance(escrow)]).toEqual([0n, 433_250n, 450_000n]);
  });

  test("lost while in escrow: escrow pays, the rail's fee stays with the platform", () => {
    const ledger = opened(settled()).post(movements.lostFromEscrow(loss));
    expect([ledger.balance(escrow), ledger.debit(disputed), ledger.debit(fees)]).toEqual([0n, 0n, 16_750n]);
  });

  test("lost after a release of which nothing was sent: the release is undone", () => {
    const release = endingOf({ share: withProvider(20) });
    const ledger = opened(settled()).post(release).post(movements.lostAfterRelease(release, loss));
    expect([escrow, payable, provider, escrowFees, payoutFees, disputed].map((account) => ledger.balance(account))).toEqual(
      Array(6).fill(0n),
    );
    expect(ledger.debit(fees)).toBe(16_750n);
  });

  test("lost after all was paid out: the seller owes it and the rail's dispute fee, and repays from the next release", () => {
    const ledger = opened(pay(settled().post(endingOf()), payable))
      .post(movements.lostAfterEnding({ ...loss, unsent: [], refunded: 0n }))
      .post(movements.disputeFee({ ...at, sellerId: order.sellerId, fee: 150_000n }));
    expect([ledger.debit(receivable), ledger.debit(disputed)]).toEqual([600_000n, 0n]);
    const next = { ...order, orderId: 3022 };
    ledger.post(movements.payIn({ ...at, paymentId: 2, received: paid, funds: { orderId: 3022, due: paid } }));
    ledger.post(movements.ending(exit(sample), next));
    const owing = { sellerId: order.sellerId, payable: 383_250n, owed: ledger.debit(receivable), currency: "NGN" };
    ledger.post(movements.payableToReceivable(owing));
    expect([ledger.debit(receivable), ledger.balance(payable)]).toEqual([216_750n, 0n]);
    ledger.post(movements.writtenOff({ sellerId: order.sellerId, amount: 216_750n, currency: "NGN" }));
    expect([ledger.debit(receivable), ledger.debit(platformLosses)]).toEqual([0n, 216_750n]);
  });

  test.each([[100n], [0n]])("a seller who owes %s keeps the rest of the release", (owes) => {
    const postings = movements.payableToReceivable({ sellerId: order.sellerId, payable: 383_250n, owed: owes, currency: "NGN" });
    expect(postings).toEqual(owes === 0n ? [] : [{ debit: payable, credit: receivable, amount: owes, currency: "NGN" }]);
  });

  test("lost after part was paid out: what was not sent pays first", () => {
    const ledger = opened(pay(settled().post(endingOf({ share: withProvider(20) })), payable)).post(
      movements.lostAfterEnding({ ...loss, unsent: [{ account: provider, amount: 302_600n }], refunded: 0n }),
    );
    expect([ledger.balance(provider), ledger.debit(receivable), ledger.debit(disputed)]).toEqual([0n, 147_400n, 0n]);
  });

  test("lost after the buyer was refunded: the platform's loss", () => {
    const ledger = opened(pay(settled().post(endingOf({ buyerGets: paid })), refundable)).post(
      movements.lostAfterEnding({ ...loss, unsent: [], refunded: paid }),
    );
    expect([ledger.debit(platformLosses), ledger.debit(receivable), ledger.debit(disputed)]).toEqual([450_000n, 0n, 0n]);
  });

  test("lost after a split that was paid out: the refunded half is the platform's loss, the seller owes the other", () => {
    const split = pay(pay(settled().post(endingOf({ buyerGets: 225_000n })), refundable), payable);
    const ledger = opened(split).post(movements.lostAfterEnding({ ...loss, unsent: [], refunded: 225_000n }));
    expect([ledger.debit(platformLosses), ledger.debit(receivable), ledger.debit(disputed)]).toEqual([225_000n, 225_000n, 0n]);
  });

  test("lost in part, then accepted: the release bears its part of the fees", () => {
    const ledger = settled()
      .post(movements.disputeOpened({ ...at, amount: 100_000n }))
      .post(movements.lostFromEscrow({ ...loss, amount: 100_000n }))
      .post(endingOf({ lost: 100_000n }));
    expect([ledger.balance(escrow), ledger.balance(escrowFees), ledger.balance(payable)]).toEqual([0n, 38_889n, 298_083n]);
    expect(ledger.debit(fees)).toBe(16_750n - 13_028n);
  });
});

describe("the platform's own money", () => {
  test("float is added to cash, earned fees are taken from it, and the books stay solvent", () => {
    const ledger = settled()
      .post(movements.floatAdded({ ...at, amount: 20_000n }))
      .post(endingOf({ share: withProvider(20) }));
    expect([ledger.debit(cash), ledger.balance(platformFloat)]).toEqual([453_250n, 20_000n]);
    ledger.post(movements.feesTaken({ ...at, escrow: 50_000n, payout: 5000n }));
    expect([ledger.debit(cash), ledger.balance(escrowFees), ledger.balance(payoutFees)]).toEqual([398_250n, 0n, 0n]);
    expect(ledger.surplus()).toBe(20_000n);
  });
});

describe("two currencies", () => {
  const usd = { currency: "NGN", amount: 5_553_960n, foreignCurrency: "USD", foreignAmount: 13_546n };
  const payout = { ...usd, account: provider, rail: "wise" };
  const [wiseOut, wiseCash] = [railOutgoing("wise"), railCash("wise")];
  const owing = () => new Ledger().post([{ debit: cash, credit: provider, amount: 5_553_960n, currency: "NGN" }]);

  test("a payout in dollars takes naira from the payee and dollars from the rail; the position carries both", () => {
    const ledger = owing().post(movements.fxPayout(payout));
    expect([ledger.balance(provider), ledger.balance(wiseOut, "USD")]).toEqual([0n, 13_546n]);
    ledger.post(movements.succeeded({ rail: "wise", currency: "USD", amount: 13_546n, cost: 0n }));
    expect([ledger.balance(wiseOut, "USD"), ledger.debit(wiseCash, "USD")]).toEqual([0n, -13_546n]);
    expect([ledger.balance(platformFx, "NGN"), ledger.balance(platformFx, "USD")]).toEqual([5_553_960n, -13_546n]);
    ledger.post(movements.fxChange({ ...usd, amount: 5_560_000n, rail: "paystack", foreignRail: "wise" }));
    expect([ledger.balance(platformFx, "NGN"), ledger.balance(platformFx, "USD")]).toEqual([-6040n, 0n]);
    expect([ledger.debit(railCash("paystack")), ledger.debit(wiseCash, "USD")]).toEqual([-5_560_000n, 0n]);
  });

  test("one that fails is reversed, one that comes back later is owed again: the position is closed either way", () => {
    const out = movements.fxPayout(payout);
    const after = owing().post(out).post(movements.reverse(out));
    const back = owing()
      .post(out)
      .post(movements.succeeded({ rail: "wise", currency: "USD", amount: 13_546n, cost: 0n }));
    back.post(movements.fxPayoutReversed(payout));
    for (const ledger of [after, back]) {
      expect([ledger.balance(provider), ledger.balance(platformFx, "USD")]).toEqual([5_553_960n, 0n]);
      expect([ledger.balance(platformFx, "NGN"), ledger.balance(wiseOut, "USD"), ledger.balance(wiseCash, "USD")]).toEqual([0n, 0n, 0n]);
    }
  });
});

test("a reversal turns every posting round and undoes the last first", () => {
  const both = [1n, 2n].flatMap((amount) => movements.settle({ ...at, amount }));
  expect(movements.reverse(both)).toEqual([2n, 1n].map((amount) => ({ debit: incoming, credit: cash, amount, currency: "NGN" })));
});

test("no posting is of nothing or less", () => {
  expect(movements.settle({ ...at, amount: 0n })).toEqual([]);
  expect(() => movements.settle({ ...at, amount: -1n })).toThrow(/^a posting from rail:\w+:cash to rail:\w+:incoming of -1$/);
});

test("an order of any size ends with empty escrow, and the reversal brings every kobo back", () => {
  fc.assert(
    fc.property(fc.bigInt(1n, 10n ** 13n), fc.nat(10_000), fc.integer({ min: 0, max: 10_000 }), (amount, points, share) => {
      const input: ExitInput = {
        ...sample,
        paid: amount,
        escrowFee: amount / 9n,
        railFee: amount / 60n,
        buyerGets: (amount * BigInt(points)) / 10_000n,
        share: { ...withProvider(0), basisPoints: share },
      };
      const release = endingOf(input);
      const ledger = funded(amount, 0n).post(release);
      const emptied = ledger.balance(escrow) === 0n;
      return emptied && ledger.post(movements.reverse(release)).balance(escrow) === amount;
    }),
    { numRuns: fc.readConfigureGlobal().numRuns ?? 2_000 },
  );
});
