import type { Assembled } from "../../server/src/commands/assemble.ts";
import type { Bench, Measure } from "../bench.ts";
import { once } from "../cluster.ts";
import { rate } from "../measure.ts";
import type { Yardstick } from "../pgbench.ts";
import { makeYardstick } from "../pgbench.ts";
import type { Packaged } from "../postgres-15.ts";
import { isInstalled, startPackaged } from "../postgres-15.ts";
import type { Shop } from "../shop.ts";
import { makeShops, openOrders } from "../shop.ts";
import { throughAct } from "../ways.ts";

interface Other {
  readonly server: Packaged;
  readonly parts: Assembled;
  readonly shops: readonly Shop[];
  readonly yardstick: Yardstick;
}

let other: Promise<Other> | undefined;

/** The engine and pgbench once more, on the PostgreSQL 15 that Debian packages, where it is installed. */
export const postgres15: Measure = {
  name: "postgres-15",
  round: async (bench) => {
    if (!isInstalled()) {
      bench.note("PostgreSQL 15 was left out: it is not in /usr/lib/postgresql/15 (Debian: package postgresql-15).");
      return {};
    }
    const { parts, shops, yardstick } = await (other ??= begin(bench));
    const orders = await openOrders(parts.engine, shops, Math.ceil(2_000 * bench.scale));
    const beside = rate(await yardstick.run(bench.bestClients, 3));
    return { engine_128_on_15: rate(await throughAct(parts.engine, orders, 128)) / beside };
  },
  end: async () => {
    const made = await other;
    await made?.parts.close();
    made?.server.stop();
  },
};

async function begin(bench: Bench): Promise<Other> {
  const server = await startPackaged();
  await bench.prepare(server.url);
  const yardstick = await makeYardstick(server.url, bench.scale < 1 ? 50 : undefined);
  const parts = bench.assemble(server.url);
  const shops = await makeShops(parts.engine, Buffer.alloc(32), bench.shops.length);
  await throughAct(parts.engine, await openOrders(parts.engine, shops, Math.ceil(2_000 * bench.scale)), 128);
  await once(server.url, ["VACUUM ANALYZE", "CHECKPOINT"]);
  return { server, parts, shops, yardstick };
}
