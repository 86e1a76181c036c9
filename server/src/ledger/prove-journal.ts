import type { Query } from "../db/connect.ts";
import type { AccountKind } from "../domain/ledger-accounts.ts";
import { accountKinds, accountsOf, chart, largeIdPattern } from "../domain/ledger-accounts.ts";
import { genesis } from "./chain.ts";

/** A time as `toISOString` writes it. */
export function isoTime(column: string): string {
  return `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
}

/** SHA-256 of a text. Named with its schema, so that no search path puts another function in its place. */
export const sha256 = (text: string): string => `pg_catalog.sha256(convert_to(${text}, 'UTF8'))`;

const leg = (before: string, account: string, type: string, number: string) =>
  sha256(`${before} || '|' || h.id || '|' || p.${account} || '|${type}|' || p.amount || '|' || p.currency || '|' || ${number}`);

/**
 * Each posting's hash, worked out anew from the hash stored with the posting before it. That one is checked by its own row, so that nothing
 * has to be walked in order, and a stretch of a book stands by itself: $3 to $4 are its postings, and the one before $3 is read along.
 */
export const chainFits: Query = {
  name: "prove_chain",
  text: `WITH heads AS MATERIALIZED (
           SELECT seller_id, seq, seller_id || ':' || seq || ':' || encode(${sha256(
             `'[' || to_json(cause)::text || ',' || coalesce(order_id::text, 'null') || ',"' || ${isoTime("at")} || '",'
              || coalesce('"' || encode(order_digest, 'hex') || '"', 'null') || ',' || coalesce(reverses::text, 'null') || ']'`,
           )}, 'hex') AS id
           FROM entries WHERE seller_id BETWEEN $1::bigint AND $2::bigint
             AND seq >= coalesce((SELECT entry_seq FROM postings WHERE seller_id = $1 AND seq = $3::bigint - 1), 0)
             AND seq <= coalesce((SELECT entry_seq FROM postings WHERE seller_id = $1 AND seq = $4::bigint), 9223372036854775807))
         SELECT DISTINCT p.seller_id FROM (
           SELECT *, coalesce(lag(seq) OVER book, 0) AS seq_before, coalesce(lag(entry_seq) OVER book, 0) AS entry_before,
             coalesce(encode(lag(hash) OVER book, 'hex'), '${genesis}') AS hash_before
           FROM postings WHERE seller_id BETWEEN $1 AND $2 AND seq BETWEEN $3 - 1 AND $4
           WINDOW book AS (PARTITION BY seller_id ORDER BY seq)) p
         LEFT JOIN heads h ON h.seller_id = p.seller_id AND h.seq = p.entry_seq
         WHERE p.seq >= $3 AND NOT coalesce(p.seq = p.seq_before + 1 AND p.entry_seq > 0 AND p.entry_seq - p.entry_before IN (0, 1)
           AND p.hash = ${leg(`encode(${leg("p.hash_before", "debit", "DEBIT", "(2 * p.seq - 1)")}, 'hex')`, "credit", "CREDIT", "(2 * p.seq)")}, false)`,
};

/** How an account's kept balance follows from its postings, as in `keptSign`, and which side of solvency it stands on. */
function wayOf(kind: AccountKind): string {
  const { floor, solvency } = chart[kind];
  const kept = kind === "seller_receivable" ? "minus" : floor === null ? "none" : "plus";
  return `${kept} ${solvency}`;
}

/** Nearly all accounts are orders' escrows, and PostgreSQL is quicker with a small pattern: theirs is tried first and alone. */
const ways: readonly (readonly [way: string, kinds: readonly AccountKind[]])[] = [
  [wayOf("order_escrow"), ["order_escrow"]],
  ...Map.groupBy(accountKinds, wayOf),
];

function wayBy(pattern: (kinds: readonly AccountKind[]) => string): string {
  return `CASE ${ways.map(([way, kinds]) => `WHEN account ~ '${pattern(kinds)}' THEN '${way}'`).join(" ")} ELSE 'unknown none' END`;
}

/** Below this length no name holds a number of sixteen digits, nor a word of forty letters. */
const shortName = 29;

/** PostgreSQL is slow at counted repetitions; where no name can be too long, they need not be counted. */
function uncounted(kinds: readonly AccountKind[]): string {
  return accountsOf(kinds).replaceAll("{0,15}", "*").replaceAll("{1,40}", "+");
}

/** A guess, to leave out the order of postings where no floor asks for it. A kept balance without its lowest point counts as wrong. */
const noFloor = "(account LIKE 'platform:%' OR (account LIKE 'rail:%' AND account NOT LIKE '%:outgoing'))";

const legs = (which: string) => `
  SELECT * FROM (
    SELECT seller_id, debit COLLATE "C" AS account, currency COLLATE "C" AS currency, 2 * seq AS place, -amount AS change, NULL::bigint AS kept
    FROM postings WHERE seller_id BETWEEN $1::bigint AND $2::bigint
    UNION ALL
    SELECT seller_id, credit COLLATE "C", currency COLLATE "C", 2 * seq + 1, amount, NULL FROM postings WHERE seller_id BETWEEN $1 AND $2
    UNION ALL
    SELECT seller_id, account COLLATE "C", currency COLLATE "C", NULL, 0, balance FROM accounts WHERE seller_id BETWEEN $1 AND $2) l
  WHERE ${which}`;

/**
 * Replays all postings of whole books, account by account: each account's balance after each of its postings, the kept balance beside it,
 * and the sums of solvency. The account's own row comes as one more line, so that a row without postings and postings without a row show.
 * Sorting by a number made of the name first is quicker than by the name alone.
 */
export const balancesFit: Query = {
  name: "prove_balances",
  text: `SELECT seller_id, currency, bool_or(wrong) AS wrong, bool_or(balance <> 0 AND way NOT LIKE '% none') AS counts,
           coalesce(sum(-balance) FILTER (WHERE way LIKE '% held'), 0)::text AS held, coalesce(sum(balance) FILTER (WHERE way LIKE '% owed'), 0)::text AS owed
         FROM (
           SELECT seller_id, currency, balance, way, NOT coalesce(rows = 1
             AND CASE WHEN way LIKE 'plus %' THEN low >= 0 AND kept = balance WHEN way LIKE 'minus %' THEN high <= 0 AND kept = -balance
                 WHEN way LIKE 'none %' THEN kept IS NULL END
             AND (length(account) < ${shortName} OR coalesce(substring(account FROM '${largeIdPattern}')::bigint < 9007199254740992, true)), false) AS wrong
           FROM (
             SELECT *, CASE WHEN length(account) < ${shortName} THEN ${wayBy(uncounted)} ELSE ${wayBy(accountsOf)} END AS way
             FROM (
               SELECT seller_id, account, currency, sum(change) AS balance, min(running) AS low, max(running) AS high, max(kept) AS kept,
                 count(*) FILTER (WHERE place IS NULL) AS rows
               FROM (
                 SELECT *, sum(change) OVER (PARTITION BY number, seller_id, account, currency ORDER BY place) AS running
                 FROM (SELECT *, hashtextextended(account, seller_id) AS number FROM (${legs(`NOT ${noFloor}`)}) f) n) r
               GROUP BY number, seller_id, account, currency
               UNION ALL
               SELECT seller_id, account, currency, sum(change), NULL, NULL, max(kept), count(*) FILTER (WHERE place IS NULL)
               FROM (${legs(noFloor)}) f GROUP BY seller_id, account, currency) s
             OFFSET 0) a) b
         GROUP BY seller_id, currency`,
};
