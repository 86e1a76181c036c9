import type { Query, Queryable } from "../db/connect.ts";
import { run } from "../db/connect.ts";
import { parseAccount, railOutgoing } from "../domain/ledger-accounts.ts";
import type { Replay } from "./replay.ts";
import type { Findings } from "./verify-report.ts";

export const moneyQueries = {
  balances: {
    name: "verify_balances",
    text: `SELECT account, currency, balance FROM accounts WHERE seller_id = $1 AND (account, currency) > ($2, $3) ORDER BY account, currency LIMIT $4`,
  },
  missingAccounts: {
    name: "verify_missing_accounts",
    text: `SELECT p.account, p.currency, p.entry_seq FROM (
             SELECT x.account, p.currency, min(p.entry_seq) AS entry_seq FROM postings p, LATERAL (VALUES (p.debit), (p.credit)) x (account)
             WHERE p.seller_id = $1 GROUP BY x.account, p.currency) p
           WHERE NOT EXISTS (SELECT 1 FROM accounts a WHERE a.seller_id = $1 AND a.account = p.account AND a.currency = p.currency)
           ORDER BY p.entry_seq LIMIT 20`,
  },
  // The last posting of the one stands against the first of the other, debit and credit exchanged.
  reversals: {
    name: "verify_reversals",
    text: `SELECT e.seq, e.reverses FROM entries e WHERE e.seller_id = $1 AND e.reverses IS NOT NULL AND (e.reverses >= e.seq
             OR (SELECT array_agg(ROW(debit, credit, amount, currency)::text ORDER BY seq) FROM postings WHERE seller_id = $1 AND entry_seq = e.seq)
               IS DISTINCT FROM
               (SELECT array_agg(ROW(credit, debit, amount, currency)::text ORDER BY seq DESC) FROM postings WHERE seller_id = $1 AND entry_seq = e.reverses))
           ORDER BY e.seq LIMIT 20`,
  },
  reversedTwice: {
    name: "verify_reversed_twice",
    text: `SELECT max(seq) AS seq, reverses FROM entries WHERE seller_id = $1 AND reverses IS NOT NULL GROUP BY reverses HAVING count(*) > 1 ORDER BY 1 LIMIT 20`,
  },
  waiting: {
    name: "verify_waiting",
    text: `SELECT source, currency, sum(amount)::bigint AS amount FROM disbursements
           WHERE seller_id = $1 AND state IN ('queued', 'parked', 'failed', 'reversed') GROUP BY source, currency ORDER BY source, currency`,
  },
  // A payout in another currency than the book's is in flight with what its attempt sends.
  inFlight: {
    name: "verify_in_flight",
    text: `SELECT rail, currency, sum(amount)::bigint AS amount FROM (
             SELECT coalesce(a.rail, d.rail) AS rail, d.currency, d.amount FROM disbursements d
             LEFT JOIN attempts a ON a.seller_id = d.seller_id AND a.id = d.attempt_id
             WHERE d.seller_id = $1 AND d.state IN ('sending', 'in_flight', 'outcome_unknown') AND (a.id IS NULL OR a.currency = d.currency)
             UNION ALL
             SELECT a.rail, a.currency, a.amount FROM attempts a
             WHERE a.seller_id = $1 AND EXISTS (SELECT 1 FROM disbursements d WHERE d.seller_id = a.seller_id AND d.attempt_id = a.id
               AND d.state IN ('sending', 'in_flight', 'outcome_unknown') AND d.currency <> a.currency)) f
           GROUP BY rail, currency ORDER BY rail, currency`,
  },
  // Of an order's own money; what fitted nothing goes back from the payment's account and is not part of it.
  overpaidOrders: {
    name: "verify_overpaid_orders",
    text: `SELECT d.order_id, d.out, coalesce(i.paid, 0)::bigint AS paid FROM (
             SELECT order_id, sum(amount)::bigint AS out FROM disbursements
             WHERE seller_id = $1 AND order_id IS NOT NULL AND state <> 'cancelled' AND source NOT LIKE 'payment:%' GROUP BY order_id) d
           LEFT JOIN LATERAL (
             SELECT sum(p.amount) AS paid FROM entries e JOIN postings p ON p.seller_id = e.seller_id AND p.entry_seq = e.seq
             WHERE e.seller_id = $1 AND e.order_id = d.order_id AND p.credit = 'order:' || d.order_id || ':escrow'
               AND (p.debit LIKE 'rail:%:incoming' OR p.debit LIKE 'payment:%:unapplied')) i ON true
           WHERE d.out > coalesce(i.paid, 0) ORDER BY d.order_id LIMIT 20`,
  },
} satisfies Record<string, Query>;

