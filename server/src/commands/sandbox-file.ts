import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Seeded, SeededSeller } from "../sandbox/seed.ts";

/** What a person or a script needs to use the sandbox. The database address is that of a role which may only read. */
export interface SandboxFile extends Seeded {
  readonly url: string;
  readonly database_url: string;
}

const fileName = "sandbox.json";
/** Holds the secrets from before the first row is written until the sandbox is ready: a start that is cut short loses none. */
const earlyName = "sandbox.json.new";

/** The people whose secrets an earlier start wrote down, however far it came; undefined if there is no such file. */
export async function knownPeople(home: string): Promise<Seeded | undefined> {
  return (await readPeople(join(home, fileName))) ?? (await readPeople(join(home, earlyName)));
}

/** What a ready sandbox wrote; undefined if there is none, or it is not readable. */
export async function readSandboxFile(home: string): Promise<SandboxFile | undefined> {
  const found = await readJson(join(home, fileName));
  return isSandboxFile(found) ? found : undefined;
}

export async function writeEarly(home: string, people: Seeded): Promise<void> {
  await writePrivate(join(home, earlyName), people);
}

/** Written beside the final place and renamed, so that nobody ever reads half a file. Readable by the owner alone. */
export async function writeSandboxFile(home: string, content: SandboxFile): Promise<string> {
  const path = join(home, fileName);
  await writePrivate(join(home, earlyName), content);
  await rename(join(home, earlyName), path);
  return path;
}

async function writePrivate(path: string, content: object): Promise<void> {
  await writeFile(path, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600, flush: true });
}

async function readPeople(path: string): Promise<Seeded | undefined> {
  const found = await readJson(path);
  return isPeople(found) ? { operator: found.operator, sellers: found.sellers } : undefined;
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as unknown;
  } catch {
    return undefined;
  }
}

function isSandboxFile(value: unknown): value is SandboxFile {
  return isPeople(value) && texts(value, ["url", "database_url"]);
}

function isPeople(value: unknown): value is Seeded {
  if (!isObject(value) || !isObject(value["operator"]) || !texts(value["operator"], ["email", "password"])) return false;
  const { sellers } = value;
  return Array.isArray(sellers) && sellers.length === 3 && sellers.every(isSeller);
}

function isSeller(value: unknown): value is SeededSeller {
  return isObject(value) && texts(value, ["role", "email", "password", "phone", "public_key", "private_key"]);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function texts(value: object, names: readonly string[]): boolean {
  return names.every((name) => typeof (value as Record<string, unknown>)[name] === "string");
}
