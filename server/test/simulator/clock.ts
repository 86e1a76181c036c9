import pg from "pg";

/** Simulated time, for the engine and for PostgreSQL alike. */
export interface Clock {
  now(): Date;
  /** Nobody may be under way meanwhile. */
  set(at: Date): Promise<void>;
  close(): Promise<void>;
}

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
    ALTER DATABASE "${database}" SET search_path = simulated, public, pg_catalog`);
  await client.query("INSERT INTO simulated.clock VALUES ($1)", [start]);
  let now = start;
  return {
    now: () => now,
    set: async (at) => {
      now = at;
      await client.query("UPDATE simulated.clock SET at = $1", [at]);
    },
    close: () => client.end(),
  };
}
