import { expect, test } from "vitest";

// Run before the tests of a file that is mutated. A change that keeps the file from being loaded at all keeps its tests from being found, and
// Stryker then counts the change as broken instead of noticed, unless a test says so. It is loaded outside of the test, because what runs inside
// of one is taken for that test's alone, and constants would be tried against nothing else.
let error: unknown;
try {
  await import(/* @vite-ignore */ `../${process.env.MUTATION_FILE ?? ""}`);
} catch (caught) {
  error = caught;
}

test("the file can be loaded", () => {
  expect(error).toBeUndefined();
});
