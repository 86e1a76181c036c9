import { deliver } from "../../server/src/actions/deliver.ts";
import { accept } from "../../server/src/actions/accept.ts";
import type { Measure } from "../bench.ts";
import { ask, bulk, funding } from "../shop.ts";

/** Lists of 100 commands, one list after the other, nothing beside them. */
export const list: Measure = {
  name: "list",
  round: async (bench) => {
    const orders = await bench.orders(Math.max(1, Math.floor(15 * bench.scale)) * 100);
    const beside = await bench.pgbench();
    const began = performance.now();
    for (let from = 0; from < orders.length; from += 100) {
      const some = orders.slice(from, from + 100);
      await bulk(bench.parts.engine, some.map(funding));
      await bulk(
        bench.parts.engine,
        some.map((order) => deliver(ask(order, "seller"))),
      );
      await bulk(
        bench.parts.engine,
        some.map((order) => accept(ask(order, "buyer"))),
      );
    }
    const seconds = (performance.now() - began) / 1000;
    return { list_100: (3 * orders.length) / seconds / beside };
  },
};
