import { Fault } from "./fault.ts";

declare const brand: unique symbol;
/** A ledger account's name, made only by the functions of this file. Matches {@link accountPattern}: no `|`, the hash chain's separator. */
export type AccountId = string & { readonly [brand]: "account" };

/** Credit-normal but for assets and expenses. `position` is either way round: what was changed between currencies. */
export type AccountClass = "asset" | "liability" | "income" | "expense" | "equity" | "position";

export type PayeeKind = "seller" | "service_provider" | "operator";
export type PartyKind = "order" | "payment" | "buyer" | "rail" | "platform" | "kit" | PayeeKind;

/** Which side of the solvency sum an account stands on: what rails hold for us, or what we owe the parties. */
export type SolvencySide = "held" | "owed" | "none";

/** One line of the chart of accounts. */
export interface AccountRule {
  /** The name with `<rail>`, `<id>`, `<payee>`, `<kit>` and `<name>` in the places of what varies. */
  readonly form: string;
  readonly class: AccountClass;
  /** The least balance (credit positive) that a posting may leave, in minor units; null where there is none. */
  readonly floor: bigint | null;
  readonly solvency: SolvencySide;
  readonly holds: string;
}

/** The chart of accounts of every book. Balances are credit positive: what an asset holds is its balance below zero. */
export const chart = Object.freeze({
  rail_incoming: { form: "rail:<rail>:incoming", class: "asset", floor: null, solvency: "held", holds: "taken by the rail, not yet ours" },
  rail_cash: { form: "rail:<rail>:cash", class: "asset", floor: null, solvency: "held", holds: "in our balance at the rail" },
  rail_outgoing: { form: "rail:<rail>:outgoing", class: "liability", floor: 0n, solvency: "held", holds: "sent, outcome not known yet" },
  rail_disputed: {
    form: "rail:<rail>:disputed",
    class: "asset",
    floor: null,
    solvency: "held",
    holds: "taken back by the rail while a dispute runs",
  },
  rail_fees: {
    form: "rail:<rail>:fees",
    class: "expense",
    floor: null,
    solvency: "none",
    holds: "the rail's fees less what the parties bore: the platform's own cost",
  },
  order_escrow: { form: "order:<id>:escrow", class: "liability", floor: 0n, solvency: "owed", holds: "an order's money" },
  payment_unapplied: {
    form: "payment:<id>:unapplied",
    class: "liability",
    floor: 0n,
    solvency: "owed",
    holds: "late, second, short or excess money",
  },
  payee_payable: {
    form: "payee:<payee>:<id>:payable",
    class: "liability",
    floor: 0n,
    solvency: "owed",
    holds: "released and not yet sent to a seller, service provider or operator",
  },
  buyer_refundable: {
    form: "buyer:<id>:refundable",
    class: "liability",
    floor: 0n,
    solvency: "owed",
    holds: "refunded and not yet sent to a buyer",
  },
  seller_receivable: {
    form: "seller:<id>:receivable",
    class: "asset",
    floor: null,
    solvency: "none",
    holds: "chargebacks that the seller owes",
  },
  platform_escrow_fees: {
    form: "platform:escrow_fees",
    class: "income",
    floor: null,
    solvency: "none",
    holds: "escrow fees earned, less those taken out",
  },
  platform_payout_fees: {
    form: "platform:payout_fees",
    class: "income",
    floor: null,
    solvency: "none",
    holds: "payout fees earned, less those taken out",
  },
  platform_losses: { form: "platform:losses", class: "expense", floor: null, solvency: "none", holds: "the platform's own losses" },
  platform_float: { form: "platform:float", class: "equity", floor: null, solvency: "none", holds: "money the platform added itself" },
  platform_fx: { form: "platform:fx", class: "position", floor: null, solvency: "none", holds: "what was changed between currencies" },
  // The Ledger Conformance Kit names its accounts itself, and its hashes cover the names. Nothing but a scratch book has such accounts.
  kit_account: {
    form: "<kit>:<name>",
    class: "liability",
    floor: 0n,
    solvency: "none",
    holds: "scratch books of the conformance kit only",
  },
  kit_external: { form: "external:<name>", class: "asset", floor: null, solvency: "none", holds: "the same: money from outside" },
} as const satisfies Record<string, AccountRule>);

export type AccountKind = keyof typeof chart;

/** What an account's name says. `id` is the party's number, `rail` the rail's name; null where the account has none. */
export interface Account {
  readonly id: AccountId;
  readonly kind: AccountKind;
  readonly class: AccountClass;
  readonly floor: bigint | null;
  readonly party: PartyKind;
  readonly partyId: number | null;
  readonly rail: string | null;
}

/** What every account's name matches; the database checks the same. */
export const accountPattern = /^[a-z0-9_:]+$/;

