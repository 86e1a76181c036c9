/**
 * The smallest part of a list, as far as halving finds it, that still fails: whole halves are left out first, then quarters, and so on down
 * to single ones (delta debugging). `fails` is asked at most `most` times; what was found by then is the answer.
 */
export async function shrink<T>(whole: readonly T[], fails: (part: readonly T[]) => Promise<boolean>, most: number): Promise<readonly T[]> {
  let left = whole;
  let asked = 0;
  for (let size = Math.ceil(left.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < left.length && left.length > 1; ) {
      const without = [...left.slice(0, from), ...left.slice(from + size)];
      if (without.length === 0) break;
      if (asked >= most) return left;
      asked += 1;
      if (await fails(without)) left = without;
      else from += size;
    }
  }
  return left;
}
