import { deadlinesOnEntering } from "../domain/deadlines.ts";
import type { Disbursement, Hold, Offer, Payment, Project } from "../domain/facts.ts";
import { Fault, must } from "../domain/fault.ts";
import { after } from "../domain/machine.ts";
import type { Party, Row } from "../domain/machine.ts";
import type { Posting } from "../domain/movements.ts";
import { disbursementMachine } from "../domain/money-out-table.ts";
import type { DisbursementAction, DisbursementState } from "../domain/money-out-table.ts";
import { paymentMachine } from "../domain/money-in-table.ts";
import type { PaymentAction } from "../domain/money-in-table.ts";
import type { Order, OrderChange } from "../domain/order.ts";
import type { OrderRow } from "../domain/order-decide.ts";
import { holdMachine, offerMachine } from "../domain/side-tables.ts";
import type { HoldAction, OfferAction } from "../domain/side-tables.ts";
import { notificationFor } from "../events/notifications.ts";
import { nextOrderDigest } from "../ledger/chain.ts";
import { balanceChanges, post } from "../ledger/post.ts";
import type { Book } from "./book.ts";
import type { Command, Json } from "./command.ts";
import type { Effects, Transition } from "./effects.ts";
import type { IdKind, IdSource } from "./ids.ts";
import { messagesFor } from "./messages.ts";
import { railThatHolds, railThatPaysOut } from "./rail-choice.ts";

/** The other side of the line: writes what a plan decided. Nothing here refuses; what does not fit is a fault. */
export class Writer {
  readonly book: Book;
  readonly command: Command;
  readonly effects: Effects;
  readonly #ids: IdSource;
  #steps = 0;

  constructor(book: Book, command: Command, effects: Effects, ids: IdSource) {
    this.book = book;
    this.command = command;
    this.effects = effects;
    this.#ids = ids;
  }

  get now(): Date {
    return this.book.now;
  }

  newId(kind: IdKind = "thing"): number {
    return this.#ids.take(kind);
  }

  /** Records one step of anything and answers its number. The first step of a command carries its key; the answer is added when the plan has run. */
  record(
    step: Pick<Transition, "object" | "objectId" | "version" | "action" | "fromState" | "toState" | "event"> & Partial<Transition>,
  ): number {
    const { actor, key, id } = this.command;
    this.book.eventSeq += 1;
    this.#steps += 1;
    this.effects.transitions.push({
      sellerId: this.book.sellerId,
      seq: this.book.eventSeq,
      party: actor.party,
      actor: actor.name,
      orderId: null,
      entrySeq: null,
      at: this.now,
      note: null,
      commandId: id,
      step: this.#steps,
      key: this.#steps === 1 ? (key?.key ?? null) : null,
      fingerprint: this.#steps === 1 ? (key?.fingerprint ?? null) : null,
      answer: null,
      ...step,
    });
    return this.book.eventSeq;
  }

  /** Records a journal entry for an order (or none) and answers its number; 0 if there was nothing to post. */
  post(cause: string, order: Order | null, postings: readonly Posting[], reverses: number | null = null): number {
    if (postings.length === 0) return 0;
    const header = { cause, orderId: order?.id ?? null, orderDigest: order?.digest ?? null, at: this.now, reverses };
    const posted = post(this.book.sellerId, this.book.head, header, postings);
    this.book.head = posted.head;
    this.effects.entries.push(posted.entry);
    this.effects.postings.push(...posted.postings);
    for (const change of balanceChanges(postings)) {
      if (change.by !== null) this.book.changeBalance(change.account, change.currency, change.by);
      const key = `${this.book.sellerId} ${change.account} ${change.currency}`;
      const before = this.effects.balances.get(key)?.by ?? 0n;
      this.effects.balances.set(key, { sellerId: this.book.sellerId, ...change, by: change.by === null ? null : before + change.by });
    }
    return posted.entry.seq;
  }

