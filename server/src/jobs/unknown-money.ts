import { receivePayment } from "../actions/receive-payment.ts";
import { raiseAlarm } from "../db/alarms.ts";
import { must } from "../domain/fault.ts";
import { isRefusal } from "../domain/refusals.ts";
import type { Engine } from "./engine.ts";
import { byRail } from "./engine.ts";

/**
 * Nobody opened a payment under this reference here: the rail is asked, and what came stands in the house book until the operator places it.
 * Answers how many receipts the rail has. Throws where the rail gives no answer.
 */
export async function takeUnknownMoney(engine: Engine, rail: string, reference: string): Promise<number> {
  const connected = must(engine.rails.get(rail), `the rail ${rail}, which is not connected`);
  const known = await engine.turns.call(rail, () => connected.lookUpPayment(reference));
  for (const receipt of known.receipts) {
    const { railReference, amount, currency, fee = 0n } = receipt;
    const answer = await engine.lanes.one(
      receivePayment(byRail(0, rail), { paymentId: null, orderId: null, rail, reference, railReference, amount, currency, fee }),
    );
    if (isRefusal(answer) || answer.done["again"] === true) continue;
    const says = `${currency} ${amount} (smallest unit) arrived under the unknown reference ${reference}.`;
    await raiseAlarm(engine.pool, { kind: "unknown_money", about: `${rail} ${railReference}`, says, at: engine.now() });
  }
  return known.receipts.length;
}
