/**
 * Runs that are lived again with every test, and why. Whoever finds something with a seed adds it here, with a line on what it found.
 * What the simulator found before its streams were mended (events told before their receipt) has a test of its own: early-events.test.ts.
 */
export const keptSeeds: readonly { readonly seed: number; readonly years: number; readonly why: string }[] = [
  { seed: 1, years: 1, why: "meets events out of order, cut connections and lost calls" },
];
