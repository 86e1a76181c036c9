import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { inspectHouse } from "./house.ts";

const root = join(import.meta.dirname, "..");
const notOurs = new Set(["node_modules", ".git", "coverage", "dist", ".stryker-tmp"]);

/** Every text file of the repository; pictures and such are left out by their size or a zero byte. */
function readTree(folder = ""): Map<string, string> {
  const files = new Map<string, string>();
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (notOurs.has(entry.name) || entry.name.startsWith(".tranche")) continue;
    if (entry.isDirectory()) for (const [inner, text] of readTree(path)) files.set(inner, text);
    if (!entry.isFile() || statSync(join(root, path)).size > 2_000_000) continue;
    const text = readFileSync(join(root, path), "utf8");
    if (!text.includes("\0")) files.set(path, text);
  }
  return files;
}

// All files are parsed: on a machine with other work that takes its time.
test("every file keeps the house rules", { timeout: 120_000 }, () => {
  const { modules, violations } = inspectHouse(readTree());
  expect(violations).toEqual([]);
  expect(modules).toBeGreaterThan(20);
});

const none = new Map<string, number>();
const slash = (...parts: string[]) => parts.join("/");

// One planted violation of each kind: the path, its text, and what must be said.
const planted: readonly (readonly [string, string, string])[] = [
  ["server/src/domain/a.ts", "export const a: any = 1;", "line 1 says any"],
  ["server/src/domain/a.ts", "export enum A { b }", "line 1 has an enum"],
  ["server/src/db/a.ts", "export default 1;", "line 1 has a default export"],
  ["server/src/db/a.ts", "export default function f() {}", "line 1 has a default export"],
  ["server/src/db/a.ts", "const a = 1;\nexport { a as default };", "line 2 has a default export"],
  ["server/src/db/index.ts", "export const a = 1;", "is a barrel file by its name"],
  ["server/src/db/all.ts", 'export { a } from "./a.ts";', "is a barrel file: it only passes on what others export"],
  ["server/src/db/all.ts", 'export const b = 1;\nexport * from "./a.ts";', "line 2 re-exports a whole module"],
  ["server/src/db/utils/a.ts", "export const a = 1;", "has a place whose name says nothing"],
  ["tools/helpers.ts", "export const a = 1;", "has a place whose name says nothing"],
  ["server/src/db/a.ts", "export const a = process.env.HOME;", "line 1 reads the environment"],
  ["server/src/db/a.ts", 'export const a = process["env"];', "line 1 reads the environment"],
  ["server/src/domain/a.ts", "export const a = new Date();", "line 1 looks at the clock"],
  ["server/src/ledger/a.ts", "export const a = Date.now();", "line 1 looks at the clock"],
  ["server/src/domain/a.ts", "export const a = Math.random();", "line 1 draws at random"],
  ["server/src/domain/a.ts", "setTimeout(() => 1, 1);", "reaches out of the domain with setTimeout"],
  ["server/src/domain/a.ts", 'import { a } from "../db/a.ts";', "domain imports db/a.ts"],
  ["server/src/domain/a.ts", 'import { a } from "node:fs";', "domain imports the package node:fs"],
  ["server/src/secrets/a.ts", 'import type { a } from "../domain/a.ts";', "secrets imports domain/a.ts"],
  ["server/src/atarapay/a.ts", 'import { a } from "node:net";', "atarapay imports the package node:net"],
  ["server/src/ledger/a.ts", 'export { a } from "../actions/a.ts";\nexport const b = 1;', "ledger imports actions/a.ts"],
  ["server/src/actions/a.ts", 'export const a = () => import("../rails/rail.ts");', "actions imports rails/rail.ts"],
  ["server/src/actions/a.ts", 'export type A = import("../rails/rail.ts").Rail;', "actions imports rails/rail.ts"],
  ["server/src/http/a.ts", 'import { a } from "../rails/sandbox/a.ts";', "http imports rails/sandbox/a.ts"],
  ["server/src/http/v1/a.ts", 'import type { a } from "../../ledger/a.ts";', "http imports ledger/a.ts"],
  ["server/src/rails/paystack/a.ts", 'import { a } from "../../db/a.ts";', "rails imports db/a.ts"],
  ["server/src/rails/a.ts", 'import { a } from "./sandbox/a.ts";', "rails imports rails/sandbox/a.ts"],
  ["server/src/jobs/a.ts", 'import { a } from "../http/app.ts";', "jobs imports http/app.ts"],
  ["server/src/jobs/a.ts", 'import { a } from "../config.ts";', "jobs imports config.ts"],
  ["server/src/db/a.ts", 'import { a } from "../../test/setup/database.ts";', "which is no part of the program"],
  ["server/src/db/a.ts", 'import { a } from "./b.test.ts";', "which is no part of the program"],
  ["server/src/services/a.ts", "export const a = 1;", "lies in a place that the house does not know"],
  ["server/src/stray.ts", "export const a = 1;", "lies in a place that the house does not know"],
  ["emulator/core/a.ts", 'import { a } from "../../server/src/domain/money.ts";', "the emulator imports server/src/domain/money.ts"],
  ["emulator/core/a.test.ts", 'import { a } from "../../server/src/domain/money.ts";', "the emulator imports server/src/domain/money.ts"],
  ["emulator/start.ts", 'import { a } from "../tools/house.ts";', "the emulator imports tools/house.ts"],
  ["emulator/paystack/a.ts", 'import { a } from "../stripe/a.ts";', "paystack imports stripe/a.ts"],
  ["emulator/core/a.ts", 'import { a } from "../paystack/a.ts";', "core imports paystack/a.ts"],
  ["emulator/paystack/a.ts", 'import { a } from "../start.ts";', "paystack imports start.ts"],
  ["emulator/core/a.ts", "export const a = Date.now();", "line 1 looks at the clock"],
  ["emulator/stripe/a.ts", "export const a = Math.random();", "line 1 draws at random"],
  ["server/src/rails/a.ts", 'import { a } from "../../../emulator/start.ts";', "which is no part of the program"],
  ["server/src/db/a.ts", "//\n".repeat(401), "has 401 lines, more than 400"],
  ["docs/a.md", `see ${slash("", "work", "main")}`, "contains"],
  ["README.md", `see ${slash("..", "shared", "a.md")}`, "contains"],
];

