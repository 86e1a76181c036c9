import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { StartError } from "./start-error.ts";

/** Where the numbered files lie in this installation. */
export const migrationsFolder: string = join(import.meta.dirname, "..", "..", "migrations");

export interface Migration {
  readonly number: number;
  /** The file's name without number and ending. */
  readonly name: string;
  readonly sql: string;
  /** Of the file's bytes, in hex. */
  readonly sha256: string;
}

/** Chosen once; any number that nobody else uses in this database. Held while roles are made and files are run. */
const advisoryLock = 7_268_472_433;

/** Reads `000001_name.sql` and its followers. Numbers start at 1 and leave no gap; any other file in the folder is a {@link StartError}. */
export function readMigrations(folder: string = migrationsFolder): Migration[] {
  const names = readdirSync(folder)
    .filter((name) => !name.startsWith("."))
    .toSorted();
  return names.map((file, index) => {
    const parts = /^(\d{6})_([a-z0-9_]+)\.sql$/.exec(file);
    const number = Number(parts?.[1]);
    if (parts === null || number !== index + 1) {
      throw new StartError(`The migration file ${file} does not fit: files are named 000001_some_name.sql and numbered without a gap.`);
    }
    const bytes = readFileSync(join(folder, file));
    return { number, name: parts[2] ?? "", sql: bytes.toString("utf8"), sha256: createHash("sha256").update(bytes).digest("hex") };
  });
}

/**
 * Brings the owner's database to the newest schema and answers which files it ran now. Forward only; one transaction for each file, so a
 * failure leaves the database at the file before. Several processes may call it at once: one runs, the others wait and find nothing to do.
 * Refuses ({@link StartError}) when a file that ran has changed since, when the database knows a file that is not here, and when the roles are
 * missing and the owner may not make them.
 */
export async function migrate(ownerUrl: string, migrations: readonly Migration[] = readMigrations()): Promise<Migration[]> {
  const client = new pg.Client({ connectionString: ownerUrl, application_name: "tranche migrate", options: "-c statement_timeout=0" });
  client.on("error", () => undefined);
  await client.connect();
  try {
    await client.query("SELECT pg_advisory_lock($1)", [advisoryLock]);
    await refuseOldServer(client);
    await ensureRoles(client);
    await client.query(`REVOKE CREATE ON SCHEMA public FROM PUBLIC`);
    await client.query(`CREATE TABLE IF NOT EXISTS public.migrations (
      number integer CONSTRAINT migrations_pkey PRIMARY KEY,
      name text NOT NULL,
      sha256 text NOT NULL,
      applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
    )`);
    await client.query(`GRANT SELECT ON public.migrations TO tranche_app, tranche_read`);
    const done = await recorded(client);
    refuseStrangers(done, migrations);
    const todo = migrations.filter((migration) => !done.has(migration.number));
    for (const migration of todo) await apply(client, migration);
    return todo;
  } finally {
    await client.end();
  }
}

/** The highest number that ran in this database, 0 for none. */
export async function schemaNumber(client: Pick<pg.Client, "query"> | Pick<pg.Pool, "query">): Promise<number> {
  const { rows } = await client.query<{ number: number }>("SELECT coalesce(max(number), 0) AS number FROM public.migrations");
  return rows[0]?.number ?? 0;
}

/** The SQL that a database administrator runs once where the owner of the database may not create roles. */
export function rolesSql(ownerName: string): string {
  const owner = pg.escapeIdentifier(ownerName);
  return [
    "-- Tranche's two roles: the application works as tranche_app, checks and reports as tranche_read. Neither can log in.",
    "CREATE ROLE tranche_app NOLOGIN;",
    "CREATE ROLE tranche_read NOLOGIN;",
    `GRANT tranche_app, tranche_read TO ${owner};`,
    "",
  ].join("\n");
}

async function refuseOldServer(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ version: number }>("SELECT current_setting('server_version_num')::int AS version");
  const version = rows[0]?.version ?? 0;
  if (version < 150_000) {
    throw new StartError(`The database is PostgreSQL ${Math.floor(version / 10_000)}; Tranche needs PostgreSQL 15 or newer.`);
  }
}

