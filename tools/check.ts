import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureChromium } from "./chromium.ts";
import { ensurePhp } from "./php.ts";

// `npm test`: everything that must hold, one line each, and `N passed, N failed` as the very last line whatever happens.

const root = join(import.meta.dirname, "..");
const counts = { passed: 0, failed: 0 };
process.once("exit", (code) => {
  if (code !== 0 && counts.failed === 0) counts.failed = 1;
  writeSync(1, `${counts.passed} passed, ${counts.failed} failed\n`);
});

interface Step {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
}

const steps: readonly Step[] = [
  { name: "types", program: "node_modules/typescript7/bin/tsc", args: ["--noEmit", "-p", "tsconfig.json"] },
  { name: "lint", program: "node_modules/oxlint/bin/oxlint", args: ["--type-aware", "--deny-warnings"] },
  // `npm run format` mends what this finds.
  { name: "format", program: "node_modules/@biomejs/biome/bin/biome", args: ["format", "--reporter=summary", "--max-diagnostics=200"] },
];

console.log(`Node ${process.versions.node}`);
for (const step of steps) runStep(step);
runTests();
process.exitCode = counts.failed === 0 ? 0 : 1;

/** Every program is run by this very Node, not by whichever `node` is in PATH. Silent when all is well. */
function runStep(step: Step): void {
  const began = performance.now();
  const done = spawnSync(process.execPath, [step.program, ...step.args], { cwd: root, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  if (done.status === 0) {
    console.log(`${step.name}: passed (${seconds} s)`);
    return;
  }
  counts.failed += 1;
  console.log(`${done.stdout}${done.stderr}`.trimEnd());
  console.log(`${step.name}: FAILED (${seconds} s)`);
}

function runTests(): void {
  const chromium = ensureChromium();
  ensurePhp();
  const folder = mkdtempSync(join(tmpdir(), "tranche-counts-"));
  const file = join(folder, "counts.json");
  const env = { ...process.env, COUNTS_FILE: file, ...(chromium === undefined ? {} : { CHROMIUM_PATH: chromium }) };
  const args = ["node_modules/vitest/vitest.mjs", "run", ...process.argv.slice(2)];
  const done = spawnSync(process.execPath, args, { cwd: root, env, stdio: "inherit" });
  try {
    const counted: { passed: number; failed: number } = JSON.parse(readFileSync(file, "utf8"));
    counts.passed += counted.passed;
    counts.failed += counted.failed;
    if (done.status !== 0 && counted.failed === 0) counts.failed += 1;
  } catch {
    console.log("tests: FAILED (they ended without a result)");
    counts.failed += 1;
  }
  rmSync(folder, { recursive: true, force: true });
}
