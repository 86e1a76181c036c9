import { format } from "node:util";

export { expect } from "vitest";

// What unit tests find under the name of vitest while the quick runner runs them: the few functions they use. A test that uses another one cannot be
// loaded, and the run says so.

export interface QuickTest {
  readonly name: string;
  readonly run: () => unknown;
}

type Body<Case> = Case extends readonly unknown[] ? (...values: Case) => unknown : (value: Case) => unknown;

let around: string[] = [];
let found: QuickTest[] = [];

/** The tests of the files that were loaded since it was asked last. */
export function collected(): QuickTest[] {
  const tests = found;
  around = [];
  found = [];
  return tests;
}

export function test(name: string, run: () => unknown): void {
  found.push({ name: [...around, name].join(" > "), run });
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
