import { amountOf, demand, fieldsOf, listOf, textOf, wholeOf } from "./shape.ts";
import type { Statement } from "./statement.ts";
import { documentDigest } from "./statement.ts";
import type { Leaf, Step } from "./tree.ts";
import { buildTree, climb, leafNode, sidesOf } from "./tree.ts";

/** Says that one balance is in a document: everything needed to walk from it to the signed root. */
export type Receipt = {
  readonly format: "tranche-solvency-receipt-v1";
  /** SHA-256 of the document's signed bytes. */
  readonly document: string;
  readonly currency: string;
  /** The book's number and the account: `101/order:3004:escrow`. */
  readonly holder: string;
  readonly amount: string;
  readonly salt: string;
  readonly index: number;
  readonly path: readonly { readonly side: "left" | "right"; readonly hash: string; readonly sum: string }[];
};

/** Receipts for the leaves of one currency that `wanted` picks. */
export function makeReceipts(statement: Statement, currency: string, leaves: readonly Leaf[], wanted: (leaf: Leaf) => boolean): Receipt[] {
  const tree = buildTree(currency, leaves);
  const document = documentDigest(statement);
  return tree.leaves.flatMap((leaf, index) =>
    wanted(leaf)
      ? [
          {
            format: "tranche-solvency-receipt-v1" as const,
            document,
            currency,
            holder: leaf.holder,
            amount: leaf.amount.toString(),
            salt: leaf.salt,
            index,
            path: tree.path(index).map(({ side, hash, sum }) => ({ side, hash, sum: sum.toString() })),
          },
        ]
      : [],
  );
}

/** Checks a receipt against a document that was itself checked before. Throws `ProofWrong` with the reason. */
export function checkReceipt(json: unknown, statement: Statement): Receipt {
  const receipt = readReceipt(json);
  demand(
    receipt.document === documentDigest(statement),
    "The receipt belongs to another document: the digest that it names is not this one's.",
  );
  const line = statement.currencies.find(({ currency }) => currency === receipt.currency);
  demand(line !== undefined, `The document says nothing of ${receipt.currency}.`);
  demand(receipt.index < line.leaves, `The receipt is for leaf ${receipt.index}, but the tree of ${line.currency} has ${line.leaves}.`);
  const sides = receipt.path.map(({ side }) => side).join(" ");
  demand(
    sides === sidesOf(receipt.index, line.leaves).join(" "),
    `The way from leaf ${receipt.index} of ${line.leaves} to the root cannot have this shape.`,
  );
  const leaf = { holder: receipt.holder, amount: BigInt(receipt.amount), salt: receipt.salt };
  const path: Step[] = receipt.path.map(({ side, hash, sum }) => ({ side, hash, sum: BigInt(sum) }));
  const root = climb(leafNode(receipt.currency, leaf), path);
  demand(
    root.hash === line.root,
    `The way from this balance does not lead to the root that was signed for ${line.currency}: the balance is not in it as the receipt says.`,
  );
  demand(root.sum === BigInt(line.total), `The sums along the way are ${root.sum} together, the document's total is ${line.total}.`);
  return receipt;
}

function readReceipt(json: unknown): Receipt {
  const fields = fieldsOf(json, ["format", "document", "currency", "holder", "amount", "salt", "index", "path"], "The receipt");
  demand(fields.get("format") === "tranche-solvency-receipt-v1", "The receipt's format is not tranche-solvency-receipt-v1.");
  const amount = amountOf(fields.get("amount"), "The receipt's balance");
  demand(amount > 0n, "The receipt's balance is nothing.");
  return {
    format: "tranche-solvency-receipt-v1",
    document: textOf(fields.get("document"), /^[0-9a-f]{64}$/, "The digest of the receipt's document"),
    currency: textOf(fields.get("currency"), /^[A-Z]{3}$/, "The receipt's currency"),
    holder: textOf(fields.get("holder"), /^[0-9]+\/[a-z0-9_:]+$/, "The receipt's holder"),
    amount: amount.toString(),
    salt: textOf(fields.get("salt"), /^[0-9a-f]{32}$/, "The receipt's salt"),
    index: wholeOf(fields.get("index"), "The receipt's place"),
    path: listOf(fields.get("path"), "The receipt's way").map((step) => {
      const one = fieldsOf(step, ["side", "hash", "sum"], "A step of the way");
      return {
        side: textOf(one.get("side"), /^(?:left|right)$/, "A step's side") === "left" ? ("left" as const) : ("right" as const),
        hash: textOf(one.get("hash"), /^[0-9a-f]{64}$/, "A step's hash"),
        sum: amountOf(one.get("sum"), "A step's sum").toString(),
      };
    }),
  };
}
