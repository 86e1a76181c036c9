import { defineConfig } from "vitest/config";

// vitest reads a default export here; it is the only one in the repository.
export default defineConfig({
  test: {
    include: ["server/src/**/*.test.ts", "server/test/**/*.test.ts", "tools/**/*.test.ts", "bench/**/*.test.ts", "mutation/**/*.test.ts", "emulator/**/*.test.ts"],
    globalSetup: ["server/test/setup/global.ts"],
    reporters: ["default", "./tools/count-reporter.ts"],
    pool: "forks",
    // Two are kept busy while one waits for PostgreSQL; more only fight over the usual two cores.
    maxWorkers: 3,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
