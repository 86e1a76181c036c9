import { readFile } from "node:fs/promises";
import type { Config } from "../config.ts";
import { migrate, rolesSql } from "../db/migrate.ts";
import type { SolvencyRow } from "../ledger/verify-report.ts";
import { verifyBooks } from "../ledger/verify.ts";
import type { NotedHead } from "../ledger/verify-chain.ts";
import { prepareDatabase } from "./prepare-database.ts";
import { verifyProof } from "./solvency-commands.ts";
import { kobo, table } from "./table.ts";
import { CommandRefused, UsageError } from "./usage-error.ts";
import { withDatabase, withPool } from "./with-installation.ts";

/** Proves the books, or names the first wrong entry. Changes nothing. */
export async function verifyCommand(config: Config, rest: readonly string[]): Promise<string> {
  if (rest.includes("--solvency") || rest.includes("--receipt")) return verifyProof(rest);
  const walk = rest.includes("--walk");
  const heads = await notedHeads(rest.filter((one) => one !== "--walk"));
  const report = await withPool(config, "tranche_read", (pool) => verifyBooks(pool, { heads, walk }));
  const counted = `${report.books} books, ${report.entries} entries, ${report.postings} postings`;
  const solvent = solvencyLines(report.solvency);
  if (report.ok) return `The books prove themselves: ${counted}, no finding.\n${solvent}`;
  const lines = report.findings.map(({ sellerId, entry, order, says }) => {
    const where = [
      `book ${sellerId}`,
      ...(entry === undefined ? [] : [`entry ${entry}`]),
      ...(order === undefined ? [] : [`order ${order}`]),
    ].join(", ");
    return `${where}: ${says}`;
  });
  const more = lines.length > 20 ? [`and ${lines.length - 20} more`] : [];
  throw new CommandRefused(
    [`The books are WRONG (${counted}). First: ${lines[0] ?? ""}`, ...lines.slice(1, 20).map((line) => `  ${line}`), ...more, solvent].join(
      "\n",
    ),
  );
}

/** `--heads FILE`: where the chains ended when the daily letter was written. A tail that was cut off shows only against these. */
async function notedHeads(rest: readonly string[]): Promise<NotedHead[]> {
  const [option, file, ...more] = rest;
  if (option === undefined) return [];
  if (option !== "--heads" || file === undefined || more.length > 0)
    throw new UsageError(`verify does not know ${JSON.stringify(rest.join(" "))}; it takes --walk and --heads FILE.`);
  const text = await readFile(file, "utf8").catch(() => {
    throw new UsageError(`The file ${file} cannot be read.`);
  });
  try {
    const parsed: unknown = JSON.parse(text);
    if (Array.isArray(parsed) && parsed.every(isNotedHead)) return parsed;
  } catch {
    // Said below.
  }
  throw new UsageError(`${file} must hold the lines between the marks of a letter with heads, and nothing else.`);
}

function isNotedHead(one: unknown): one is NotedHead {
  if (typeof one !== "object" || one === null) return false;
  const { sellerId, postingSeq, chainHead } = one as Record<string, unknown>;
  return (
    Number.isSafeInteger(sellerId) && Number.isSafeInteger(postingSeq) && typeof chainHead === "string" && /^[0-9a-f]{64}$/.test(chainHead)
  );
}

function solvencyLines(rows: readonly SolvencyRow[]): string {
  if (rows.length === 0) return "Solvent: nothing is held, nothing is owed.";
  const short = rows.some((row) => row.surplus < 0n);
  const shown = rows.map(({ currency, held, owed, surplus }) => [currency, kobo(held), kobo(owed), kobo(surplus)]);
  return `${short ? "NOT solvent" : "Solvent"}, in the smallest unit of each currency:\n${table(["", "held", "owed", "over"], shown, new Set([1, 2, 3]))}`;
}

/** Brings the schema up to date; makes the database where there is none. */
export async function migrateCommand(config: Config): Promise<string> {
  const ran = await withDatabase(
    config,
    async ({ ownerUrl }) => {
      const files = await migrate(ownerUrl);
      await prepareDatabase(ownerUrl, config);
      return files;
    },
    { make: true },
  );
  if (ran.length === 0) return "The schema was up to date already.";
  return ran.map(({ number, name }) => `ran ${String(number).padStart(6, "0")}_${name}.sql`).join("\n");
}

/** The SQL that an administrator runs once where the database's owner may not make roles. Touches no database. */
export function rolesCommand(config: Config): string {
  const owner =
    config.databaseUrl === undefined ? "tranche_owner" : decodeURIComponent(new URL(config.databaseUrl).username) || "tranche_owner";
  return rolesSql(owner).trimEnd();
}
