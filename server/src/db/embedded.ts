import { createHash, randomBytes } from "node:crypto";
import {
  chownSync,
  existsSync,
  readdirSync,
  readFileSync,
  realpathSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { totalmem } from "node:os";
import { dirname, join, resolve } from "node:path";
import { Client } from "pg";
import type { NativePackage, RunAs } from "./embedded-files.ts";
import { findNative, installNative, placeFor, privateFolder, removeOtherVersions } from "./embedded-files.ts";
import { alone, enter, isAlive, leave } from "./embedded-lock.ts";
import { answers, freePort, lastLine, runProgram } from "./embedded-process.ts";
import { StartError } from "./start-error.ts";

const owner = "tranche_owner";
const database = "tranche";

export interface Embedded {
  /** The owner's connection, to the database `tranche` on 127.0.0.1. Holds the password. */
  readonly url: string;
  /** True when the server ran already: after this process was killed, or because another one uses it. */
  readonly adopted: boolean;
  /** Where the cluster lies, for the start message and for backups. */
  readonly dataDirectory: string;
  /** Looks whether the server still lives, and starts it again, on the same port, when it does not. True when it had died and runs again. */
  revive(): Promise<boolean>;
  /** Shuts the server down at once but in order, unless another living process still uses it. Safe to call twice. */
  stop(): Promise<void>;
}

/**
 * Starts the PostgreSQL that comes with Tranche, or adopts the one that runs already, with everything under `home`. It listens on 127.0.0.1 only
 * and outlives this process when that is killed; the next start adopts it. `durable: false` (tests) gives up surviving a power cut for speed.
 * Refuses by {@link StartError}.
 */
export async function startEmbedded(options: { home: string; durable: boolean }): Promise<Embedded> {
  const native = findNative();
  const home = resolve(options.home);
  mkdirSync(home, { recursive: true });
  const hash = createHash("sha256").update(realpathSync(home)).digest("hex").slice(0, 16);
  const { base, runAs } = placeFor(home, hash);
  const cluster: Cluster = { native, base, data: join(base, "data"), runAs, durable: options.durable };

  const { url, adopted } = await alone(base, async () => {
    refuseForeign(cluster);
    const found = await adopt(cluster);
    const ready = found ?? (await startAnew(cluster));
    await ensureDatabase(ready);
    enter(base);
    return { url: withDatabase(ready, database), adopted: found !== undefined };
  });

  let stopping: Promise<void> | undefined;
  const stop = () =>
    alone(base, async () => {
      if (leave(base) && lives(cluster)) await control(cluster, ["stop", "-m", "fast", "-w", "-t", "60"], "stop");
    });
  return {
    url,
    adopted,
    dataDirectory: cluster.data,
    revive: async () => {
      if (stopping !== undefined || lives(cluster)) return false;
      return alone(base, async () => {
        if (stopping !== undefined) return false;
        // Another process that uses the same cluster may have been first.
        const again = (await adopt(cluster)) ?? (await startAnew(cluster, Number(new URL(url).port)));
        if (withDatabase(again, database) !== url) throw new MovedAway("The database came back at another port: start Tranche again.");
        return true;
      });
    },
    stop: () => {
      stopping ??= stop();
      return stopping;
    },
  };
}

/** The database runs again where this process cannot follow it. */
export class MovedAway extends StartError {}

/** Whether the process that PostgreSQL itself noted still exists: cheap enough to be asked every second. */
function lives({ data }: Cluster): boolean {
  const lockFile = join(data, "postmaster.pid");
  if (!existsSync(lockFile)) return false;
  return isAlive(Number.parseInt(readFileSync(lockFile, "utf8"), 10));
}

interface Cluster {
  readonly native: NativePackage;
  readonly base: string;
  readonly data: string;
  readonly runAs: RunAs | undefined;
  readonly durable: boolean;
}

/** A data directory of another major version or another user would only fail later and worse. */
function refuseForeign({ native, data, runAs }: Cluster): void {
  const found = statSync(data, { throwIfNoEntry: false });
  if (found === undefined) return;
  const me = process.getuid?.();
  if (runAs === undefined && me !== undefined && found.uid !== me) {
    throw new StartError(`The database in ${data} belongs to another user: start Tranche as that user or as root.`);
  }
  const made = readFileSync(join(data, "PG_VERSION"), "utf8").trim();
  if (made !== native.major) {
    throw new StartError(
      `The database in ${data} was made by PostgreSQL ${made}, but this Tranche brings PostgreSQL ${native.major}: ` +
        `start it with the Tranche that made it, or serve it with PostgreSQL ${made} and set DATABASE_URL.`,
    );
  }
}

async function adopt(cluster: Cluster): Promise<string | undefined> {
  const lockFile = join(cluster.data, "postmaster.pid");
  if (!existsSync(lockFile)) return undefined;
  const binaries = installNative(cluster.native, cluster.base);
  const status = await runProgram(cluster, join(binaries, "bin", "pg_ctl"), ["status", "-D", cluster.data]);
  if (status.code !== 0) return undefined;
  const port = Number.parseInt(readFileSync(lockFile, "utf8").split("\n")[3] ?? "", 10);
  if (!Number.isInteger(port)) return undefined;
  // After a power cut the file may name a process id that is somebody else's now; then nothing answers, and PostgreSQL itself sorts it out.
  const url = urlFor(cluster, port);
  return (await answers(url, 60_000)) ? url : undefined;
}

/** `only`: the one port that will do. */
async function startAnew(cluster: Cluster, only?: number): Promise<string> {
  const binaries = installNative(cluster.native, cluster.base);
  removeOtherVersions(cluster.base, binaries);
  if (!existsSync(cluster.data)) await initialise(cluster, binaries);
  const log = join(cluster.base, "postgres.log");
  writeFileSync(log, "", { flag: "a", mode: 0o600 });
  if (cluster.runAs !== undefined) chownSync(log, cluster.runAs.uid, cluster.runAs.gid);

  // Another program can take the free port before PostgreSQL does; a few tries are enough.
  for (let attempt = 1; ; attempt += 1) {
    const port = only ?? (await freePort(attempt === 1 ? rememberedPort(cluster) : 0));
    const flags = ["-p", String(port), ...settings(cluster.durable).flatMap((setting) => ["-c", setting])];
    try {
      await control(cluster, ["start", "-w", "-t", "120", "-l", log, "-o", flags.join(" ")], "start");
    } catch (error) {
      if (attempt === 3 || only !== undefined) throw error;
      continue;
    }
    writeFileSync(join(cluster.base, "port"), String(port));
    const url = urlFor(cluster, port);
    if (!(await answers(url, 60_000))) throw new StartError(`The database started but does not answer: see ${log}.`);
    return url;
  }
}

/** Given on the command line, so that an edited postgresql.conf cannot open the server to the network. */
function settings(durable: boolean): string[] {
  const safety = durable ? "on" : "off";
  return [
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "password_encryption=scram-sha-256",
    "log_timezone=UTC",
    "timezone=UTC",
    `fsync=${safety}`,
    `full_page_writes=${safety}`,
    `synchronous_commit=${safety}`,
  ];
}

const megabyte = 1_048_576;

/**
 * How much of the machine's memory the database keeps pages in: a quarter, from 128 MB, which is PostgreSQL's own choice everywhere, to 1 GB. A
 * step touches some fifteen pages of its seller; once those of all sellers do not fit, every step waits for a page to be read and another to be
 * written, which took three times as long (docs/benchmarks.md).
 */
export function sharedBuffers(memory: number): string {
  return `${Math.max(128, Math.min(1_024, Math.floor(memory / 4 / megabyte)))}MB`;
}

/** Noted in postgresql.conf when the cluster is made, so that whoever runs it may change them there. */
function firstSettings(): string[] {
  // What a container is allowed, where it is less; where nothing is, a number larger than any machine's.
  const memory = Math.min(totalmem(), process.constrainedMemory() || Number.MAX_SAFE_INTEGER);
  // After a checkpoint the first change of a page writes the whole page to the log. 1 GB would bring a checkpoint every minute of a busy hour.
  return [`shared_buffers=${sharedBuffers(memory)}`, "max_wal_size=4GB"];
}

/** Made beside the final place and renamed, so that a first start that is cut short leaves nothing half made. */
async function initialise(cluster: Cluster, binaries: string): Promise<void> {
  for (const name of readdirSync(cluster.base)) {
    if (name.startsWith("data.init")) rmSync(join(cluster.base, name), { recursive: true, force: true });
  }
  const half = join(cluster.base, "data.init");
  privateFolder(half, cluster.runAs);
  const handover = join(cluster.base, "data.init-password");
  const password = ownerPassword(cluster, true);
  writeFileSync(handover, password, { mode: 0o600 });
  if (cluster.runAs !== undefined) chownSync(handover, cluster.runAs.uid, cluster.runAs.gid);
  const made = await runProgram(cluster, join(binaries, "bin", "initdb"), [
    "-D",
    half,
    "-U",
    owner,
    `--pwfile=${handover}`,
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--data-checksums",
    // C.UTF-8 inside PostgreSQL: the same order on every machine, whatever its C library does.
    "--no-locale",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--no-instructions",
    ...firstSettings().flatMap((setting) => ["-c", setting]),
    ...(cluster.durable ? [] : ["--no-sync"]),
  ]);
  rmSync(handover, { force: true });
  if (made.code !== 0) throw new StartError(`The database could not be made in ${cluster.base}: ${lastLine(made.output)}`);
  renameSync(half, cluster.data);
}

function ownerPassword({ base }: Cluster, mayMake: boolean): string {
  const path = join(base, "owner-password");
  if (existsSync(path)) return readFileSync(path, "utf8").trim();
  if (!mayMake) throw new StartError(`The database's password file ${path} is missing: put it back from a backup.`);
  const password = randomBytes(24).toString("base64url");
  writeFileSync(path, `${password}\n`, { mode: 0o600, flag: "wx" });
  return password;
}

function urlFor(cluster: Cluster, port: number): string {
  return `postgres://${owner}:${ownerPassword(cluster, false)}@127.0.0.1:${port}/postgres`;
}

function withDatabase(url: string, name: string): string {
  return `${dirname(url)}/${name}`;
}

function rememberedPort({ base }: Cluster): number {
  const path = join(base, "port");
  return existsSync(path) ? Number.parseInt(readFileSync(path, "utf8"), 10) || 0 : 0;
}

async function ensureDatabase(url: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rowCount } = await client.query("SELECT 1 FROM pg_database WHERE datname = $1", [database]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${database}`);
  } finally {
    await client.end();
  }
}

async function control(cluster: Cluster, args: string[], what: string): Promise<void> {
  const program = join(installNative(cluster.native, cluster.base), "bin", "pg_ctl");
  const { code, output } = await runProgram(cluster, program, [...args, "-D", cluster.data]);
  if (code !== 0) throw new StartError(`The database did not ${what}: ${lastLine(output)} (see ${join(cluster.base, "postgres.log")}).`);
}
