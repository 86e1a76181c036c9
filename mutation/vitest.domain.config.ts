import { defineConfig } from "vitest/config";

// What Stryker runs against mutants of server/src/domain: the unit tests beside the code, which need neither PostgreSQL nor HTTP.
export default defineConfig({
  test: {
    include: ["server/src/domain/**/*.test.ts"],
    setupFiles: ["mutation/fixed-seed.ts"],
    testTimeout: 180_000,
  },
});
