import { Fault } from "./fault.ts";
import type { ExitRailFeeBearer, ProviderFeeBearer } from "./fees.ts";
import { greatest, halfUpDiv, least } from "./money.ts";
import { refuse } from "./refusals.ts";
import type { Refusal } from "./refusals.ts";
import { splitByPercent, wholeInBasisPoints } from "./split.ts";

/** Who else is paid beside the order's own seller: a service provider, a marketplace operator, or nobody. */
export type SharingPayee = "service_provider" | "operator" | "none";

/** How the seller's side divides what it gets. Amounts in kobo. */
export interface ShareTerms {
  readonly payeeKind: SharingPayee;
  /** c: the seller's part beside a service provider, the operator's part in a marketplace; 0 to 10,000. Without a payee it means nothing. */
  readonly basisPoints: number;
  /** What the seller gets before the rest is divided, on a full release; less in proportion to a smaller one. */
  readonly nonSplit: bigint;
  /** F: what the other payee's payout costs; taken once, and only if that payee is paid. */
  readonly payoutFee: bigint;
  readonly providerFeeBearer: ProviderFeeBearer;
}

/** What an ending needs to know, all in kobo and all from the frozen quote and terms, except `buyerGets` and `lost`. */
export interface ExitInput {
  /** A: what the buyer paid. */
  readonly paid: bigint;
  /** E: the whole escrow fee. */
  readonly escrowFee: bigint;
  /** R: the quoted pay-in fee. */
  readonly railFee: bigint;
  /** q: what a chargeback has already taken from this escrow. */
  readonly lost: bigint;
  /** x: the buyer's gross part of A, from 0 (all released) to A (all refunded); what was `lost` counts as part of it. */
  readonly buyerGets: bigint;
  /** A lapse: the escrow fee is kept although the money goes back. */
  readonly keepsEscrowFee: boolean;
  /** C: what the buyer owes the seller's side for a late cancellation or a listed reason; 0 if nothing. */
  readonly cancellationFee: bigint;
  readonly exitRailFeeBearer: ExitRailFeeBearer;
  readonly share: ShareTerms;
}

/** Where an ended order's money goes, in kobo. The first seven sum to A − `lost` exactly, and none is negative. */
export interface Ending {
  readonly buyer: bigint;
  readonly seller: bigint;
  readonly provider: bigint;
  readonly operator: bigint;
  readonly escrowFeeKept: bigint;
  readonly payoutFee: bigint;
  readonly railFeeRecovered: bigint;
  readonly lost: bigint;
}

/** A divided amount: the seller's part, the other payee's, and the fee for paying the latter. They sum to what was divided. */
export interface Shared {
  readonly seller: bigint;
  readonly payee: bigint;
  readonly payoutFee: bigint;
}

/** Takes a fee from one part and, where that is too small, the remainder from the other. */
function bear(fee: bigint, bearer: bigint, other: bigint): [bearer: bigint, other: bigint] {
  const borne = least(fee, bearer);
  return [bearer - borne, other - least(fee - borne, other)];
}

/**
 * Divides n between the seller and the other payee: F first (or from the one who bears it), then the seller's non-split part, then by
 * percentage. A payee who would get nothing costs no fee: then all of n is the seller's.
 */
export function share(n: bigint, nonSplit: bigint, terms: ShareTerms): Shared {
  const allSellers: Shared = { seller: n, payee: 0n, payoutFee: 0n };
  if (terms.payeeKind === "none") return allSellers;
  const fee = least(terms.payoutFee, n);
  const divided = terms.providerFeeBearer === "before_split" ? n - fee : n;
  const own = least(nonSplit, divided);
  const sellersBasisPoints = terms.payeeKind === "operator" ? wholeInBasisPoints - terms.basisPoints : terms.basisPoints;
  const [sellersPart, payeesPart] = splitByPercent(divided - own, sellersBasisPoints);
  let [seller, payee] = [own + sellersPart, payeesPart];
  if (terms.providerFeeBearer === "seller") [seller, payee] = bear(fee, seller, payee);
  if (terms.providerFeeBearer === "service_provider") [payee, seller] = bear(fee, payee, seller);
  return payee === 0n ? allSellers : { seller, payee, payoutFee: fee };
}

interface Fees {
  readonly escrowFee: bigint;
  readonly railFee: bigint;
}

