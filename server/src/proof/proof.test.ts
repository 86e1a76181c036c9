import { hash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { must } from "../domain/fault.ts";
import { canonical } from "./canonical.ts";
import { checkStatement, shortIn } from "./check-statement.ts";
import { checkReceipt, makeReceipts } from "./receipt.ts";
import type { Statement } from "./statement.ts";
import { documentDigest, newSigningKey, signedBytes, signStatement } from "./statement.ts";
import type { Leaf } from "./tree.ts";
import { buildTree } from "./tree.ts";

const seed = 20_260_302;
const key = newSigningKey();

function leavesOf(amounts: readonly bigint[]): Leaf[] {
  return amounts.map((amount, at) => ({ holder: `101/order:${at + 1}:escrow`, amount, salt: hash("sha256", `salt ${at}`).slice(0, 32) }));
}

function statementOf(leaves: readonly Leaf[], currency = "NGN", held?: bigint): Statement {
  const { root } = buildTree(currency, leaves);
  const none = { seller: "0", service_provider: "0", buyer: "0", operator: "0", unapplied: "0" };
  const cash = held ?? root.sum;
  return {
    format: "tranche-solvency-v1",
    mode: "sandbox",
    at: "2026-03-02T10:00:00.000Z",
    books: [{ book: 101, entry: 4, posting: 9, head: "ab".repeat(32), at: "2026-03-02T09:00:00.000Z" }],
    currencies: [
      {
        currency,
        owed: { order: root.sum.toString(), ...none },
        total: root.sum.toString(),
        leaves: leaves.length,
        root: root.hash,
        rails: [{ rail: "sandbox", incoming: "0", cash: cash.toString(), disputed: "0", in_flight: "0" }],
        held: cash.toString(),
        surplus: (cash - root.sum).toString(),
      },
    ],
    public_key: key.publicKey,
  };
}

const amounts = fc.array(fc.bigInt({ min: 1n, max: 2n ** 52n }), { minLength: 1, maxLength: 40 });
const receiptsOf = (statement: Statement, leaves: readonly Leaf[]) => makeReceipts(statement, "NGN", leaves, () => true);
const copy = (value: unknown) => JSON.parse(JSON.stringify(value));

/** Every value in a document or receipt, changed a little: another digit, another letter, one more. */
function* mutants(json: unknown): Generator {
  if (typeof json === "number") yield json + 1;
  if (typeof json === "string") {
    const last = json.at(-1) ?? "";
    yield json.slice(0, -1) + (last === "1" ? "2" : "1");
    if (/^[0-9]+$/.test(json)) yield `-${json}`;
  }
  if (Array.isArray(json)) {
    yield json.slice(0, -1);
    yield [...json, json.at(-1)];
    for (const [at, one] of json.entries()) for (const other of mutants(one)) yield json.with(at, other);
  } else if (typeof json === "object" && json !== null) {
    yield { ...json, extra: "1" };
    for (const [name, one] of Object.entries(json)) {
      yield Object.fromEntries(Object.entries(json).filter(([kept]) => kept !== name));
      for (const other of mutants(one)) yield { ...json, [name]: other };
    }
  }
}

describe("a document", () => {
  const leaves = leavesOf([450_000n, 383_250n, 20_000n]);
  const document = signStatement(statementOf(leaves), key.privateKey);

  test("is taken as it was signed, whatever order its names stand in", () => {
    const turned = { signature: document.signature, statement: Object.fromEntries(Object.entries(document.statement).toReversed()) };
    expect(checkStatement(copy(turned), key.publicKey)).toEqual(document);
  });

  test("is refused with a reason where any one thing in it is changed, left out, added or doubled", () => {
    const all = [...mutants(copy(document))].filter((one) => JSON.stringify(one) !== JSON.stringify(document));
    expect(all.length).toBeGreaterThan(70);
    for (const one of all) expect(() => checkStatement(one), JSON.stringify(one)).toThrow(/\.$/);
  });

  test("signed anew by somebody else is refused by who knows the key", () => {
    const other = newSigningKey();
    const forged = signStatement({ ...document.statement, public_key: other.publicKey }, other.privateKey);
    expect(() => checkStatement(copy(forged))).not.toThrow();
    expect(() => checkStatement(copy(forged), key.publicKey)).toThrow(/is signed with the key/);
  });

  test("whose sums do not add up is refused even where the signature fits", () => {
    const line = must(document.statement.currencies[0], "a line");
    const signed = (change: object) => copy(signStatement({ ...document.statement, currencies: [{ ...line, ...change }] }, key.privateKey));
    expect(() => checkStatement(signed({ surplus: "1" }))).toThrow(/The surplus of NGN is 0, not 1/);
    expect(() => checkStatement(signed({ held: "1", surplus: "-853249" }))).toThrow(/The rails hold/);
    expect(() => checkStatement(signed({ total: "1", surplus: "853249" }))).toThrow(/The parts owed/);
    expect(() => checkStatement(signed({ owed: { ...line.owed, order: "853251", seller: "-1" } }))).toThrow(/no amount from 0 up/);
  });

  test("of an installation that lacks money holds, and says so", () => {
    const short = signStatement(statementOf(leaves, "NGN", 1n), key.privateKey);
    expect(shortIn(checkStatement(copy(short)).statement)).toEqual(["NGN"]);
    expect(shortIn(document.statement)).toEqual([]);
  });
});

test("the worked example in docs/solvency.md holds, and the page shows the very bytes that are signed", () => {
  const docs = join(import.meta.dirname, "../../../docs");
  const page = readFileSync(join(docs, "solvency.md"), "utf8");
  const file: { document: unknown; receipts: unknown[] } = JSON.parse(readFileSync(join(docs, "vectors/solvency.json"), "utf8"));
  const { statement } = checkStatement(file.document);
  const receipt = checkReceipt(file.receipts[0], statement);
  const shown = [
    signedBytes(statement),
    documentDigest(statement),
    statement.currencies[0]?.root ?? "",
    ...receipt.path.map((one) => one.hash),
  ];
  for (const one of shown) expect(page).toContain(one);
});

describe("a receipt", () => {
  test("of every balance verifies, and none that was changed anywhere does", () => {
    fc.assert(
      fc.property(amounts, fc.nat(), (owed, pick) => {
        const leaves = leavesOf(owed);
        const statement = statementOf(leaves);
        const receipts = receiptsOf(statement, leaves);
        expect(receipts.map(({ holder }) => holder).toSorted()).toEqual(leaves.map(({ holder }) => holder).toSorted());
        for (const receipt of receipts) expect(checkReceipt(copy(receipt), statement)).toEqual(receipt);
        const receipt = must(receipts[pick % receipts.length], "a receipt");
        for (const other of mutants(copy(receipt))) {
          if (JSON.stringify(other) === JSON.stringify(receipt)) continue;
          expect(() => checkReceipt(other, statement), JSON.stringify(other)).toThrow(/\.$/);
        }
      }),
      { seed, numRuns: 60 },
    );
  });

  test("of a party that was left out leads to no root that was signed", () => {
    const leaves = leavesOf([5n, 6n, 7n, 8n, 9n]);
    const full = statementOf(leaves);
    for (const [at, receipt] of receiptsOf(full, leaves).entries()) {
      const without = statementOf(leaves.filter(({ holder }) => holder !== receipt.holder));
      expect(() => checkReceipt(receipt, without), String(at)).toThrow(/belongs to another document/);
      const claimed = { ...receipt, document: hash("sha256", `tranche-solvency-v1\n${canonical(without)}`) };
      expect(() => checkReceipt(claimed, without), String(at)).toThrow(/does not lead to the root|cannot have this shape|but the tree/);
    }
  });

  test("beside a negative leaf is refused: the sum that hides it stands on the way", () => {
    const leaves = [...leavesOf([500n]), { holder: "101/buyer:1:refundable", amount: -400n, salt: "ff".repeat(16) }];
    const statement = statementOf(leaves);
    const honest = must(
      receiptsOf(statement, leaves).find(({ holder }) => holder.startsWith("101/order")),
      "the honest party's",
    );
    expect(() => checkReceipt(copy(honest), statement)).toThrow(/A step's sum is no amount from 0 up/);
  });

  test("in which a node is shown as a leaf, or the last leaf twice, is refused", () => {
    const leaves = leavesOf([1n, 2n, 3n]);
    const statement = statementOf(leaves);
    const last = must(receiptsOf(statement, leaves)[2], "the last");
    expect(last.path).toHaveLength(1);
    expect(() => checkReceipt({ ...last, index: 3 }, statement)).toThrow(/but the tree of NGN has 3/);
    const above = must(last.path[0], "the node");
    expect(() => checkReceipt({ ...last, path: [], index: 0 }, statement)).toThrow(/cannot have this shape/);
    expect(() => checkReceipt({ ...last, path: [above, above] }, statement)).toThrow(/cannot have this shape/);
  });

  test("tells of another's balance neither name nor place: the same balances under other salts have nothing in common", () => {
    const leaves = leavesOf([1n, 1n, 1n, 1n]);
    const again = leaves.map((leaf, at) => ({ ...leaf, salt: hash("sha256", `other ${at}`).slice(0, 32) }));
    const hashes = (of: readonly Leaf[]) => receiptsOf(statementOf(of), of).flatMap(({ path }) => path.map((step) => step.hash));
    expect(hashes(again).filter((one) => hashes(leaves).includes(one))).toEqual([]);
    expect(JSON.stringify(must(receiptsOf(statementOf(leaves), leaves)[0], "one").path)).not.toContain("order");
  });
});
