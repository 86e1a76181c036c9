import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

// The runner is tried as Stryker uses it: in a process of its own, on files as Stryker's instrumenter leaves them, with its switches written by hand.

const code = `
const on = (id: string) => globalThis.__stryker__.activeMutant === id;
const reached = (...ids: string[]) => {
  const { currentTestId: test, mutantCoverage: all = { static: {}, perTest: {} } } = globalThis.__stryker__;
  globalThis.__stryker__.mutantCoverage = all;
  const of = test === undefined ? all.static : (all.perTest[test] ??= {});
  for (const id of ids) of[id] = (of[id] ?? 0) + 1;
};
reached("table", "broken");
if (on("broken")) throw new Error("cannot be loaded");
const table: readonly number[] = on("table") ? [] : [1, 2];
export function sum(more: number): number {
  reached("plus", "unseen");
  return table.reduce((a, b) => a + b, on("plus") ? -more : on("unseen") && more > 100 ? 0 : more);
}
export const twice = (n: number): number => (reached("twice"), on("twice") ? n : n * 2);
`;
const tests = `
import { describe, expect, test } from "vitest";
import { sum, twice } from "./a.ts";
test("nothing is added", () => { expect(sum(0)).toBe(3); });
describe.each([{ name: "small" }])("what is $name", ({ name }) => {
  test.each([[1, 4], [2, 5]])("%s gives %d", async (more, whole) => { await null; expect(sum(more), name).toBe(whole); });
  test("is doubled", () => { expect(twice(4)).toBe(8); });
});
`;
const drive = `
const { strykerPlugins: [{ injectableClass: Runner }] } = await import(process.env.RUNNER);
const runner = new Runner();
await runner.init();
const dry = structuredClone(await runner.dryRun());
const outcomes = {};
for (const [id, mutantActivation] of [["plus", "runtime"], ["unseen", "runtime"], ["table", "static"], ["broken", "static"], ["twice", "runtime"]]) {
  const testFilter = mutantActivation === "static" ? undefined : dry.tests.map(({ id }) => id).filter((test) => id in (dry.mutantCoverage.perTest[test] ?? {}));
  const { status, killedBy, nrOfTests } = await runner.mutantRun({ activeMutant: { id }, mutantActivation, testFilter });
  outcomes[id] = [status, nrOfTests, ...(killedBy ?? [])].join(" ");
}
console.log(JSON.stringify({ dry, outcomes }));
`;

let folder: string;
let said: {
  dry: { status: string; tests: { name: string; status: number }[]; mutantCoverage: { static: object } };
  outcomes: Record<string, string>;
};
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tranche-quick-"));
  mkdirSync(join(folder, "server"));
  writeFileSync(join(folder, "server", "a.ts"), code);
  writeFileSync(join(folder, "server", "a.test.ts"), tests);
  const runner = pathToFileURL(join(import.meta.dirname, "quick-runner.ts")).href;
  const env = { ...process.env, RUNNER: runner, MUTATION_TESTS: "server/a.test.ts", NODE_OPTIONS: "" };
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", drive], { cwd: folder, env });
  said = JSON.parse(stdout);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the quick runner", () => {
  test("runs every test, by the name it has, and sees what is reached by which", () => {
    expect(said.dry.status).toBe("complete");
    expect(said.dry.tests.map(({ name, status }) => `${status} ${name}`)).toEqual([
      "0 the file can be loaded",
      "0 nothing is added",
      "0 what is small (1) > 1 gives 4 (1)",
      "0 what is small (1) > 2 gives 5 (2)",
      "0 what is small (1) > is doubled",
    ]);
    expect(said.dry.mutantCoverage.static).toEqual({ table: 1, broken: 1 });
  });

  test("a mutant is noticed by the first test that fails, and one that none fails for survives those that reach it", () => {
    expect(said.outcomes["plus"]).toBe("killed 2 1.1 what is small (1) > 1 gives 4 (1)");
    expect(said.outcomes["unseen"]).toBe("survived 3");
  });

  test("one in a constant is switched on before the file is loaded, and off again for the next", () => {
    expect(said.outcomes["table"]).toBe("killed 2 1.0 nothing is added");
    expect(said.outcomes["twice"]).toBe("killed 1 1.3 what is small (1) > is doubled");
  });

  test("a file that cannot be loaded is noticed, not broken", () => {
    expect(said.outcomes["broken"]).toBe("killed 1 0.0 the file can be loaded");
  });
});
