import { later } from "../domain/deadlines.ts";
import { namesFit } from "../domain/account-name.ts";
import type { Attempt, Disbursement, PayeeDetails } from "../domain/facts.ts";
import { must } from "../domain/fault.ts";
import { parseAccount } from "../domain/ledger-accounts.ts";
import { decide } from "../domain/machine.ts";
import { disbursementMachine } from "../domain/money-out-table.ts";
import { failed, fxPayout, fxPayoutReversed, keptOfReturn, reverse, reversedAfterSuccess, sent, succeeded } from "../domain/movements.ts";
import type { Posting } from "../domain/movements.ts";
import { isRefusal, refuse } from "../domain/refusals.ts";
import { nextPayoutTime } from "../domain/payout-hours.ts";
import type { Refusal } from "../domain/refusals.ts";
import { disbursementNeeds, stoppingHold, waitsForPayee } from "../domain/side-needs.ts";
import { askForAccount } from "./ask-for-account.ts";
import type { Book } from "./book.ts";
import type { Ask, Command, Json, Plan } from "./command.ts";
import { command } from "./command.ts";
import { conclude } from "./end-order.ts";
import { takeBackLoss } from "./take-unsent.ts";
import type { Writer } from "./writer.ts";

export interface DisbursementAsk extends Ask {
  readonly disbursementId: number;
  readonly orderId: number | null;
  readonly payeeKind: Disbursement["payeeKind"];
  readonly payeeId: number;
}

/** What a step of a disbursement needs to see. */
export function refsOf(ask: DisbursementAsk) {
  return {
    disbursements: [ask.disbursementId],
    payees: [{ kind: ask.payeeKind, id: ask.payeeId }],
    ...(ask.orderId === null ? {} : { orders: [ask.orderId] }),
  };
}

function judge(book: Book, one: Disbursement, action: "send" | "park" | "requeue", ask: Ask) {
  const facts = book.factsOfDisbursement(one);
  return decide(disbursementMachine, one.state, action, ask.actor.party, (need) => disbursementNeeds[need].judge(facts));
}

export interface SendInput {
  readonly reference: string;
  /** How often it had been tried when its last attempts were looked up: one that was tried again since is looked at anew. */
  readonly tried?: number;
  /** False: its rail is not connected, so nothing can leave. */
  readonly connected?: boolean;
  /** Failed attempts of which it cannot be said now whether they moved: what was in them is not taken along. */
  readonly inDoubt?: readonly number[];
  /** Money is missing at its rail in what would leave, so nothing may leave. */
  readonly stopped?: boolean;
  /** What the bank says of an account; "can_ask": nothing yet, and the rail can ask. */
  readonly named?: "can_ask" | BankSays;
}

export interface BankSays {
  readonly accountNumber: string;
  readonly bankCode: string;
  /** Null: it knows no such account. */
  readonly accountName: string | null;
}

/** What is said when an operator sends money to an account in spite of what the bank said; the bank is then not asked again. */
export const vouched = "The operator vouches for the account.";

/** An operator's word holds for this payout until its payee's details are at fault; any other reason ends with what it was for. */
function keptWord(one: Disbursement): string | null {
  return one.reason === vouched ? vouched : null;
}

/** Why an account gets nothing yet; "ask": the bank must be asked first; undefined: it may be paid. */
function accountNamed(book: Book, one: Disbursement, details: unknown, { named }: SendInput): string | undefined {
  if (!book.settings.accountNameNeeded || named === undefined || one.reason === vouched) return undefined;
  if (typeof details !== "object" || details === null) return undefined;
  const { accountNumber = "", bankCode = "", accountName = "" } = details as PayeeDetails;
  if (accountNumber === "") return undefined;
  // An answer about an account that was changed meanwhile is about another account.
  if (named === "can_ask" || named.accountNumber !== accountNumber || named.bankCode !== bankCode) return "ask";
  if (named.accountName === null) return "The bank knows no such account; the payee must give another.";
  if (namesFit(accountName, named.accountName)) return undefined;
  return `The bank says that the account is ${named.accountName}'s, not ${accountName}'s; the payee must give another, or the operator vouches for it.`;
}

