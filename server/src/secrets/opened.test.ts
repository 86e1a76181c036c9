import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { seal, SealBroken } from "./box.ts";
import { Opened } from "./opened.ts";

const key = randomBytes(32);
const opened = new Opened(key);

test("a secret is known by its seal, the first time and every other time", () => {
  const sealed = seal(key, "the secret", "api key A");
  for (let again = 0; again < 3; again += 1) {
    expect(opened.holds(sealed, "api key A", "the secret")).toBe(true);
    expect(opened.holds(sealed, "api key A", "another secret")).toBe(false);
    expect(opened.holds(sealed, "api key A", "")).toBe(false);
  }
});

test("a seal opens only in its place, also when it was opened in another before", () => {
  const sealed = seal(key, "the secret", "api key A");
  expect(opened.holds(sealed, "api key A", "the secret")).toBe(true);
  expect(() => opened.holds(sealed, "api key B", "the secret")).toThrow(SealBroken);
});

test("another seal of another secret is another, whatever was known before", () => {
  const before = seal(key, "old", "api key A");
  const after = seal(key, "new", "api key A");
  expect(opened.holds(before, "api key A", "old")).toBe(true);
  expect(opened.holds(after, "api key A", "old")).toBe(false);
  expect(opened.holds(after, "api key A", "new")).toBe(true);
});
