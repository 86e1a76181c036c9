import type { Config } from "../config.ts";
import { loadConfig } from "../config.ts";
import { StartError } from "../db/start-error.ts";
import { migrateCommand, rolesCommand, verifyCommand } from "./database-commands.ts";
import { floatCommand, moneyCommand, operatorCommand } from "./operator-commands.ts";
import { reconcileCommand } from "./reconcile-command.ts";
import { sellerCommand } from "./seller-commands.ts";
import { solvencyCommand } from "./solvency-commands.ts";
import { CommandRefused, nothingMore, UsageError } from "./usage-error.ts";
import { whyCommand } from "./why-command.ts";

const help = `npm run tranche -- COMMAND

  verify [--heads FILE] [--walk]     proves the books (against a letter's heads too; row by row), or names the first wrong entry
  verify --solvency FILE [--key PUBLIC] [--receipt FILE]
                                     checks a proof of solvency, and receipts of it, from the files alone
  solvency [--out FILE]              what the rails hold against what is owed, signed
  solvency receipt PROVIDER [--out FILE]
                                     a service provider's receipts of the newest proof, to hand on
  solvency key [rotate]              the public keys that sign and signed it, or a new one
  reconcile [--rail NAME] [--since DATE] [--file X.csv]
                                     asks the rails what reached the balance, or reads it from a file, and holds it against the books
  why ORDER                          why an order's money is not out yet
  seller EMAIL                       shows a seller and its settings
  seller EMAIL set NAME=VALUE …      changes settings, e.g. terms.max_delivery_days=14
  seller EMAIL keys [rotate]         lists key pairs, or makes a new one
  seller add EMAIL phone=… role=…    adds a seller (and first_name, last_name, business_name)
  operator add EMAIL                 adds an operator
  operator EMAIL password            gives an operator a new password
  float add AMOUNT [CURRENCY] [RAIL] books money of your own in a rail's balance (kobo)
  money change AMOUNT CURRENCY RAIL AMOUNT CURRENCY RAIL
                                     books money that left one rail (first) and came to another
  migrate                            brings the database's schema up to date
  roles                              prints the SQL for a database administrator
  help                               this page

add and password take --password-stdin; without it a password is made and printed once. The installation is the one that TRANCHE_HOME and
DATABASE_URL name, as for npm start; it does not matter whether the server runs.`;

type Run = (config: Config, rest: readonly string[]) => Promise<string> | string;

const alone =
  (name: string, run: (config: Config) => Promise<string> | string): Run =>
  (config, rest) => {
    nothingMore(rest, name);
    return run(config);
  };

const commands: ReadonlyMap<string, Run> = new Map<string, Run>([
  ["verify", verifyCommand],
  ["solvency", solvencyCommand],
  ["migrate", alone("migrate", migrateCommand)],
  ["roles", alone("roles", rolesCommand)],
  ["why", whyCommand],
  ["seller", sellerCommand],
  ["operator", operatorCommand],
  ["float", floatCommand],
  ["money", moneyCommand],
  ["reconcile", reconcileCommand],
]);

const knownOptions = ["--password-stdin", "--heads", "--walk", "--out", "--solvency", "--key", "--receipt", "--rail", "--since", "--file"];

async function main([name = "help", ...rest]: readonly string[]): Promise<string> {
  if (["help", "--help", "-h"].includes(name)) return help;
  const command = commands.get(name);
  if (command === undefined) throw new UsageError(`There is no command "${name}"; npm run tranche -- help lists them.`);
  const option = rest.find((one) => one.startsWith("-") && !knownOptions.includes(one));
  if (option !== undefined) throw new UsageError(`There is no option "${option}"; npm run tranche -- help lists what there is.`);
  return command(loadConfig(), rest);
}

try {
  process.stdout.write(`${await main(process.argv.slice(2))}\n`);
} catch (error) {
  if (!(error instanceof UsageError || error instanceof CommandRefused || error instanceof StartError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
