import type { Receipt } from "../actions/receive-payment.ts";
import { receivePayment } from "../actions/receive-payment.ts";
import { raiseAlarm } from "../db/alarms.ts";
import { must } from "../domain/fault.ts";
import { isRefusal } from "../domain/refusals.ts";
import type { Engine } from "./engine.ts";
import { byRail } from "./engine.ts";

/** Says once that money came which nobody asked for. */
export async function ringForUnknownMoney(
  engine: Engine,
  money: Pick<Receipt, "rail" | "reference" | "railReference" | "amount" | "currency">,
): Promise<void> {
  const { rail, reference, railReference, amount, currency } = money;
  const says = `${currency} ${amount} (smallest unit) arrived under the unknown reference ${reference}.`;
  await raiseAlarm(engine.pool, { kind: "unknown_money", about: `${rail} ${railReference}`, says, at: engine.now() });
}

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
    // Told again it rings no second time; but whoever took it in may have died before the alarm rang.
    if (isRefusal(answer) || answer.done["state"] === "handed_over") continue;
    await ringForUnknownMoney(engine, { rail, reference, railReference, amount, currency });
  }
  return known.receipts.length;
}