/**
 * Looks at a queued payout or refund and does what can be done: starts an attempt (the money moves to `outgoing`; the caller then asks
 * the rail), parks it if it waits for its payee, or leaves it where a hold stands or its rail is not `connected`. Answers the attempt's id,
 * or what it waits for.
 */
export function startSending(ask: DisbursementAsk, input: SendInput): Command {
  return command("disbursement.send", ask, refsOf(ask), (book) => {
    const one = book.disbursements.get(ask.disbursementId);
    if (one === undefined) return refuse("not_yours");
    if (one.state !== "queued" || (input.tried ?? one.attempts) !== one.attempts)
      return () => ({ disbursement: one.id, state: one.state, attempt: null });
    const facts = book.factsOfDisbursement(one);
    const hold = stoppingHold(facts);
    if (hold !== undefined) return (writer) => waitBehind(writer, one, hold.liftsAt);
    if (one.orderId === null && book.payments.get(one.paymentId)?.state === "disputed")
      return (writer) => waitBehind(writer, one, null, "The payment is disputed: it waits until the rail has decided.");
    const why = waitsForPayee(facts);
    if (why !== undefined) return parkPlan(book, one, ask, why);
    if (input.stopped === true) return (writer) => waitBehind(writer, one, later(writer.now, 10 * 60_000), lacks(one));
    const closed = closedHours(book, one);
    if (closed !== undefined) return (writer) => waitBehind(writer, one, closed.until, closed.says);
    const named = accountNamed(book, one, facts.details, input);
    if (named === "ask")
      return () => ({ disbursement: one.id, state: one.state, attempt: null, ask_name: { ...(facts.details as object) } });
    if (named !== undefined) return parkPlan(book, one, ask, named);
    const alone = book.together(one, input.inDoubt).reduce((sum, member) => sum + member.amount, 0n);
    if (input.connected === false || alone < facts.minimum) return (writer) => waitBehind(writer, one, later(writer.now, 10 * 60_000));
    const row = judge(book, one, "send", ask);
    return isRefusal(row) ? row : (writer) => attemptOf(writer, one, input);
  });
}

function lacks({ rail, outCurrency }: Disbursement): string {
  return `Nothing is sent from ${rail} in ${outCurrency} until its balance there is cleared up.`;
}

/** Outside of the hours of a payout's rail: when it may leave, and a sentence about it. Refunds leave at any time. */
function closedHours(book: Book, one: Disbursement): { readonly until: Date; readonly says: string } | undefined {
  const hours = one.kind === "payout" ? book.settings.rails.payoutHours[one.rail] : undefined;
  if (hours === undefined) return undefined;
  const until = nextPayoutTime(hours, book.now);
  return until > book.now ? { until, says: `Payouts by ${one.rail} leave ${hours.text}.` } : undefined;
}

/** A hold moves nothing: the disbursement just looks again when the hold can have ended. */
function waitBehind(writer: Writer, one: Disbursement, liftsAt: Date | null, why: string | null = null) {
  const dueAt = liftsAt ?? later(writer.now, 60 * 60_000);
  const reason = keptWord(one) ?? why;
  writer.book.disbursements.change(one.id, { dueAt: dueAt > writer.now ? dueAt : later(writer.now, 1_000), reason });
  return { disbursement: one.id, state: one.state, attempt: null };
}

function parkPlan(book: Book, one: Disbursement, ask: Ask, why: string): Plan | Refusal {
  const facts = book.factsOfDisbursement(one);
  const againstAccount = waitsForPayee(facts) === undefined ? why : undefined;
  const row = decide(disbursementMachine, one.state, "park", ask.actor.party, (need) =>
    disbursementNeeds[need].judge({ ...facts, againstAccount }),
  );
  if (isRefusal(row)) return row;
  // What the bank says against the account stays so until there is another account; what the rail failed in before is over.
  const fault = againstAccount === undefined ? { fault: null } : ({ fault: "payee", dueAt: null } as const);
  return (writer) => {
    askForAccount(writer, writer.stepDisbursement(one, "park", { reason: why, dueAt: parkedUntil(book, one), ...fault }));
    if (one.orderId !== null) conclude(writer, one.orderId);
    return { disbursement: one.id, state: "parked", attempt: null, reason: why };
  };
}

