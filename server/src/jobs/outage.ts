import { extendDeadlines } from "../actions/extend-deadlines.ts";
import type { Query } from "../db/connect.ts";
import { run } from "../db/connect.ts";
import { recordOutage } from "../db/installation.ts";
import { later } from "../domain/deadlines.ts";
import type { Engine } from "./engine.ts";
import { byClock } from "./engine.ts";

const touched: Query = {
  name: "orders_touched_by_outage",
  text: `SELECT o.seller_id, o.id, b.clock_offset_ms FROM orders o JOIN books b ON b.seller_id = o.seller_id
         WHERE o.state NOT IN ('expired', 'completed') AND EXISTS (
           SELECT 1 FROM unnest(ARRAY[o.agree_by, o.pay_by, o.free_cancel_until, o.deliver_by, o.respond_by, o.accept_by, o.return_by, o.escalate_by, o.rule_by]) d(at)
           WHERE d.at BETWEEN $1::timestamptz + b.clock_offset_ms * interval '1 millisecond' AND $2::timestamptz + b.clock_offset_ms * interval '1 millisecond')
           AND o.ended_at IS NULL
         ORDER BY o.seller_id, o.id`,
};
export const outageQueries = { touched };

/**
 * If nobody was here for longer than `longerThan`, nobody could act in time: deadlines that fell into the gap move by its length, before
 * anything is done about them. Answers how many orders were touched.
 */
export async function mendOutage(engine: Engine, aliveAt: Date, longerThan: number): Promise<number> {
  const to = engine.now();
  if (to.getTime() - aliveAt.getTime() <= longerThan) return 0;
  await recordOutage(engine.pool, aliveAt, to);
  const { rows } = await run<{ seller_id: bigint; id: bigint; clock_offset_ms: bigint }>(engine.pool, touched, [
    aliveAt.toISOString(),
    to.toISOString(),
  ]);
  const commands = rows.map((row) => {
    const offset = Number(row.clock_offset_ms);
    const ask = { ...byClock(Number(row.seller_id), "outage"), orderId: Number(row.id) };
    return extendDeadlines(ask, { from: later(aliveAt, offset), to: later(to, offset) });
  });
  for (let i = 0; i < commands.length; i += 200) await engine.lanes.act(commands.slice(i, i + 200));
  engine.log.info({ from: aliveAt, to, orders: commands.length }, "after an outage, deadlines that fell into it were moved by its length");
  return commands.length;
}
