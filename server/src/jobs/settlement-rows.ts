import { parse } from "csv-parse/sync";
import { isCurrency } from "../domain/currency.ts";
import { largestAmount } from "../domain/money.ts";
import type { Refusal } from "../domain/refusals.ts";
import { refuse } from "../domain/refusals.ts";
import type { Settlement, SettlementLine, SettlementLineKind } from "../rails/rail.ts";

/** The columns of a file of settlements, and the names of a line over HTTP: one line of a settlement in each row. */
export const settlementColumns = [
  "settlement_id",
  "currency",
  "settlement_amount",
  "settled_at",
  "line_id",
  "kind",
  "reference",
  "rail_reference",
  "gross",
  "fee",
  "net",
  "at",
] as const;
type Column = (typeof settlementColumns)[number];
const optional: readonly Column[] = ["reference", "rail_reference", "fee", "net", "at"];
const kinds: readonly string[] = ["payment", "refund", "payout", "dispute", "fee", "other"] satisfies SettlementLineKind[];

/** At most so many rows in one go. */
const mostRows = 50_000;

/** A settlement with its rows as they came. */
export interface ReadSettlement {
  readonly settlement: Settlement;
  readonly raw: readonly Row[];
}

type Row = Readonly<Record<string, string>>;

/** What spreadsheets write and this does not read; each would otherwise be refused for something else, or taken with letters lost. */
function misread(text: string): string | undefined {
  if (text.includes("\0")) return "The file is UTF-16. Save it as CSV UTF-8.";
  // What a reader of UTF-8 puts in the place of bytes that are none.
  if (text.includes("\uFFFD")) return "The file is not UTF-8. Save it as CSV UTF-8.";
  const header = /^[^\r\n]*/.exec(text)?.[0] ?? "";
  const other = header.includes(",") ? undefined : ([";", "\t"] as const).find((one) => header.includes(one));
  if (other === undefined) return undefined;
  return `The file is separated by ${other === ";" ? "semicolons" : "tabs"}. Save it with commas between the columns.`;
}

/**
 * Reads a file of settlements: UTF-8, comma-separated, a header, amounts whole in the smallest unit, times as ISO 8601. Refuses `invalid` for the
 * whole file if any row is wrong, with the number of each in the file (the header is row 1) and why.
 */
export function readSettlementFile(text: string): readonly ReadSettlement[] | Refusal {
  const why = misread(text);
  if (why !== undefined) return refuse("invalid", `${why} Nothing was stored.`, { rows: [] });
  let records: string[][];
  try {
    records = parse(text, { bom: true, trim: true, relax_column_count: true, skip_empty_lines: false });
  } catch (error) {
    return refuse("invalid", `The file is not comma-separated text: ${error instanceof Error ? error.message : ""}`, { rows: [] });
  }
  const [header = [], ...rest] = records;
  const unknown = header.find((name) => !settlementColumns.some((column) => column === name));
  const absent = settlementColumns.find((column) => !optional.includes(column) && !header.includes(column));
  if (unknown !== undefined || absent !== undefined || new Set(header).size < header.length) {
    const why = unknown === undefined ? `has no column ${absent ?? "twice"}` : `has a column "${unknown.slice(0, 40)}", which is not known`;
    return refuse("invalid", `The first row ${why}. The columns are: ${settlementColumns.join(", ")}.`, { rows: [1] });
  }
  const wrong: WrongRow[] = [];
  const rows = rest.flatMap((cells, place): Numbered[] => {
    const number = place + 2;
    if (cells.length === 1 && cells[0] === "") return [];
    if (cells.length === header.length) return [{ number, row: Object.fromEntries(header.map((name, at) => [name, cells[at] ?? ""])) }];
    wrong.push({ number, why: `has ${cells.length} values for ${header.length} columns` });
    return [];
  });
  return settlementsOf(rows, wrong, "Row");
}

/** The same of a list of lines, each a set of the names above. Lines are numbered from 1. */
export function readSettlementLines(lines: unknown): readonly ReadSettlement[] | Refusal {
  if (!Array.isArray(lines)) return refuse("invalid", "The lines field must be a list of lines.", { field: "lines" });
  const wrong: WrongRow[] = [];
  const rows = (lines as unknown[]).flatMap((line, place): Numbered[] => {
    const number = place + 1;
    const why = whyNoLine(line);
    if (why === undefined) return [{ number, row: asText(line as Record<string, unknown>) }];
    wrong.push({ number, why });
    return [];
  });
  return settlementsOf(rows, wrong, "Line");
}

function whyNoLine(line: unknown): string | undefined {
  if (typeof line !== "object" || line === null || Array.isArray(line)) return "is not a set of named fields";
  const unknown = Object.keys(line).find((name) => !settlementColumns.some((column) => column === name));
  if (unknown !== undefined) return `has a field "${unknown.slice(0, 40)}", which is not known`;
  const odd = Object.entries(line).find(([, value]) => value !== null && typeof value !== "string" && typeof value !== "number");
  return odd === undefined ? undefined : `has a ${odd[0]} that is neither text nor a number`;
}

