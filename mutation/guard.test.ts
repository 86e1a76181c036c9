import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { judge, leastScore } from "./guard.ts";
import type { ReportedMutant } from "./guard.ts";

const report = (...mutants: ReportedMutant[]) => ({ files: { "server/src/domain/a.ts": { mutants } } });
const many = (count: number, mutant: ReportedMutant) => Array.from({ length: count }, () => mutant);
const killed = { status: "Killed", testsCompleted: 2 };
const survived = { status: "Survived", testsCompleted: 3 };

test("the least score is enough, and one mutant less is not", () => {
  expect(judge(report(...many(85, killed), ...many(15, survived)))).toMatchObject({ score: 85, mutants: 100, complaints: [] });
  const below = judge(report(...many(84, killed), ...many(16, survived)));
  expect(below.complaints).toEqual(["the score is 84.00 %, below 85 %"]);
  expect(below.perFile).toEqual([{ file: "server/src/domain/a.ts", score: 84, mutants: 100, missed: 16 }]);
});

test("a time-out counts as noticed, code that no test reaches as missed, and what does not compile as nothing", () => {
  const judged = judge(
    report(...many(9, killed), { status: "Timeout" }, { status: "NoCoverage" }, { status: "CompileError" }, { status: "Ignored" }),
  );
  expect(judged).toMatchObject({ mutants: 11, complaints: [] });
  expect(judged.score).toBeCloseTo((100 * 10) / 11);
});

test("a run that executed no test fails, however it looks", () => {
  expect(judge(report(...many(3, { status: "Survived" }))).complaints).toContain("no test was run against any mutant");
  expect(judge(report(...many(3, { status: "Killed", testsCompleted: 0 }))).complaints).toEqual(["no test was run against any mutant"]);
  expect(judge({ files: {} }).complaints).toContain("the report holds no mutant");
});

test("one mutant that survived untested fails a run with a good score", () => {
  expect(judge(report(...many(99, killed), { status: "Survived", testsCompleted: 0 })).complaints).toEqual([
    "1 mutants survived without a test having been run against them",
  ]);
});

test("mutants whose runs broke fail the run: they say nothing", () => {
  expect(judge(report(...many(99, killed), { status: "RuntimeError" })).complaints).toEqual([
    "1 mutants could not be judged: their runs broke",
  ]);
});

test("both runs mutate the whole folder, test per mutant, and break at the same score", () => {
  for (const folder of ["domain", "ledger"]) {
    const config: unknown = JSON.parse(readFileSync(join(import.meta.dirname, `stryker.${folder}.json`), "utf8"));
    expect(config).toMatchObject({
      mutate: [`server/src/${folder}/**/*.ts`, "!server/src/**/*.test.ts"],
      coverageAnalysis: "perTest",
      jsonReporter: { fileName: `mutation/reports/${folder}.json` },
      thresholds: { break: leastScore },
    });
  }
});
