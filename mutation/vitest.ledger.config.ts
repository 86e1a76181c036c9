import { defineConfig } from "vitest/config";

// What Stryker runs against mutants of server/src/ledger: most of it is SQL and what is made of its rows, so its tests need a real database.
export default defineConfig({
  test: {
    include: ["server/src/ledger/**/*.test.ts", "server/test/verify.test.ts"],
    globalSetup: ["server/test/setup/global.ts"],
    setupFiles: ["mutation/fixed-seed.ts"],
    testTimeout: 180_000,
    hookTimeout: 60_000,
  },
});
