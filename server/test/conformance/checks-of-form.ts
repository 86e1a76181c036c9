import { createHash } from "node:crypto";
import type { Check } from "./harness.ts";
import { broke, credit, debit, fund, held, transaction, transfer } from "./harness.ts";
import type { JournalLeg } from "./ledger.ts";
import { signed } from "./ledger.ts";

/** What was written: everything of a leg that must never change, without the names of its transaction. */
const written = (leg: JournalLeg): string => [leg.sequence, leg.accountId, leg.type, leg.amountSubunits, leg.currency].join("|");

export const balanced: Check = {
  id: "INV-01",
  title: "every transaction is balanced per currency",
  run: async (ledger, draw) => {
    const amount = draw.whole(100, 9_999);
    await fund(ledger, draw, "acct:a", 2 * amount);
    await ledger.post(transaction(draw, [debit("acct:a", amount), credit("acct:b", amount - 7), credit("acct:c", 7)]));
    const before = await ledger.journal();
    const answer = await ledger.post(transaction(draw, [debit("acct:a", amount), credit("acct:b", amount - 1)]));
    const after = await ledger.journal();
    if (answer.status !== "REJECTED") return broke(`a transaction that is one unit short was answered ${answer.status}`);
    if (after.length !== before.length) return broke("a refused transaction left legs in the journal");
    const sums = new Map<string, number>();
    for (const leg of after) {
      const name = `${leg.transactionId} ${leg.currency}`;
      sums.set(name, (sums.get(name) ?? 0) + signed(leg));
    }
    const off = [...sums].filter(([, sum]) => sum !== 0);
    return off.length === 0
      ? held(`${sums.size} transactions net to zero; one short by a unit was refused`)
      : broke(`${off.length} do not net to zero`);
  },
};

export const appendOnly: Check = {
  id: "INV-02",
  title: "the journal is append-only",
  run: async (ledger, draw) => {
    await fund(ledger, draw, "acct:a", 10_000);
    await ledger.post(transfer(draw, "acct:a", "acct:b", 1_000));
    const all = (leg: JournalLeg) => `${leg.transactionId}|${written(leg)}`;
    const before = (await ledger.journal()).map(all);
    for (let i = 0; i < 4; i += 1) await ledger.post(transfer(draw, "acct:a", "acct:b", draw.whole(2, 99)));
    const after = (await ledger.journal()).map(all);
    const differs = before.findIndex((line, i) => after[i] !== line);
    if (differs >= 0) return broke(`leg ${differs + 1} of ${before.length} is not what it was`);
    return after.length === before.length + 8
      ? held(`${before.length} legs unchanged after 8 more`)
      : broke(`${after.length - before.length} legs came of 4 transfers`);
  },
};

export const chained: Check = {
  id: "INV-03",
  needs: "HASH_CHAIN",
  title: "the hash chain is intact",
  run: async (ledger, draw) => {
    await fund(ledger, draw, "acct:a", 10_000);
    for (let i = 0; i < 5; i += 1) await ledger.post(transfer(draw, "acct:a", "acct:b", draw.whole(2, 500)));
    let previous = "GENESIS";
    const legs = await ledger.journal();
    for (const leg of legs) {
      if (leg.prevHash !== previous) return broke(`leg ${leg.sequence} does not follow the one before`);
      const text = [previous, leg.transactionId, leg.accountId, leg.type, leg.amountSubunits, leg.currency, leg.sequence].join("|");
      if (createHash("sha256").update(text).digest("hex") !== leg.entryHash)
        return broke(`the hash of leg ${leg.sequence} is not that of its content`);
      previous = leg.entryHash;
    }
    return held(`${legs.length} legs chained from GENESIS`);
  },
};

export const replayed: Check = {
  id: "INV-04",
  title: "a repeat is DUPLICATE and does nothing",
  run: async (ledger, draw) => {
    const amount = draw.whole(100, 5_000);
    await fund(ledger, draw, "acct:a", 20_000);
    const key = draw.name();
    await ledger.post(transfer(draw, "acct:a", "acct:b", amount, key));
    await ledger.post(transfer(draw, "acct:a", "acct:c", 50));
    const before = (await ledger.journal()).length;
    const again = await ledger.post(transfer(draw, "acct:a", "acct:b", amount, key));
    const more = (await ledger.journal()).length - before;
    if (more !== 0) return broke(`the repeat wrote ${more} legs`);
    const balance = await ledger.balance("acct:b", "USD");
    if (balance !== amount) return broke(`the balance is ${balance} after the repeat, not ${amount}`);
    return again.status === "DUPLICATE"
      ? held(`DUPLICATE, and the balance stayed ${amount}`)
      : broke(`the repeat was answered ${again.status}`);
  },
};

export const oneCurrency: Check = {
  id: "INV-11",
  title: "a debit in one currency cannot close a credit in another",
  run: async (ledger, draw) => {
    const amount = draw.whole(100, 5_000);
    await fund(ledger, draw, "acct:a", 10_000);
    const { status } = await ledger.post(
      transaction(draw, [debit("acct:a", amount, "USD"), credit("acct:b", amount, "EUR")], draw.name(), true),
    );
    const closed = await ledger.balance("acct:b", "EUR");
    return status === "REJECTED" && closed === 0
      ? held("USD against EUR was refused")
      : broke(`USD against EUR was answered ${status}; EUR ${closed} arrived`);
  },
};

export const reversed: Check = {
  id: "INV-12",
  needs: "COMPENSATION",
  title: "a reversal adds, it never removes",
  run: async (ledger, draw) => {
    const amount = draw.whole(1_000, 9_000);
    await fund(ledger, draw, "acct:a", 10_000);
    await ledger.post(transfer(draw, "acct:a", "acct:b", amount));
    const before = (await ledger.journal()).map(written);
    await ledger.post(transfer(draw, "acct:b", "acct:a", amount));
    const after = (await ledger.journal()).map(written);
    if (!before.every((line, i) => after[i] === line)) return broke("what was reversed is gone from the journal, or changed");
    if (after.length !== before.length + 2) return broke(`the reversal added ${after.length - before.length} legs, not 2`);
    const left = await ledger.balance("acct:b", "USD");
    return left === 0 ? held("both stand in the journal and net to zero") : broke(`${left} is left after the reversal`);
  },
};

export const ordered: Check = {
  id: "INV-14",
  title: "an account's sequence only rises",
  run: async (ledger, draw) => {
    await fund(ledger, draw, "acct:a", 50_000);
    await Promise.all(Array.from({ length: 150 }, () => ledger.post(transfer(draw, "acct:a", "acct:b", draw.whole(2, 300)))));
    const last = new Map<string, number>();
    for (const { accountId, accountSequence } of await ledger.journal()) {
      const before = last.get(accountId) ?? Number.NEGATIVE_INFINITY;
      if (accountSequence <= before) return broke(`${accountId} goes from ${before} to ${accountSequence}`);
      last.set(accountId, accountSequence);
    }
    return held(`strictly rising in ${last.size} accounts`);
  },
};
