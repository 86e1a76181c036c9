/**
 * Runs that are lived again with every test, and why. Whoever finds something with a seed adds it here, with a line on what it found.
 * What the simulator found when a run of that many years is too long for a test has a test of its own: events told before their receipt in
 * early-events.test.ts, a marketplace operator's new account paid before its cooling-off was over in agreements.test.ts (seeds 100 and 101, 25 years).
 */
export const keptSeeds: readonly { readonly seed: number; readonly years: number; readonly why: string }[] = [
  { seed: 1, years: 3, why: "meets every listed behaviour" },
];
