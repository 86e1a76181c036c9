import { amountOf, demand, fieldsOf, listOf, textOf, wholeOf } from "./shape.ts";
import type { BookEnd, CurrencyLine, Held, SignedStatement, Statement } from "./statement.ts";
import { owedTo, signatureFits } from "./statement.ts";
import { emptyRoot } from "./tree.ts";

const hex = (bytes: number) => new RegExp(`^[0-9a-f]{${bytes * 2}}$`);
const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/**
 * Reads a document and checks everything that can be checked without the installation: its shape, its sums, its signature, and, where the
 * reader knows the installation's key, that it is that key's. Throws `ProofWrong` with the reason. Whether it is solvent is the reader's to
 * see: {@link shortIn}.
 */
export function checkStatement(json: unknown, knownKey?: string): SignedStatement {
  const outer = fieldsOf(json, ["statement", "signature"], "The document");
  const document = {
    statement: readStatement(outer.get("statement")),
    signature: textOf(outer.get("signature"), hex(64), "The signature"),
  };
  const { public_key: key } = document.statement;
  demand(
    knownKey === undefined || key === knownKey,
    `The document is signed with the key ${key}, not with ${knownKey ?? ""}, which was given.`,
  );
  demand(signatureFits(document), "The signature does not fit: the document was changed after it was signed, or another key signed it.");
  return document;
}

/** The currencies in which less is held than owed. */
export function shortIn(statement: Statement): string[] {
  return statement.currencies.filter(({ surplus }) => surplus.startsWith("-")).map(({ currency }) => currency);
}

function readStatement(json: unknown): Statement {
  const fields = fieldsOf(json, ["format", "mode", "at", "books", "currencies", "public_key"], "The statement");
  demand(fields.get("format") === "tranche-solvency-v1", "The statement's format is not tranche-solvency-v1.");
  const books = listOf(fields.get("books"), "The list of books").map(readBook);
  const currencies = listOf(fields.get("currencies"), "The list of currencies").map(readCurrency);
  demand(ascending(books.map(({ book }) => book)), "The books are not in the order of their numbers, or one stands there twice.");
  demand(ascending(currencies.map(({ currency }) => currency)), "The currencies are not in alphabetical order, or one stands there twice.");
  return {
    format: "tranche-solvency-v1",
    mode: textOf(fields.get("mode"), /^(?:sandbox|live)$/, "The mode"),
    at: textOf(fields.get("at"), time, "The statement's time"),
    books,
    currencies,
    public_key: textOf(fields.get("public_key"), hex(32), "The public key"),
  };
}

function readBook(json: unknown): BookEnd {
  const fields = fieldsOf(json, ["book", "entry", "posting", "head", "at"], "A book");
  return {
    book: wholeOf(fields.get("book"), "A book's number"),
    entry: wholeOf(fields.get("entry"), "A book's entry"),
    posting: wholeOf(fields.get("posting"), "A book's posting"),
    head: textOf(fields.get("head"), /^(?:[0-9a-f]{64})?$/, "A book's head"),
    at: textOf(fields.get("at"), /^(?:|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)$/, "A book's time"),
  };
}

function readCurrency(json: unknown): CurrencyLine {
  const fields = fieldsOf(json, ["currency", "owed", "total", "leaves", "root", "rails", "held", "surplus"], "A currency");
  const currency = textOf(fields.get("currency"), /^[A-Z]{3}$/, "A currency's code");
  const parts = fieldsOf(fields.get("owed"), owedTo, `What is owed in ${currency}`);
  const owed = (to: (typeof owedTo)[number]) => amountOf(parts.get(to), `What is owed in ${currency} (${to})`).toString();
  const rails = listOf(fields.get("rails"), `The rails of ${currency}`).map(readRail);
  demand(ascending(rails.map(({ rail }) => rail)), `The rails of ${currency} are not in alphabetical order, or one stands there twice.`);
  const line: CurrencyLine = {
    currency,
    owed: {
      order: owed("order"),
      seller: owed("seller"),
      service_provider: owed("service_provider"),
      buyer: owed("buyer"),
      operator: owed("operator"),
      unapplied: owed("unapplied"),
    },
    total: amountOf(fields.get("total"), `The total of ${currency}`).toString(),
    leaves: wholeOf(fields.get("leaves"), `The number of leaves of ${currency}`),
    root: textOf(fields.get("root"), hex(32), `The root of ${currency}`),
    rails,
    held: amountOf(fields.get("held"), `What is held in ${currency}`, true).toString(),
    surplus: amountOf(fields.get("surplus"), `The surplus of ${currency}`, true).toString(),
  };
  checkSums(line);
  return line;
}

function checkSums(line: CurrencyLine): void {
  const total = BigInt(line.total);
  const held = BigInt(line.held);
  const parts = owedTo.reduce((sum, to) => sum + BigInt(line.owed[to]), 0n);
  demand(parts === total, `The parts owed in ${line.currency} are ${parts} together, not ${total}.`);
  const there = line.rails.reduce(
    (sum, rail) => sum + BigInt(rail.incoming) + BigInt(rail.cash) + BigInt(rail.disputed) - BigInt(rail.in_flight),
    0n,
  );
  demand(there === held, `The rails hold ${there} ${line.currency} together, not ${held}.`);
  demand(held - total === BigInt(line.surplus), `The surplus of ${line.currency} is ${held - total}, not ${line.surplus}.`);
  const empty = line.leaves === 0;
  demand(empty === (line.root === emptyRoot.hash) && empty === (total === 0n), `The tree of ${line.currency} does not fit its total.`);
}

function readRail(json: unknown): Held {
  const fields = fieldsOf(json, ["rail", "incoming", "cash", "disputed", "in_flight"], "A rail");
  return {
    rail: textOf(fields.get("rail"), /^[a-z0-9_]{1,40}$/, "A rail's name"),
    incoming: amountOf(fields.get("incoming"), "A rail's incoming money", true).toString(),
    cash: amountOf(fields.get("cash"), "A rail's cash", true).toString(),
    disputed: amountOf(fields.get("disputed"), "A rail's disputed money", true).toString(),
    in_flight: amountOf(fields.get("in_flight"), "A rail's money in flight").toString(),
  };
}

function ascending(values: readonly (string | number)[]): boolean {
  return values.every((value, at) => at === 0 || (values[at - 1] ?? value) < value);
}
