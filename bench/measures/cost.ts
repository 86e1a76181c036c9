import type { Measure } from "../bench.ts";
import { once, postgresMicros, walWithoutPages, walFsyncs, walPosition } from "../cluster.ts";
import { throughAct } from "../ways.ts";

/** What one transition costs at 32 in flight, in numbers that a busy machine hardly changes. */
export const cost: Measure = {
  name: "cost",
  round: async (bench) => {
    const orders = await bench.orders(Math.ceil(1_500 * bench.scale));
    const fsyncs = async () => {
      // A connection tells its counters at most once a second, at the end of a transaction: so each tells them by one more.
      await once(bench.url, ["SELECT pg_sleep(1.1)"]);
      await throughAct(bench.parts.engine, await bench.orders(2), 2);
      await once(bench.url, ["SELECT pg_sleep(0.1)"]);
      return walFsyncs(bench.url);
    };
    const fsyncsBefore = await fsyncs();
    const before = { postgres: postgresMicros(bench.dataDirectory), trips: bench.roundTrips(), wal: await walPosition(bench.url) };
    const { done } = await throughAct(bench.parts.engine, orders, 32);
    const trips = bench.roundTrips() - before.trips;
    const postgres = postgresMicros(bench.dataDirectory);
    const walAfter = await walPosition(bench.url);
    // Their own few fsyncs are in both readings' gaps, so a small run looks worse than it is.
    const synced = (await fsyncs()) - fsyncsBefore;
    const wal = await walWithoutPages(bench.url, before.wal, walAfter);
    return {
      trips: trips / done,
      fsyncs: synced / done,
      wal: wal / done,
      ...(postgres === undefined || before.postgres === undefined ? {} : { postgres_micros: (postgres - before.postgres) / done }),
    };
  },
};
