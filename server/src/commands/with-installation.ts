import { existsSync } from "node:fs";
import type pg from "pg";
import { pino } from "pino";
import type { Config } from "../config.ts";
import type { DatabaseRole } from "../db/connect.ts";
import { makePool } from "../db/connect.ts";
import { openInstallation } from "../db/installation.ts";
import { readMigrations, schemaNumber } from "../db/migrate.ts";
import { StartError } from "../db/start-error.ts";
import type { Engine } from "../jobs/engine.ts";
import { assemble } from "./assemble.ts";
import type { OpenDatabase } from "./open-home.ts";
import { openDatabase, openHome, secretKeyOf } from "./open-home.ts";

/**
 * Runs `work` on the installation's database, whether or not a server runs on it: the embedded one is started if need be, and stopped again
 * if nobody else uses it. `make` lets it be made where there is none yet.
 */
export async function withDatabase<T>(
  config: Config,
  work: (database: OpenDatabase) => Promise<T>,
  options: { readonly make?: boolean } = {},
): Promise<T> {
  if (options.make === true) await openHome(config);
  else if (config.databaseUrl === undefined && !existsSync(config.home)) {
    throw new StartError(`There is no installation in ${config.home}: npm start makes one, or name its folder in TRANCHE_HOME.`);
  }
  const database = await openDatabase(config);
  try {
    return await work(database);
  } finally {
    await database.stop();
  }
}

/** The same with a pool of one of the two roles, on a schema that this program knows. */
export function withPool<T>(config: Config, role: DatabaseRole, work: (pool: pg.Pool) => Promise<T>): Promise<T> {
  return withDatabase(config, async ({ ownerUrl }) => {
    await refuseOtherSchema(ownerUrl);
    const pool = makePool(ownerUrl, { role, max: 2, applicationName: "tranche command" });
    try {
      return await work(pool);
    } finally {
      await pool.end();
    }
  });
}

/** The same with everything that actions need. A running server and this process write to the same books; the books' own lock keeps them apart. */
export function withEngine<T>(config: Config, work: (engine: Engine, secretKey: Buffer) => Promise<T>): Promise<T> {
  return withDatabase(config, async ({ ownerUrl }) => {
    await refuseOtherSchema(ownerUrl);
    await refuseOtherMode(ownerUrl, config);
    const secretKey = await secretKeyOf(config);
    const log = pino({ level: "warn" }, pino.destination({ dest: 2, sync: true }));
    const baseUrl = config.baseUrl ?? `http://${config.host}:${config.port}`;
    const parts = assemble({ config, ownerUrl, baseUrl, secretKey, log });
    try {
      return await work(parts.engine, secretKey);
    } finally {
      await parts.close();
    }
  });
}

async function refuseOtherSchema(ownerUrl: string): Promise<void> {
  const pool = makePool(ownerUrl, { max: 1, applicationName: "tranche command" });
  try {
    const { rows } = await pool.query<{ there: boolean }>("SELECT to_regclass('public.migrations') IS NOT NULL AS there");
    const found = rows[0]?.there === true ? await schemaNumber(pool) : 0;
    const known = readMigrations().length;
    if (found > known)
      throw new StartError(`The database is of a newer Tranche (schema ${found}, this one knows ${known}): use that version.`);
    if (found < known)
      throw new StartError(
        `The database's schema is ${found} of ${known}: npm run tranche -- migrate brings it up to date (npm start does so too).`,
      );
  } finally {
    await pool.end();
  }
}

async function refuseOtherMode(ownerUrl: string, config: Config): Promise<void> {
  const pool = makePool(ownerUrl, { max: 1, applicationName: "tranche command" });
  try {
    await openInstallation(pool, config.mode, new Date());
  } finally {
    await pool.end();
  }
}
