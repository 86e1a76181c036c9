import type { Check } from "./harness.ts";
import { atOnce, broke, count, credit, debit, fund, held, transaction, transfer } from "./harness.ts";
import type { JournalLeg, Ledger } from "./ledger.ts";
import { signed } from "./ledger.ts";

/** Balances that the journal alone gives, per account and currency. */
function rebuilt(legs: readonly JournalLeg[]): Map<string, number> {
  const sums = new Map<string, number>();
  for (const leg of legs) sums.set(`${leg.accountId} ${leg.currency}`, (sums.get(`${leg.accountId} ${leg.currency}`) ?? 0) + signed(leg));
  return sums;
}

const names = (many: number): string[] => Array.from({ length: many }, (_, i) => `acct:${i}`);

async function total(ledger: Ledger, accounts: readonly string[]): Promise<number> {
  const balances = await Promise.all(accounts.map((account) => ledger.balance(account, "USD")));
  return balances.reduce((sum, balance) => sum + balance, 0);
}

export const collapsed: Check = {
  id: "INV-05",
  title: "64 repeats at once are one",
  run: async (ledger, draw) => {
    const amount = draw.whole(100, 1_000);
    await fund(ledger, draw, "acct:a", 100_000);
    const key = draw.name();
    const answers = await atOnce(64, () => transfer(draw, "acct:a", "acct:b", amount, key), ledger);
    const balance = await ledger.balance("acct:b", "USD");
    const right = count(answers, "APPLIED") === 1 && count(answers, "DUPLICATE") === 63 && balance === amount;
    const says = `${count(answers, "APPLIED")} of 64 were applied, ${count(answers, "DUPLICATE")} were duplicates; ${balance} arrived of ${amount}`;
    return right ? held(says) : broke(says);
  },
};

export const hot: Check = {
  id: "INV-06",
  title: "500 credits at once on one account are exact",
  run: async (ledger, draw) => {
    const amounts = Array.from({ length: 500 }, () => draw.whole(2, 200));
    const answers = await atOnce(
      500,
      (i) => transaction(draw, [debit("external:funding", amounts[i] ?? 0), credit("acct:hot", amounts[i] ?? 0)], draw.name(), true),
      ledger,
    );
    const expected = amounts.reduce((sum, amount) => sum + amount, 0);
    const balance = await ledger.balance("acct:hot", "USD");
    const right = balance === expected && count(answers, "APPLIED") === 500;
    return right ? held(`${balance}, exact`) : broke(`${balance} instead of ${expected}; ${count(answers, "APPLIED")} of 500 applied`);
  },
};

export const conserved: Check = {
  id: "INV-07",
  title: "400 transfers at once neither make nor lose money",
  run: async (ledger, draw) => {
    const accounts = names(8);
    for (const account of accounts) await fund(ledger, draw, account, 20_000);
    const before = await total(ledger, accounts);
    await atOnce(400, (i) => transfer(draw, `acct:${i % 8}`, `acct:${(i + 3) % 8}`, draw.whole(2, 200)), ledger);
    const after = await total(ledger, accounts);
    return after === before ? held(`the sum stayed ${after}`) : broke(`the sum went from ${before} to ${after}`);
  },
};

export const projected: Check = {
  id: "INV-08",
  title: "balances are what the journal says",
  run: async (ledger, draw) => {
    await fund(ledger, draw, "acct:a", 50_000);
    await atOnce(200, () => transfer(draw, "acct:a", "acct:b", draw.whole(2, 90)), ledger);
    const sums = rebuilt(await ledger.journal());
    for (const account of ["acct:a", "acct:b"]) {
      const [read, told] = [await ledger.balance(account, "USD"), sums.get(`${account} USD`) ?? 0];
      if (read !== told) return broke(`${account} reads ${read}, the journal says ${told}`);
    }
    return held("both accounts agree after 200 transfers at once");
  },
};

export const guarded: Check = {
  id: "INV-09",
  needs: "OVERDRAFT_GUARD",
  title: "of 20 withdrawals at once exactly 10 succeed",
  run: async (ledger, draw) => {
    const each = draw.whole(100, 1_000);
    await fund(ledger, draw, "acct:a", 10 * each);
    const answers = await atOnce(20, () => transfer(draw, "acct:a", "acct:b", each), ledger);
    const balance = await ledger.balance("acct:a", "USD");
    const right = count(answers, "APPLIED") === 10 && count(answers, "REJECTED") === 10 && balance === 0;
    const says = `${count(answers, "APPLIED")} of 20 succeeded, ${balance} is left`;
    return right ? held(says) : broke(says);
  },
};

export const exact: Check = {
  id: "INV-10",
  title: "1,000 moves of one unit are exact",
  run: async (ledger, draw) => {
    const start = draw.whole(50_000, 100_000);
    await fund(ledger, draw, "acct:a", start);
    for (let i = 0; i < 1_000; i += 1) await ledger.post(transfer(draw, "acct:a", "acct:b", 1));
    const [from, to] = [await ledger.balance("acct:a", "USD"), await ledger.balance("acct:b", "USD")];
    const says = `${to} arrived of 1,000; ${from} is left of ${start}`;
    return to === 1_000 && from === start - 1_000 ? held(says) : broke(says);
  },
};

export const recovered: Check = {
  id: "INV-13",
  needs: "REPLAY",
  title: "the journal alone rebuilds every balance, in every currency",
  run: async (ledger, draw) => {
    const accounts = names(6);
    for (const account of accounts) {
      await fund(ledger, draw, account, 40_000);
      await fund(ledger, draw, account, 40_000, "EUR");
    }
    const currency = (i: number) => (i % 3 === 0 ? "EUR" : "USD");
    await atOnce(300, (i) => transfer(draw, `acct:${i % 6}`, `acct:${(i + 2) % 6}`, draw.whole(2, 300), undefined, currency(i)), ledger);
    const sums = rebuilt(await ledger.journal());
    let seen = 0;
    for (const [name, sum] of sums) {
      const [account = "", code = ""] = name.split(" ");
      if (!account.startsWith("acct:")) continue;
      const live = await ledger.balance(account, code);
      if (live !== sum) return broke(`${name} is ${live}, rebuilt ${sum}`);
      seen += 1;
    }
    return seen === 12 ? held("12 balances rebuilt to the unit") : broke(`${seen} of 12 balances are in the journal`);
  },
};

export const honest: Check = {
  id: "INV-15",
  needs: "OVERDRAFT_GUARD",
  title: "a repeat of a refused transaction is never called applied",
  run: async (ledger, draw) => {
    await fund(ledger, draw, "acct:a", 100);
    const tooMuch = draw.whole(1_000, 9_000);
    const key = draw.name();
    const first = await ledger.post(transfer(draw, "acct:a", "acct:b", tooMuch, key));
    if (first.status !== "REJECTED") return broke(`more than there is was answered ${first.status}`);
    const again = await ledger.post(transfer(draw, "acct:a", "acct:b", tooMuch, key));
    const together = await atOnce(20, () => transfer(draw, "acct:a", "acct:b", tooMuch, key), ledger);
    const wrong = [again, ...together].filter((answer) => answer.status !== "REJECTED");
    if (wrong.length > 0) return broke(`${wrong.length} of 21 repeats were answered ${String(wrong[0]?.status)}`);
    const moved = await ledger.balance("acct:b", "USD");
    return moved === 0 ? held("21 repeats were refused like the first") : broke(`${moved} moved`);
  },
};
