import { expect, test } from "vitest";
import { Fault, must, never } from "./fault.ts";

test("a fault is known by its name, in logs too", () => {
  const fault = new Fault("the journal has a hole");
  expect(fault).toBeInstanceOf(Error);
  expect(String(fault)).toBe("Fault: the journal has a hole");
});

test("what must be there is handed on, nothing and nought alike", () => {
  for (const value of [0, 0n, "", false]) expect(must(value, "a row")).toBe(value);
});

test("what is missing is a fault that says what was expected", () => {
  for (const missing of [undefined, null]) {
    expect(() => must(missing, "an order")).toThrow(new Fault("expected an order"));
    expect(() => must(missing, "an order")).toThrow(Fault);
  }
});

test("a member of a union that was forgotten is a fault that names it", () => {
  // What no type permits: a row of a newer version, say.
  expect(() => never("melted" as never, "state")).toThrow(new Fault("unhandled state: melted"));
});
