import { expect, test } from "vitest";
import { Findings } from "./verify-report.ts";

test("nothing found is no finding", () => {
  const findings = new Findings(101, 3);
  expect(findings.none).toBe(true);
  expect(findings.list()).toEqual([]);
});

test("those that name an entry come first, in the journal's order; the rest as they were found", () => {
  const findings = new Findings(101, 10);
  findings.add("a");
  findings.add("b", { entry: 7 });
  findings.add("c", { order: 3021 });
  findings.add("d", { entry: 2, order: 3022 });
  findings.add("e");
  expect(findings.none).toBe(false);
  expect(findings.list()).toEqual([
    { sellerId: 101, entry: 2, order: 3022, says: "d" },
    { sellerId: 101, entry: 7, says: "b" },
    { sellerId: 101, says: "a" },
    { sellerId: 101, order: 3021, says: "c" },
    { sellerId: 101, says: "e" },
  ]);
});

test("only the first ones are kept, and the rest are counted", () => {
  const findings = new Findings(101, 2);
  for (const says of ["a", "b"]) findings.add(says);
  expect(findings.list().map(({ says }) => says)).toEqual(["a", "b"]);
  for (const says of ["c", "d", "e"]) findings.add(says);
  expect(findings.list()).toEqual([
    { sellerId: 101, says: "a" },
    { sellerId: 101, says: "b" },
    { sellerId: 101, says: "and 3 more" },
  ]);
});

test("what found no room was found all the same", () => {
  const findings = new Findings(101, 0);
  expect(findings.none).toBe(true);
  findings.add("a");
  expect(findings.none).toBe(false);
  expect(findings.list()).toEqual([{ sellerId: 101, says: "and 1 more" }]);
});
