import { posix } from "node:path";

/** What one folder of server/src may import: folders or files of server/src, and packages ("*" for any). */
interface Allowance {
  readonly from: readonly string[];
  readonly packages: readonly string[];
  /** Files that may be imported as types only. */
  readonly types?: readonly string[];
}

const everything = ["*"];

/** The most exact name counts: `rails/sandbox` before `rails`. A folder that is not here does not belong. */
export const allowances: Readonly<Record<string, Allowance>> = {
  domain: { from: [], packages: [] },
  atarapay: { from: ["domain"], packages: ["node:crypto"] },
  net: { from: ["domain"], packages: everything },
  secrets: { from: [], packages: ["node:crypto", "node:fs/promises", "node:path"] },
  proof: { from: ["domain"], packages: ["node:crypto"] },
  db: { from: ["domain"], packages: everything },
  ledger: { from: ["domain", "db", "proof"], packages: everything },
  events: { from: ["domain", "db", "atarapay", "secrets"], packages: everything },
  rails: { from: ["domain", "net", "secrets"], packages: everything },
  "rails/sandbox": { from: ["domain", "net", "secrets", "rails", "db"], packages: everything },
  actions: { from: ["domain", "db", "ledger", "events"], packages: everything },
  http: {
    from: ["domain", "db", "actions", "events", "atarapay", "secrets", "proof", "rails/rail.ts"],
    packages: everything,
    types: ["rails/sandbox/sandbox.ts"],
  },
  jobs: { from: ["domain", "db", "ledger", "events", "actions", "rails", "net", "secrets", "atarapay", "sandbox"], packages: everything },
  sandbox: { from: ["domain", "db", "actions", "jobs", "net"], packages: everything },
  commands: { from: everything, packages: everything },
  "main.ts": { from: everything, packages: everything },
  "config.ts": { from: ["domain", "db/start-error.ts", "config-source.ts"], packages: everything },
  "config-source.ts": { from: ["domain", "db/start-error.ts"], packages: everything },
};

export interface Import {
  readonly specifier: string;
  readonly typeOnly: boolean;
}

const root = "server/src/";

/**
 * The rail emulator stands alone: what shares code with the program can only be wrong in the same way. Its rails do not know one another
 * either. Files that lie in no folder put it together.
 */
const emulator = "emulator/";

/** Says what is wrong with the imports of one file, a sentence each. Test files may import what they like; nothing else may import them. */
export function checkImports(path: string, imports: readonly Import[]): string[] {
  if (path.startsWith(emulator)) return checkEmulator(path, imports);
  if (!path.startsWith(root) || path.endsWith(".test.ts")) return [];
  const place = placeOf(path);
  const own = place === undefined ? undefined : allowances[place];
  if (place === undefined || own === undefined) return ["lies in a place that the house does not know (tools/house-imports.ts lists them)"];
  const wrong: string[] = [];
  for (const { specifier, typeOnly } of imports) {
    if (!specifier.startsWith(".")) {
      if (!own.packages.includes("*") && !own.packages.includes(specifier)) wrong.push(`${place} imports the package ${specifier}`);
      continue;
    }
    const target = posix.join(posix.dirname(path), specifier);
    if (!target.startsWith(root) || target.endsWith(".test.ts")) {
      wrong.push(`imports ${target}, which is no part of the program`);
      continue;
    }
    if (!mayImport(place, own, target, typeOnly)) wrong.push(`${place} imports ${target.slice(root.length)}`);
  }
  return wrong;
}

function checkEmulator(path: string, imports: readonly Import[]): string[] {
  const folderOf = (file: string) => (file.split("/").length > 2 ? file.split("/")[1] : undefined);
  const own = folderOf(path);
  return imports.flatMap(({ specifier }) => {
    if (!specifier.startsWith(".")) return [];
    const target = posix.join(posix.dirname(path), specifier);
    if (!target.startsWith(emulator)) return [`the emulator imports ${target}`];
    const there = folderOf(target);
    const known = own === undefined || there === own || there === "core" || path.endsWith(".test.ts");
    return known ? [] : [`${own} imports ${target.slice(emulator.length)}`];
  });
}

function mayImport(place: string, own: Allowance, target: string, typeOnly: boolean): boolean {
  const inside = target.slice(root.length);
  if (own.from.includes("*")) return true;
  // Settings are handed in as arguments.
  if (inside === "config.ts") return false;
  if (own.from.includes(inside) || (typeOnly && own.types?.includes(inside) === true)) return true;
  const there = placeOf(target);
  if (there === undefined) return false;
  if (there === place) return true;
  // A folder's allowance opens its inner places too, except a place with an allowance of its own (rails/sandbox) to its own parent.
  return own.from.includes(there) || (own.from.includes(there.split("/")[0] ?? "") && there.split("/")[0] !== place);
}

/** The place of a file in the table above. */
function placeOf(path: string): string | undefined {
  const parts = path.slice(root.length).split("/");
  if (parts.length === 1) return parts[0];
  const two = `${parts[0]}/${parts[1]}`;
  return parts.length > 2 && two in allowances ? two : parts[0];
}
