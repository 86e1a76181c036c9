import type { ElementType } from "./array-param.ts";
import { arrayParam } from "./array-param.ts";
import type { Query } from "./connect.ts";

/**
 * How a column is kept and how it reads in TypeScript: an `id` is a number, an `amount` a bigint, `hex` a bytea written as hex text. `json` is
 * kept as jsonb; `answer` as it was written, its keys in their order, so that a repeated answer is the same to the letter.
 */
export type ColumnKind = "id" | "amount" | "int" | "text" | "bool" | "time" | "json" | "answer" | "hex" | "numeric" | "texts" | "uuid";

// How a column's values travel. A list of texts and a number with decimals go as text and are cast.
const sentAs: Record<ColumnKind, ElementType> = {
  id: "bigint",
  amount: "bigint",
  int: "integer",
  text: "text",
  bool: "boolean",
  time: "timestamptz",
  json: "jsonb",
  answer: "json",
  hex: "bytea",
  numeric: "text",
  texts: "text",
  uuid: "uuid",
};
const casts: Partial<Record<ColumnKind, string>> = { numeric: "::numeric", texts: "::text[]" };

export interface Table<Row> {
  readonly name: string;
  /** How many columns there are. */
  readonly columns: number;
  /** Where a column stands among them. */
  place(field: keyof Row & string): number;
  /** The columns for a SELECT list, prefixed: `o.id, o.state, …`. */
  select(alias: string): string;
  read(record: Record<string, unknown>): Row;
  /** The same, from the values in the order of `select`. */
  readCells(cells: readonly unknown[]): Row;
  readonly insert: Query;
  readonly update: Query;
  /** The same without the columns that seldom change; the update of everything where there are none such. */
  readonly updateOften: Query;
  /** Whether `updateOften` is enough to bring a row from one state to the other. */
  often(before: Row, after: Row): boolean;
  /** One array per column, in the statements' order, as PostgreSQL takes them. */
  values(rows: readonly Row[]): Buffer[];
  /** The same for `update`: without what never changes. */
  valuesChanged(rows: readonly Row[]): Buffer[];
  /** The same for `updateOften`. */
  valuesOften(rows: readonly Row[]): Buffer[];
}

interface Options<Row> {
  readonly key: readonly (keyof Row & string)[];
  /** Columns that an UPDATE leaves alone because they never change. */
  readonly fixed?: readonly (keyof Row & string)[];
  /** Columns that change in few steps: they travel only when one of them did, since long ones cost as much as all the others together. */
  readonly seldom?: readonly (keyof Row & string)[];
  readonly decode?: { readonly [K in keyof Row]?: (json: unknown) => Row[K] };
}

/**
 * Describes a table once: its columns and how each reads. The set-wise INSERT and UPDATE (one array per column, unnested) are written from it,
 * so that a batch of any size is one statement with one plan.
 */
export function tableOf<Row extends object>(
  name: string,
  columns: Record<keyof Row & string, ColumnKind>,
  options: Options<Row>,
): Table<Row> {
  const fields = Object.keys(columns) as (keyof Row & string)[];
  const kinds = fields.map((field) => columns[field]);
  const names = fields.map(snake);
  // In the SELECT list and not in FROM, where each array would first be laid out as a table of its own: that was half of what a statement cost.
  const unnested = (sent: readonly number[]) =>
    `(SELECT ${sent.map((i, place) => `unnest($${place + 1}::${sentAs[kinds[i] ?? "text"]}[]) AS ${names[i]}`).join(", ")}) u`;
  const cast = (i: number) => `u.${names[i]}${casts[kinds[i] ?? "text"] ?? ""}`;
  const kept = new Set<string>([...options.key, ...(options.fixed ?? [])]);
  const seldom = new Set<string>(options.seldom);
  const match = options.key.map((field) => `t.${snake(field)} = u.${snake(field)}`).join(" AND ");
  const update = (sent: readonly (keyof Row & string)[]) => {
    const at = sent.map((field) => fields.indexOf(field));
    const sets = at.flatMap((i) => (kept.has(fields[i] as string) ? [] : [`${names[i]} = ${cast(i)}`]));
    const from = unnested(at);
    return `UPDATE ${name} t SET ${sets.join(", ")} FROM ${from} WHERE ${match}`;
  };
  const changing = fields.filter((field) => options.key.includes(field) || !kept.has(field));
  const often = changing.filter((field) => !seldom.has(field));
  const arraysOf = (sent: readonly (keyof Row & string)[], rows: readonly Row[]) =>
    sent.map((field) => {
      const kind = columns[field];
      return arrayParam(sentAs[kind], rows, (row) => writeAs(kind, row[field]));
    });
  const readers = fields.map((field, i) => {
    const decode = options.decode?.[field];
    const kind = kinds[i] ?? "text";
    return decode === undefined ? (value: unknown) => readAs(kind, value) : (value: unknown) => (value === null ? null : decode(value));
  });
  const readCells = (cells: readonly unknown[]) => {
    const row: Record<string, unknown> = {};
    for (let i = 0; i < fields.length; i += 1) row[fields[i] as string] = readers[i]?.(cells[i]);
    return row as Row;
  };
  return {
    name,
    columns: fields.length,
    place: (field) => fields.indexOf(field),
    select: (alias) => names.map((column) => `${alias}.${column}`).join(", "),
    read: (record) => readCells(names.map((name) => record[name])),
    readCells,
    insert: {
      name: `insert_${name}`,
      text: `INSERT INTO ${name} (${names.join(", ")}) SELECT ${fields.map((_, i) => cast(i)).join(", ")} FROM ${unnested(fields.map((_, i) => i))}`,
    },
    update: { name: `update_${name}`, text: update(changing) },
    updateOften: { name: `update_${name}${seldom.size === 0 ? "" : "_often"}`, text: update(often) },
    often: (before, after) => (options.seldom ?? []).every((field) => before[field] === after[field]),
    values: (rows) => arraysOf(fields, rows),
    valuesChanged: (rows) => arraysOf(changing, rows),
    valuesOften: (rows) => arraysOf(often, rows),
  };
}

function readAs(kind: ColumnKind, value: unknown): unknown {
  if (value === null || value === undefined) return null;
  if (kind === "id" && typeof value === "bigint") return Number(value);
  if (kind === "hex" && Buffer.isBuffer(value)) return value.toString("hex");
  return value;
}

function writeAs(kind: ColumnKind, value: unknown): unknown {
  if (value === null || value === undefined) return null;
  switch (kind) {
    case "json":
    case "answer":
      return toJson(value);
    case "texts":
      return `{${(value as readonly string[]).map((text) => `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`).join(",")}}`;
    default:
      return value;
  }
}

/** JSON with amounts as integers: every amount is below 2^53 by constraint. */
export function toJson(value: unknown): string {
  // Asking at each value costs five times as much, and most of what is written holds no amount.
  if (!holdsAmount(value)) return JSON.stringify(value);
  return JSON.stringify(value, (_key, inner: unknown) => (typeof inner === "bigint" ? Number(inner) : inner));
}

function holdsAmount(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return typeof value === "bigint";
  for (const name in value) if (holdsAmount((value as Record<string, unknown>)[name])) return true;
  return false;
}

/** `deliverBy` → `deliver_by`. */
export function snake(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
