import { test } from "vitest";
import { deliverQueries } from "../src/jobs/deliver.ts";
import { openShop } from "./setup/shop.ts";
import { testWorld } from "./setup/world.ts";
test("scratch", async () => {
  const world = await testWorld();
  const shop = await openShop(world);
  const id = await world.delivered();
  await world.due();
  await world.database.ownerPool.query(
    `WITH steps AS (
       INSERT INTO transitions (seller_id, seq, object, object_id, version, action, from_state, to_state, party, actor, event, order_id, at, command_id, step)
       SELECT seller_id, 1000000 + i, object, object_id + 1000000 + i, version, action, from_state, to_state, party, actor, event, order_id, at, gen_random_uuid(), 1
       FROM transitions, generate_series(1, 50000) i WHERE seller_id = $1 AND object = 'order' AND action = 'deliver' AND order_id = $2
       RETURNING seller_id, seq, order_id, at)
     INSERT INTO notifications (seller_id, id, transition_seq, order_id, receiver_id, envelope, message, to_state, created_at, due_at)
     SELECT seller_id, 900000000 + seq, seq, order_id, seller_id, 'Delivered', 'm', 'delivered', at, at FROM steps`, [world.seller, id]);
  const q = deliverQueries.claim;
  for (let i = 0; i < 6; i++) {
    const t = performance.now();
    const r = await world.engine.pool.query({ ...q, values: [new Date().toISOString(), null, 4, 500, 30000] });
    console.log(i, r.rowCount, (performance.now() - t).toFixed(1));
    if (i === 2) await world.database.ownerPool.query("ANALYZE notifications");
  }
  const e = await world.database.ownerPool.query("PREPARE x AS " + q.text).then(() => undefined);
  void e; await shop.close(); await world.close();
}, 120000);