/** A parked disbursement is looked at again when its last waiting hold or time ends by itself; anything else wakes it by an action. */
export function parkedUntil(book: Book, one: Disbursement): Date | null {
  const { holds, coolsUntil, unverified } = book.factsOfDisbursement(one);
  // Nobody knows when the operator will have looked; that wakes it.
  if (unverified) return null;
  const ends = [...holds.map((hold) => hold.liftsAt), ...(coolsUntil === null ? [] : [coolsUntil])];
  const times = ends.flatMap((end) => (end === null ? [] : [end.getTime()]));
  return times.length === 0 || times.length < ends.length ? null : new Date(Math.max(...times));
}

function attemptOf(writer: Writer, one: Disbursement, { reference, inDoubt }: SendInput) {
  const { book } = writer;
  const group = book.together(one, inDoubt);
  const id = writer.newId();
  const amount = group.reduce((sum, member) => sum + member.outAmount, 0n);
  const attempt: Attempt = {
    sellerId: book.sellerId,
    id,
    reference,
    rail: one.rail,
    kind: one.kind,
    amount,
    currency: one.outCurrency,
    sentTo: sentTo(book, one),
    state: "sending",
    number: one.attempts + 1,
    startedAt: writer.now,
    endedAt: null,
    // If the process dies before it has asked the rail, another finds the attempt here and looks it up first.
    // Whoever dies before the rail has answered leaves it to another process, which asks from then on.
    dueAt: later(writer.now, 15_000),
    said: null,
  };
  book.attempts.insert(attempt);
  writer.effects.attemptReferences.push({ rail: one.rail, reference, sellerId: book.sellerId, attemptId: id });
  const postings = handOver(writer, group, id);
  writer.post("disbursement.send", book.orders.get(one.orderId) ?? null, postings);
  return { disbursement: one.id, state: "sending", attempt: id };
}

/** Money leaves its accounts for an attempt. */
function handOver(writer: Writer, group: readonly Disbursement[], attemptId: number): Posting[] {
  return group.flatMap((member) => {
    // A small one that waited for company is taken along.
    const queued = member.state === "parked" ? writer.stepDisbursement(member, "requeue", { reason: null, dueAt: null }) : member;
    const attempts = queued.attemptId === attemptId ? queued.attempts : queued.attempts + 1;
    writer.stepDisbursement(
      queued,
      "send",
      { attemptId, attempts, fault: null, reason: keptWord(queued), dueAt: null },
      { attempt: attemptId },
    );
    return handedOver(queued);
  });
}

function sentTo(book: Book, one: Disbursement): Record<string, unknown> {
  const details = book.payeeDetails(one);
  if (details !== "along_payment") return { ...details };
  const payment = book.payments.get(one.paymentId);
  return payment === undefined ? {} : { paymentReference: payment.reference, railReference: payment.railReference };
}

export interface AttemptAsk extends Ask {
  readonly attemptId: number;
  readonly orderIds: readonly number[];
}

/** What the rail says of an attempt; it holds for every disbursement in it. Told twice it changes nothing. */
export type AttemptOutcome =
  | { readonly status: "succeeded"; readonly cost: bigint }
  | { readonly status: "failed"; readonly fault: "payee" | "rail"; readonly reason: string }
  /** `reason`: what the rail waits for, where it does not go on by itself. */
  | { readonly status: "pending"; readonly reason?: string | undefined }
  | { readonly status: "unknown"; readonly reason: string }
  | { readonly status: "reversed"; readonly reason: string; readonly cost?: bigint; readonly kept?: bigint };

const backoff = [60_000, 5 * 60_000, 30 * 60_000, 2 * 3_600_000, 6 * 3_600_000];

/**
 * Records the outcome of an attempt: money arrives, comes back to the payee's account, or goes on being in doubt. Where it was called failed and
 * its money has moved after all, it is the attempt that counts; with `twice` in the answer that money had left, or changed, by another way since.
 */
