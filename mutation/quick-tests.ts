import { format } from "node:util";

export { expect } from "vitest";

// What tests find under the name of vitest while the quick runner runs them: the few functions they use. A test that uses another one cannot be
// loaded, and the run says so.

export interface QuickTest {
  readonly name: string;
  readonly run: () => unknown;
}

/** What a test file has told: its tests, and what is done once before the first and after the last of them. */
export interface QuickFile {
  readonly tests: QuickTest[];
  readonly before: (() => unknown)[];
  readonly after: (() => unknown)[];
}

type Body<Case> = Case extends readonly unknown[] ? (...values: Case) => unknown : (value: Case) => unknown;

let around: string[] = [];
let found: QuickFile = { tests: [], before: [], after: [] };
const provided = new Map<string, unknown>();

/** What the file told that was loaded since it was asked last. */
export function collected(): QuickFile {
  const file = found;
  around = [];
  found = { tests: [], before: [], after: [] };
  return file;
}

export function provide(name: string, value: unknown): void {
  provided.set(name, value);
}

export function inject(name: string): unknown {
  return provided.get(name);
}

export function beforeAll(run: () => unknown): void {
  if (around.length > 0) throw new Error("the quick runner knows beforeAll outside of describe alone");
  found.before.push(run);
}

export function afterAll(run: () => unknown): void {
  if (around.length > 0) throw new Error("the quick runner knows afterAll outside of describe alone");
  found.after.push(run);
}

export function test(name: string, run: () => unknown): void {
  found.tests.push({ name: [...around, name].join(" > "), run });
}

export function describe(name: string, body: () => unknown): void {
  around.push(name);
  body();
  around.pop();
}

test.each = each(test);
describe.each = each(describe);

function each(one: (name: string, run: () => unknown) => void) {
  return <Case>(cases: readonly Case[]) =>
    (name: string, run: Body<Case>) => {
      for (const [place, each] of cases.entries()) {
        const values: readonly unknown[] = Array.isArray(each) ? each : [each];
        one(`${titled(name, each, values)} (${place + 1})`, () => Reflect.apply(run, undefined, values));
      }
    };
}

function titled(name: string, one: unknown, values: readonly unknown[]): string {
  const named = name.replaceAll(/\$(\w+)/g, (_text, key: string) => String(Reflect.get(Object(one), key)));
  return format(named, ...values.slice(0, named.match(/%[sdj]/g)?.length ?? 0));
}
