import { expect, test } from "vitest";
import { Clock } from "./clock.ts";

const start = new Date("2026-03-02T08:00:00Z");

test("everything on the way happens at its own time, in its order, and ends before the next begins", async () => {
  const clock = new Clock(() => start);
  const seen: string[] = [];
  const note = (name: string) => seen.push(`${name} ${(clock.now().getTime() - start.getTime()) / 1000}`);
  clock.after("a", 2000, () => void note("second"));
  clock.after("a", 1000, async () => {
    await Promise.resolve();
    note("first");
    clock.after("a", 500, () => void note("between"));
  });
  clock.after("a", 9000, () => void note("never"));
  await clock.advance(3000);
  expect(seen).toEqual(["first 1", "between 1.5", "second 2"]);
  expect(clock.now().getTime() - start.getTime()).toBe(3000);
});

test("what is due runs without turning, and what was forgotten does not", async () => {
  const clock = new Clock(() => start);
  const seen: string[] = [];
  clock.after("a", 0, () => void seen.push("a"));
  clock.after("b", 0, () => void seen.push("b"));
  clock.forget("b");
  await clock.idle();
  expect(seen).toEqual(["a"]);
});

test("time does not go back", async () => {
  await expect(new Clock(() => start).advance(-1)).rejects.toThrow("the clock goes forward");
});

test("what a task gives back is no promise to wait for", async () => {
  const clock = new Clock(() => start);
  let state = "NEW";
  clock.after("a", 0, () => void 0);
  // An assignment is a value; waiting for its end would never end.
  const assigns: () => void = () => (state = "PENDING");
  clock.after("a", 0, assigns);
  await clock.idle();
  expect(state).toBe("PENDING");
});