export function concludeAttempt(ask: AttemptAsk, outcome: AttemptOutcome): Command {
  return command(`attempt.${outcome.status}`, ask, { attempts: [ask.attemptId], orders: ask.orderIds }, (book) => {
    const attempt = book.attempts.get(ask.attemptId);
    if (attempt === undefined) return refuse("not_yours");
    const members = book.disbursements.where((one) => one.attemptId === attempt.id);
    // What was in it has gone out by a later attempt: old news.
    const moves = attempt.state === "failed" && (outcome.status === "succeeded" || outcome.status === "pending");
    const twice = moves && outcome.status === "succeeded" ? { twice: true } : {};
    if (members.length === 0) return (writer) => ({ ...askAgain(writer, attempt, "cancelled"), ...twice });
    const back = moves && stillThere(attempt, members);
    const action = {
      succeeded: "succeed",
      failed: "fail",
      pending: "accept_for_later",
      unknown: "lose_sight",
      reversed: "reverse",
    } as const;
    const from = back ? "sending" : must(members[0], "a disbursement of the attempt").state;
    // Arrived and came back before anybody heard that it arrived: both are recorded.
    const unheard = outcome.status === "reversed" && (from === "sending" || from === "in_flight" || from === "outcome_unknown");
    const row = decide(disbursementMachine, from, unheard ? "succeed" : action[outcome.status], "rail", () => undefined);
    // Late, doubled or overtaken news; an unknown outcome that stays unknown is asked about again later.
    if (isRefusal(row))
      return (writer) => {
        if (outcome.status === "pending" && from === "in_flight") sayWhatItWaitsFor(writer, attempt, members, outcome.reason ?? null);
        // What was heard last is what an operator can act upon: a key that is refused by now says more than the time-out before it.
        if (outcome.status === "unknown" && from === "outcome_unknown") book.attempts.change(attempt.id, { said: outcome.reason });
        return { ...askAgain(writer, attempt, from), ...twice };
      };
    return (writer) => {
      if (back) writer.post("disbursement.send", book.orders.get(ask.orderIds[0]) ?? null, handOver(writer, members, attempt.id));
      const arrived = { status: "succeeded", cost: outcome.status === "reversed" ? (outcome.cost ?? 0n) : 0n } as const;
      const steps = unheard ? [arrived, outcome] : [outcome];
      const postings = steps.flatMap((step) => members.flatMap((one, i) => moved(one, step, i === 0)));
      for (const step of steps) {
        for (const { id } of members) stepMember(writer, must(book.disbursements.get(id), "a member"), step, action[step.status]);
      }
      writer.post(`attempt.${outcome.status}`, book.orders.get(ask.orderIds[0]) ?? null, postings);
      for (const { id } of members) takeBackLoss(writer, id);
      const state = (
        { succeeded: "succeeded", failed: "failed", pending: "in_flight", unknown: "outcome_unknown", reversed: "reversed" } as const
      )[outcome.status];
      const open = state === "in_flight" || state === "outcome_unknown";
      book.attempts.change(attempt.id, {
        state,
        said: "reason" in outcome ? (outcome.reason ?? null) : null,
        endedAt: open ? null : writer.now,
        dueAt: open ? later(writer.now, state === "in_flight" ? 5 * 60_000 : 15_000) : watchNext(book, attempt, state, writer.now),
      });
      for (const orderId of new Set(members.map((one) => one.orderId))) if (orderId !== null) conclude(writer, orderId);
      return { attempt: attempt.id, state };
    };
  });
}

/** What the rail says it waits for, as whoever asks where the money is reads it. */
function sayWhatItWaitsFor(writer: Writer, attempt: Attempt, members: readonly Disbursement[], reason: string | null): void {
  if (attempt.said === reason) return;
  writer.book.attempts.change(attempt.id, { said: reason });
  for (const one of members) writer.book.disbursements.change(one.id, { reason: keptWord(one) ?? reason });
}

/** Whether all that was in an attempt waits to be sent again, by the same way: nothing of it has left by another attempt. */
function stillThere({ rail, currency, amount }: Attempt, members: readonly Disbursement[]): boolean {
  const waits = members.filter(
    (one) => (one.state === "queued" || one.state === "parked") && one.rail === rail && one.outCurrency === currency,
  );
  return waits.length === members.length && waits.reduce((sum, one) => sum + one.outAmount, 0n) === amount;
}

const day = 86_400_000;
/** So long after its success a send is asked about once more. */
const watches = [day, 3 * day, 7 * day];

