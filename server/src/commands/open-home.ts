import { randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { Config } from "../config.ts";
import { keepRunning } from "./keep-running.ts";
import type { Log } from "../jobs/engine.ts";
import { startEmbedded } from "../db/embedded.ts";
import { makePool } from "../db/connect.ts";
import { StartError } from "../db/start-error.ts";
import { keyFromFile, KeyUnusable } from "../secrets/key-file.ts";

export interface OpenDatabase {
  /** May migrate. */
  readonly ownerUrl: string;
  /** May only read; what sandbox.json hands out. */
  readonly readUrl: string;
  readonly embedded: boolean;
  readonly adopted: boolean;
  /** Keeps the embedded server running from now on; does nothing for one that somebody else runs. Answers how to end that. */
  keep(log: Log, onLost: (sentence: string) => void): () => void;
  stop(): Promise<void>;
}

/**
 * The folder with this installation's state; only its owner may look inside. Root's lets others pass through to the database's own folder,
 * which belongs to the user that PostgreSQL runs as; every secret beside it is 0600.
 */
export async function openHome(config: Config): Promise<string> {
  try {
    await makeFolder(resolve(config.home), process.getuid?.() === 0 ? 0o711 : 0o700);
    return config.home;
  } catch (error) {
    throw new StartError(
      `The folder ${config.home} (TRANCHE_HOME) cannot be made: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

/** Step by step: Node's recursive mkdir never comes back from places like /proc. */
async function makeFolder(path: string, mode: number): Promise<void> {
  const code = await mkdir(path, { mode }).then(
    () => undefined,
    (error: NodeJS.ErrnoException) => error.code ?? "unknown",
  );
  if (code === undefined || code === "EEXIST") return;
  if (code === "ENOENT" && dirname(path) !== path) {
    await makeFolder(dirname(path), mode);
    await mkdir(path, { mode });
    return;
  }
  throw new Error(code);
}

/** The key that seals private keys: from the environment, else from a 0600 file in the home folder. */
export async function secretKeyOf(config: Config): Promise<Buffer> {
  if (config.secretKey !== undefined) return config.secretKey;
  try {
    return await keyFromFile(config.home);
  } catch (error) {
    if (error instanceof KeyUnusable) throw new StartError(error.message);
    throw error;
  }
}

/** The database that DATABASE_URL names, or the embedded one in the home folder. */
export async function openDatabase(config: Config): Promise<OpenDatabase> {
  if (config.databaseUrl !== undefined) {
    await reach(config.databaseUrl);
    const readUrl = new URL(config.databaseUrl);
    readUrl.searchParams.set("options", "-c role=tranche_read");
    return {
      ownerUrl: config.databaseUrl,
      readUrl: readUrl.href,
      embedded: false,
      adopted: false,
      keep: () => () => undefined,
      stop: () => Promise.resolve(),
    };
  }
  const running = await startEmbedded({ home: config.home, durable: true });
  return {
    ownerUrl: running.url,
    readUrl: running.url,
    embedded: true,
    adopted: running.adopted,
    keep: (log, onLost) => keepRunning(running, log, onLost),
    stop: () => running.stop(),
  };
}

async function reach(url: string): Promise<void> {
  const pool = makePool(url, { max: 1, applicationName: "tranche start" });
  try {
    const { rows } = await pool.query<{ version: number }>("SELECT current_setting('server_version_num')::int AS version");
    const version = rows[0]?.version ?? 0;
    if (version < 150_000) throw new StartError(`DATABASE_URL leads to PostgreSQL ${Math.floor(version / 10_000)}; 15 or newer is needed.`);
  } catch (error) {
    if (error instanceof StartError) throw error;
    const { host, pathname } = new URL(url);
    throw new StartError(`The database that DATABASE_URL names (${host}${pathname}) cannot be reached: ${whyNot(error)}.`);
  } finally {
    await pool.end();
  }
}

/** Several addresses refused at once make an error without a sentence of its own. */
function whyNot(error: unknown): string {
  const inner = error instanceof AggregateError ? error.errors[0] : error;
  const said = inner instanceof Error ? inner.message : String(inner);
  return said.replace(/\.$/, "");
}

/** On the embedded server the reading role gets a sign-in of its own, with a password kept in the home folder, so that nobody needs the owner's. */
export async function readerUrl(database: OpenDatabase, home: string): Promise<string> {
  if (!database.embedded) return database.readUrl;
  const file = join(home, "reader.password");
  const password = await readFile(file, "utf8").catch(async () => {
    const made = randomBytes(24).toString("hex");
    await writeFile(file, made, { mode: 0o600 });
    return made;
  });
  const pool = makePool(database.ownerUrl, { max: 1, applicationName: "tranche start" });
  try {
    // A hex text needs no quoting beyond the quotes; ALTER ROLE takes no parameters.
    await pool.query(`ALTER ROLE tranche_read LOGIN PASSWORD '${password.replaceAll(/[^0-9a-f]/g, "")}'`);
    const { rows } = await pool.query<{ name: string }>("SELECT current_database() AS name");
    await pool.query(`GRANT CONNECT ON DATABASE "${(rows[0]?.name ?? "tranche").replaceAll('"', "")}" TO tranche_read`);
  } finally {
    await pool.end();
  }
  const url = new URL(database.ownerUrl);
  url.username = "tranche_read";
  url.password = password;
  return url.href;
}
