import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { StartError } from "./start-error.ts";

/** A start takes seconds; one that is older than this has hung or its process id belongs to somebody else by now. */
const oldestLock = 180_000;

/** Runs `work` while no other process of this machine starts or stops the cluster in `base`. */
export async function alone<T>(base: string, work: () => Promise<T>): Promise<T> {
  const lock = join(base, "starting.lock");
  const giveUp = Date.now() + oldestLock + 10_000;
  while (!claim(lock)) {
    if (Date.now() > giveUp) throw new StartError(`Another process seems to be starting the database for ever: remove ${lock} if none is.`);
    dropIfStale(lock);
    await sleep(50);
  }
  try {
    return await work();
  } finally {
    rmSync(lock, { force: true });
  }
}

function claim(lock: string): boolean {
  try {
    writeFileSync(lock, String(process.pid), { flag: "wx", mode: 0o644 });
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw new StartError(`The database's folder cannot be written (${error instanceof Error ? error.message : String(error)}).`);
  }
}

/** The rename picks one of several who see the same stale lock; who finds that it caught a fresh one puts it back. */
function dropIfStale(lock: string): void {
  if (!isStale(lock)) return;
  const caught = `${lock}.${process.pid}`;
  try {
    renameSync(lock, caught);
    if (isStale(caught)) rmSync(caught, { force: true });
    else renameSync(caught, lock);
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
  }
}

function isStale(lock: string): boolean {
  try {
    const holder = Number.parseInt(readFileSync(lock, "utf8"), 10);
    const age = Date.now() - statSync(lock).mtimeMs;
    // An empty file is one whose holder has not written its number yet.
    return age > oldestLock || (Number.isNaN(holder) ? age > 5_000 : !isAlive(holder));
  } catch {
    return false;
  }
}

/** Several processes may use one cluster (the server and a command beside it): the last one to leave shuts it down. */
export function enter(base: string): void {
  mkdirSync(join(base, "users"), { recursive: true });
  writeFileSync(join(base, "users", String(process.pid)), "");
}

/** Takes this process off the list; true when nobody else who is alive is on it. */
export function leave(base: string): boolean {
  const users = join(base, "users");
  rmSync(join(users, String(process.pid)), { force: true });
  let others = 0;
  for (const name of readdirSync(users)) {
    if (isAlive(Number.parseInt(name, 10))) others += 1;
    else rmSync(join(users, name), { force: true });
  }
  return others === 0;
}

/** Whether a process with this number exists, ours or another user's. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === "EPERM";
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