  /** Takes a row of the order's machine: state, deadlines, digest, history, messages; an open offer dies with the state it was made in. */
  stepOrder(order: Order, row: OrderRow, change: OrderChange = {}, note: Json = null): Order {
    const state = after(row, order.state);
    // Amended terms enter `proposed` anew: its time to agree starts again, and links to the old version end.
    const entered = row.to !== "same";
    const party = partyOf(row, this.command.actor.party);
    const version = order.version + 1;
    const deadlines = entered ? deadlinesOnEntering(state, order, change.terms ?? order.terms, this.now) : {};
    const digest = nextOrderDigest(order.digest, {
      version,
      action: row.action,
      from: order.version === 0 ? "none" : order.state,
      to: state,
      party,
      at: this.now,
    });
    // A step that leaves the state leaves the last action too: it says how the state was reached.
    const last = entered ? { lastAction: row.action, lastParty: party, stateVersion: version } : {};
    const next = this.book.orders.change(order.id, { ...deadlines, ...last, ...change, state, version, digest, updatedAt: this.now });
    const seq = this.record({
      object: "order",
      objectId: order.id,
      version,
      action: row.action,
      fromState: order.version === 0 ? "none" : order.state,
      toState: state,
      event: row.event,
      orderId: order.id,
      party,
      note: withComment(note, change.comment),
    });
    if (entered) this.#voidOffer(order.id);
    for (const message of messagesFor(next, row.event, this.book.settings)) {
      this.effects.messages.push({
        sellerId: next.sellerId,
        id: this.newId(),
        orderId: next.id,
        orderVersion: next.stateVersion,
        ...message,
      });
    }
    this.#notify(order, next, row, party, seq);
    return next;
  }