function asText(line: Record<string, unknown>): Row {
  return Object.fromEntries(
    Object.entries(line).map(([name, value]) => [name, value === null ? "" : String(value as string | number).trim()]),
  );
}

interface Numbered {
  readonly number: number;
  readonly row: Row;
}
interface WrongRow {
  readonly number: number;
  readonly why: string;
}

function settlementsOf(rows: readonly Numbered[], unread: readonly WrongRow[], what: string): readonly ReadSettlement[] | Refusal {
  const wrong = [...unread];
  const found = new Map<string, { settlement: Settlement & { lines: SettlementLine[] }; raw: Row[]; ids: Set<string> }>();
  for (const { number, row } of rows) {
    const read = readRow(row);
    if (typeof read === "string") {
      wrong.push({ number, why: read });
      continue;
    }
    const { line, ...head } = read;
    const one = found.get(head.id) ?? { settlement: { ...head, lines: [] }, raw: [], ids: new Set<string>() };
    found.set(head.id, one);
    const { settlement } = one;
    const same =
      settlement.currency === head.currency &&
      settlement.amount === head.amount &&
      settlement.settledAt.getTime() === head.settledAt.getTime();
    if (!same) wrong.push({ number, why: `says something else of settlement ${head.id} than the row before` });
    else if (one.ids.has(line.id)) wrong.push({ number, why: `has the line_id ${line.id} a second time` });
    one.ids.add(line.id);
    settlement.lines.push(line);
    one.raw.push(row);
  }
  if (rows.length + unread.length === 0) return refuse("invalid", "There are no lines in it.", { rows: [] });
  if (rows.length > mostRows) return refuse("invalid", `At most ${mostRows} lines are taken at a time.`, { rows: [] });
  if (wrong.length === 0) return [...found.values()].map(({ settlement, raw }) => ({ settlement, raw }));
  const sorted = wrong.toSorted((a, b) => a.number - b.number);
  const told = sorted.slice(0, 10).map(({ number, why }) => `${what} ${number} ${why}.`);
  const more = sorted.length > 10 ? ` And ${sorted.length - 10} more.` : "";
  return refuse("invalid", `${told.join(" ")}${more} Nothing was stored.`, { rows: sorted.map(({ number }) => number) });
}

/** One row, or what is wrong with it. */
function readRow(row: Row): (Omit<Settlement, "lines"> & { readonly line: SettlementLine }) | string {
  const value = (name: Column) => row[name] ?? "";
  const needed = settlementColumns.find((name) => !optional.includes(name) && value(name) === "");
  if (needed !== undefined) return `has no ${needed}`;
  const long = settlementColumns.find((name) => value(name).length > 200);
  if (long !== undefined) return `has a ${long} of more than 200 signs`;
  const currency = value("currency");
  if (!isCurrency(currency)) return "names a currency that is not known";
  if (!kinds.includes(value("kind"))) return `has the kind "${value("kind")}"; kinds are ${kinds.join(", ")}`;
  const amounts = {
    settlement_amount: whole(value("settlement_amount")),
    gross: whole(value("gross")),
    fee: whole(value("fee") || "0"),
    net: whole(value("net") || "0"),
  };
  const bad = Object.entries(amounts).find(([, amount]) => amount === undefined);
  if (bad !== undefined) return `has a ${bad[0]} that is not a whole number of the smallest unit`;
  const { gross = 0n, fee = 0n, settlement_amount: amount = 0n } = amounts;
  const net = value("net") === "" ? gross - fee : (amounts.net ?? 0n);
  if (net !== gross - fee) return `has a net of ${net}, which is not gross ${gross} less fee ${fee}`;
  const settledAt = instant(value("settled_at"));
  const at = instant(value("at") || value("settled_at"));
  if (settledAt === undefined || at === undefined) return "has a time that is not like 2026-03-02T08:00:00Z or 2026-03-02";
  const kind = value("kind") as SettlementLineKind;
  const names = { reference: value("reference") || null, railReference: value("rail_reference") || null };
  return { id: value("settlement_id"), currency, amount, settledAt, line: { id: value("line_id"), kind, ...names, gross, fee, net, at } };
}

function whole(text: string): bigint | undefined {
  if (!/^-?\d{1,16}$/.test(text)) return undefined;
  const amount = BigInt(text);
  return amount > largestAmount || amount < -largestAmount ? undefined : amount;
}

function instant(text: string): Date | undefined {
  if (!/^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2}))?$/.test(text)) return undefined;
  const at = new Date(text);
  return Number.isNaN(at.getTime()) ? undefined : at;
}

/** The same for whoever names a day to begin at; undefined for anything else. */
export function readSince(text: string): Date | undefined {
  return instant(text);
}
