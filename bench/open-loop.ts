/**
 * Starts one step after another at a fixed rate, whether or not those before have answered, and measures each from when it should have started: so
 * a server that falls behind is charged for the queue. A timer cannot wait for less than a millisecond; a step that starts that much too early is
 * measured from its start. Answers the milliseconds of each. Fails with the first step that failed, when no other is under way any more.
 */
export async function openLoop(steps: readonly (() => Promise<unknown>)[], perSecond: number): Promise<number[]> {
  const began = performance.now();
  const times: number[] = [];
  const running: Promise<void>[] = [];
  for (const [i, step] of steps.entries()) {
    const due = began + (i * 1000) / perSecond;
    // Again where the timer, which counts whole milliseconds of its own, was done before it should.
    for (let wait = due - performance.now(); wait >= 1; wait = due - performance.now()) {
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
    const from = Math.min(due, performance.now());
    const run = step().then(() => {
      times.push(performance.now() - from);
    });
    // Waited for at the end; one that fails before then may not end the process without it.
    run.catch(() => undefined);
    running.push(run);
  }
  const failed = (await Promise.allSettled(running)).find((one) => one.status === "rejected");
  if (failed !== undefined) throw failed.reason;
  return times;
}
