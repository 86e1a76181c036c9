import { exit } from "../server/src/domain/ending.ts";
import type { ExitInput } from "../server/src/domain/ending.ts";
import { buyerRefundable, payeePayable, paymentUnapplied } from "../server/src/domain/ledger-accounts.ts";
import * as movements from "../server/src/domain/movements.ts";
import type { Posting } from "../server/src/domain/movements.ts";

/** One thing that happens, and the postings that the server makes of it. */
export interface FlowStep {
  readonly says: string;
  readonly postings: readonly Posting[];
}

export interface Flow {
  readonly title: string;
  readonly steps: readonly FlowStep[];
}

const at = { rail: "sandbox", currency: "NGN" };
const order = { orderId: 3021, sellerId: 117, buyerId: 278, ...at };
const parties = { ...order, serviceProviderId: 7, operatorId: 9 };
const paid = 450_000n;
const [seller, provider] = [payeePayable("seller", 117), payeePayable("service_provider", 7)];
const [refundable, unapplied] = [buyerRefundable(278), paymentUnapplied(2532)];

const alone = { payeeKind: "none", basisPoints: 0, nonSplit: 0n, payoutFee: 5_000n, providerFeeBearer: "before_split" } as const;
const shared = { ...alone, payeeKind: "service_provider", basisPoints: 2_000 } as const;
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
const ended = (change: Partial<ExitInput>) => movements.ending(exit({ ...sample, ...change }), parties);

const step = (says: string, ...postings: (readonly Posting[])[]): FlowStep => ({ says, postings: postings.flat() });
const receive = (received: bigint, fee: bigint, funds = true) => [
  ...movements.payIn({ ...at, paymentId: 2532, received, ...(funds ? { funds: { orderId: 3021, due: paid } } : {}) }),
  ...movements.railFee({ ...at, fee }),
];
const paidIn = step("the buyer pays 450,000, of which the rail keeps 16,750", receive(paid, 16_750n));
const settled = step("the rail settles", movements.settle({ ...at, amount: 433_250n }));
const send = (account: typeof seller, amount: bigint, whom: string, cost = 0n) => [
  step(`${whom} is sent`, movements.sent({ ...at, account, amount })),
  step("the rail says that it arrived", movements.succeeded({ ...at, amount, cost })),
];
const accepted = step("accepted", ended({}));
const opened = step("the buyer's bank disputes it, and the rail takes the money", movements.disputeOpened({ ...at, amount: paid }));
const lost = { ...order, amount: paid };

const dollars = { rail: "wise", currency: "USD" };
const abroad = { account: provider, rail: "wise", currency: "NGN", amount: 5_553_960n, foreignCurrency: "USD", foreignAmount: 13_546n };
const dollarEnding = movements.ending(
  exit({ ...sample, paid: 7_169_200n, escrowFee: 104_212n, railFee: 117_538n, share: shared }),
  parties,
);

