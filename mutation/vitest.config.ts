import { defineConfig } from "vitest/config";
import type { TestSpecification } from "vitest/node";
import { BaseSequencer } from "vitest/node";

// What Stryker runs against the mutants of one file: the tests that `run.ts` names, and no others. They are named here and not in Stryker's
// own `testFiles`, because Stryker 10 then never switches on the mutants of constants: each of them would seem to survive.
const include = (process.env.MUTATION_TESTS ?? "").split(" ").filter((path) => path !== "");
if (include.length === 0) throw new Error("MUTATION_TESTS names no test; `npm run mutation` sets it");

/** Stryker stops at the first failure, and what it did not get to run does not count. */
class LoadsFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLoads = (file: TestSpecification) => file.moduleId.endsWith("mutation/loads.ts");
    return [...files.filter(isLoads), ...files.filter((file) => !isLoads(file))];
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: LoadsFirst },
    include: [...include, "mutation/loads.ts"],
    // Every mutant gets a worker of its own anyway; starting it is most of what a mutant costs.
    isolate: false,
    globalSetup: ["server/test/setup/global.ts"],
    setupFiles: ["mutation/fixed-seed.ts"],
    testTimeout: 180_000,
    hookTimeout: 60_000,
  },
});
