import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { all } from "./measures.ts";
import { goals } from "./goals.ts";

// Whether every measure runs to its end and answers; how fast anything is, no test asks. pgledger's SQL is not here, and pgbench not everywhere.

const root = join(import.meta.dirname, "..");

test("npm run bench -- --quick: every measure runs to its end and answers what it is for", { timeout: 400_000 }, async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ["bench/run.ts", "--quick"], {
    cwd: root,
    env: { ...process.env, BENCH_PGLEDGER: "" },
    maxBuffer: 16 * 1024 * 1024,
  });
  for (const { name } of all) expect(stdout, `${name} ran`).toMatch(new RegExp(`^  ${name} `, "m"));
  expect(stdout).toContain("pgledger was left out");
  const withoutProgram = /no pgbench on this machine/.test(stdout) ? ["same_rows"] : [];
  const withoutFifteen = /PostgreSQL 15 was left out/.test(stdout) ? ["engine_128_on_15"] : [];
  const elsewhere = ["pgledger_spread", "pgledger_hot", "p99_transition", "p99_list", ...withoutProgram, ...withoutFifteen];
  for (const { key, says } of goals.filter((goal) => !elsewhere.includes(goal.key))) expect(stdout, key).toContain(says);
  expect(stdout).not.toContain("NaN");
});

test("npm run bench:large -- --quick: both databases are made, loaded and compared", { timeout: 300_000 }, async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ["bench/large.ts", "--quick"], { cwd: root });
  for (const key of ["p99_transition", "p99_list"]) {
    const { says } = goals.find((goal) => goal.key === key) ?? { says: "" };
    expect(stdout, key).toMatch(new RegExp(`${says.replace("1,000,000", "2,000")} .*[0-9]\\.[0-9]{2} \\(`));
  }
  expect(stdout).not.toContain("NaN");
});
