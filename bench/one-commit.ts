import type { Recorded, Written } from "./recorded.ts";

/** The seller, order and payment of the recorded life; in the statement they are those of the work at hand. */
export interface LifeIds {
  readonly sellerId: number;
  readonly orderId: number;
  readonly paymentId: number;
}

/**
 * One statement that writes the rows of a recorded step for another order: what a program does that commits every step by itself. It locks the
 * book by raising its numbers, as we do, and gets the hashes and the answer for nothing. `work` names a row of table `work` (n, s, o, p);
 * `nth` is the step's place in the life, so that no two give away the same id.
 */
export function oneCommit({ written, at }: Recorded, ids: LifeIds, work: string, nth: number): string {
  const book = written.find((one) => one.shape.table === "books");
  if (book === undefined) throw new Error("the step did not number anything in its book");
  const known = idsOf(written, ids, nth);
  const value = (table: string, column: string, text: string | null | undefined, type: string) =>
    expression({ table, column, text: text ?? null, type, known, at, book: book.row });
  const parts = written
    .filter((one) => one !== book)
    .map((one, i) => {
      const { table, key, types } = one.shape;
      const match = key.map((column) => `t.${column} = ${value(table, column, one.row[column], types[column] ?? "text")}`).join(" AND ");
      if (one.kind === "update") return `u${i} AS (UPDATE ${table} t SET ${setsOf(one, value)} FROM w, b WHERE ${match})`;
      const columns = Object.keys(one.row);
      const values = columns.map((column) => value(table, column, one.row[column], types[column] ?? "text"));
      return `i${i} AS (INSERT INTO ${table} (${columns.map((column) => `"${column}"`).join(", ")}) SELECT ${values.join(", ")} FROM w, b)`;
    });
  const sets = setsOf(book, value);
  return `WITH w AS (SELECT s, o, p FROM work WHERE n = ${work}),
  b AS (UPDATE books t SET ${sets} FROM w WHERE t.seller_id = w.s RETURNING t.*),
  ${parts.join(",\n  ")}
  SELECT 1 FROM b`;
}

/** Where an id of the recorded life comes from in the statement. Those that it gave away are told apart by their place, far above a sequence's. */
function idsOf(written: readonly Written[], ids: LifeIds, nth: number): Map<string, string> {
  const known = new Map([
    [String(ids.sellerId), "w.s"],
    [String(ids.orderId), "w.o"],
    [String(ids.paymentId), "w.p"],
  ]);
  for (const { kind, row, shape } of written) {
    const id = row["id"];
    if (kind === "insert" && shape.key.includes("id") && id !== null && id !== undefined && !known.has(id))
      known.set(id, `(1000000000000 + w.p * 1000 + ${nth * 100 + known.size})`);
  }
  return known;
}

/** For each table one INSERT of what a whole recorded life put there, for every row of a query `w` (s, o, p, buyer) and its book's numbers `b`. */
export function manyLives(
  { written, at }: Recorded,
  ids: LifeIds & { readonly buyerId: number },
  from: string,
): { readonly table: string; readonly text: string }[] {
  const book = written.find((one) => one.shape.table === "books");
  if (book === undefined) throw new Error("the life did not number anything in its book");
  const known = idsOf(written, ids, 0).set(String(ids.buyerId), "w.buyer");
  return written
    .filter(({ kind }) => kind === "insert")
    .map(({ shape: { table, types }, row }) => {
      const columns = Object.keys(row);
      const values = columns.map((column) =>
        expression({ table, column, text: row[column] ?? null, type: types[column] ?? "text", known, at, book: book.row }),
      );
      const names = columns.map((column) => `"${column}"`).join(", ");
      return {
        table,
        text: `INSERT INTO ${table} (${names}) SELECT ${values.join(", ")} FROM ${from}${table === "accounts" ? " ON CONFLICT DO NOTHING" : ""}`,
      };
    });
}

type ValueOf = (table: string, column: string, text: string | null | undefined, type: string) => string;

/** Balances and numbers rise by as much as they rose; everything else gets the value it got. */
function setsOf(one: Written, value: ValueOf): string {
  if (one.kind !== "update") throw new Error("an inserted row has nothing to set");
  const { table, types } = one.shape;
  return one.changed
    .map((column) => {
      const rises = (table === "accounts" || table === "books") && types[column] === "bigint";
      const by = rises ? BigInt(one.row[column] ?? "0") - BigInt(one.before[column] ?? "0") : 0n;
      return rises ? `${column} = t.${column} + ${by}` : `${column} = ${value(table, column, one.row[column], types[column] ?? "text")}`;
    })
    .join(", ");
}

const numberings: Readonly<Record<string, string>> = {
  "transitions.seq": "event_seq",
  "entries.seq": "entry_seq",
  "postings.seq": "posting_seq",
  entry_seq: "entry_seq",
  transition_seq: "event_seq",
};

function expression(from: {
  table: string;
  column: string;
  text: string | null;
  type: string;
  known: ReadonlyMap<string, string>;
  at: string;
  book: Readonly<Record<string, string | null>>;
}): string {
  const { table, column, text, type, known, at, book } = from;
  if (text === null) return `NULL::${type}`;
  const numbering = numberings[`${table}.${column}`] ?? numberings[column];
  if (numbering !== undefined) return `b.${numbering} - ${BigInt(book[numbering] ?? "0") - BigInt(text)}`;
  if (column === "id" || column.endsWith("_id")) {
    // Of the version that the engine gives out.
    if (type === "uuid") return "uuidv7()";
    const id = known.get(text);
    if (id !== undefined) return id;
  }
  if (type.startsWith("timestamp")) return `now() + interval '${Math.round((Date.parse(text) - Date.parse(at)) / 1000)} seconds'`;
  if (["account", "debit", "credit"].includes(column)) {
    const parts = text.split(":").map((part) => known.get(part) ?? literal(part));
    return parts.join(` || ${literal(":")} || `);
  }
  if (column === "token_hash") return `sha256(convert_to(${literal(text)} || w.p, 'UTF8'))`;
  if (column.endsWith("reference") || column === "shop_order_id") return `${literal(text)} || w.p`;
  return `${literal(text)}::${type}`;
}

/** pgbench would take what follows a colon for a variable, even inside quotes. */
function literal(text: string): string {
  const escaped = text.replaceAll("\\", "\\\\").replaceAll("'", "''").replaceAll(":", "\\003A");
  return escaped === text ? `'${text}'` : `U&'${escaped}'`;
}
