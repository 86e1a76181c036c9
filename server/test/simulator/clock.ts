import pg from "pg";

/** Simulated time, for the engine and for PostgreSQL alike. */
export interface Clock {
  now(): Date;
  /** Nobody may be under way meanwhile. */
  set(at: Date): Promise<void>;
  /** What PostgreSQL's own helper does now and then: removes what is dead and counts what is there. */
  tidy(): Promise<void>;
  close(): Promise<void>;
}

/** Tables with rows that change. */
const changing = `books, accounts, orders, offers, holds, payments, attempts, disbursements, messages, notifications, rail_events,
  sandbox_rail.payments, sandbox_rail.receipts, sandbox_rail.sends, sandbox_rail.events`;
/** Tables that are only added to, and by which of their columns they are looked for: in a wide one the others are most of the counting. */
const growing = `transitions (seller_id, seq, object, object_id, order_id, command_id), entries (seller_id, seq, order_id),
  postings (seller_id, seq, entry_seq)`;

/**
 * Actions ask PostgreSQL what time it is. In this one database `clock_timestamp()` is found in a schema of the simulator's before PostgreSQL's
 * own, so that the engine's code and SQL run as they are, at a time that the simulator sets.
 */
export async function simulateClock(ownerUrl: string, start: Date): Promise<Clock> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  const database = new URL(ownerUrl).pathname.slice(1);
  await client.query(`
    CREATE SCHEMA simulated;
    CREATE TABLE simulated.clock (at timestamptz NOT NULL);
    CREATE FUNCTION simulated.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS 'SELECT at FROM simulated.clock';
    GRANT USAGE ON SCHEMA simulated TO PUBLIC;
    GRANT SELECT ON simulated.clock TO PUBLIC;
    ALTER DATABASE "${database}" SET search_path = simulated, public, pg_catalog;
    ALTER DATABASE "${database}" SET jit = off`);
  const { rows: tables } = await client.query<{ name: string }>(
    "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname IN ('public', 'sandbox_rail') ORDER BY 1",
  );
  // Which rows stand where, and so which of two equals comes first, must not depend on when a helper came by.
  for (const { name } of tables) await client.query(`ALTER TABLE ${name} SET (autovacuum_enabled = off)`);
  await client.query("INSERT INTO simulated.clock VALUES ($1)", [start]);
  let now = start;
  return {
    now: () => now,
    set: async (at) => {
      now = at;
      await client.query("UPDATE simulated.clock SET at = $1", [at]);
    },
    tidy: async () => {
      await client.query(`VACUUM (ANALYZE, TRUNCATE FALSE) ${changing}`);
      await client.query(`ANALYZE ${growing}`);
    },
    close: () => client.end(),
  };
}
