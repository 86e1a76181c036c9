import { expect, test } from "vitest";
import { retryDelays, waitAfter } from "./retries.ts";

const now = new Date("2026-03-02T10:00:00.000Z");
const hour = 3_600_000;

test("a notification is tried ten times in 75 hours, and then given up", () => {
  const waits = Array.from({ length: 10 }, (_, i) => waitAfter(i + 1, null, now));
  expect(waits).toEqual([...retryDelays, null]);
  expect(retryDelays.reduce((sum, wait) => sum + wait, 0)).toBe(75 * hour + 35 * 60_000 + 5_000);
});

test("a receiver may ask for a longer wait, never for a shorter one, and never for more than a day", () => {
  expect(waitAfter(1, "120", now)).toBe(120_000);
  expect(waitAfter(2, "1", now)).toBe(300_000);
  expect(waitAfter(1, "Mon, 02 Mar 2026 10:10:00 GMT", now)).toBe(600_000);
  expect(waitAfter(1, "Mon, 02 Mar 2026 09:00:00 GMT", now)).toBe(5_000);
  expect(waitAfter(1, "999999999", now)).toBe(24 * hour);
  expect(waitAfter(1, "soon", now)).toBe(5_000);
  expect(waitAfter(10, "60", now)).toBe(null);
});

test("a wait is read only when all of it is a number of at most nine digits, spaces around it aside", () => {
  const asked = [" 120 ", "1234567890", "x120", "120x", "-120", ""].map((wait) => waitAfter(1, wait, now));
  expect(asked).toEqual([120_000, 5_000, 5_000, 5_000, 5_000, 5_000]);
  expect(waitAfter(1, "Wed, 04 Mar 2026 10:00:00 GMT", now)).toBe(24 * hour);
});
