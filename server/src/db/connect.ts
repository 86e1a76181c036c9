import type { PoolClient, QueryResult, QueryResultRow } from "pg";
import pg from "pg";
import { Lane } from "./lane.ts";

/** A statement beside the function that uses it. The name makes PostgreSQL plan it once per connection; a test prepares every one of them. */
export interface Query {
  readonly name: string;
  readonly text: string;
}

export type DatabaseRole = "tranche_app" | "tranche_read";

/** Whatever can carry a query: a pool, a client out of it, or a lane. */
export type Queryable = Pick<pg.Client, "query"> | Pick<pg.Pool, "query">;

// Once, for every connection of the process: bigint columns become BigInt (the driver's default is text, and a number would lose units
// above 2^53), and a date without a time stays the text PostgreSQL sent (the default makes it midnight in this machine's own zone).
pg.types.setTypeParser(pg.types.builtins.INT8, BigInt);
const { setTypeParser: setByNumber }: { setTypeParser: (oid: number, parse: (text: string) => unknown) => void } = pg.types;
setByNumber(1016, (text) => (text === "{}" ? [] : text.slice(1, -1).split(",").map(toBigIntOrNull)));
pg.types.setTypeParser(pg.types.builtins.DATE, (text: string) => text);
// The driver takes a date apart with regular expressions, which was a tenth of a batch's reading. Sessions here run in UTC, so nearly every time
// looks like `2026-11-26 12:49:58.123+00`; any other form (before Christ, infinity, another zone) is the driver's.
const readOtherTime = pg.types.getTypeParser(pg.types.builtins.TIMESTAMPTZ) as unknown as (text: string) => Date;
pg.types.setTypeParser(pg.types.builtins.TIMESTAMPTZ, (text: string) =>
  text.length <= 26 && text[10] === " " && text.endsWith("+00")
    ? new Date(`${text.slice(0, 10)}T${text.slice(11, -3)}Z`)
    : readOtherTime(text),
);

function toBigIntOrNull(text: string): bigint | null {
  return text === "NULL" ? null : BigInt(text);
}

export interface PoolOptions {
  /** Who the connections act as; without it they keep the rights of the url's own user (migrations). */
  readonly role?: DatabaseRole | undefined;
  readonly max: number;
  readonly applicationName: string;
  /** Settings of the session, e.g. `{ statement_timeout: "60s" }`; they win over the defaults here. */
  readonly extraOptions?: Readonly<Record<string, string>>;
  /** Told when an idle connection breaks; the pool itself replaces it at the next use. */
  readonly onIdleError?: (error: Error) => void;
}

/** A pool for reads and jobs. With a role its sessions give up on locks, forgotten transactions and runaway statements. */
export function makePool(url: string, options: PoolOptions): pg.Pool {
  const limits =
    options.role === undefined ? {} : { lock_timeout: "2s", idle_in_transaction_session_timeout: "10s", statement_timeout: "15s" };
  const session = { timezone: "UTC", ...(options.role === undefined ? {} : { role: options.role }), ...limits, ...options.extraOptions };
  const pool = new pg.Pool({
    ...connectionFor(url, session),
    max: options.max,
    application_name: options.applicationName,
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
  });
  // Without a listener a connection that breaks while idle would end the process.
  pool.on("error", options.onIdleError ?? (() => undefined));
  // The pool's own listener is off while a connection is handed over. One that was waited for can get its last answer and PostgreSQL's goodbye
  // in one piece, before whoever waited has run; then nobody would have listened, with the same end. Its next query fails all the same.
  pool.on("connect", (client) => client.on("error", () => undefined));
  return pool;
}

export interface LaneOptions {
  readonly applicationName: string;
  /** Told once when the connection is lost; every query under way is rejected as well. The lane is then of no use: open another. */
  readonly onLost: (error: Error) => void;
  readonly extraOptions?: Readonly<Record<string, string>>;
}

/**
 * Opens a lane, which acts as `tranche_app`. Plans are generic (a set-wise statement would be planned anew for every small batch),
 * and a process that hangs in a transaction loses it after seconds, so that the books it locked are free again.
 */
export async function openLane(url: string, options: LaneOptions): Promise<Lane> {
  const session = {
    role: "tranche_app",
    timezone: "UTC",
    plan_cache_mode: "force_generic_plan",
    jit: "off",
    // Every statement of a lane finds few rows by their keys. A plan made while a table was small would walk all of it for ever after.
    enable_seqscan: "off",
    enable_hashjoin: "off",
    enable_mergejoin: "off",
    lock_timeout: "1s",
    idle_in_transaction_session_timeout: "5s",
    statement_timeout: "5s",
    ...options.extraOptions,
  };
  const lane = new Lane({
    ...connectionFor(url, session),
    application_name: options.applicationName,
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
  });
  let lost = false;
  const lose = (error: Error) => {
    if (lost) return;
    lost = true;
    options.onLost(error);
  };
  lane.on("error", (error) => lose(error));
  await lane.connect();
  return lane;
}

/** Runs a named statement. Rows come as the driver parsed them: bigint columns as BigInt. */
export function run<Row extends QueryResultRow = Record<string, unknown>>(
  client: Queryable,
  query: Query,
  values: readonly unknown[] = [],
): Promise<QueryResult<Row>> {
  return client.query<Row>({ name: query.name, text: query.text, values: [...values] });
}

/** Like `run`, for many wide rows: each comes as an array in the order of the SELECT list, which costs half as much as an object. */
export async function runCells(client: Queryable, query: Query, values: readonly unknown[] = []): Promise<unknown[][]> {
  const { rows } = await client.query<unknown[]>({ name: query.name, text: query.text, values: [...values], rowMode: "array" });
  return rows;
}

/** Runs `work` in one transaction: committed when it answers, rolled back when it throws. A connection that cannot roll back is thrown away. */
export async function inTransaction<T>(pool: pg.Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  // Out of the pool nobody else listens, and a server that ends the session between two statements would otherwise end the process.
  const remember = (error: Error) => {
    broken = error;
  };
  client.on("error", remember);
  try {
    await client.query("BEGIN");
    const answer = await work(client);
    const { command } = await client.query("COMMIT");
    // COMMIT of a transaction in which a statement failed is answered by a rollback, without an error.
    if (command !== "COMMIT") throw new Error(`the transaction was rolled back (COMMIT was answered with ${command})`);
    return answer;
  } catch (error) {
    await client.query("ROLLBACK").catch(remember);
    throw error;
  } finally {
    client.off("error", remember);
    client.release(broken);
  }
}

/** The session's settings travel in the startup packet, after those the url itself brings; the driver would take only one of the two. */
function connectionFor(url: string, session: Readonly<Record<string, string>>): { connectionString: string; options: string } {
  const parsed = new URL(url);
  const given = parsed.searchParams.get("options");
  parsed.searchParams.delete("options");
  const own = Object.entries(session).map(([name, value]) => `-c ${name}=${value.replaceAll("\\", "\\\\").replaceAll(" ", "\\ ")}`);
  return { connectionString: parsed.href, options: [given ?? "", ...own].join(" ").trim() };
}
