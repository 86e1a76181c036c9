import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { inject } from "vitest";
import { makePool } from "../../src/db/connect.ts";
import { templateDatabase } from "./global.ts";

export interface TestDatabase {
  /** May do everything, like the migrations. */
  readonly ownerUrl: string;
  /** The same database as `tranche_app`: append-only tables refuse UPDATE and DELETE. */
  readonly appUrl: string;
  readonly pool: pg.Pool;
  readonly ownerPool: pg.Pool;
  /** Ends both pools and removes the database. */
  drop(): Promise<void>;
}

/** A database of its own, with the schema of server/migrations and no rows but theirs. One for each test file is usual: it takes about 50 ms. */
export async function testDatabase(): Promise<TestDatabase> {
  return clone(templateDatabase);
}

/** An empty database without the schema, for tests of the migrations themselves. */
export async function emptyDatabase(): Promise<TestDatabase> {
  return clone("template0");
}

async function clone(template: string): Promise<TestDatabase> {
  const serverUrl = await server();
  const name = `t_${randomBytes(8).toString("hex")}`;
  await onServer(serverUrl, `CREATE DATABASE ${name} TEMPLATE ${template}`);
  const own = new URL(serverUrl);
  own.pathname = `/${name}`;
  const ownerUrl = own.href;
  const appUrl = `${ownerUrl}?options=${encodeURIComponent("-c role=tranche_app")}`;
  const ownerPool = makePool(ownerUrl, { max: 4, applicationName: "tranche test owner" });
  const pool = makePool(ownerUrl, { role: "tranche_app", max: 8, applicationName: "tranche test" });
  return {
    ownerUrl,
    appUrl,
    pool,
    ownerPool,
    drop: async () => {
      await Promise.all([pool.end(), ownerPool.end()]);
      await onServer(serverUrl, `DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}

async function onServer(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

/** Asks the run's main process for the server and waits for its answer. */
async function server(): Promise<string> {
  const folder = inject("databaseFolder");
  const ready = join(folder, "ready.json");
  writeFileSync(join(folder, "wanted"), "");
  for (let waited = 0; !existsSync(ready); waited += 20) {
    if (waited > 60_000) throw new Error("the test database server did not start within a minute");
    await sleep(20);
  }
  const answer: { url?: string; error?: string } = JSON.parse(readFileSync(ready, "utf8"));
  if (answer.url === undefined) throw new Error(`there is no test database: ${answer.error}`);
  return answer.url;
}
