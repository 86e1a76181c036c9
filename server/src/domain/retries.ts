const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

/** How long after each failed try of a notification the next one comes; after the last there is none. From Standard Webhooks 1.0.0. */
export const retryDelays: readonly number[] = [
  5 * second,
  5 * minute,
  30 * minute,
  2 * hour,
  5 * hour,
  10 * hour,
  14 * hour,
  20 * hour,
  24 * hour,
];

/** No receiver may ask us to wait longer than this. */
const longestWait = 24 * hour;

/**
 * How long to wait after `tries` failed tries, in milliseconds; null: give up. A receiver may ask for longer, in the words of HTTP's
 * Retry-After (seconds, or a date, which is compared with `now`).
 */
export function waitAfter(tries: number, retryAfter: string | null, now: Date): number | null {
  const own = retryDelays[tries - 1];
  if (own === undefined) return null;
  return Math.max(own, Math.min(askedWait(retryAfter, now), longestWait));
}

function askedWait(retryAfter: string | null, now: Date): number {
  if (retryAfter === null) return 0;
  if (/^\d{1,9}$/.test(retryAfter.trim())) return Number(retryAfter) * second;
  const at = Date.parse(retryAfter);
  return Number.isNaN(at) ? 0 : Math.max(0, at - now.getTime());
}
