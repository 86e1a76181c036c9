/** One measurement of one way of working at one number in flight. Times in milliseconds. */
export interface Measured {
  readonly done: number;
  readonly seconds: number;
  readonly p50: number;
  readonly p99: number;
}

export function rate({ done, seconds }: Pick<Measured, "done" | "seconds">): number {
  return done / seconds;
}

export function percentile(sorted: readonly number[], part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}

export function percentile99(times: readonly number[]): number {
  return percentile(
    times.toSorted((a, b) => a - b),
    0.99,
  );
}

export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? (sorted[middle] ?? Number.NaN) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

/** Runs chains of steps with `inFlight` of them under way at every moment; a chain's next step starts when the one before has answered. */
export async function runChains(
  chains: readonly (readonly (() => Promise<void>)[])[],
  inFlight: number,
): Promise<{ done: number; seconds: number; times: number[] }> {
  const times: number[] = [];
  let next = 0;
  const began = performance.now();
  const worker = async () => {
    for (;;) {
      const chain = chains[next];
      next += 1;
      if (chain === undefined) return;
      for (const step of chain) {
        const from = performance.now();
        await step();
        times.push(performance.now() - from);
      }
    }
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  return { done: times.length, seconds: (performance.now() - began) / 1000, times: times.toSorted((a, b) => a - b) };
}