/** When a send that has succeeded is asked about next, at a rail from which it may come back unheard; null: not any more. */
function watchNext(book: Book, attempt: Attempt, state: Disbursement["state"] | Attempt["state"], now: Date): Date | null {
  if (state !== "succeeded" || !book.settings.rails.watched.includes(attempt.rail)) return null;
  const since = attempt.state === "succeeded" ? (attempt.endedAt ?? now) : now;
  return watches.map((wait) => later(since, wait)).find((at) => at > now) ?? null;
}

function askAgain(writer: Writer, attempt: Attempt, state: Disbursement["state"]) {
  const open = state === "in_flight" || state === "outcome_unknown" || state === "sending";
  if (open) {
    const age = writer.now.getTime() - attempt.startedAt.getTime();
    // Doubt about money is asked about soon, then ever less often, up to every hour.
    writer.book.attempts.change(attempt.id, { dueAt: later(writer.now, Math.min(Math.max(age, 15_000), 3_600_000)) });
  } else if (attempt.dueAt !== null) {
    // What is only watched is asked about when its time comes, however often the rail tells of it meanwhile.
    const early = state === "succeeded" && attempt.dueAt > writer.now;
    writer.book.attempts.change(attempt.id, { dueAt: early ? attempt.dueAt : watchNext(writer.book, attempt, state, writer.now) });
  }
  return { attempt: attempt.id, state: attempt.state, again: true };
}

/** Where it is paid from, and both sides of the change where it leaves in another currency. */
function sides(one: Disbursement) {
  const { rail, currency, amount, outCurrency: foreignCurrency, outAmount: foreignAmount } = one;
  return { account: parseAccount(one.source).id, rail, currency, amount, foreignCurrency, foreignAmount };
}

function handedOver(one: Disbursement): Posting[] {
  return one.outCurrency === one.currency ? sent(sides(one)) : fxPayout(sides(one));
}

function moved(one: Disbursement, outcome: AttemptOutcome, first: boolean): Posting[] {
  const abroad = one.outCurrency !== one.currency;
  switch (outcome.status) {
    case "succeeded":
      return succeeded({ rail: one.rail, currency: one.outCurrency, amount: one.outAmount, cost: first ? outcome.cost : 0n });
    case "failed":
      return abroad ? reverse(fxPayout(sides(one))) : failed(sides(one));
    case "reversed":
      return [
        ...(abroad ? fxPayoutReversed(sides(one)) : reversedAfterSuccess(sides(one))),
        ...keptOfReturn({ rail: one.rail, currency: one.outCurrency, kept: first ? (outcome.kept ?? 0n) : 0n }),
      ];
    default:
      return [];
  }
}

function stepMember(
  writer: Writer,
  one: Disbursement,
  outcome: AttemptOutcome,
  action: "succeed" | "fail" | "accept_for_later" | "lose_sight" | "reverse",
): void {
  const reason = "reason" in outcome ? outcome.reason : undefined;
  const note: Json = reason === undefined ? null : { reason };
  switch (outcome.status) {
    case "succeeded":
      writer.stepDisbursement(one, action, { concludedAt: writer.now, dueAt: null, reason: keptWord(one) }, note);
      return;
    case "pending":
      writer.stepDisbursement(one, action, reason === undefined ? {} : { reason: keptWord(one) ?? reason }, note);
      return;
    case "failed": {
      const fell = writer.stepDisbursement(
        one,
        action,
        { fault: outcome.fault, reason: (outcome.fault === "rail" ? keptWord(one) : null) ?? outcome.reason },
        note,
      );
      if (outcome.fault === "payee") askForAccount(writer, writer.stepDisbursement(fell, "park", { dueAt: null }));
      else
        writer.stepDisbursement(fell, "retry", { dueAt: later(writer.now, backoff[Math.min(one.attempts - 1, backoff.length - 1)] ?? 0) });
      return;
    }
    case "reversed": {
      const back = writer.stepDisbursement(one, action, { fault: "payee", reason: outcome.reason, concludedAt: null }, note);
      askForAccount(writer, writer.stepDisbursement(back, "park", { dueAt: null }));
      return;
    }
    default:
      writer.stepDisbursement(one, action, {}, note);
  }
}
