import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { parse } from "smol-toml";
import { expect, test } from "vitest";
import { machines } from "./steps-sql.ts";

// What the documents name must be there: a document that points nowhere is worse than none.

const root = join(import.meta.dirname, "..");

interface Document {
  /** From the repository's root. */
  readonly path: string;
  readonly text: string;
}

function markdownIn(folder: string, deep: boolean): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return deep ? markdownIn(path, true) : [];
    return entry.name.endsWith(".md") ? [path] : [];
  });
}

const documents: readonly Document[] = [...markdownIn(root, false), ...markdownIn(join(root, "docs"), true)].map((path) => ({
  path: relative(root, path),
  text: readFileSync(path, "utf8"),
}));

/** The text without fenced blocks: what is an example is not a reference. */
function prose(text: string): string {
  return text.replace(/^```[^\n]*\n[\s\S]*?^```/gm, "");
}

function spans(text: string): string[] {
  return [...prose(text).matchAll(/`([^`\n]+)`/g)].map((match) => match[1] ?? "");
}

function* linksOf(document: Document): Generator<{ target: string; anchor: string | undefined }> {
  for (const match of prose(document.text).matchAll(/\]\(([^)\s]+)\)/g)) {
    const link = match[1] ?? "";
    if (/^[a-z]+:/.test(link)) continue;
    const [target = "", anchor] = link.split("#");
    yield { target: target === "" ? document.path : join(dirname(document.path), target), anchor };
  }
}

/** A heading's anchor as forges make it. */
function anchorsOf(text: string): Set<string> {
  const headings = [...prose(text).matchAll(/^#+ (.+)$/gm)].map((match) => match[1] ?? "");
  const slug = (heading: string) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
      .trim()
      .replaceAll(/\s/g, "-");
  return new Set(headings.map(slug));
}

/** A path of this repository, or undefined. `00000N` and `<…>` stand for something else. */
function pathIn(span: string): string | undefined {
  const whole = /^(?:\.ci|bench|docs|emulator|mutation|server|tools)(?:\/[\w.-]+)*\/?$/.test(span) && span.includes("/");
  const inner = /^[a-z]+(?:\/[\w-]+)*\/[\w.-]+\.(?:ts|sql|toml|mjs|css)$/.test(span);
  const file = /^[\w.-]+\.(?:md|toml)$/.test(span);
  return whole || inner || file ? span : undefined;
}

function isThere(path: string, from: string): boolean {
  const places = ["", dirname(from), "server", "server/src", "docs"];
  return places.some((place) => existsSync(join(root, place, path)));
}

/** Names of files that only an operator has. */
const notOurs: ReadonlySet<string> = new Set(["tranche.toml"]);

test("the documents that a newcomer looks for are there", () => {
  const paths = documents.map((document) => document.path);
  for (const path of ["README.md", "ARCHITECTURE.md", "SECURITY.md", "STYLE.md", "CHANGELOG.md", "CONTRIBUTING.md"])
    expect(paths).toContain(path);
  expect(statSync(join(root, "LICENSE")).size).toBeGreaterThan(10_000);
  expect(documents.length).toBeGreaterThan(20);
  // A check that looked at nothing proves nothing.
  expect(documents.flatMap(({ text }) => spans(text).filter((span) => pathIn(span) !== undefined)).length).toBeGreaterThan(100);
});

test.each(documents)("every link of $path leads somewhere", (document) => {
  const broken = [...linksOf(document)].flatMap(({ target, anchor }) => {
    if (!existsSync(join(root, target))) return [target];
    if (anchor === undefined) return [];
    return anchorsOf(readFileSync(join(root, target), "utf8")).has(anchor) ? [] : [`${target}#${anchor}`];
  });
  expect(broken).toEqual([]);
});

test.each(documents)("every file that $path names is there", ({ path, text }) => {
  const missing = spans(text).filter((span) => {
    const named = pathIn(span);
    return named !== undefined && !notOurs.has(named) && !/0000\d\d_steps_with|00000N/.test(named) && !isThere(named, path);
  });
  expect(missing).toEqual([]);
});

test.each(documents)("every npm script that $path names exists", ({ text }) => {
  const { scripts }: { scripts: Record<string, string> } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const named = [...text.matchAll(/\bnpm (?:run (?:--silent )?([a-z:-]+)|(start|test)\b)/g)].map((match) => match[1] ?? match[2] ?? "");
  expect(named.filter((name) => !(name in scripts))).toEqual([]);
});

const defaults: Readonly<Record<string, unknown>> = parse(readFileSync(join(root, "server", "config.defaults.toml"), "utf8"));

function isSection(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const settings: ReadonlySet<string> = new Set(
  Object.entries(defaults).flatMap(([name, value]) => (isSection(value) ? Object.keys(value).map((key) => `${name}.${key}`) : [name])),
);
const variables: ReadonlySet<string> = new Set(
  [...settings].map((name) => `TRANCHE_${name.replaceAll(".", "_").toUpperCase()}`).concat("TRANCHE_CONFIG"),
);
/** Sections whose keys the operator chooses, currencies all of them. */
const ofCurrency = /^TRANCHE_(RATES|RAILS|PAYOUT_RAILS)_[A-Z]{3}$/;
const sections: ReadonlySet<string> = new Set([...settings].filter((name) => name.includes(".")).map((name) => name.split(".")[0] ?? ""));
/** `order.accepted` is an event and `hold.lift` a step, though `order` and `hold` are sections too. */
const stepsAndEvents: ReadonlySet<string> = new Set(
  machines.flatMap((machine) => machine.rows.flatMap((row) => [row.event, `${machine.name}.${row.action}`])),
);

test.each(documents)("every setting that $path names is in config.defaults.toml", ({ text }) => {
  const environment = [...text.matchAll(/\bTRANCHE_[A-Z0-9_]+/g)]
    .map((match) => match[0])
    .filter((name) => !variables.has(name) && !ofCurrency.test(name));
  const dotted = spans(text).filter((span) => {
    const section = /^([a-z]+)\.(?!ts$|sql$)[a-z_]+$/.exec(span)?.[1];
    return section !== undefined && sections.has(section) && !settings.has(span) && !stepsAndEvents.has(span);
  });
  expect([...environment, ...dotted]).toEqual([]);
});
