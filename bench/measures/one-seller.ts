import type { Bench, Measure } from "../bench.ts";
import { once } from "../cluster.ts";
import { rate } from "../measure.ts";
import { throughAct } from "../ways.ts";

async function ratio(bench: Bench): Promise<number> {
  const count = Math.ceil(1_000 * bench.scale);
  const [only] = bench.shops;
  const spread = await bench.orders(count);
  const one = await bench.orders(count, only === undefined ? [] : [only]);
  const over = rate(await throughAct(bench.parts.engine, spread, 128));
  return rate(await throughAct(bench.parts.engine, one, 128)) / over;
}

/** A single busy seller against the same work spread, also where every commit takes two milliseconds as on a cloud's disk. */
export const oneSeller: Measure = {
  name: "one-seller",
  round: async (bench) => {
    const quick = await ratio(bench);
    await once(bench.url, [
      "ALTER SYSTEM SET commit_delay = 2000",
      "ALTER SYSTEM SET commit_siblings = 0",
      "SELECT pg_reload_conf()",
      "SELECT pg_sleep(0.3)",
    ]);
    try {
      return { one_seller: quick, one_seller_slow: await ratio(bench) };
    } finally {
      await once(bench.url, [
        "ALTER SYSTEM RESET commit_delay",
        "ALTER SYSTEM RESET commit_siblings",
        "SELECT pg_reload_conf()",
        "SELECT pg_sleep(0.3)",
      ]);
    }
  },
};
