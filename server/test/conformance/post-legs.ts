import type { Ask, Command } from "../../src/actions/command.ts";
import { command } from "../../src/actions/command.ts";
import type { Book } from "../../src/actions/book.ts";
import { isCurrency } from "../../src/domain/currency.ts";
import type { AccountId } from "../../src/domain/ledger-accounts.ts";
import { kitAccount, parseAccount } from "../../src/domain/ledger-accounts.ts";
import type { Posting } from "../../src/domain/movements.ts";
import type { Refusal } from "../../src/domain/refusals.ts";
import { isRefusal, refuse } from "../../src/domain/refusals.ts";
import type { Leg } from "./ledger.ts";

/**
 * A command that posts the kit's legs to a scratch book, through lanes, lock, line, chain and store like every other. It stands here and not
 * in the server, whose actions never take postings from outside.
 */
export function postLegs(ask: Ask, legs: readonly Leg[], cause: string): Command {
  const accounts = [...new Set(legs.map((leg) => leg.accountId))];
  return command("book.post", ask, { accounts }, (book) => {
    const postings = pair(legs);
    if (isRefusal(postings)) return postings;
    const short = overdrawn(book, postings);
    if (short !== undefined) return refuse("mismatch", `${short} holds less than is taken from it.`);
    return (writer) => {
      const version = book.eventSeq + 1;
      const step = { action: "post", fromState: "kept", toState: "kept", event: "book.posted" };
      writer.record({ object: "book", objectId: book.sellerId, version, ...step });
      return { entry: writer.post(cause, null, postings) };
    };
  });
}

interface Side {
  readonly account: AccountId;
  left: bigint;
}

/** Legs as postings of two accounts each: per currency, debits and credits are matched in their order, and must leave nothing over. */
export function pair(legs: readonly Leg[]): readonly Posting[] | Refusal {
  if (legs.length < 2) return refuse("invalid", "A transaction has at least two legs.");
  const postings: Posting[] = [];
  for (const currency of new Set(legs.map((leg) => leg.currency))) {
    if (!isCurrency(currency)) return refuse("currency_unknown", `${String(currency)} is no currency.`);
    const own = legs.filter((leg) => leg.currency === currency);
    const debits = sides(own, "DEBIT");
    const credits = sides(own, "CREDIT");
    if (isRefusal(debits)) return debits;
    if (isRefusal(credits)) return credits;
    const sum = (list: readonly Side[]) => list.reduce((all, side) => all + side.left, 0n);
    if (sum(debits) !== sum(credits)) return refuse("mismatch", `Debits and credits in ${currency} do not balance.`);
    const matched = match(debits, credits, currency);
    if (isRefusal(matched)) return matched;
    postings.push(...matched);
  }
  return postings;
}

function sides(legs: readonly Leg[], type: Leg["type"]): Side[] | Refusal {
  const found: Side[] = [];
  for (const leg of legs.filter((one) => one.type === type)) {
    const account = kitAccount(leg.accountId);
    if (account === undefined) return refuse("invalid", `${leg.accountId} is no account of a scratch book.`);
    if (!Number.isSafeInteger(leg.amountSubunits) || leg.amountSubunits <= 0) return refuse("amount_invalid");
    found.push({ account, left: BigInt(leg.amountSubunits) });
  }
  return found;
}

function match(debits: readonly Side[], credits: readonly Side[], currency: string): Posting[] | Refusal {
  const postings: Posting[] = [];
  for (const debit of debits) {
    while (debit.left > 0n) {
      const credit = credits.find((side) => side.left > 0n && side.account !== debit.account);
      if (credit === undefined) return refuse("invalid", `${debit.account} would be paid from itself.`);
      const amount = debit.left < credit.left ? debit.left : credit.left;
      postings.push({ debit: debit.account, credit: credit.account, amount, currency });
      debit.left -= amount;
      credit.left -= amount;
    }
  }
  return postings;
}

/** The first account with a floor that the postings would take below it. A floor holds whatever the caller allows. */
function overdrawn(book: Book, postings: readonly Posting[]): string | undefined {
  const change = new Map<string, bigint>();
  const add = (account: string, currency: string, by: bigint) =>
    change.set(`${account} ${currency}`, (change.get(`${account} ${currency}`) ?? 0n) + by);
  for (const { debit, credit, amount, currency } of postings) {
    add(debit, currency, -amount);
    add(credit, currency, amount);
  }
  for (const [key, by] of change) {
    const [account = "", currency = ""] = key.split(" ");
    const { floor } = parseAccount(account);
    if (floor !== null && book.balance(account, currency) + by < floor) return account;
  }
  return undefined;
}
