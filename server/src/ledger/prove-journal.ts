import type { Query } from "../db/connect.ts";
import { genesis } from "./chain.ts";

/**
 * A time as `JSON.stringify` writes it, quotes included. A stored time is whole in milliseconds; with a microsecond more all its digits are written, and
 * the last three are then known. Half as long as with `to_char`, and like that the same under every setting of the session.
 */
export function jsonTime(column: string): string {
  return `replace(to_json(${column} AT TIME ZONE interval '0' + interval '1 microsecond')::text, '001"', 'Z"')`;
}

/**
 * SHA-256 of a text, as its bytes go to this program, which is always UTF-8; asked for by name, `convert_to` takes four times as long. Named with their
 * schema, so that no search path puts another function in their place.
 */
export const sha256 = (text: string): string => `pg_catalog.sha256(pg_catalog.textsend(${text}))`;

const leg = (before: string, account: string, type: string, number: string) =>
  sha256(`${before} || h.id || p.${account} || '|${type}|' || p.amount || '|' || p.currency || '|' || ${number}`);

/**
 * Each posting's hash, worked out anew from the hash stored with the posting before it. That one is checked by its own row, so that nothing
 * has to be walked in order, and a stretch of a book stands by itself: $3 to $4 are its postings, and the one before $3 is read along.
 * $5 to $6 are the entries that these belong to, or more of them.
 */
export const chainFits: Query = {
  name: "prove_chain",
  text: `SELECT DISTINCT p.seller_id FROM (
           SELECT *, lag(seq, 1, 0::bigint) OVER book AS seq_before, lag(entry_seq, 1, 0::bigint) OVER book AS entry_before,
             coalesce(encode(lag(hash) OVER book, 'hex'), '${genesis}') AS hash_before
           FROM postings WHERE seller_id BETWEEN $1::bigint AND $2::bigint AND seq BETWEEN $3::bigint - 1 AND $4::bigint
           WINDOW book AS (PARTITION BY seller_id ORDER BY seq)) p
         LEFT JOIN (
           SELECT seller_id, seq, '|' || seller_id || ':' || seq || ':' || encode(${sha256(
             `'[' || to_json(cause)::text || ',' || coalesce(order_id::text, 'null') || ',' || ${jsonTime("at")} || ','
              || coalesce('"' || encode(order_digest, 'hex') || '"', 'null') || ',' || coalesce(reverses::text, 'null') || ']'`,
           )}, 'hex') || '|' AS id
           FROM entries WHERE seller_id BETWEEN $1 AND $2 AND seq BETWEEN $5::bigint AND $6::bigint OFFSET 0) h
         ON h.seller_id = p.seller_id AND h.seq = p.entry_seq
         WHERE p.seq >= $3 AND NOT coalesce(p.seq = p.seq_before + 1 AND p.entry_seq > 0 AND p.entry_seq - p.entry_before IN (0, 1)
           AND p.hash = ${leg(`encode(${leg("p.hash_before", "debit", "DEBIT", "(2 * p.seq - 1)")}, 'hex')`, "credit", "CREDIT", "(2 * p.seq)")}, false)`,
};
