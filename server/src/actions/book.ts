import type { Attempt, Buyer, Disbursement, Hold, Offer, Payment, PayeeDetails, PayeeKind, Project, Provider } from "../domain/facts.ts";
import { later } from "../domain/deadlines.ts";
import { decimals } from "../domain/currency.ts";
import { must } from "../domain/fault.ts";
import { foreign } from "../domain/fees.ts";
import type { Order } from "../domain/order.ts";
import type { OrderFacts, OrderInput } from "../domain/order-needs.ts";
import { orderEscrow, sellerReceivable } from "../domain/ledger-accounts.ts";
import type { Seller } from "../domain/seller.ts";
import type { DisbursementFacts } from "../domain/side-needs.ts";
import type { BookHead } from "../ledger/post.ts";
import type { Actor } from "./command.ts";
import { railThatPaysForeign } from "./rail-choice.ts";
import { Rows } from "./rows.ts";
import type { ActSettings } from "./settings.ts";

/** One seller's book as a batch sees it: read under the lock, changed by the commands accepted so far. */
export class Book {
  readonly sellerId: number;
  readonly now: Date;
  readonly settings: ActSettings;
  seller: Seller;
  head: BookHead;
  eventSeq: number;
  readonly orders = new Rows<Order>();
  readonly payments = new Rows<Payment>();
  readonly disbursements = new Rows<Disbursement>();
  readonly attempts = new Rows<Attempt>();
  readonly offers = new Rows<Offer>();
  readonly holds = new Rows<Hold>();
  readonly projects = new Rows<Project>();
  readonly buyers = new Rows<Buyer>();
  readonly providers = new Rows<Provider>();
  /** Sellers that this one's payouts may go to beside itself: its marketplace operators. */
  readonly operators = new Map<number, Seller>();
  readonly #balances = new Map<string, bigint>();
  readonly #positions = new Map<number, number>();
  readonly sellerVersion: number;

  constructor(init: { sellerId: number; now: Date; settings: ActSettings; seller: Seller; head: BookHead; eventSeq: number }) {
    this.sellerId = init.sellerId;
    this.now = init.now;
    this.settings = init.settings;
    this.seller = init.seller;
    this.sellerVersion = init.seller.version;
    this.head = init.head;
    this.eventSeq = init.eventSeq;
  }

  /** True if a command changed anything here, be it only when something is looked at next. */
  get dirty(): boolean {
    return [
      this.orders,
      this.payments,
      this.disbursements,
      this.attempts,
      this.offers,
      this.holds,
      this.projects,
      this.buyers,
      this.providers,
    ].some((rows) => rows.dirty);
  }

  loadBalance(account: string, currency: string, balance: bigint): void {
    this.#balances.set(`${account} ${currency}`, balance);
  }

  /** What an account with a floor owes (the receivable: is owed), or one that was summed holds, as far as this batch read it; 0 if nothing was posted. */
  balance(account: string, currency: string): bigint {
    return this.#balances.get(`${account} ${currency}`) ?? 0n;
  }

  changeBalance(account: string, currency: string, by: bigint): void {
    this.loadBalance(account, currency, this.balance(account, currency) + by);
  }

  loadLastPosition(projectId: number, position: number): void {
    this.#positions.set(projectId, position);
  }

