import type { Measure } from "../bench.ts";
import { rate } from "../measure.ts";
import { bulk, funding } from "../shop.ts";
import { throughHttp } from "../ways.ts";

/** Deliveries by the seller's key over HTTP, from another process; Node's processor time is that of the server's process alone. */
export const http: Measure = {
  name: "http",
  round: async (bench) => {
    const found: Record<string, number> = {};
    for (const connections of [32, 100]) {
      const orders = await bench.orders(Math.ceil(3_000 * bench.scale));
      await bulk(bench.parts.engine, orders.map(funding));
      const beside = await bench.pgbench();
      const before = process.cpuUsage();
      const measured = await throughHttp(bench.httpUrl, bench.shops, orders, connections);
      const used = process.cpuUsage(before);
      found[`http_${connections}`] = rate(measured) / beside;
      if (connections === 32) found["node_micros"] = (used.user + used.system) / measured.done;
    }
    return found;
  },
};
