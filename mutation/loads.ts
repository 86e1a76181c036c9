import { expect, test } from "vitest";

// Run beside the tests of a file that is mutated. A change that keeps the file from being loaded at all keeps its tests from being found, and
// Stryker then counts the change as broken instead of noticed, unless a test says so.
test("the file can be loaded", async () => {
  const file = process.env.MUTATION_FILE ?? "";
  expect(await import(/* @vite-ignore */ `../${file}`)).toBeDefined();
});
