import { spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { judge } from "./guard.ts";

// `npm run mutation [-- domain|ledger]`: changes the code in small ways, one at a time, and wants a test to notice each. It takes long.

const root = join(import.meta.dirname, "..");
const asked = process.argv.slice(2);
const folders = ["domain", "ledger"].filter((folder) => asked.length === 0 || asked.includes(folder));
if (folders.length === 0) {
  console.error(`There is no ${asked.join(" ")} to mutate: say domain, ledger, or nothing for both.`);
  process.exit(2);
}

for (const folder of folders) {
  const file = join(root, "mutation", "reports", `${folder}.json`);
  // An old report must not speak for a run that broke.
  rmSync(file, { force: true });
  const stryker = join(root, "node_modules", "@stryker-mutator", "core", "bin", "stryker.js");
  const done = spawnSync(process.execPath, [stryker, "run", `mutation/stryker.${folder}.json`], { cwd: root, stdio: "inherit" });
  const judged = judge(JSON.parse(readFileSync(file, "utf8")));
  console.log(
    `\n${folder}: ${judged.score.toFixed(2)} % of ${judged.mutants} mutants noticed, ${judged.testsPerMutant.toFixed(2)} tests per mutant`,
  );
  for (const one of judged.perFile) console.log(`  ${one.file}  ${one.score.toFixed(1)} %  ${one.missed} of ${one.mutants} missed`);
  for (const complaint of judged.complaints) console.log(`  FAILED: ${complaint}`);
  if (judged.complaints.length > 0 || done.status !== 0) process.exitCode = 1;
}
