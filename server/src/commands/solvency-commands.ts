import { access, constants, readFile, stat, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { Config } from "../config.ts";
import { newestStatement, solvencyKeys } from "../db/solvency.ts";
import { isRefusal } from "../domain/refusals.ts";
import { checkStatement, shortIn } from "../proof/check-statement.ts";
import { receiptFile } from "../proof/receipt-file.ts";
import { checkReceipt } from "../proof/receipt.ts";
import { ProofWrong } from "../proof/shape.ts";
import type { SignedStatement, Statement } from "../proof/statement.ts";
import { ensureSigningKey, proveSolvency, rotateSigningKey } from "./prove-solvency.ts";
import { kobo, table } from "./table.ts";
import { CommandRefused, UsageError } from "./usage-error.ts";
import { withEngine } from "./with-installation.ts";

const usage = "Say `solvency`, `solvency --out FILE`, `solvency receipt PROVIDER [--out FILE]`, `solvency key` or `solvency key rotate`.";

/** Signs a proof of solvency and shows it, or writes it into a file; shows or changes the signing key. */
export async function solvencyCommand(config: Config, args: readonly string[]): Promise<string> {
  if (args[0] === "key") return keyCommand(config, args.slice(1));
  if (args[0] === "receipt") return receiptCommand(config, args.slice(1));
  const [option, file, ...rest] = args;
  if (rest.length > 0 || (option !== undefined && (option !== "--out" || file === undefined))) throw new UsageError(usage);
  if (file !== undefined) await stillFree(file);
  const document = await withEngine(config, ({ pool }, secretKey) => proveSolvency(pool, secretKey, config.mode, new Date()));
  if (isRefusal(document)) throw new CommandRefused(document.detail);
  if (file !== undefined) await writeNew(file, document);
  const { statement } = document;
  const wrote = file === undefined ? [] : [`The signed proof is in ${file}; npm run tranche -- verify --solvency ${file} checks it.`];
  return told(statement, [linesOf(statement), `Signed by ${statement.public_key}.`, ...wrote]);
}

/** A service provider has no page of its own: the operator hands it its receipts, of the newest proof. */
async function receiptCommand(config: Config, args: readonly string[]): Promise<string> {
  const [provider = "", option, file, ...rest] = args;
  if (!/^[1-9][0-9]{0,15}$/.test(provider) || rest.length > 0 || (option !== undefined && (option !== "--out" || file === undefined)))
    throw new UsageError(usage);
  const newest = await withEngine(config, ({ pool }) => newestStatement(pool));
  if (newest === undefined) throw new CommandRefused("No proof of solvency was made yet: `npm run tranche -- solvency` makes one.");
  const own = receiptFile(newest, (holder) => holder.endsWith(`/payee:service_provider:${provider}:payable`));
  if (own.receipts.length === 0)
    throw new CommandRefused(`Nothing was owed to service provider ${provider} at ${own.document.statement.at}, so there is no receipt.`);
  if (file === undefined) return JSON.stringify(own, null, 2);
  await writeNew(file, own);
  return `The receipts of service provider ${provider} are in ${file}; npm run tranche -- verify --solvency ${file} --receipt ${file} checks them.`;
}

/** Looked at before anything is signed: a proof that nobody was given would be kept, and stand as the newest. */
async function stillFree(file: string): Promise<void> {
  const folder = dirname(resolve(file));
  const there = await stat(file).catch(() => undefined);
  if (there !== undefined) throw new CommandRefused(`${file} is there already and is not written over; nothing was signed.`);
  await access(folder, constants.W_OK).catch(() => {
    throw new CommandRefused(`${folder} cannot be written to; nothing was signed.`);
  });
}

/** Never writes over: a proof that somebody holds a receipt for is not replaced by another. */
async function writeNew(file: string, content: object): Promise<void> {
  await writeFile(file, `${JSON.stringify(content, null, 2)}\n`, { flag: "wx" }).catch((error: unknown) => {
    throw new CommandRefused(`${file} cannot be written: ${error instanceof Error ? error.message : String(error)}`);
  });
}

function keyCommand(config: Config, args: readonly string[]): Promise<string> {
  if (args.length > 1 || (args.length === 1 && args[0] !== "rotate")) throw new UsageError(usage);
  return withEngine(config, async ({ pool }, secretKey) => {
    if (args[0] === "rotate") await rotateSigningKey(pool, secretKey, new Date());
    else await ensureSigningKey(pool, secretKey, new Date());
    const keys = await solvencyKeys(pool);
    return keys
      .map(
        ({ publicKey, createdAt, retiredAt }) =>
          `${publicKey}  since ${createdAt.toISOString()}${retiredAt === null ? ", signs now" : `, until ${retiredAt.toISOString()}`}`,
      )
      .join("\n");
  });
}

/** `--solvency FILE [--key PUBLIC] [--receipt FILE]`: checks files alone; touches no database and no installation. */
export async function verifyProof(args: readonly string[]): Promise<string> {
  const given = new Map<string, string>();
  for (let at = 0; at < args.length; at += 2) {
    const name = args[at] ?? "";
    const value = args[at + 1];
    if (!["--solvency", "--key", "--receipt"].includes(name) || value === undefined || given.has(name))
      throw new UsageError("Say `verify --solvency FILE [--key PUBLIC] [--receipt FILE]`.");
    given.set(name, value);
  }
  const file = given.get("--solvency");
  if (file === undefined) throw new UsageError("A receipt is checked against its document: say `verify --receipt FILE --solvency FILE`.");
  const receiptFile = given.get("--receipt");
  const json = await readJson(file);
  const receipts = receiptFile === undefined ? [] : receiptsIn(await readJson(receiptFile));
  try {
    // What a seller downloads holds the document beside the receipts; either is taken.
    const document = checkStatement(documentIn(json), given.get("--key"));
    const checked = receipts.map((receipt) => checkReceipt(receipt, document.statement));
    const included = checked.map(({ holder, amount, currency }) => `Included: ${holder} is owed ${amount} ${currency}.`);
    return told(document.statement, [linesOf(document.statement), ...signedBy(document, given.get("--key")), ...included]);
  } catch (error) {
    if (error instanceof ProofWrong) throw new CommandRefused(`The proof does NOT hold. ${error.message}`);
    throw error;
  }
}

function signedBy({ statement }: SignedStatement, key: string | undefined): string[] {
  const named = `It was signed by ${statement.public_key} at ${statement.at}.`;
  return [key === undefined ? `${named} Whose key that is, only --key can tell.` : named];
}

function documentIn(json: unknown): unknown {
  return typeof json === "object" && json !== null && "document" in json ? json.document : json;
}

function receiptsIn(json: unknown): readonly unknown[] {
  if (typeof json !== "object" || json === null || !("receipts" in json)) return [json];
  if (!Array.isArray(json.receipts) || json.receipts.length === 0) throw new CommandRefused("The file holds no receipt: nothing was owed.");
  return json.receipts as readonly unknown[];
}

async function readJson(file: string): Promise<unknown> {
  const text = await readFile(file, "utf8").catch(() => {
    throw new UsageError(`The file ${file} cannot be read.`);
  });
  try {
    return JSON.parse(text);
  } catch {
    throw new CommandRefused(`The proof does NOT hold. ${file} is no JSON.`);
  }
}

/** A true document of an installation that lacks money is still a no. */
function told(statement: Statement, lines: readonly string[]): string {
  const short = shortIn(statement);
  if (short.length > 0)
    throw new CommandRefused([`NOT solvent in ${short.join(", ")}: the rails hold less than is owed.`, ...lines].join("\n"));
  return ["Solvent.", ...lines].join("\n");
}

function linesOf({ currencies, books }: Statement): string {
  if (currencies.length === 0) return "Nothing is held, nothing is owed.";
  const rows = currencies.map(({ currency, held, total, surplus, leaves }) => [
    currency,
    kobo(BigInt(held)),
    kobo(BigInt(total)),
    kobo(BigInt(surplus)),
    String(leaves),
  ]);
  const shown = table(["", "held", "owed", "over", "balances"], rows, new Set([1, 2, 3, 4]));
  return `${books.length} books; in the smallest unit of each currency:\n${shown}`;
}
