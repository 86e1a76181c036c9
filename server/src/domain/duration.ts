const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;
const shape = /^P(?:(\d{1,9})W|(?:(\d{1,9})D)?(?:T(?=\d)(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})S)?)?)$/;

/**
 * Reads an ISO 8601 duration in whole weeks, or in days, hours, minutes and seconds; answers milliseconds, or undefined when it is none. A day is
 * always 24 hours. Months and years are no durations here, because their length depends on when they begin.
 */
export function parseDuration(text: string): number | undefined {
  const parts = shape.exec(text);
  if (parts === null || text === "P") return undefined;
  const [weeks, days, hours, minutes, seconds] = parts.slice(1).map((part) => Number(part ?? 0));
  const total = (weeks ?? 0) * 7 * day + (days ?? 0) * day + (hours ?? 0) * hour + (minutes ?? 0) * minute + (seconds ?? 0) * second;
  return Number.isSafeInteger(total) ? total : undefined;
}

/** Writes milliseconds (whole seconds, not negative) as a duration that {@link parseDuration} reads: `PT72H` stays within hours below a week. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds >= 7 * day && milliseconds % day === 0) return `P${milliseconds / day}D`;
  const hours = Math.floor(milliseconds / hour);
  const minutes = Math.floor((milliseconds % hour) / minute);
  const seconds = Math.floor((milliseconds % minute) / second);
  const parts = [hours > 0 ? `${hours}H` : "", minutes > 0 ? `${minutes}M` : "", seconds > 0 ? `${seconds}S` : ""].join("");
  return parts === "" ? "PT0S" : `PT${parts}`;
}