/** The fees' part of what goes to the seller's side: in proportion, half-up, and together never more than there is. */
function feesOfRelease(input: ExitInput, released: bigint): Fees {
  const escrowFee = least(halfUpDiv(input.escrowFee * released, input.paid), released);
  const railFee = least(halfUpDiv(input.railFee * released, input.paid), released - escrowFee);
  return { escrowFee, railFee };
}

/** The fees kept from what goes back to the buyer: at most what the release has not borne already, so that no fee is taken twice. */
function feesOfRefund(input: ExitInput, refunded: bigint, borne: Fees): Fees {
  const escrowFee = input.keepsEscrowFee ? least(input.escrowFee - borne.escrowFee, refunded) : 0n;
  const railFee = input.exitRailFeeBearer === "buyer" ? least(input.railFee - borne.railFee, refunded - escrowFee) : 0n;
  return { escrowFee, railFee };
}

function check(input: ExitInput): void {
  const { paid, escrowFee, railFee, lost, buyerGets, cancellationFee, share: terms } = input;
  const amounts = [escrowFee, railFee, lost, buyerGets, cancellationFee, terms.nonSplit, terms.payoutFee];
  if (paid < 1n || lost > paid || buyerGets > paid || amounts.some((amount) => amount < 0n)) {
    throw new Fault(`no ending gives the buyer ${buyerGets} of ${paid} of which ${lost} is lost`);
  }
}

/**
 * Every ending of an order, preview and effect alike: where the money goes if the buyer gets x of A. Pure arithmetic on the frozen
 * quote and terms, in kobo. Between x = 0 (the net is released) and x = A (all goes back) it is a straight line.
 *
 * 1. What is released bears its part of the escrow and rail fees; the rest is shared on the seller's side.
 * 2. What goes back bears the escrow fee in a lapse, the rail fee if the terms say so, and then the cancellation fee, which is shared too.
 * 3. What a chargeback took counts as already given to the buyer.
 *
 * Faults on amounts outside A: judge what comes from outside with {@link grossFor} first.
 */
export function exit(input: ExitInput): Ending {
  check(input);
  const gross = greatest(input.buyerGets, input.lost);
  const released = input.paid - gross;
  const refunded = gross - input.lost;
  const releaseFees = feesOfRelease(input, released);
  const refundFees = feesOfRefund(input, refunded, releaseFees);

  const nonSplit = halfUpDiv(input.share.nonSplit * released, input.paid);
  const release = share(released - releaseFees.escrowFee - releaseFees.railFee, nonSplit, input.share);
  const afterFees = refunded - refundFees.escrowFee - refundFees.railFee;
  const cancellationFee = least(input.cancellationFee, afterFees);
  const oneFee = release.payoutFee === 0n ? input.share : { ...input.share, payoutFee: 0n };
  const cancellation = share(cancellationFee, 0n, oneFee);

  const payee = release.payee + cancellation.payee;
  return {
    buyer: afterFees - cancellationFee,
    seller: release.seller + cancellation.seller,
    provider: input.share.payeeKind === "service_provider" ? payee : 0n,
    operator: input.share.payeeKind === "operator" ? payee : 0n,
    escrowFeeKept: releaseFees.escrowFee + refundFees.escrowFee,
    payoutFee: release.payoutFee + cancellation.payoutFee,
    railFeeRecovered: releaseFees.railFee + refundFees.railFee,
    lost: input.lost,
  };
}

/**
 * The x of a ruling or an offer that names what the buyer and the seller's side get of what escrow holds now (A − lost).
 * Refuses `amount_out_of_range` for a part below 0 or above what is held, and `mismatch` if the two do not sum to it.
 */
export function grossFor(named: {
  readonly paid: bigint;
  readonly lost: bigint;
  readonly refund: bigint;
  readonly release: bigint;
}): bigint | Refusal {
  const { paid, lost, refund, release } = named;
  const held = paid - lost;
  const facts = { refund: Number(refund), release: Number(release), held: Number(held) };
  const outside = [refund, release].some((part) => part < 0n || part > held);
  if (outside) return refuse("amount_out_of_range", `Each part must be between 0 and ${held}, which is what escrow holds.`, facts);
  if (refund + release !== held) {
    return refuse("mismatch", `The two parts sum to ${refund + release}, but escrow holds ${held}.`, facts);
  }
  return refund + lost;
}
