import { checkStatement } from "./check-statement.ts";
import type { Receipt } from "./receipt.ts";
import { makeReceipts } from "./receipt.ts";
import type { SignedStatement } from "./statement.ts";

/** A signed document with the receipts of one party. */
export interface ReceiptFile {
  readonly document: SignedStatement;
  readonly receipts: readonly Receipt[];
}

/** Makes the receipts of the balances that `wanted` picks out of a kept document and its leaves. */
export function receiptFile(
  kept: {
    readonly document: string;
    readonly leaves: readonly { readonly currency: string; readonly holder: string; readonly amount: string; readonly salt: string }[];
  },
  wanted: (holder: string, amount: bigint) => boolean,
): ReceiptFile {
  const document = checkStatement(JSON.parse(kept.document));
  const receipts = document.statement.currencies.flatMap(({ currency }) => {
    const leaves = kept.leaves.filter((leaf) => leaf.currency === currency).map((leaf) => ({ ...leaf, amount: BigInt(leaf.amount) }));
    return makeReceipts(document.statement, currency, leaves, ({ holder, amount }) => wanted(holder, amount));
  });
  return { document, receipts };
}
