import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { openLoop } from "./open-loop.ts";

test("one that falls behind is charged for the queue", async () => {
  let turn = Promise.resolve();
  const one = () => (turn = turn.then(() => sleep(20)).then(() => undefined));
  const times = await openLoop(
    Array.from({ length: 20 }, () => one),
    500,
  );
  expect(times).toHaveLength(20);
  // The last was due after 38 ms and had its turn after 400.
  expect(times.at(-1)).toBeGreaterThan(300);
  expect(times[0]).toBeLessThan(100);
});

test("nothing takes less time than none, and steps start when they are due", async () => {
  const began = performance.now();
  const starts: number[] = [];
  const times = await openLoop(
    Array.from({ length: 50 }, () => async () => {
      starts.push(performance.now() - began);
    }),
    500,
  );
  expect(Math.min(...times)).toBeGreaterThanOrEqual(0);
  // A millisecond too early at most.
  starts.forEach((at, i) => expect(at).toBeGreaterThan(i * 2 - 1.1));
});

test("a step that fails is told of when all have ended", async () => {
  let ended = 0;
  const steps = [
    async () => Promise.reject(new Error("the first failed")),
    async () => {
      await sleep(50);
      ended += 1;
    },
  ];
  await expect(openLoop(steps, 100)).rejects.toThrow("the first failed");
  expect(ended).toBe(1);
});
