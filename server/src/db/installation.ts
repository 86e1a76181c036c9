import type pg from "pg";
import { defaultSellerTerms } from "../domain/seller.ts";
import type { Query, Queryable } from "./connect.ts";
import { inTransaction, run } from "./connect.ts";
import { StartError } from "./start-error.ts";
import { toJson } from "./table.ts";

export const installationQueries = {
  read: { name: "read_installation", text: "SELECT mode, alive_at FROM installation" },
  insert: {
    name: "insert_installation",
    text: "INSERT INTO installation (mode, created_at, alive_at) VALUES ($1, $2, $2) ON CONFLICT DO NOTHING",
  },
  beat: { name: "beat", text: "UPDATE installation SET alive_at = $1 WHERE alive_at < $1" },
  outage: { name: "record_outage", text: "INSERT INTO outages (from_at, to_at) VALUES ($1, $2)" },
  house: {
    name: "insert_house",
    text: `INSERT INTO sellers (id, role, state, version, email, phone, first_name, last_name, callback_format, callback_token, unsigned_checkout,
             provider_share_limit, origins, terms, created_at, updated_at)
           VALUES (0, 'house', 'active', 1, '', '', 'House', '', 'auto', 'documented', 'refuse', 0, '{}', $1, $2, $2) ON CONFLICT DO NOTHING`,
  },
  houseBook: { name: "insert_house_book", text: "INSERT INTO books (seller_id) VALUES (0) ON CONFLICT DO NOTHING" },
} satisfies Record<string, Query>;

/**
 * Writes down at the first start what this installation is, sandbox or live, with the house's own book; at every later one compares.
 * Throws a {@link StartError} if the database belongs to the other mode.
 */
export async function openInstallation(pool: pg.Pool, mode: "sandbox" | "live", now: Date): Promise<{ aliveAt: Date }> {
  return inTransaction(pool, async (client) => {
    await run(client, installationQueries.insert, [mode, now.toISOString()]);
    await run(client, installationQueries.house, [toJson(defaultSellerTerms), now.toISOString()]);
    await run(client, installationQueries.houseBook);
    const { rows } = await run<{ mode: string; alive_at: Date }>(client, installationQueries.read);
    const found = rows[0];
    if (found === undefined)
      throw new StartError("The database has no installation row although it was just written; is it a read-only copy?");
    if (found.mode !== mode) {
      throw new StartError(
        `This database belongs to a ${found.mode} installation; it cannot be started as ${mode}. Use another database, or set TRANCHE_MODE=${found.mode}.`,
      );
    }
    return { aliveAt: found.alive_at };
  });
}

/** Says that this installation is alive; the gap before the next start is the outage. */
export async function beat(client: Queryable, now: Date): Promise<void> {
  await run(client, installationQueries.beat, [now.toISOString()]);
}

/** Remembers an outage, so that what was done about it can be understood later. */
export async function recordOutage(client: Queryable, from: Date, to: Date): Promise<void> {
  await run(client, installationQueries.outage, [from.toISOString(), to.toISOString()]);
}
