import { percentile } from "./measure.ts";

/**
 * Starts one step after another at a fixed rate, whether or not those before have answered, and measures each from when it should have started: so
 * a server that falls behind is charged for the queue. Answers the 99th percentile in milliseconds.
 */
export async function openLoop(steps: readonly (() => Promise<unknown>)[], perSecond: number): Promise<number> {
  const began = performance.now();
  const times: number[] = [];
  const running: Promise<void>[] = [];
  for (const [i, step] of steps.entries()) {
    const due = began + (i * 1000) / perSecond;
    const wait = due - performance.now();
    if (wait > 1) await new Promise((resolve) => setTimeout(resolve, wait));
    running.push(
      step().then(() => {
        times.push(performance.now() - due);
      }),
    );
  }
  await Promise.all(running);
  return percentile(
    times.toSorted((a, b) => a - b),
    0.99,
  );
}
