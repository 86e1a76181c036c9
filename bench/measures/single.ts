import type { Measure } from "../bench.ts";
import { throughAct } from "../ways.ts";

/** One client, one thing at a time: what a transition costs when nobody shares its commit. */
export const single: Measure = {
  name: "single",
  round: async (bench) => {
    const orders = await bench.orders(Math.ceil(400 * bench.scale));
    const beside = await bench.yardstick.run(1, 2);
    return { single_p50: (await throughAct(bench.parts.engine, orders, 1)).p50 / beside.p50 };
  },
};
