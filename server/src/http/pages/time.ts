import type { Html } from "./html.ts";
import { html } from "./html.ts";

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"] as const;

/** A moment as people read it, with its zone: `22 Nov 2026, 14:05 UTC`. The same on every machine. */
export function momentText(at: Date): string {
  const two = (part: number): string => String(part).padStart(2, "0");
  const day = `${at.getUTCDate()} ${months[at.getUTCMonth()]} ${at.getUTCFullYear()}`;
  return `${day}, ${two(at.getUTCHours())}:${two(at.getUTCMinutes())} UTC`;
}

/** A moment that programs can read too. */
export function moment(at: Date): Html {
  return html`<time datetime="${at.toISOString()}">${momentText(at)}</time>`;
}

const minute = 60_000;
const units: readonly (readonly [length: number, name: string])[] = [
  [24 * 60 * minute, "day"],
  [60 * minute, "hour"],
  [minute, "minute"],
  [1_000, "second"],
];

/** A length of time in words, in the largest unit that leaves no rest: `7 days`, `36 hours`, `90 minutes`. */
export function lengthText(milliseconds: number): string {
  const whole = Math.max(0, Math.round(milliseconds / 1_000)) * 1_000;
  const [length, name] = units.find(([unit]) => whole > 0 && whole % unit === 0) ?? [1_000, "second"];
  return counted(whole / length, name);
}

/** `1 day`, `2 days`. */
export function counted(number: number, name: string): string {
  return `${number} ${name}${number === 1 ? "" : "s"}`;
}
