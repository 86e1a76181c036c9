/** A time as the wire writes it: `YYYY-MM-DD HH:MM:SS`, UTC, no zone. */
export function wireTime(at: Date): string {
  return at.toISOString().slice(0, 19).replace("T", " ");
}

/** A day as the wire writes it; `0000-00-00` where there is none yet. */
export function wireDay(at: Date | null): string {
  return at === null ? "0000-00-00" : at.toISOString().slice(0, 10);
}
