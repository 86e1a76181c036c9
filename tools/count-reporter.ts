import { writeFileSync, writeSync } from "node:fs";
import type { Reporter, SerializedError, TestModule } from "vitest/node";

/**
 * Says `N passed, N failed` as the very last line of a run. A file that does not load and an error outside every test count as one failed each.
 * Where COUNTS_FILE is set (by tools/check.ts, which has its own last line), the two numbers go there instead.
 */
class CountReporter implements Reporter {
  private line: string | undefined;

  onInit(): void {
    process.once("exit", () => {
      if (this.line !== undefined) writeSync(1, `${this.line}\n`);
    });
  }

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    let passed = 0;
    let failed = unhandled.length;
    for (const module of modules) {
      failed += module.errors().length > 0 ? 1 : 0;
      for (const suite of module.children.allSuites()) failed += suite.errors().length > 0 ? 1 : 0;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === "passed") passed += 1;
        if (state === "failed" || state === "pending") failed += 1;
      }
    }
    const file = process.env["COUNTS_FILE"];
    if (file === undefined) this.line = `${passed} passed, ${failed} failed`;
    else writeFileSync(file, JSON.stringify({ passed, failed }));
  }
}

// vitest takes a reporter named by its file only as that file's default export.
export { CountReporter as default };
