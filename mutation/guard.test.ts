import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { isSound, judge } from "./guard.ts";
import type { ReportedMutant } from "./guard.ts";
import { filesOf, folders, strykerSettings, testsOf } from "./settings.ts";

const report = (...mutants: ReportedMutant[]) => ({ files: { "a.ts": { mutants } } });
const many = (count: number, mutant: ReportedMutant) => Array.from({ length: count }, () => mutant);
const killed = { status: "Killed", testsCompleted: 2 };
const survived = { status: "Survived", testsCompleted: 3 };

test("the least score is enough, and one mutant less is not", () => {
  expect(judge([report(...many(85, killed), ...many(15, survived))])).toMatchObject({ score: 85, mutants: 100, complaints: [] });
  const below = judge([report(...many(84, killed), ...many(16, survived))]);
  expect(below.complaints).toEqual(["the score is 84.00 %, below 85 %"]);
  expect(below.perFile).toEqual([{ file: "a.ts", score: 84, mutants: 100, missed: 16, testsPerMutant: 2.16 }]);
});

test("the score is the folder's: a weak file may stand beside strong ones", () => {
  const judged = judge([
    report(...many(90, killed)),
    { files: { "b.ts": { mutants: many(10, survived) } } },
    { files: { "c.ts": { mutants: [] } } },
  ]);
  expect(judged).toMatchObject({ score: 90, mutants: 100, missed: 10, complaints: [] });
  expect(judged.perFile.map(({ file, score }) => [file, score])).toEqual([
    ["a.ts", 100],
    ["b.ts", 0],
    ["c.ts", 0],
  ]);
});

test("a time-out counts as noticed, and what does not compile as nothing", () => {
  const judged = judge([report(...many(9, killed), { status: "Timeout" }, survived, { status: "CompileError" }, { status: "Ignored" })]);
  expect(judged).toMatchObject({ mutants: 11, complaints: [] });
  expect(judged.score).toBeCloseTo((100 * 10) / 11);
});

test("a run that executed no test fails, however it looks", () => {
  expect(judge([report(...many(3, { status: "Survived" }))]).complaints).toContain("a.ts: no test was run against any mutant");
  expect(judge([report(...many(3, { status: "Killed", testsCompleted: 0 }))]).complaints).toContain(
    "a.ts: no test was run against any mutant",
  );
  expect(judge([{ files: {} }]).complaints).toContain("the report holds no mutant");
});

test("one mutant without a test fails a run with a good score", () => {
  for (const untested of [{ status: "Survived", testsCompleted: 0 }, { status: "NoCoverage" }, { status: "Killed" }]) {
    const whole = report(...many(99, killed), untested);
    expect(judge([whole]).complaints).toEqual(["a.ts: no test was run against 1 of 100 mutants"]);
    expect(isSound(whole)).toBe(false);
  }
  expect(isSound(report(...many(1, killed), ...many(99, survived)))).toBe(true);
});

test("constants whose mutants all survive were never switched on", () => {
  const constants = many(5, { ...survived, static: true });
  expect(judge([report(...many(99, killed), ...constants)]).complaints).toEqual(["a.ts: none of 5 mutants of constants was noticed"]);
  expect(judge([report(...many(99, killed), ...constants, { ...killed, static: true })]).complaints).toEqual([]);
});

test("mutants of which more than a fifth run out of time say that the machine was busy", () => {
  const late = (count: number) => report(...many(count, { status: "Timeout" }), ...many(10 - count, killed));
  expect(judge([late(3)]).complaints).toEqual(["a.ts: 3 of 10 mutants ran out of time"]);
  expect(isSound(late(3))).toBe(false);
  expect(judge([late(2)]).complaints).toEqual([]);
  expect(isSound(report({ status: "Timeout" }, killed))).toBe(true);
});

test("mutants whose runs broke fail the run: they say nothing", () => {
  expect(judge([report(...many(99, killed), { status: "RuntimeError" })]).complaints).toEqual([
    "a.ts: 1 mutants could not be judged: their runs broke",
  ]);
});

test("every file of both folders is run, against tests that exist and of which the report will tell", () => {
  const root = join(import.meta.dirname, "..");
  for (const folder of folders) {
    const files = filesOf(root, folder);
    expect(files.length).toBeGreaterThan(10);
    for (const file of files) {
      const tests = testsOf(root, file);
      expect(tests.filter((test) => !existsSync(join(root, test)))).toEqual([]);
      expect(strykerSettings(file, tests, "report.json")).toMatchObject({
        mutate: [file],
        coverageAnalysis: "perTest",
        jsonReporter: { fileName: "report.json" },
      });
    }
  }
});