/** Every way money moves, played with one order (and one of a dollar shop): product 400,000 kobo, paid 450,000, escrow fee 50,000, rail fee 16,750. */
export const flows: readonly Flow[] = [
  { title: "Accepted, no service provider", steps: [paidIn, settled, accepted, ...send(seller, 383_250n, "the payout", 2_500n)] },
  {
    title: "Accepted, a service provider gets 80 %",
    steps: [paidIn, settled, step("accepted", ended({ share: shared })), ...send(provider, 302_600n, "the provider's payout")],
  },
  {
    title: "Cancelled in time, cancelled by the seller, or returned",
    steps: [paidIn, settled, step("ended", ended({ buyerGets: paid })), ...send(refundable, paid, "the refund")],
  },
  {
    title: "Cancelled late, with a fee of 20,000 shared with a provider (seller 50 %)",
    steps: [
      paidIn,
      settled,
      step("cancelled", ended({ buyerGets: paid, cancellationFee: 20_000n, share: { ...shared, basisPoints: 5_000 } })),
    ],
  },
  { title: "Lapsed", steps: [paidIn, settled, step("lapsed", ended({ buyerGets: paid, keepsEscrowFee: true }))] },
  { title: "Split, the buyer's part 225,000", steps: [paidIn, settled, step("agreed", ended({ buyerGets: 225_000n, share: shared }))] },
  { title: "Ruled: buyer 200,000, seller 250,000", steps: [paidIn, settled, step("ruled", ended({ buyerGets: 200_000n }))] },
  {
    title: "A ruling reopened before anything was sent",
    steps: [paidIn, step("ruled", ended({ buyerGets: 200_000n })), step("reopened", movements.reverse(ended({ buyerGets: 200_000n })))],
  },
  {
    title: "A payout that fails, then arrives, then comes back",
    steps: [
      paidIn,
      settled,
      accepted,
      step("sent", movements.sent({ ...at, account: seller, amount: 383_250n })),
      step("failed", movements.failed({ ...at, account: seller, amount: 383_250n })),
      ...send(seller, 383_250n, "the payout"),
      step("the payee's bank returns it", movements.reversedAfterSuccess({ ...at, account: seller, amount: 383_250n })),
    ],
  },
  {
    title: "Overpaid by 10,000",
    steps: [step("460,000 arrive", receive(460_000n, 16_900n)), ...send(unapplied, 10_000n, "the excess")],
  },
  {
    title: "Paid short, then topped up",
    steps: [
      step("440,000 arrive", receive(440_000n, 16_600n, false)),
      step(
        "10,000 arrive on another payment, and the order is funded",
        movements.payIn({ ...at, paymentId: 2533, received: 10_000n }),
        movements.railFee({ ...at, fee: 150n }),
        movements.applyUnapplied({
          orderId: 3021,
          due: paid,
          currency: "NGN",
          from: [
            { paymentId: 2532, held: 440_000n },
            { paymentId: 2533, held: 10_000n },
          ],
        }),
      ),
    ],
  },
  {
    title: "Paid late, twice, or in a currency that does not fit",
    steps: [step("450,000 arrive and fit nothing", receive(paid, 16_750n, false)), ...send(unapplied, paid, "it")],
  },
  {
    title: "A dispute at the buyer's bank, won",
    steps: [paidIn, settled, opened, step("won", movements.disputeWon({ ...at, amount: paid }))],
  },
  {
    title: "Lost while the money is in escrow",
    steps: [paidIn, settled, opened, step("lost", movements.lostFromEscrow(lost))],
  },
  {
    title: "Lost after the release, nothing sent yet",
    steps: [paidIn, settled, accepted, opened, step("lost", movements.lostAfterRelease(accepted.postings, lost))],
  },
  {
    title: "Lost after the seller was paid; the rail charges 150,000; the next release pays back",
    steps: [
      paidIn,
      settled,
      accepted,
      ...send(seller, 383_250n, "the payout"),
      opened,
      step("lost", movements.lostAfterEnding({ ...lost, unsent: [], refunded: 0n }), movements.disputeFee({ ...order, fee: 150_000n })),
      step(
        "another order of the seller is accepted, and pays towards it",
        receive(paid, 16_750n),
        ended({}),
        movements.payableToReceivable({ sellerId: 117, payable: 383_250n, owed: 600_000n, currency: "NGN" }),
      ),
      step("the rest is written off", movements.writtenOff({ sellerId: 117, amount: 216_750n, currency: "NGN" })),
    ],
  },
  {
    title: "Lost in part, 100,000 of escrow, then accepted",
    steps: [
      paidIn,
      settled,
      step("the rail takes 100,000", movements.disputeOpened({ ...at, amount: 100_000n })),
      step("lost", movements.lostFromEscrow({ ...lost, amount: 100_000n })),
      step("accepted", ended({ lost: 100_000n })),
    ],
  },
  {
    title: "Lost after the buyer was refunded",
    steps: [
      paidIn,
      settled,
      step("returned", ended({ buyerGets: paid })),
      ...send(refundable, paid, "the refund"),
      opened,
      step("lost", movements.lostAfterEnding({ ...lost, unsent: [], refunded: paid })),
    ],
  },
  {
    title: "A service provider paid in dollars, at the frozen rate of 410",
    steps: [
      step(
        "float is added in both currencies",
        movements.floatAdded({ ...at, amount: 10_000_000n }),
        movements.floatAdded({ ...dollars, amount: 20_000n }),
      ),
      step(
        "an order of USD 169.45 (NGN 69,474.50) is paid; buyer bears both fees",
        movements.payIn({ ...at, paymentId: 2532, received: 7_169_200n, funds: { orderId: 3021, due: 7_169_200n } }),
        movements.railFee({ ...at, fee: 117_538n }),
      ),
      step("accepted: a provider gets 80 %", dollarEnding),
      step("its payout is sent as USD 135.46", movements.fxPayout(abroad)),
      step("it fails", movements.reverse(movements.fxPayout(abroad))),
      step("it is sent again", movements.fxPayout(abroad)),
      step("Wise says that it arrived; its fee is the payee's", movements.succeeded({ ...dollars, amount: 13_546n, cost: 0n })),
      step(
        "the payee's bank returns it, and Wise keeps its fee of USD 1.18",
        movements.fxPayoutReversed(abroad),
        movements.keptOfReturn({ ...dollars, kept: 118n }),
      ),
      step("it is sent once more", movements.fxPayout(abroad)),
      step("and arrives", movements.succeeded({ ...dollars, amount: 13_546n, cost: 0n })),
      step(
        "the operator changes the naira that are left over into dollars",
        movements.fxChange({ ...at, amount: 5_553_960n, foreignRail: "wise", foreignCurrency: "USD", foreignAmount: 13_500n }),
      ),
    ],
  },
  {
    title: "The operator's own money",
    steps: [
      step("float is added", movements.floatAdded({ ...at, amount: 1_000_000n })),
      paidIn,
      settled,
      accepted,
      step("earned fees are taken out", movements.feesTaken({ ...at, escrow: 50_000n, payout: 0n })),
    ],
  },
];
