import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

export const folders = ["domain", "ledger"] as const;
export type Folder = (typeof folders)[number];

const behaviour = (...names: readonly string[]) => names.map((name) => `server/test/${name}.test.ts`);
const domain = (...names: readonly string[]) => names.map((name) => `server/src/domain/${name}.test.ts`);

/** The tests of the files that have none beside them, or that need others besides. Types alone have no mutants, and still are looked at. */
const moreTests: Readonly<Record<string, readonly string[]>> = {
  "server/src/domain/facts.ts": domain("order-needs"),
  "server/src/domain/order.ts": domain("order-needs"),
  "server/src/domain/terms.ts": domain("order-needs"),
  "server/src/domain/never-rules.ts": domain("never-rules-halves"),
  "server/src/domain/order-decide.ts": domain("order-needs"),
  "server/src/domain/money-in-table.ts": domain("other-tables"),
  "server/src/domain/money-out-table.ts": domain("other-tables"),
  "server/src/domain/side-tables.ts": domain("other-tables"),
  "server/src/ledger/balances.ts": behaviour("verify"),
  "server/src/ledger/prove-accounts.ts": behaviour("verify-pieces"),
  "server/src/ledger/prove-balances.ts": behaviour("verify-lives", "verify-pieces"),
  "server/src/ledger/prove-history.ts": behaviour("verify-things"),
  "server/src/ledger/prove-journal.ts": behaviour("verify-pieces"),
  "server/src/ledger/prove-money.ts": behaviour("verify-pieces"),
  "server/src/ledger/prove-orders.ts": behaviour("verify-lives", "verify-pieces"),
  "server/src/ledger/prove.ts": behaviour("verify-pieces"),
  "server/src/ledger/solvency-facts.ts": behaviour("solvency-facts"),
  "server/src/ledger/solvency.ts": behaviour("verify"),
  "server/src/ledger/verify-chain.ts": behaviour("verify-findings"),
  "server/src/ledger/verify-history.ts": behaviour("verify-findings"),
  "server/src/ledger/verify-money.ts": behaviour("verify-waiting", "verify-findings"),
  "server/src/ledger/verify-references.ts": behaviour("verify-references"),
  "server/src/ledger/verify.ts": behaviour("verify-plans", "verify", "verify-pieces"),
};

/** The tests that mutants of a file are run against: the one beside it, and what the list above adds. */
export function testsOf(root: string, file: string): string[] {
  const beside = file.replace(/\.ts$/, ".test.ts");
  const tests = [...(existsSync(join(root, beside)) ? [beside] : []), ...(moreTests[file] ?? [])];
  if (tests.length === 0) throw new Error(`${file} has no test beside it: name its tests in mutation/settings.ts`);
  return tests;
}

/** The files of a folder that are mutated, as paths from the root: all that are no tests. */
export function filesOf(root: string, folder: Folder): string[] {
  const names = readdirSync(join(root, "server", "src", folder)).filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"));
  return names.toSorted().map((name) => `server/src/${folder}/${name}`);
}

/** What Stryker is told, for one file that these tests are run against. */
export function strykerSettings(file: string, tests: readonly string[], report: string): object {
  return {
    testRunner: "quick",
    plugins: ["./mutation/quick-runner.ts"],
    // A file that is loaded anew stays in memory with all its earlier selves, so that the process is changed now and then.
    maxTestRunnerReuse: 200,
    // Stryker counts what ran out of time as noticed. A mutant of a constant gets a new database, and on a busy machine the usual five seconds were
    // over with nothing found: five of fifty-three mutants of `prove-journal.ts` that no test notices looked noticed.
    ...(tests.some((path) => path.startsWith("server/test/")) ? { timeoutMS: 60_000 } : {}),
    mutate: [file],
    coverageAnalysis: "perTest",
    concurrency: 2,
    allowEmpty: false,
    reporters: ["clear-text", "json"],
    clearTextReporter: { logTests: false, allowColor: false, allowEmojis: false, reportTests: false, reportScoreTable: false },
    jsonReporter: { fileName: report },
    warnings: { slow: false },
    tempDirName: ".stryker-tmp",
    ignorePatterns: ["bench", "biome.json", "docs", "emulator", "mutation/reports"],
  };
}
