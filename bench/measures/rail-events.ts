import { randomUUID } from "node:crypto";
import { Pollers } from "../../server/src/jobs/run-due.ts";
import { funding } from "../shop.ts";
import type { Measure } from "../bench.ts";
import { percentile99 } from "../measure.ts";
import { openLoop } from "../open-loop.ts";

const perSecond = 100;
/** Payments beside them, a second; with the letters and steps that follow from them about half of what two cores can do. */
const beside = 100;

/**
 * Signed notices of a rail at a fixed rate, each checked, stored raw and acknowledged, while payments are committed beside them at a fixed rate too, and the jobs
 * send their letters and handle the notices.
 */
export const railEvents: Measure = {
  name: "rail-events",
  round: async (bench) => {
    const orders = await bench.orders(Math.ceil(500 * bench.scale));
    const jobs = new Pollers(bench.parts.engine, 1_000);
    bench.parts.onCommit(() => jobs.wake());
    jobs.start();
    const busy = openLoop(
      orders.map((order) => () => bench.parts.engine.lanes.one(funding(order))),
      beside,
    );
    const warmUp = Math.ceil(100 * bench.scale);
    const notices = Array.from({ length: warmUp + Math.ceil(500 * bench.scale) }, () => {
      const data = { reference: randomUUID(), amount: 450_000, currency: "NGN" };
      const body = JSON.stringify({ id: `evt-${randomUUID()}`, type: "something.new", occurred_at: new Date().toISOString(), data });
      return { body, headers: { "content-type": "application/json", ...bench.signed(body) } };
    });
    const told = notices.map((one) => async () => {
      const answer = await fetch(`${bench.httpUrl}/rails/sandbox/events`, { method: "POST", ...one });
      await answer.text();
      if (answer.status !== 200) throw new Error(`a notice was answered ${answer.status}`);
    });
    await openLoop(told.slice(0, warmUp), perSecond);
    const took = await openLoop(told.slice(warmUp), perSecond);
    await busy;
    bench.parts.onCommit(() => undefined);
    await jobs.stop();
    return { rail_event_p99: percentile99(took) };
  },
};
