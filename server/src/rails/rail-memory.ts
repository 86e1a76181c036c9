import type { RailMemory, Remembered } from "./rail.ts";

/** A memory that ends with the process: for tests of adapters. */
export function memoryOfThisProcess(): RailMemory {
  const kept = new Map<string, Remembered>();
  return {
    recall: (kind, key) => Promise.resolve(kept.get(`${kind} ${key}`)),
    keep(kind, key, value, at) {
      const name = `${kind} ${key}`;
      const first = !kept.has(name);
      if (first) kept.set(name, { value, at });
      return Promise.resolve({ ...(kept.get(name) ?? { value, at }), first });
    },
    replace(kind, key, value, at, seen) {
      const name = `${kind} ${key}`;
      if (kept.get(name)?.at.getTime() !== seen.getTime()) return Promise.resolve(false);
      kept.set(name, { value, at });
      return Promise.resolve(true);
    },
  };
}