/**
 * Roles belong to the whole server, so two databases can make them at the same moment, past this database's lock: "exists already" counts as done.
 * `SET ROLE` needs membership with the SET option, which the maker of a role has from PostgreSQL 16 on only after granting it to itself.
 */
async function ensureRoles(client: pg.Client): Promise<void> {
  for (const role of ["tranche_app", "tranche_read"]) {
    if (!(await roleExists(client, role))) await makeRole(client, role);
    if (!(await maySetRole(client, role))) await grantRole(client, role);
  }
}

async function roleExists(client: pg.Client, role: string): Promise<boolean> {
  const { rowCount } = await client.query("SELECT FROM pg_roles WHERE rolname = $1", [role]);
  return rowCount !== 0;
}

/** Tried rather than asked, because the question is spelt differently before and after PostgreSQL 16. */
async function maySetRole(client: pg.Client, role: string): Promise<boolean> {
  try {
    await client.query(`SET ROLE ${role}`);
    await client.query("RESET ROLE");
    return true;
  } catch (error) {
    if (codeOf(error) === "42501") return false;
    throw error;
  }
}

async function makeRole(client: pg.Client, role: string): Promise<void> {
  await orMissingRight(client, `CREATE ROLE ${role} NOLOGIN`, ["42710", "23505"]);
}

async function grantRole(client: pg.Client, role: string): Promise<void> {
  await orMissingRight(client, `GRANT ${role} TO CURRENT_USER`, ["23505", "XX000"]);
  if (!(await maySetRole(client, role))) throw missingRight();
}

async function orMissingRight(client: pg.Client, sql: string, harmless: readonly string[]): Promise<void> {
  try {
    await client.query(sql);
  } catch (error) {
    const code = codeOf(error);
    if (code === "42501") throw missingRight();
    if (!harmless.includes(code)) throw error;
  }
}

function missingRight(): StartError {
  return new StartError(
    "The database's owner may not make or use the roles tranche_app and tranche_read: " +
      "`npm run tranche -- roles` prints the SQL that an administrator of the database runs once.",
  );
}

async function recorded(client: pg.Client): Promise<Map<number, { name: string; sha256: string }>> {
  const { rows } = await client.query<{ number: number; name: string; sha256: string }>(
    "SELECT number, name, sha256 FROM public.migrations ORDER BY number",
  );
  return new Map(rows.map((row) => [row.number, row]));
}

function refuseStrangers(done: ReadonlyMap<number, { name: string; sha256: string }>, migrations: readonly Migration[]): void {
  for (const [number, was] of done) {
    const now = migrations.find((migration) => migration.number === number);
    const file = `${String(number).padStart(6, "0")}_${was.name}.sql`;
    if (now === undefined) {
      throw new StartError(
        `The database is of a newer Tranche (it has run ${file}, which is not here): start that version, or a newer one.`,
      );
    }
    if (now.sha256 !== was.sha256 || now.name !== was.name) {
      throw new StartError(
        `The migration ${file} has changed since it ran: put the file back as it was, and make a new one for the change.`,
      );
    }
  }
}

async function apply(client: pg.Client, migration: Migration): Promise<void> {
  await client.query("BEGIN");
  try {
    await client.query(migration.sql);
    await client.query("INSERT INTO public.migrations (number, name, sha256) VALUES ($1, $2, $3)", [
      migration.number,
      migration.name,
      migration.sha256,
    ]);
    const { command } = await client.query("COMMIT");
    if (command !== "COMMIT") throw new Error("the transaction was rolled back");
  } catch (error) {
    await client.query("ROLLBACK").catch(() => undefined);
    const place = `${String(migration.number).padStart(6, "0")}_${migration.name}.sql`;
    const said = error instanceof Error ? error.message : String(error);
    throw new Error(`migration ${place} failed: ${said}`, { cause: error });
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}
