/**
 * What every random test starts from: the same each time, unless TEST_SEED says otherwise. A test that fails prints its seed
 * (fast-check does; `saidSeed` puts it into the message of the others).
 */
export const testSeed = Number(process.env["TEST_SEED"] ?? 20_260_302);
export const saidSeed = `TEST_SEED=${testSeed}`;

/** Random numbers from 0 to below 1, the same for the same seed (mulberry32). */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
