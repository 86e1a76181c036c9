import { expect, test } from "vitest";
import { isRefusal, refusalCatalogue, refuse } from "./refusals.ts";

test("a refusal says what happened and what to do next, unless this case has a sentence of its own", () => {
  expect(refuse("not_you")).toEqual({ refused: "not_you", detail: "This step belongs to another party. See the allowed actions." });
  expect(refuse("not_you", "The seller delivers.")).toEqual({ refused: "not_you", detail: "The seller delivers." });
});

test("facts for programs travel along, and are left out where there are none", () => {
  expect(refuse("too_early", "Not yet.", { until: 7 })).toEqual({ refused: "too_early", detail: "Not yet.", facts: { until: 7 } });
  expect(refuse("too_early", "Not yet.")).not.toHaveProperty("facts");
});

test("an answer is told from a refusal by both its fields", () => {
  expect(isRefusal(refuse("invalid"))).toBe(true);
  for (const answer of [undefined, null, 0n, "refused", {}, { refused: "invalid" }, { detail: "It is well." }]) {
    expect(isRefusal(answer)).toBe(false);
  }
  // A function has fields too, and is no answer of ours.
  expect(isRefusal(Object.assign(() => undefined, { refused: "invalid", detail: "" }))).toBe(false);
});

test("every refusal travels with the status of a no, in whole sentences", () => {
  for (const [code, { status, says, next }] of Object.entries(refusalCatalogue)) {
    expect([401, 403, 404, 409, 410, 422, 429, 503], code).toContain(status);
    expect(says, code).toMatch(/^[A-Z].*\.$/);
    expect(next, code).toMatch(/^[A-Z].*\.$/);
  }
});