  /** The position the next milestone of a project gets. */
  nextPosition(projectId: number): number {
    const next = (this.#positions.get(projectId) ?? 0) + 1;
    this.#positions.set(projectId, next);
    return next;
  }

  escrow(order: Order): bigint {
    return this.balance(orderEscrow(order.id), order.bookCurrency);
  }

  /** What the seller owes for chargebacks. */
  owed(currency: string): bigint {
    return this.balance(sellerReceivable(this.sellerId), currency);
  }

  openOffer(orderId: number): Offer | undefined {
    return this.offers.where((offer) => offer.orderId === orderId && offer.state === "open")[0];
  }

  paymentsOf(orderId: number): Payment[] {
    return this.payments.where((payment) => payment.orderId === orderId);
  }

  /** Payouts and refunds of the order itself; the refund of a late or second payment belongs to that payment. */
  disbursementsOf(orderId: number): Disbursement[] {
    return this.disbursements.where((one) => one.orderId === orderId && !one.source.startsWith("payment:"));
  }

  /** Milestones of the same project that are live or not yet finished, without the order itself. */
  siblings(order: Pick<Order, "id" | "projectId">): Order[] {
    return order.projectId === null ? [] : this.orders.where((other) => other.projectId === order.projectId && other.id !== order.id);
  }

  standingHolds(about: { orderId: number | null; projectId: number | null; payeeKind?: PayeeKind; payeeId?: number }): Hold[] {
    return this.holds.where(
      (hold) =>
        hold.state === "standing" &&
        (hold.scope === "seller" ||
          (hold.scope === "order" && hold.orderId === about.orderId && about.orderId !== null) ||
          (hold.scope === "project" && hold.projectId === about.projectId && about.projectId !== null) ||
          (hold.scope === "payee" && hold.payeeKind === about.payeeKind && hold.payeeId === about.payeeId)),
    );
  }

  /** The facts an order's needs are judged by. */
  factsOf(order: Order, actor: Actor, input: OrderInput, acting = true): OrderFacts {
    return {
      order,
      now: this.now,
      by: actor.party,
      byName: actor.name,
      acting,
      input,
      escrow: this.escrow(order),
      payments: this.paymentsOf(order.id),
      disbursements: this.disbursementsOf(order.id),
      offer: this.openOffer(order.id),
      holds: this.standingHolds({ orderId: order.id, projectId: order.projectId }),
      siblings: this.siblings(order),
      secondOperatorAbove: this.settings.secondOperatorAbove,
    };
  }

  /** Where a payee's money goes; undefined: nobody has said yet. */
  payeeDetails(disbursement: Disbursement): PayeeDetails | "along_payment" | undefined {
    if (disbursement.details !== null) return disbursement.details;
    switch (disbursement.payeeKind) {
      case "buyer":
        // A refund that no payment can carry needs an account from the buyer.
        return disbursement.paymentId === null ? undefined : "along_payment";
      case "seller":
        return this.seller.bank ?? undefined;
      case "service_provider":
        return must(this.providers.get(disbursement.payeeId), `provider ${disbursement.payeeId}`).details;
      case "operator":
        return this.operators.get(disbursement.payeeId)?.bank ?? undefined;
    }
  }

  factsOfDisbursement(disbursement: Disbursement): DisbursementFacts {
    const order = this.orders.get(disbursement.orderId);
    const { payeeKind, payeeId } = disbursement;
    const holds = this.standingHolds({ orderId: disbursement.orderId, projectId: order?.projectId ?? null, payeeKind, payeeId });
    // A running chargeback, an identity check and a cooling-off concern payouts; a refund goes back to the buyer whatever the seller has to prove.
    const stops =
      disbursement.kind === "refund"
        ? holds.filter((hold) => !["identity", "cooling_off"].includes(hold.reason) || hold.scope === "order")
        : holds;
    return {
      disbursement,
      holds: stops,
      coolsUntil: this.#coolsUntil(disbursement),
      unverified: this.#unverified(disbursement),
      details: this.payeeDetails(disbursement),
      noWay: this.#noWay(disbursement),
      together: this.together(disbursement).reduce((sum, one) => sum + one.amount, 0n),
      minimum: disbursement.kind === "refund" ? 0n : this.settings.minimumPayout,
    };
  }

  /**
   * What leaves for a payout, and by which rail: a service provider who is paid abroad gets the currency of the order, at its frozen rate. Where no
   * rail pays that out, it stays at the order's own until one is named.
   */
  wayOut(
    one: Pick<Disbursement, "kind" | "orderId" | "payeeKind" | "payeeId" | "amount" | "currency">,
  ): Pick<Disbursement, "outAmount" | "outCurrency"> & { readonly rail?: string } {
    const order = this.orders.get(one.orderId);
    const atHome = { outAmount: one.amount, outCurrency: one.currency };
    if (one.kind !== "payout" || one.payeeKind !== "service_provider" || order === undefined || order.conversionRatio === null)
      return atHome;
    if (must(this.providers.get(one.payeeId), `provider ${one.payeeId}`).type !== 2) return atHome;
    const { currency, conversionRatio, rail } = order;
    return {
      outAmount: foreign(one.amount, conversionRatio, decimals(currency)),
      outCurrency: currency,
      rail: railThatPaysForeign(this.settings, currency) ?? rail,
    };
  }

  /** Why no rail can carry it, for the operator to read; undefined: one can. */
  #noWay({ outAmount, outCurrency, currency }: Disbursement): string | undefined {
    if (outCurrency === currency) return undefined;
    if (outAmount === 0n) return `It is less than the smallest unit of ${outCurrency}, in which the payee is paid.`;
    return railThatPaysForeign(this.settings, outCurrency) === undefined
      ? `No payment provider pays out ${outCurrency} here: the operator names one (payout_rails.${outCurrency}) and sends it again.`
      : undefined;
  }

  /** A marketplace operator's first payout waits for its identity as a seller's does, in whichever book it is owed. */
  #unverified({ payeeKind, payeeId }: Disbursement): boolean {
    if (payeeKind !== "operator" || !this.settings.identityNeeded) return false;
    return (this.operators.get(payeeId)?.identityVerifiedAt ?? null) === null;
  }

  /** An operator's account is changed in its own book, where this seller's payouts are not: here its date says the same. */
  #coolsUntil({ payeeKind, payeeId }: Disbursement): Date | null {
    const changed = payeeKind === "operator" ? this.operators.get(payeeId)?.bankChangedAt : null;
    if (changed === null || changed === undefined) return null;
    const until = later(changed, this.settings.coolingOff);
    return until > this.now ? until : null;
  }

  /**
   * The payee's payouts that would go out in one attempt with this one: those waiting only for the smallest payout to be reached, but for those of
   * the attempts left out.
   */
  together(disbursement: Disbursement, leftOut: readonly number[] = []): Disbursement[] {
    if (disbursement.kind === "refund") return [disbursement];
    const small = this.disbursements.where(
      (other) =>
        other.id !== disbursement.id &&
        other.state === "parked" &&
        other.fault === null &&
        other.kind === "payout" &&
        other.payeeKind === disbursement.payeeKind &&
        other.payeeId === disbursement.payeeId &&
        other.currency === disbursement.currency &&
        other.outCurrency === disbursement.outCurrency &&
        other.outAmount > 0n &&
        (other.attemptId === null || !leftOut.includes(other.attemptId)) &&
        other.rail === disbursement.rail &&
        other.amount < this.settings.minimumPayout &&
        this.standingHolds({
          orderId: other.orderId,
          projectId: this.orders.get(other.orderId)?.projectId ?? null,
          payeeKind: other.payeeKind,
          payeeId: other.payeeId,
        }).length === 0,
    );
    return [disbursement, ...small];
  }
}
