import { expect, test, vi } from "vitest";
import { newCommandId } from "./command-id.ts";

test("an id is a UUID of version 7, and one made later stands behind", () => {
  vi.useFakeTimers();
  try {
    vi.setSystemTime(new Date("2026-11-27T12:00:00.001Z"));
    const ids = Array.from({ length: 200 }, () => newCommandId());
    vi.setSystemTime(new Date("2026-11-27T12:00:00.002Z"));
    const later = newCommandId();
    for (const id of [...ids, later]) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(new Set(ids).size).toBe(200);
    expect(ids.every((id) => id < later)).toBe(true);
    expect(Number.parseInt(later.replaceAll("-", "").slice(0, 12), 16)).toBe(Date.parse("2026-11-27T12:00:00.002Z"));
  } finally {
    vi.useRealTimers();
  }
});
