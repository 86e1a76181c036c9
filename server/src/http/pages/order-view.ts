import type { Disbursement, Offer } from "../../domain/facts.ts";
import type { Party } from "../../domain/machine.ts";
import type { Order } from "../../domain/order.ts";
import type { OrderAction } from "../../domain/order-table.ts";
import type { WhoGetsWhat } from "./blocks.ts";
import type { FieldError } from "./form.ts";
import type { Hidden, PageView } from "./html.ts";
import type { MissingMoney, Viewer } from "./order-words.ts";

/** What a page may let a party do: the machine's actions, and three that belong to the page. An action that has no form is left out. */
export type PageAction = OrderAction | "offer_redelivery" | "offer_split" | "object";

/** One thing the party may do now. Nothing else gets a form. */
export interface AllowedStep {
  readonly action: PageAction;
  /** Who gets what if it is done now; for every step that moves money. */
  readonly gets?: WhoGetsWhat;
  /** What it costs the buyer (cancelling late, returning for a listed reason), in minor units of the book's currency. */
  readonly fee?: bigint;
}

/** What a page shows of an order. An {@link Order} fits. */
export type ShownOrder = Pick<
  Order,
  | "id"
  | "shopOrderId"
  | "state"
  | "currency"
  | "bookCurrency"
  | "amountFx"
  | "productCost"
  | "escrowFee"
  | "railFee"
  | "amount"
  | "net"
  | "lost"
  | "terms"
  | "agreedBeforehand"
  | "dueAt"
  | "freeCancelUntil"
  | "deliverBy"
  | "reason"
  | "comment"
  | "createdAt"
  | "fundedAt"
> & {
  readonly details: Pick<Order["details"], "productName" | "productDesc" | "deliveryLocation" | "deliveryDate" | "recipient" | "platform">;
  /** Who was paid what when it ended. */
  readonly ending: Omit<WhoGetsWhat, "currency" | "lost"> | null;
};

/** A payout or refund of the one who looks. A {@link Disbursement} fits, with what the page adds. */
export type MoneyOut = Pick<Disbursement, "id" | "kind" | "amount" | "currency" | "state" | "concludedAt"> & {
  /** Whom it goes to, when that is not the viewer: `service provider Ada Obi`. */
  readonly payee: string | null;
  /** What leaves in another currency, where the payee is paid in one. */
  readonly paidAs?: { readonly amount: bigint; readonly currency: string } | null;
  /** Of a parked one: what happened to it, if something did. */
  readonly cause?: string | null;
  /** The operator may have it sent to the same account again. */
  readonly sendAgain?: boolean;
  /** Of a parked one: what would free it. */
  readonly freedBy: string | null;
  /** It waits for a bank account that this party may give here. */
  readonly accountNeeded: boolean;
};

export interface HistoryStep {
  readonly at: Date;
  readonly action: OrderAction;
  readonly party: Party;
  /** Said with the step: a reason or comment, as text. */
  readonly said?: string | null;
}

/**
 * An order's page. GET of `actionUrl` shows it; every form posts there with the field `action`: a {@link PageAction}, or `give_account`, `ask_code`.
 * Further fields stand with each form in `order-steps.ts`.
 */
export interface OrderView extends PageView {
  /** Where the buyer downloads a receipt of the proof of solvency; absent for others. */
  readonly receiptUrl?: string | null;
  readonly viewer: Viewer;
  readonly actionUrl: string;
  readonly hidden: Hidden;
  readonly order: ShownOrder;
  readonly shopName: string;
  readonly buyerName: string;
  readonly providerName: string | null;
  readonly project: { readonly id: number; readonly name: string; readonly position: number | null } | null;
  /** What escrow holds of the order, in minor units of the book's currency. */
  readonly escrow: bigint;
  /** What happens if nobody acts (`silenceMeans` of the domain). */
  readonly silence: string | null;
  /** A chargeback stops the order's clock. */
  readonly clockStopped: boolean;
  readonly allowed: readonly AllowedStep[];
  readonly offer: Pick<Offer, "id" | "kind" | "party" | "buyerGets" | "expiresAt"> | null;
  /** A split that was typed and is to be confirmed: the amount for the buyer as typed, in major units. */
  readonly splitDraft: { readonly amount: string; readonly gets: WhoGetsWhat } | null;
  /** Actions that need a one-time code from the buyer's phone first. */
  readonly codeNeeded: readonly PageAction[];
  /** Where a code was sent to, shortened: `+234 … 00`; null: none was sent. */
  readonly codeSentTo: string | null;
  readonly moneyOut: readonly MoneyOut[];
  /** Of a completed order: money that is not with its payee, whoever that is. */
  readonly missing?: readonly MissingMoney[];
  /** Sentences about what keeps money from going out; the viewer may know them all. */
  readonly why: readonly string[];
  readonly history: readonly HistoryStep[];
  /** The message of a step just done. */
  readonly done: string | null;
  /** What was wrong with the form of `tried`, and what was typed into it. */
  readonly tried: string | null;
  readonly errors: readonly FieldError[];
  readonly typed: Readonly<Record<string, string>>;
}