  /** The step itself is the event; this row says who is to be told. Nothing is sent from here. */
  #notify(before: Order, order: Order, row: OrderRow, party: Party, transitionSeq: number): void {
    const { operatorId } = order;
    // The shop that took the order is told: a marketplace operator's, where there is one. Order numbers are that shop's own.
    const receiver = operatorId === null ? this.book.seller : this.book.operators.get(operatorId);
    if (receiver === undefined || receiver.callbackUrl === null) return;
    const told = notificationFor({ action: row.action, by: party, from: before.state, to: order.state });
    if (told === null) return;
    this.effects.notifications.push({
      sellerId: order.sellerId,
      id: this.newId(),
      transitionSeq,
      orderId: order.id,
      receiverId: receiver.id,
      envelope: told.envelope,
      message: told.message,
      toState: order.state,
      createdAt: this.now,
      dueAt: this.now,
    });
  }

  stepPayment(payment: Payment, action: PaymentAction, change: Partial<Payment> = {}, note: Json = null, created = false): Payment {
    const row = rowFor(paymentMachine.rows, created ? "none" : payment.state, action, this.command.actor.party);
    const state = after(row, payment.state);
    const next = this.book.payments.change(payment.id, { ...change, state, version: payment.version + 1 });
    this.#recordStep("payment", row, created ? "none" : payment.state, state, next, next.orderId, note);
    return next;
  }

  stepDisbursement(
    disbursement: Disbursement,
    action: DisbursementAction,
    change: Partial<Disbursement> = {},
    note: Json = null,
  ): Disbursement {
    const row = rowFor(disbursementMachine.rows, disbursement.state, action, this.command.actor.party);
    const state = after(row, disbursement.state);
    const next = this.book.disbursements.change(disbursement.id, { ...change, state, version: disbursement.version + 1 });
    this.#recordStep("disbursement", row, disbursement.state, state, next, next.orderId, note);
    return next;
  }

  /**
   * Queues a payout or refund; a job sends it. A refund leaves by the rail that holds its payment; a payout, or a refund to an account, by the
   * rail that pays out in its currency, which may be another than the book's.
   */
  queue(
    fields: Pick<Disbursement, "kind" | "orderId" | "paymentId" | "payeeKind" | "payeeId" | "source" | "amount" | "currency"> &
      Partial<Disbursement>,
  ): Disbursement {
    const way = this.book.wayOut(fields);
    const disbursement = this.book.disbursements.insert({
      sellerId: this.book.sellerId,
      id: this.newId(),
      rail: fields.rail ?? way.rail ?? this.#railOf(fields),
      outAmount: way.outAmount,
      outCurrency: way.outCurrency,
      state: "queued" satisfies DisbursementState,
      version: 1,
      attemptId: null,
      attempts: 0,
      fault: null,
      reason: null,
      borne: 0n,
      details: null,
      createdAt: this.now,
      dueAt: this.now,
      concludedAt: null,
      ...fields,
    });
    const row = rowFor(disbursementMachine.rows, "none", "queue", this.command.actor.party);
    this.#recordStep("disbursement", row, "none", "queued", disbursement, disbursement.orderId, {
      amount: Number(fields.amount),
      kind: fields.kind,
      to: fields.payeeKind,
      ...(way.outCurrency === fields.currency ? {} : { leaves: Number(way.outAmount), leaves_in: way.outCurrency }),
    });
    return disbursement;
  }

  #railOf({ kind, orderId, paymentId, currency }: Pick<Disbursement, "kind" | "orderId" | "paymentId" | "currency">): string {
    if (kind === "refund" && paymentId !== null) return railThatHolds(this.book.payments.get(paymentId));
    return railThatPaysOut(this.book.settings.rails, currency, must(this.book.orders.get(orderId), "the order of a payout").rail);
  }

  makeOffer(offer: Omit<Offer, "sellerId" | "id" | "state" | "version" | "madeAt">): Offer {
    const made = this.book.offers.insert({
      ...offer,
      sellerId: this.book.sellerId,
      id: this.newId(),
      state: "open",
      version: 1,
      madeAt: this.now,
    });
    const note = { kind: made.kind, buyer_gets: made.buyerGets === null ? null : Number(made.buyerGets) };
    this.#recordStep(
      "offer",
      rowFor(offerMachine.rows, "none", "make", this.command.actor.party),
      "none",
      "open",
      made,
      made.orderId,
      note,
    );
    return made;
  }

  stepOffer(offer: Offer, action: OfferAction): Offer {
    const row = rowFor(offerMachine.rows, offer.state, action, this.command.actor.party);
    const next = this.book.offers.change(offer.id, { state: after(row, offer.state), version: offer.version + 1 });
    this.#recordStep("offer", row, offer.state, next.state, next, offer.orderId, null);
    return next;
  }

  placeHold(hold: Omit<Hold, "sellerId" | "id" | "state" | "version" | "placedAt" | "liftedAt">): Hold {
    const placed = this.book.holds.insert({
      ...hold,
      sellerId: this.book.sellerId,
      id: this.newId(),
      state: "standing",
      version: 1,
      placedAt: this.now,
      liftedAt: null,
    });
    this.#recordStep(
      "hold",
      rowFor(holdMachine.rows, "none", "place", this.command.actor.party),
      "none",
      "standing",
      placed,
      placed.orderId,
      { reason: hold.reason },
    );
    return placed;
  }

  stepHold(hold: Hold, action: HoldAction, change: Partial<Hold> = {}): Hold {
    const row = rowFor(holdMachine.rows, hold.state, action, this.command.actor.party);
    const next = this.book.holds.change(hold.id, { ...change, state: after(row, hold.state), version: hold.version + 1 });
    this.#recordStep("hold", row, hold.state, next.state, next, hold.orderId, { reason: hold.reason });
    return next;
  }

  stepProject(project: Project, action: "create" | "update" | "close", change: Partial<Project> = {}): Project {
    const created = action === "create";
    const next = created
      ? this.book.projects.insert({ ...project, version: 1 })
      : this.book.projects.change(project.id, {
          ...change,
          version: project.version + 1,
          updatedAt: this.now,
          state: action === "close" ? "closed" : project.state,
        });
    const event = { create: "project.created", update: "project.updated", close: "project.closed" }[action];
    const fromState = created ? "none" : project.state;
    this.record({ object: "project", objectId: project.id, version: next.version, action, fromState, toState: next.state, event });
    return next;
  }

  #recordStep(
    object: string,
    row: Row<string, string, string, string>,
    fromState: string,
    toState: string,
    thing: { id: number; version: number },
    orderId: number | null,
    note: Json,
  ): void {
    const party = partyOf(row, this.command.actor.party);
    this.record({
      object,
      objectId: thing.id,
      version: thing.version,
      action: row.action,
      fromState,
      toState,
      event: row.event,
      orderId,
      party,
      note,
    });
  }

  #voidOffer(orderId: number): void {
    const offer = this.book.openOffer(orderId);
    if (offer !== undefined) this.stepOffer(offer, "void");
  }
}

/** A step that only follows from somebody else's (an order settles, a failed payout is queued again) is recorded for the party whose row it is. */
function partyOf(row: { readonly by: readonly Party[] }, acting: Party): Party {
  return row.by.includes(acting) ? acting : (row.by[0] ?? acting);
}

function rowFor<S extends string, A extends string, N extends string, M extends string>(
  rows: readonly Row<S, A, N, M>[],
  from: S | "none",
  action: A,
  by: Party,
): Row<S, A, N, M> {
  const here = rows.filter((candidate) => candidate.action === action && candidate.from.includes(from));
  const row = here.find((candidate) => candidate.by.includes(by)) ?? here[0];
  if (row === undefined) throw new Fault(`no step ${action} from ${from}`);
  return row;
}

/** What a party said with a step stands in the history too: the order itself keeps only the last word. */
function withComment(note: Json, comment: string | null | undefined): Json {
  if (comment === null || comment === undefined || comment === "") return note;
  return isRecord(note) ? { ...note, comment } : { comment };
}

function isRecord(note: Json): note is { readonly [key: string]: Json } {
  return typeof note === "object" && note !== null && !Array.isArray(note);
}
