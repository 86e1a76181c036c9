import type { Measure } from "../bench.ts";
import { rate } from "../measure.ts";
import { throughAct } from "../ways.ts";

/** Whole transitions through the lanes, 128 in flight, beside pgbench. */
export const engine: Measure = {
  name: "engine",
  round: async (bench) => {
    const orders = await bench.orders(Math.ceil(2_000 * bench.scale));
    const beside = await bench.pgbench();
    return { engine_128: rate(await throughAct(bench.parts.engine, orders, 128)) / beside };
  },
};
