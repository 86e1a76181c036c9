import type { Query } from "./connect.ts";

/**
 * How a column is kept and how it reads in TypeScript: an `id` is a number, an `amount` a bigint, `hex` a bytea written as hex text. `json` is
 * kept as jsonb; `answer` as it was written, its keys in their order, so that a repeated answer is the same to the letter.
 */
export type ColumnKind = "id" | "amount" | "int" | "text" | "bool" | "time" | "json" | "answer" | "hex" | "numeric" | "texts" | "uuid";

const pgTypes: Record<ColumnKind, string> = {
  id: "bigint",
  amount: "bigint",
  int: "integer",
  text: "text",
  bool: "boolean",
  time: "timestamptz",
  json: "jsonb",
  answer: "json",
  hex: "bytea",
  numeric: "numeric",
  texts: "text",
  uuid: "uuid",
};

export interface Table<Row> {
  readonly name: string;
  /** The columns for a SELECT list, prefixed: `o.id, o.state, …`. */
  select(alias: string): string;
  read(record: Record<string, unknown>): Row;
  readonly insert: Query;
  readonly update: Query;
  /** One array per column, in the statements' order. */
  values(rows: readonly Row[]): unknown[];
}

interface Options<Row> {
  readonly key: readonly (keyof Row & string)[];
  /** Columns that an UPDATE leaves alone because they never change. */
  readonly fixed?: readonly (keyof Row & string)[];
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
  const arrays = kinds.map((kind, i) => `$${i + 1}::${kind === "texts" ? "text" : pgTypes[kind]}[]`).join(", ");
  const unnested = `unnest(${arrays}) AS u(${names.join(", ")})`;
  const cast = (i: number) => `u.${names[i]}${kinds[i] === "texts" ? "::text[]" : ""}`;
  const kept = new Set<string>([...options.key, ...(options.fixed ?? [])]);
  const sets = fields.flatMap((field, i) => (kept.has(field) ? [] : [`${names[i]} = ${cast(i)}`]));
  const match = options.key.map((field) => `t.${snake(field)} = u.${snake(field)}`).join(" AND ");
  return {
    name,
    select: (alias) => names.map((column) => `${alias}.${column}`).join(", "),
    read: (record) => {
      const row: Record<string, unknown> = {};
      fields.forEach((field, i) => {
        const value = record[names[i] ?? ""];
        const decode = options.decode?.[field];
        row[field] = decode === undefined ? readAs(kinds[i] ?? "text", value) : value === null ? null : decode(value);
      });
      return row as Row;
    },
    insert: {
      name: `insert_${name}`,
      text: `INSERT INTO ${name} (${names.join(", ")}) SELECT ${fields.map((_, i) => cast(i)).join(", ")} FROM ${unnested}`,
    },
    update: { name: `update_${name}`, text: `UPDATE ${name} t SET ${sets.join(", ")} FROM ${unnested} WHERE ${match}` },
    values: (rows) => fields.map((field, i) => rows.map((row) => writeAs(kinds[i] ?? "text", row[field]))),
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
    case "hex":
      return `\\x${String(value)}`;
    case "time":
      return value instanceof Date ? value.toISOString() : value;
    case "texts":
      return `{${(value as readonly string[]).map((text) => `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`).join(",")}}`;
    default:
      return value;
  }
}

/** JSON with amounts as integers: every amount is below 2^53 by constraint. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => (typeof inner === "bigint" ? Number(inner) : inner));
}

/** `deliverBy` → `deliver_by`. */
export function snake(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