test.each(planted.map(([path, text, said]) => ({ path, text, said })))("planted in $path: $said", ({ path, text, said }) => {
  const { violations } = inspectHouse(new Map([[path, text]]), none);
  expect(violations).toEqual([expect.stringContaining(said)]);
  expect(violations[0]).toContain(`${path}: `);
});

test("what is allowed is not found", () => {
  const allowed = new Map([
    [
      "server/src/domain/a.ts",
      'import { b } from "./b.ts";\nexport const a = (now: Date) => new Date(now.getTime() + b);\n// any enum, process.env\n',
    ],
    [
      "server/src/http/pay/a.ts",
      'import type { Rail } from "../../rails/rail.ts";\nimport { x } from "../v1/x.ts";\nexport const a = new Date();\n',
    ],
    ["server/src/rails/sandbox/a.ts", 'import { a } from "../rail.ts";\nimport { b } from "../../db/b.ts";\nimport { c } from "./c.ts";\n'],
    ["server/src/jobs/a.ts", 'import { a } from "../rails/sandbox/a.ts";\nimport { b } from "../sandbox/clock.ts";\n'],
    ["server/src/commands/a.ts", 'import { a } from "../config.ts";\nimport { b } from "../rails/sandbox/a.ts";\n'],
    ["server/src/config.ts", 'import { a } from "./domain/duration.ts";\nexport const b = process.env;\n'],
    [
      "server/src/domain/a.test.ts",
      'import { a } from "../db/a.ts";\nimport { b } from "../../test/setup/database.ts";\nexport const c = new Date();\n',
    ],
    ["server/src/db/a.ts", 'import pg from "pg";\nexport { a } from "./b.ts";\nexport const now = () => Date.now();\n'],
    ["server/src/db/long.ts", "//\n".repeat(400)],
    ["emulator/start.ts", 'import { a } from "./core/a.ts";\nimport { b } from "./paystack/b.ts";\nexport const now = () => new Date();\n'],
    [
      "emulator/paystack/a.ts",
      'import { fastify } from "fastify";\nimport { a } from "../core/a.ts";\nimport { b } from "./b.ts";\nsetTimeout(a, b);\n',
    ],
    ["emulator/paystack/a.test.ts", 'import { a } from "../start.ts";\n'],
  ]);
  expect(inspectHouse(allowed, none)).toEqual({ modules: 8, violations: [] });
});

test("the list of long files only shrinks", () => {
  const long = "server/src/db/long.ts";
  const lines = (count: number) => new Map([[long, "//\n".repeat(count)]]);
  const listed = new Map([[long, 450]]);
  expect(inspectHouse(lines(450), listed).violations).toEqual([]);
  expect(inspectHouse(lines(451), listed).violations).toEqual([`${long}: has 451 lines, more than 450`]);
  expect(inspectHouse(lines(430), listed).violations).toEqual([`${long}: has 430 lines, lower its number in the list of long files`]);
  expect(inspectHouse(lines(400), listed).violations).toEqual([`${long}: is short now, take it off the list of long files`]);
  expect(inspectHouse(new Map(), listed).violations).toEqual([`${long}: is short now, take it off the list of long files`]);
});
