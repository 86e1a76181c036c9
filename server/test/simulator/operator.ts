import type pg from "pg";
import { giveBack } from "../../src/actions/book-steps.ts";
import type { Answer, Command } from "../../src/actions/command.ts";
import { liftHold } from "../../src/actions/holds.ts";
import { verifyIdentity } from "../../src/actions/sellers.ts";
import { matchUnknownMoney } from "../../src/http/operator-acts.ts";
import { isRefusal } from "../../src/domain/refusals.ts";
import { closeBreak } from "../../src/jobs/close-break.ts";
import type { Engine } from "../../src/jobs/engine.ts";
import { ask } from "./life.ts";
import { knownRefusals } from "./may.ts";
import type { Payer } from "./payer.ts";

export interface Desk {
  readonly pool: pg.Pool;
  readonly engine: Engine;
  readonly act: (command: Command) => Promise<Answer>;
  readonly payer: Payer;
  met(what: string): void;
  broken(says: string): void;
}

/**
 * The operator's round: lifts the holds that only an operator lifts, verifies sellers whose money waits for it, gives unknown money to the
 * order it is for, and sends back what is nobody's.
 */
export async function operate(desk: Desk, all = false): Promise<void> {
  const { pool, act } = desk;
  const { rows } = await pool.query<{ seller_id: bigint; id: bigint; reason: string }>(
    `SELECT seller_id, id, reason FROM holds WHERE state = 'standing'
       AND (reason IN ('self_dealing', 'operator', 'identity') OR (reason = 'buyer_objection' AND lifts_at IS NULL)) ORDER BY id`,
  );
  const verified = new Set<bigint>();
  for (const row of rows) {
    desk.met(`hold lifted: ${row.reason}`);
    const asked = ask(Number(row.seller_id), "operator", false);
    if (row.reason !== "identity") await act(liftHold(asked, { holdId: Number(row.id) }));
    else if (!verified.has(row.seller_id)) await act(verifyIdentity(asked));
    if (row.reason === "identity") verified.add(row.seller_id);
  }
  const money = await pool.query<{ id: bigint; reference: string }>(
    "SELECT id, reference FROM payments WHERE seller_id = 0 AND state = 'received' AND unapplied = received ORDER BY id LIMIT $1",
    [all ? 1000 : 3],
  );
  for (const row of money.rows) await place(desk, Number(row.id), row.reference);
  await explain(desk);
}

/** What a rail took off in one sum that nothing explains is looked up at the rail, and closed with what was found. Other breaks must heal by themselves. */
async function explain({ pool, engine, met, broken }: Desk): Promise<void> {
  const { rows } = await pool.query<{ id: bigint }>("SELECT id FROM breaks WHERE state = 'open' AND kind = 'unexplained' ORDER BY id");
  for (const { id } of rows) {
    const refused = await closeBreak(engine, { id: Number(id), note: "Looked up at the rail.", by: "operator:1", book: false });
    if (refused === undefined) met("break closed by the operator");
    else if (refused.refused !== "not_now") broken(`break ${id} could not be closed: ${refused.detail}`);
  }
}

async function place(desk: Desk, paymentId: number, reference: string): Promise<void> {
  const meant = desk.payer.meant.get(reference);
  if (meant === undefined) {
    await desk.act(giveBack({ ...ask(0, "operator", false), paymentId, orderId: null }));
    return;
  }
  const fields = { to_seller: meant.sellerId, to_order: meant.orderId };
  const answer = await matchUnknownMoney(desk.engine, { id: 1, email: "" }, paymentId, fields);
  if (!isRefusal(answer)) desk.met("unknown money handed to its order");
  else if (!knownRefusals.has(answer.refused)) desk.broken(`unknown money ${reference} was refused: ${answer.refused}: ${answer.detail}`);
}
