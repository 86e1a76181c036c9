/** Runs that once broke something, and what they found; they are run again with every test. */
export const keptSeeds: readonly { readonly seed: number; readonly years: number; readonly found: string }[] = [
  { seed: 1, years: 1, found: "a settlement told before its receipt was lost, so the books stood below the rail's own record" },
];
