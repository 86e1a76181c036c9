import type { AccountKind } from "../domain/ledger-accounts.ts";
import { accountKinds, chart } from "../domain/ledger-accounts.ts";

// PostgreSQL compiles a pattern's states anew for every name, which took longer than adding up what was posted to it. So a name is taken apart at
// its colons and only what varies in it is looked at. `account` is the column's name in all of these.

/** What may stand in the places of a form that vary. No number may be above 2⁵³ − 1, the largest of sixteen digits that counts. */
const places: Readonly<Record<string, (part: string) => string>> = {
  "<id>": (part) =>
    `${part} ~ '^[1-9][0-9]*$' AND (octet_length(${part}) < 16 OR octet_length(${part}) = 16 AND ${part} COLLATE "C" <= '9007199254740991')`,
  "<payee>": (part) => `${part} IN ('seller', 'service_provider', 'operator')`,
  "<kit>": (part) => `${part} IN ('acct', 'tck')`,
  "<rail>": (part) => `${part} ~ '^[a-z0-9_]+$' AND octet_length(${part}) <= 40`,
  "<name>": (part) => `${part} ~ '^[a-z0-9_]+$' AND octet_length(${part}) <= 40`,
};

/** SQL that is true of the names of one kind of account, as `parseAccount` reads them, and of no other. */
function isOf(kind: AccountKind): string {
  const { form } = chart[kind];
  const parts = form.split(":").map((part, i) => ({ word: part, at: `split_part(account, ':', ${i + 1})`, rule: places[part] }));
  if (parts.every(({ rule }) => rule === undefined)) return `account = '${form}'`;
  const whole = parts.map(({ word, at, rule }) => (rule === undefined ? `'${word}'` : at)).join(" || ':' || ");
  const rules = parts.flatMap(({ at, rule }) => (rule === undefined ? [] : [rule(at)]));
  // The first is the cheapest, and says no to nearly all that are of another kind.
  return `account LIKE '${form.replaceAll(/<[a-z]+>/g, "%")}' AND account = ${whole} AND ${rules.join(" AND ")}`;
}

/** SQL that is true of the names of these kinds of account. */
export function isAccountOf(kinds: readonly AccountKind[]): string {
  return `(${kinds.map((kind) => `(${isOf(kind)})`).join(" OR ")})`;
}

/** How an account's kept balance follows from its postings, as in `keptSign`, and which side of solvency it stands on. */
function wayOf(kind: AccountKind): string {
  const { floor, solvency } = chart[kind];
  const kept = kind === "seller_receivable" ? "minus" : floor === null ? "none" : "plus";
  return `${kept} ${solvency}`;
}

/** SQL for the way of an account, `unknown none` outside of the chart. Nearly all accounts are orders' escrows: theirs is tried first. */
export const wayOfAccount = `CASE ${["order_escrow" as const, ...accountKinds]
  .map((kind) => `WHEN ${isOf(kind)} THEN '${wayOf(kind)}'`)
  .join(" ")} ELSE 'unknown none' END`;
