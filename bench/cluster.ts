import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import type { Embedded } from "../server/src/db/embedded.ts";
import { startEmbedded } from "../server/src/db/embedded.ts";

/** A durable server of the bench's own: fsync on, as in production. Room for 128 clients, and no checkpoint in the middle of a measurement. */
export async function startCluster(home: string): Promise<Embedded> {
  const first = await startEmbedded({ home, durable: true });
  await once(first.url, [
    "ALTER SYSTEM SET max_connections = 200",
    "ALTER SYSTEM SET max_wal_size = '8GB'",
    "ALTER SYSTEM SET checkpoint_timeout = '30min'",
    // What the log held is read from the log after a measure, and a checkpoint would have thrown it away.
    "ALTER SYSTEM SET wal_keep_size = '16GB'",
  ]);
  await first.stop();
  return startEmbedded({ home, durable: true });
}

/** Runs statements on a connection of their own and answers the last one's rows. */
export async function once(url: string, statements: readonly string[]): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    let rows: Record<string, unknown>[] = [];
    for (const statement of statements) ({ rows } = await client.query(statement));
    return rows;
  } finally {
    await client.end();
  }
}

/** Connections for a rival. One that is cut while it idles must not end the bench in the place of what went wrong. */
export function rivalsPool(url: string, max: number): pg.Pool {
  const pool = new pg.Pool({ connectionString: url, max });
  pool.on("error", () => undefined);
  return pool;
}

/** Where the write-ahead log ends now. */
export async function walPosition(url: string): Promise<string> {
  const [row] = await once(url, ["SELECT pg_current_wal_insert_lsn()::text AS at"]);
  return String(row?.["at"]);
}

/** Bytes written to the log from one place to another, without the images of whole pages that follow a checkpoint: read from the log itself. */
export async function walWithoutPages(url: string, from: string, to: string): Promise<number> {
  const [row] = await once(url, [
    "CREATE EXTENSION IF NOT EXISTS pg_walinspect",
    // What is inserted is not all flushed yet, and only that can be read.
    "CHECKPOINT",
    `SELECT sum(record_size)::float8 AS bytes FROM pg_get_wal_stats('${from}', '${to}')`,
  ]);
  return Number(row?.["bytes"]);
}

/** How often the log was brought to the disk: PostgreSQL 18 counts it under another name than those before. */
export async function walFsyncs(url: string): Promise<number> {
  const [version] = await once(url, ["SELECT current_setting('server_version_num')::int AS number"]);
  const text =
    Number(version?.["number"]) >= 180_000
      ? "SELECT sum(fsyncs)::float8 AS count FROM pg_stat_io WHERE object = 'wal'"
      : "SELECT wal_sync::float8 AS count FROM pg_stat_wal";
  const [row] = await once(url, [text]);
  return Number(row?.["count"]);
}

/** Microseconds of processor time that the server has used: its living processes, and those it has seen end. Undefined where there is no /proc. */
export function postgresMicros(dataDirectory: string): number | undefined {
  try {
    const postmaster = Number(readFileSync(join(dataDirectory, "postmaster.pid"), "utf8").split("\n")[0]);
    let ticks = 0;
    for (const name of readdirSync("/proc")) {
      const stat = /^\d+$/.test(name) ? statOf(Number(name)) : undefined;
      if (stat === undefined || (Number(name) !== postmaster && stat.parent !== postmaster)) continue;
      ticks += stat.own + (Number(name) === postmaster ? stat.children : 0);
    }
    // Linux counts processor time in hundredths of a second.
    return ticks * 10_000;
  } catch {
    return undefined;
  }
}

function statOf(pid: number): { parent: number; own: number; children: number } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The program's name stands in brackets and may hold blanks.
    const fields = text
      .slice(text.lastIndexOf(")") + 2)
      .split(" ")
      .map(Number);
    return { parent: fields[1] ?? 0, own: (fields[11] ?? 0) + (fields[12] ?? 0), children: (fields[13] ?? 0) + (fields[14] ?? 0) };
  } catch {
    return undefined;
  }
}
