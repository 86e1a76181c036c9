import { expect, test } from "vitest";
import { courseOf } from "./flow.ts";

test("what has not arrived cannot come back, whatever faults meet in one transfer", () => {
  expect(courseOf(new Set(["failed", "reversed"] as const), 5)).toEqual({ wait: 5, fails: true, comesBack: false });
  expect(courseOf(new Set(["reversed"] as const), 5)).toEqual({ wait: 5, fails: false, comesBack: true });
});