type Sum = { currency: string; amount: bigint };

/** Checks what hangs on the journal: kept balances, reversals, and that money on its way out is backed by the accounts it comes from. */
export async function checkMoney(client: Queryable, sellerId: number, replay: Replay, findings: Findings, pageSize: number): Promise<void> {
  await checkBalances(client, sellerId, replay, findings, pageSize);
  const missing = await run<{ account: string; currency: string; entry_seq: bigint }>(client, moneyQueries.missingAccounts, [sellerId]);
  for (const row of missing.rows)
    findings.add(`${row.account} (${row.currency}) was posted to and is not among the accounts`, { entry: Number(row.entry_seq) });
  const reversals = await run<{ seq: bigint; reverses: bigint }>(client, moneyQueries.reversals, [sellerId]);
  for (const { seq, reverses } of reversals.rows)
    findings.add(`entry ${seq} does not turn entry ${reverses} round exactly`, { entry: Number(seq) });
  const twice = await run<{ seq: bigint; reverses: bigint }>(client, moneyQueries.reversedTwice, [sellerId]);
  for (const { seq, reverses } of twice.rows) findings.add(`entry ${reverses} was turned round more than once`, { entry: Number(seq) });
  await checkWaiting(client, sellerId, replay, findings);
  await checkOutgoing(client, sellerId, replay, findings);
  const overpaid = await run<{ order_id: bigint; out: bigint; paid: bigint }>(client, moneyQueries.overpaidOrders, [sellerId]);
  for (const { order_id, out, paid } of overpaid.rows) {
    findings.add(`order ${order_id} pays out ${out}, but was paid ${paid}`, { order: Number(order_id) });
  }
}

async function checkBalances(client: Queryable, sellerId: number, replay: Replay, findings: Findings, pageSize: number): Promise<void> {
  for (let after: readonly [string, string] = ["", ""]; ; ) {
    const { rows } = await run<{ account: string; currency: string; balance: bigint | null }>(client, moneyQueries.balances, [
      sellerId,
      ...after,
      pageSize,
    ]);
    for (const { account, currency, balance } of rows) {
      const replayed = replay.kept(account, currency);
      if (balance !== replayed)
        findings.add(`${account} is kept at ${balance ?? "nothing"} ${currency}, its postings give ${replayed ?? "nothing"}`);
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < pageSize) return;
    after = [last.account, last.currency];
  }
}

/** What waits to be sent must lie in its source; payables and refundables hold nothing else. */
async function checkWaiting(client: Queryable, sellerId: number, replay: Replay, findings: Findings): Promise<void> {
  const { rows } = await run<Sum & { source: string }>(client, moneyQueries.waiting, [sellerId]);
  const waiting = new Map(rows.map(({ source, currency, amount }) => [`${source} ${currency}`, amount]));
  for (const { source, currency, amount } of rows) {
    const balance = replay.balance(source, currency);
    if (amount > balance) findings.add(`${amount} ${currency} wait to be sent from ${source}, which holds ${balance}`);
  }
  for (const { account, currency, balance } of replay.all()) {
    const amount = waiting.get(`${account} ${currency}`) ?? 0n;
    if (isForSending(account) && balance > amount)
      findings.add(`${account} holds ${balance} ${currency}, of which only ${amount} wait to be sent`);
  }
}

function isForSending(account: string): boolean {
  return /^(payee|buyer):/.test(account) && ["payee_payable", "buyer_refundable"].includes(parseAccount(account).kind);
}

async function checkOutgoing(client: Queryable, sellerId: number, replay: Replay, findings: Findings): Promise<void> {
  const { rows } = await run<Sum & { rail: string }>(client, moneyQueries.inFlight, [sellerId]);
  const sums = new Map<string, { account: string; currency: string; amount: bigint }>();
  for (const { rail, currency, amount } of rows) {
    const account = railOutgoing(rail);
    sums.set(`${account} ${currency}`, { account, currency, amount });
  }
  for (const { account, currency } of replay.all()) {
    const key = `${account} ${currency}`;
    if (/^rail:.*:outgoing$/.test(account) && !sums.has(key)) sums.set(key, { account, currency, amount: 0n });
  }
  for (const { account, currency, amount } of sums.values()) {
    const balance = replay.balance(account, currency);
    if (balance !== amount) findings.add(`${account} holds ${balance} ${currency}, but ${amount} are on their way`);
  }
}