interface Reading {
  readonly kind: AccountKind;
  readonly shape: RegExp;
}

function shapeOf(form: string): RegExp {
  const varying = form
    .replace("<rail>", "(?<rail>[a-z0-9_]{1,40})")
    .replace("<payee>", "(?<payee>seller|service_provider|operator)")
    .replace("<kit>", "(?<kit>acct|tck)")
    .replace("<name>", "[a-z0-9_]{1,40}")
    .replace("<id>", "(?<id>[1-9][0-9]{0,15})");
  return new RegExp(`^${varying}$`);
}

function isKind(key: string): key is AccountKind {
  return Object.hasOwn(chart, key);
}

const readings: readonly Reading[] = Object.keys(chart)
  .filter(isKind)
  .map((kind) => ({ kind, shape: shapeOf(chart[kind].form) }));

export const accountKinds: readonly AccountKind[] = readings.map(({ kind }) => kind);

const partyKinds: ReadonlySet<string> = new Set([
  "order",
  "payment",
  "buyer",
  "rail",
  "platform",
  "kit",
  "seller",
  "service_provider",
  "operator",
] satisfies PartyKind[]);

function isPartyKind(word: string): word is PartyKind {
  return partyKinds.has(word);
}

interface Read {
  readonly kind: AccountKind;
  readonly party: PartyKind;
  readonly partyId: number | null;
  readonly rail: string | null;
}

function readAccount(text: string): Read | undefined {
  for (const { kind, shape } of readings) {
    const match = shape.exec(text);
    if (match === null) continue;
    const { rail = null, payee, id } = match.groups ?? {};
    const party = kind === "kit_account" || kind === "kit_external" ? "kit" : (payee ?? text.slice(0, text.indexOf(":")));
    const partyId = id === undefined ? null : Number(id);
    if (!isPartyKind(party) || (partyId !== null && !Number.isSafeInteger(partyId))) return undefined;
    return { kind, party, partyId, rail };
  }
  return undefined;
}

function named(text: string): AccountId {
  return parseAccount(text).id;
}

// The same few names are read again and again while money moves. Bounded, since every order has an account of its own.
const read = new Map<string, Account>();
const mostRead = 10_000;

/** Reads an account's name, as it stands in the database. Faults on one outside the chart. */
export function parseAccount(text: string): Account {
  const before = read.get(text);
  if (before !== undefined) return before;
  const account = Object.freeze(parse(text));
  if (read.size >= mostRead) read.clear();
  read.set(text, account);
  return account;
}

/** A text that the chart has a reading of is an account's name. */
function isNamed(_text: string, reading: Read | undefined): _text is AccountId {
  return reading !== undefined;
}

function parse(text: string): Account {
  const parts = readAccount(text);
  if (parts === undefined || !isNamed(text, parts)) throw new Fault(`not an account of the chart: ${text}`);
  const { class: accountClass, floor } = chart[parts.kind];
  return { id: text, ...parts, class: accountClass, floor };
}

/**
 * Which side of the solvency sum a kind of account counts on. A book is solvent, per currency, if −Σ balances of `held`
 * (incoming + cash + disputed − outgoing) ≥ Σ balances of `owed`; balances credit positive.
 */
export function owed(kind: AccountKind): SolvencySide {
  return chart[kind].solvency;
}

export const railIncoming = (rail: string): AccountId => named(`rail:${rail}:incoming`);
export const railCash = (rail: string): AccountId => named(`rail:${rail}:cash`);
export const railOutgoing = (rail: string): AccountId => named(`rail:${rail}:outgoing`);
export const railDisputed = (rail: string): AccountId => named(`rail:${rail}:disputed`);
export const railFees = (rail: string): AccountId => named(`rail:${rail}:fees`);
export const orderEscrow = (orderId: number): AccountId => named(`order:${orderId}:escrow`);
export const paymentUnapplied = (paymentId: number): AccountId => named(`payment:${paymentId}:unapplied`);
export const payeePayable = (kind: PayeeKind, id: number): AccountId => named(`payee:${kind}:${id}:payable`);
export const buyerRefundable = (buyerId: number): AccountId => named(`buyer:${buyerId}:refundable`);
export const sellerReceivable = (sellerId: number): AccountId => named(`seller:${sellerId}:receivable`);
export const escrowFees: AccountId = named("platform:escrow_fees");
export const payoutFees: AccountId = named("platform:payout_fees");
export const platformLosses: AccountId = named("platform:losses");
export const platformFloat: AccountId = named("platform:float");
export const platformFx: AccountId = named("platform:fx");

/** An account by the name the conformance kit gave it, for its scratch book alone; undefined for a name that is none of the kit's. */
export function kitAccount(text: string): AccountId | undefined {
  return readAccount(text)?.party === "kit" ? named(text) : undefined;
}
