import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { MutationReport } from "./guard.ts";
import { isSound, judge } from "./guard.ts";
import type { Folder } from "./settings.ts";
import { filesOf, folders, strykerSettings, testsOf } from "./settings.ts";

// `npm run mutation [-- domain|ledger|FILE…] [--fresh]`: changes the code in small ways, one at a time, and wants a test to notice each. Each
// file is run by itself against its own tests, and its result kept until it or one of them changes, so that a run can be broken off and resumed.

const root = join(import.meta.dirname, "..");
const reports = join(root, "mutation", "reports");
const stryker = join(root, "node_modules", "@stryker-mutator", "core", "bin", "stryker.js");
const own = ["mutation/quick-runner.ts", "mutation/quick-tests.ts", "mutation/fixed-seed.ts"];

const asked = process.argv.slice(2).filter((word) => word !== "--fresh");
const fresh = process.argv.includes("--fresh");
const wanted = folders.map((folder) => ({ folder, files: filesOf(root, folder).filter((file) => isAsked(folder, file)) }));
if (wanted.every(({ files }) => files.length === 0)) {
  console.error(`There is no ${asked.join(" ")} to mutate: say domain, ledger, the path of a file in one of them, or nothing for all.`);
  process.exit(2);
}

for (const { folder, files } of wanted) {
  if (files.length === 0) continue;
  const results = files.map((file) => resultOf(folder, file));
  const whole = files.length === filesOf(root, folder).length;
  const judged = judge(results);
  console.log(
    `\n| ${whole ? `server/src/${folder}` : `${files.length} files of server/src/${folder}`} | score | noticed | mutants | tests for each |`,
  );
  console.log("|---|---|---|---|---|");
  for (const one of [...judged.perFile, { ...judged, file: "all" }]) {
    const score = one.mutants === 0 ? "–" : `${one.score.toFixed(1)} %`;
    console.log(`| ${one.file} | ${score} | ${one.mutants - one.missed} | ${one.mutants} | ${one.testsPerMutant.toFixed(1)} |`);
  }
  for (const complaint of judged.complaints) console.log(`FAILED: ${complaint}`);
  if (judged.complaints.length > 0) process.exitCode = 1;
}

function isAsked(folder: Folder, file: string): boolean {
  return asked.length === 0 || asked.includes(folder) || asked.includes(file);
}

/** The kept report of a file, if neither it nor its tests nor these settings have changed since, or one of a run now. */
function resultOf(folder: Folder, file: string): MutationReport {
  const tests = testsOf(root, file);
  const key = keyOf(file, tests);
  const name = basename(file, ".ts");
  const kept = join(reports, folder, `${name}.json`);
  if (!fresh && existsSync(kept)) {
    const before: { key: string; report: MutationReport } = JSON.parse(readFileSync(kept, "utf8"));
    if (before.key === key) return before.report;
  }
  console.log(`${file}, against ${tests.join(", ")}`);
  const report = run(folder, name, file, tests);
  // A run that broke is not kept, and neither is what somebody changed while it ran.
  if (isSound(report) && key === keyOf(file, testsOf(root, file))) writeFileSync(kept, JSON.stringify({ key, report }));
  return report;
}

function run(folder: Folder, name: string, file: string, tests: readonly string[]): MutationReport {
  mkdirSync(join(reports, folder), { recursive: true });
  const [settings, made] = [join(reports, folder, `${name}.settings.json`), join(reports, folder, `${name}.report.json`)];
  // An old report must not speak for a run that broke.
  rmSync(made, { force: true });
  writeFileSync(settings, JSON.stringify(strykerSettings(file, tests, made)));
  const env = { ...process.env, MUTATION_TESTS: tests.join(" ") };
  const done = spawnSync(process.execPath, [stryker, "run", settings], { cwd: root, stdio: "inherit", env });
  if (done.status !== 0 || !existsSync(made)) throw new Error(`Stryker did not get through ${file}: see above`);
  return JSON.parse(readFileSync(made, "utf8"));
}

function keyOf(file: string, tests: readonly string[]): string {
  const hash = createHash("sha256").update(JSON.stringify(strykerSettings(file, tests, "")));
  for (const path of [file, ...tests, ...own]) hash.update(`${path}\0${readFileSync(join(root, path), "utf8")}\0`);
  return hash.digest("hex");
}
