import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../server/src/db/embedded-process.ts";

/** A packaged PostgreSQL 15 for as long as the bench runs. */
export interface Packaged {
  readonly url: string;
  stop(): void;
}

const programs = "/usr/lib/postgresql/15/bin";

export function isInstalled(): boolean {
  return existsSync(join(programs, "postgres"));
}

/** Makes and starts a cluster with fsync on, on loopback alone. PostgreSQL does not run as root; then it runs as the package's own user. */
export async function startPackaged(): Promise<Packaged> {
  const home = mkdtempSync(join(tmpdir(), "tranche-bench15-"));
  chmodSync(home, 0o711);
  const data = join(home, "data");
  mkdirSync(data, { mode: 0o700 });
  const user = process.getuid?.() === 0 ? idsOf("postgres") : {};
  if (user.uid !== undefined && user.gid !== undefined) chownSync(data, user.uid, user.gid);
  const port = await freePort(0);
  const run = (program: string, args: readonly string[]) => {
    const done = spawnSync(join(programs, program), args, { ...user, cwd: data, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
    if (done.status !== 0) throw new Error(`${program} of PostgreSQL 15 failed: ${done.stderr}${done.stdout}`);
  };
  run("initdb", ["-D", data, "-U", "bench", "-A", "trust", "-E", "UTF8", "--locale=C"]);
  const settings = { listen_addresses: "127.0.0.1", port, unix_socket_directories: "", max_connections: 200, max_wal_size: "8GB" };
  const options = Object.entries(settings).map(([name, value]) => `-c ${name}='${value}'`);
  run("pg_ctl", ["-D", data, "-w", "-l", join(data, "log"), "-o", options.join(" "), "start"]);
  let stopped = false;
  const stop = () => {
    if (stopped) return;
    stopped = true;
    run("pg_ctl", ["-D", data, "-m", "immediate", "-w", "stop"]);
    rmSync(home, { recursive: true, force: true });
  };
  // Also when the bench is told to stop: nothing is left behind.
  process.once("exit", stop);
  return { url: `postgres://bench@127.0.0.1:${port}/postgres`, stop };
}

function idsOf(name: string): { uid?: number; gid?: number } {
  const of = (what: string) => Number(spawnSync("id", [what, name], { encoding: "utf8" }).stdout.trim());
  return { uid: of("-u"), gid: of("-g") };
}
