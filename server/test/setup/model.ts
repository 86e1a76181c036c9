/**
 * A seller's orders as somebody would keep them on paper: no table of the server is used, no function of its domain, only what the
 * documents say. It knows orders of a shop without a service provider, whose terms are the usual ones, and never sees a deadline pass.
 */
export type ModelParty = "buyer" | "seller" | "operator" | "clock";
export const verbs = [
  "deliver",
  "cancel",
  "accept",
  "reject",
  "contest_return",
  "contest_silence",
  "confirm_return",
  "escalate",
  "withdraw_dispute",
  "offer_split",
  "offer_redelivery",
  "redeliver",
  "replace",
  "agree_split",
  "rule",
  "reopen",
  "lapse",
  "expire",
] as const;
export type Verb = (typeof verbs)[number];

export interface Try {
  readonly verb: Verb;
  readonly party: ModelParty;
  /** The buyer's part of a split or a ruling, in thousandths of what was paid. */
  readonly part: number;
  /** Names an offer that is not the open one. */
  readonly stale: boolean;
}

interface ModelOffer {
  readonly kind: "split" | "redelivery";
  readonly by: ModelParty;
  readonly buyerGets: bigint;
}

/** What a paid order is, on paper. The last five amounts sum to `paid` at every moment. */
export interface ModelOrder {
  readonly state: string;
  readonly paid: bigint;
  readonly escrowFee: bigint;
  readonly railFee: bigint;
  readonly offer: ModelOffer | null;
  readonly redelivered: boolean;
  readonly ruled: boolean;
  readonly escrow: bigint;
  readonly toBuyer: bigint;
  readonly toSeller: bigint;
  readonly keptEscrowFee: bigint;
  readonly keptRailFee: bigint;
}

/** n ÷ d to the nearest whole, a half upwards. */
function round(n: bigint, d: bigint): bigint {
  return (2n * n + d) / (2n * d);
}

/** An order just paid: 1.5 % for the escrow, from ₦500 to ₦2,000, on top; 1.5 % and from ₦2,500 up ₦100 for the rail, at most ₦2,000. */
export function paidOrder(productCost: bigint): ModelOrder {
  const percent = round(productCost * 15n, 1_000n);
  const escrowFee = percent < 50_000n ? 50_000n : percent > 200_000n ? 200_000n : percent;
  const paid = productCost + escrowFee;
  const tariff = round(paid * 15n, 1_000n) + (paid >= 250_000n ? 10_000n : 0n);
  const railFee = tariff > 200_000n ? 200_000n : tariff;
  const nothing = { toBuyer: 0n, toSeller: 0n, keptEscrowFee: 0n, keptRailFee: 0n };
  return { state: "funded", paid, escrowFee, railFee, offer: null, redelivered: false, ruled: false, escrow: paid, ...nothing };
}

/** The buyer's part of what was paid. */
export function partOf(paid: bigint, thousandths: number): bigint {
  return (paid * BigInt(thousandths)) / 1_000n;
}

/** The order ends: x goes back, the rest bears its share of both fees. */
function end(order: ModelOrder, state: string, x: bigint): ModelOrder {
  const released = order.paid - x;
  const keptEscrowFee = smaller(round(order.escrowFee * released, order.paid), released);
  const keptRailFee = smaller(round(order.railFee * released, order.paid), released - keptEscrowFee);
  const toSeller = released - keptEscrowFee - keptRailFee;
  return { ...order, state, offer: null, escrow: 0n, toBuyer: x, toSeller, keptEscrowFee, keptRailFee, ruled: false };
}

function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

function move(order: ModelOrder, state: string): ModelOrder {
  return { ...order, state, offer: null };
}

/** What the try makes of the order; undefined: it is refused. */
export function attempt(order: ModelOrder, { verb, party, part, stale }: Try): ModelOrder | undefined {
  const { state, offer } = order;
  const on = (...states: string[]) => states.includes(state);
  const disputable = on("delivered", "rejected", "contested", "disputed");
  switch (`${verb} ${party}`) {
    case "deliver seller":
      return on("funded", "redelivery") ? move(order, "delivered") : undefined;
    case "cancel buyer":
      return on("funded", "redelivery") ? end(order, "cancelled", order.paid) : undefined;
    case "cancel seller":
      return on("funded", "redelivery", "delivered", "rejected") ? end(order, "cancelled", order.paid) : undefined;
    case "accept buyer":
      return on("delivered", "rejected") ? end(order, "accepted", 0n) : undefined;
    case "reject buyer":
      return on("delivered") ? move(order, "rejected") : undefined;
    case "contest_return seller":
      return on("rejected") ? move(order, "contested") : undefined;
    case "confirm_return seller":
      return on("rejected") ? end(order, "returned", order.paid) : undefined;
    case "escalate buyer":
    case "escalate seller":
      return on("contested") ? move(order, "disputed") : undefined;
    case "withdraw_dispute buyer":
      return on("contested", "disputed") ? end(order, "resolved", 0n) : undefined;
    case "withdraw_dispute seller":
      return on("contested", "disputed") ? end(order, "resolved", order.paid) : undefined;
    case "offer_split buyer":
    case "offer_split seller":
      return disputable ? { ...order, offer: { kind: "split", by: party, buyerGets: partOf(order.paid, part) } } : undefined;
    case "offer_redelivery seller":
      return on("rejected") && !order.redelivered ? { ...order, offer: { kind: "redelivery", by: party, buyerGets: 0n } } : undefined;
    case "redeliver buyer":
      if (!on("rejected") || order.redelivered || offer?.kind !== "redelivery" || stale) return undefined;
      return { ...move(order, "redelivery"), redelivered: true };
    case "agree_split buyer":
    case "agree_split seller":
      if (!disputable || offer?.kind !== "split" || offer.by === party || stale) return undefined;
      return end(order, "resolved", offer.buyerGets);
    case "rule operator":
      return on("disputed") ? { ...end(order, "resolved", partOf(order.paid, part)), ruled: true } : undefined;
    case "reopen operator": {
      if (!on("resolved") || !order.ruled) return undefined;
      const nothing = { toBuyer: 0n, toSeller: 0n, keptEscrowFee: 0n, keptRailFee: 0n };
      return { ...move(order, "disputed"), ...nothing, escrow: order.paid, ruled: false };
    }
    default:
      return undefined;
  }
}
