import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { accept } from "../server/src/actions/accept.ts";
import type { Command } from "../server/src/actions/command.ts";
import { deliver } from "../server/src/actions/deliver.ts";
import { Lanes } from "../server/src/actions/lanes.ts";
import { assemble } from "../server/src/commands/assemble.ts";
import { readConfig } from "../server/src/config.ts";
import type { Lane } from "../server/src/db/lane.ts";
import { openLane } from "../server/src/db/connect.ts";
import { openInstallation } from "../server/src/db/installation.ts";
import { prepareSandboxRail } from "../server/src/rails/sandbox/store.ts";
import type { TestDatabase } from "../server/test/setup/database.ts";
import { testDatabase } from "../server/test/setup/database.ts";
import type { Limit } from "./counter-limits.ts";
import { limits } from "./counter-limits.ts";
import { countRoundTrips } from "./round-trips.ts";
import type { OpenOrder, Shop } from "./shop.ts";
import { ask, bulk, funding, makeShops, openOrders } from "./shop.ts";

// No clock in here: everything is counted, so that a busy machine gives the same numbers as a quiet one.

const batch = 32;
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
let database: TestDatabase;
let parts: ReturnType<typeof assemble>;
let lanes: Lanes;
let statements = 0;
let trips: () => number;
let shops: readonly Shop[];

beforeAll(async () => {
  database = await testDatabase();
  await prepareSandboxRail(database.ownerPool);
  await openInstallation(database.ownerPool, "sandbox", new Date());
  await database.ownerPool.query("CREATE EXTENSION pg_walinspect");
  // Others write to the same log, and a checkpoint throws away what stands before it.
  await database.ownerPool.query("ALTER SYSTEM SET wal_keep_size = '512MB'");
  await database.ownerPool.query("SELECT pg_reload_conf()");
  const secretKey = randomBytes(32);
  const config = readConfig({});
  parts = assemble({ config, ownerUrl: database.ownerUrl, baseUrl: "http://127.0.0.1:4000", secretKey, log: silent });
  shops = await makeShops(parts.engine, secretKey, 8);
  trips = countRoundTrips(Number(new URL(database.ownerUrl).port));
  lanes = new Lanes(
    async () => {
      const lane = await openLane(database.ownerUrl, { applicationName: "tranche counted", onLost: () => undefined });
      const query = lane.query.bind(lane) as (...args: unknown[]) => unknown;
      lane.query = ((...args: unknown[]) => {
        statements += 1;
        return query(...args);
      }) as unknown as Lane["query"];
      return lane;
    },
    () => parts.engine.settings,
    { lanes: 1, batch: 1_000, perSeller: 1_000, waitingPerSeller: config.lanes.waitingPerSeller },
    () => undefined,
  );
  // A first life prepares every statement and opens the accounts.
  const first = await openOrders({ ...parts.engine, lanes }, shops, batch);
  for (const commands of life(first)) await bulk({ ...parts.engine, lanes }, commands);
});

afterAll(async () => {
  await lanes.close();
  await parts.close();
  await database.drop();
});

function life(orders: readonly OpenOrder[]): readonly [fund: Command[], deliver: Command[], accept: Command[]] {
  return [orders.map(funding), orders.map((order) => deliver(ask(order, "seller"))), orders.map((order) => accept(ask(order, "buyer")))];
}

async function logEnd(): Promise<string> {
  const { rows } = await database.ownerPool.query<{ at: string }>("SELECT pg_current_wal_flush_lsn()::text AS at");
  return rows[0]?.at ?? "";
}

/** Of the transactions that recorded steps of these books only: others write to the same log meanwhile. */
async function logged(from: string, commands: readonly Command[]): Promise<{ commits: number; rows: number; bytes: number }> {
  await database.ownerPool.query("CHECKPOINT");
  const { rows } = await database.ownerPool.query<{ commits: number; rows: number; bytes: number }>(
    `WITH own AS (SELECT DISTINCT xmin FROM transitions WHERE command_id = ANY($2::uuid[]))
     SELECT (SELECT count(*)::int FROM own) AS commits, sum(record_length - fpi_length)::float8 AS bytes,
       count(*) FILTER (WHERE resource_manager = 'Heap' AND record_type ~ '^(INSERT|UPDATE|HOT_UPDATE|DELETE)')::int AS rows
     FROM pg_get_wal_records_info($1, $3) WHERE xid IN (SELECT xmin FROM own)`,
    [from, commands.map(({ id }) => id), await logEnd()],
  );
  return rows[0] ?? { commits: Number.NaN, rows: Number.NaN, bytes: Number.NaN };
}

async function costOf(commands: readonly Command[]): Promise<Limit> {
  const before = { log: await logEnd(), trips: trips(), statements };
  await bulk({ ...parts.engine, lanes }, commands);
  const after = { trips: trips(), statements };
  const { commits, rows, bytes } = await logged(before.log, commands);
  return {
    trips: after.trips - before.trips,
    statements: after.statements - before.statements,
    commits,
    rows,
    wal: Math.round(bytes / batch),
  };
}

type Step = keyof typeof limits;

/** Of several lives the least of each figure: a page that splits, or is tidied up, during one of them only adds to the log. */
async function cheapest(lives: number): Promise<Record<Step, Limit>> {
  const found: Record<Step, Limit>[] = [];
  for (let i = 0; i < lives; i += 1) {
    const [fund, delivered, accepted] = life(await openOrders({ ...parts.engine, lanes }, shops, batch));
    found.push({ fund: await costOf(fund), deliver: await costOf(delivered), accept: await costOf(accepted) });
  }
  const least = (step: Step): Limit => {
    const of = (what: keyof Limit) => Math.min(...found.map((one) => one[step][what]));
    return { trips: of("trips"), statements: of("statements"), commits: of("commits"), rows: of("rows"), wal: of("wal") };
  };
  return { fund: least("fund"), deliver: least("deliver"), accept: least("accept") };
}

test("a batch of 32 commands costs no more round trips, statements, commits, rows and log than is written down", async () => {
  const found = await cheapest(3);
  const dearer: string[] = [];
  for (const step of ["fund", "deliver", "accept"] as const) {
    for (const what of ["trips", "statements", "commits", "rows", "wal"] as const) {
      const [is, may] = [found[step][what], limits[step][what]];
      // Zero would mean that nothing was counted.
      expect(is, `${step}: ${what}`).toBeGreaterThan(0);
      if (is > may) dearer.push(`${step}: ${what} ${is}, at most ${may}`);
    }
  }
  const advice =
    "a batch became dearer. Was that meant? Then write the new numbers into bench/counter-limits.ts and say in the commit what they buy; " +
    `if not, look for a new statement, index or column. Counted now: ${JSON.stringify(found)}`;
  expect(dearer, advice).toEqual([]);
});
