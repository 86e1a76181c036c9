import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { faultNames, magicAmount } from "./core/faults.ts";
import { startEmulator } from "./start.ts";

const text = readFileSync(join(import.meta.dirname, "..", "docs", "rail-emulator.md"), "utf8");
const section = (name: string) => text.split(/^## /m).find((one) => one.startsWith(name)) ?? "";

test("the document names every fault with its number", () => {
  const numbered = [...section("Break").matchAll(/^\| (\d+) \| `(\w+)` \|/gm)].map((match) => [Number(match[1]), match[2]]);
  expect(numbered).toEqual(faultNames.slice(0, 18).map((name, at) => [at + 1, name]));
  for (const name of faultNames) expect(section("Break")).toContain(`\`${name}\``);
  expect(text).toContain(String(magicAmount("timeout_after")));
});

test("the document names every endpoint of every rail, and no other", async () => {
  const emulator = await startEmulator({ now: () => new Date("2026-03-02T08:00:00Z") });
  for (const [name, rail] of Object.entries(emulator.rails)) {
    const own = section(`${name[0]?.toUpperCase()}${name.slice(1)}`);
    const named = [...own.matchAll(/`((?:GET|POST|PUT) \/[^`\s]*)`/g)].map((match) => match[1]);
    expect(named.length, `${name}: each once`).toBe(rail.operations.length);
    expect(new Set(named), name).toEqual(new Set(rail.operations));
  }
  await emulator.stop();
});
