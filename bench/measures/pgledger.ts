import { existsSync, readFileSync } from "node:fs";
import type pg from "pg";
import type { Bench, Measure } from "../bench.ts";
import { once, rivalsPool } from "../cluster.ts";
import { rate, runChains } from "../measure.ts";
import { throughAct } from "../ways.ts";

interface Rival {
  readonly pool: pg.Pool;
  /** Escrow and payable of each seller, and the one account that everybody's money comes from when it is hot. */
  readonly incoming: readonly string[];
  readonly escrow: readonly string[];
  readonly payable: readonly string[];
  readonly hot: string;
  next: number;
}

const sellers = 1_000;
const connections = 32;
let rival: Promise<Rival> | undefined;

/** The variable that names pgledger's SQL, which is not part of this project. */
const variable = "BENCH_PGLEDGER";

/** pgledger, the ledger inside PostgreSQL, makes the same movement: into escrow, and out of it to the seller. One call and one commit each. */
export const pgledger: Measure = {
  name: "pgledger",
  round: async (bench) => {
    const file = process.env[variable] ?? "";
    if (!existsSync(file)) {
      bench.note(`pgledger was left out: ${variable} does not name a file with its SQL (pgledger.sql of github.com/pgr0ss/pgledger).`);
      return {};
    }
    const made = await (rival ??= makeRival(bench, file));
    const ours = rate(await throughAct(bench.parts.engine, await bench.orders(Math.ceil(1_200 * bench.scale)), 128));
    const spread = await drive(made, Math.ceil(3_000 * bench.scale), (i) => made.incoming[i % sellers] ?? made.hot);
    const hot = await drive(made, Math.ceil(1_500 * bench.scale), () => made.hot);
    return { pgledger_spread: ours / spread, pgledger_hot: ours / hot };
  },
  end: async () => {
    await (await rival)?.pool.end();
  },
};

async function makeRival(bench: Bench, file: string): Promise<Rival> {
  const url = new URL(bench.url);
  await once(url.href, ["CREATE DATABASE pgledger"]);
  url.pathname = "/pgledger";
  await once(url.href, [
    // Its names are made with a function of another project. Ours does less, which is to its advantage.
    "CREATE FUNCTION uuid_to_ulid(id uuid) RETURNS text AS $$ SELECT replace(id::text, '-', '') $$ LANGUAGE sql IMMUTABLE",
    readFileSync(file, "utf8"),
  ]);
  const pool = rivalsPool(url.href, connections);
  const open = async (name: string, count: number): Promise<string[]> => {
    const { rows } = await pool.query<{ id: string }>(
      "SELECT a.id FROM generate_series(1, $2) i, LATERAL pgledger_create_account($1 || i, 'NGN') a",
      [name, count],
    );
    return rows.map(({ id }) => id);
  };
  const made = {
    pool,
    incoming: await open("incoming", sellers),
    escrow: await open("escrow", sellers),
    payable: await open("payable", sellers),
    hot: (await open("hot", 1))[0] ?? "",
    next: 0,
  };
  await pool.query("VACUUM ANALYZE");
  return made;
}

/** Two transfers in one call make one movement, as our funding and our release are one entry each with two postings. */
async function drive(made: Rival, count: number, source: (i: number) => string): Promise<number> {
  const movement = () => {
    const i = made.next++;
    const [escrow, payable] = [made.escrow[i % sellers], made.payable[i % sellers]];
    return made.pool.query({
      name: "movement",
      text: `SELECT id FROM pgledger_create_transfers(ARRAY[($1::text, $2::text, '4500')::transfer_request, ($2::text, $3::text, '3832.50')::transfer_request])`,
      values: [source(i), escrow, payable],
    });
  };
  const chains = Array.from({ length: count }, () => [async () => void (await movement())]);
  return rate(await runChains(chains, 128));
}
