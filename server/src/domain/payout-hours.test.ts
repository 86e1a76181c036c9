import { expect, test } from "vitest";
import { must } from "./fault.ts";
import { nextPayoutTime, parsePayoutHours } from "./payout-hours.ts";

const hours = (text: string) => must(parsePayoutHours(text), text);
const next = (text: string, at: string) => nextPayoutTime(hours(text), new Date(at)).toISOString();

test.each([
  // Lagos is an hour ahead of UTC all year. 26 November 2026 is a Thursday.
  ["while they may leave", "mon-fri 08:00-16:00 Africa/Lagos", "2026-11-26T09:30:12.345Z", "2026-11-26T09:30:12.345Z"],
  ["the first moment counts", "mon-fri 08:00-16:00 Africa/Lagos", "2026-11-26T07:00:00.000Z", "2026-11-26T07:00:00.000Z"],
  ["before the day begins", "mon-fri 08:00-16:00 Africa/Lagos", "2026-11-26T06:59:59.999Z", "2026-11-26T07:00:00.000Z"],
  ["the cut-off itself is too late", "mon-fri 08:00-16:00 Africa/Lagos", "2026-11-26T15:00:00.000Z", "2026-11-27T07:00:00.000Z"],
  ["over a weekend", "mon-fri 08:00-16:00 Africa/Lagos", "2026-11-27T15:00:00.001Z", "2026-11-30T07:00:00.000Z"],
  ["one day a week", "tue 10:00-11:00 UTC", "2026-11-26T10:30:00.000Z", "2026-12-01T10:00:00.000Z"],
  ["every day, where no days are named", "00:00-16:00 UTC", "2026-11-28T16:00:00.000Z", "2026-11-29T00:00:00.000Z"],
  ["another date there than here", "mon-fri 08:00-16:00 Asia/Tokyo", "2026-11-26T23:00:00.000Z", "2026-11-26T23:00:00.000Z"],
  // In Berlin the clocks go from 2 to 3 on 29 March 2026, and from 3 back to 2 on 25 October.
  ["the day on which an hour is missing", "08:00-16:00 Europe/Berlin", "2026-03-28T23:30:00.000Z", "2026-03-29T06:00:00.000Z"],
  ["the day on which an hour comes twice", "08:00-16:00 Europe/Berlin", "2026-10-24T22:30:00.000Z", "2026-10-25T07:00:00.000Z"],
  ["an opening that the clocks leap over", "02:30-04:00 Europe/Berlin", "2026-03-29T00:10:00.000Z", "2026-03-29T01:00:00.000Z"],
])("%s", (_, text, at, then) => {
  expect(next(text, at)).toBe(then);
});

test("whatever the moment, what is answered is not before it, is open, and nothing open lies between", () => {
  const text = hours("mon-sat 09:15-17:45 America/New_York");
  for (let at = Date.parse("2026-10-28T00:00:00Z"); at < Date.parse("2026-11-06T00:00:00Z"); at += 37 * 60_000) {
    const then = nextPayoutTime(text, new Date(at));
    expect(then.getTime()).toBeGreaterThanOrEqual(at);
    expect(nextPayoutTime(text, then)).toEqual(then);
    for (let between = at; between < then.getTime(); between += 5 * 60_000) expect(nextPayoutTime(text, new Date(between))).toEqual(then);
  }
});

test.each([
  "",
  "08:00-16:00",
  "16:00-08:00 UTC",
  "08:00-25:00 UTC",
  "fri-mon 08:00-16:00 UTC",
  "xyz 08:00-16:00 UTC",
  "08:00-16:00 Mars/Olympus",
  "8:00-16:00 UTC",
  "08:00-08:00 UTC",
])("%j is no such setting", (text) => {
  expect(parsePayoutHours(text)).toBeUndefined();
});
