import { askLater, movePayment } from "../actions/payment-steps.ts";
import { receivePayment } from "../actions/receive-payment.ts";
import { run } from "../db/connect.ts";
import type { OfRails } from "../db/due.ts";
import { readOrder } from "../db/orders.ts";
import { must } from "../domain/fault.ts";
import { isRefusal } from "../domain/refusals.ts";
import type { RailPayment } from "../rails/rail.ts";
import { dueAtRails } from "./due-at-rails.ts";
import type { Engine, Fired } from "./engine.ts";
import { byClock, byRail } from "./engine.ts";

export interface OpenPayment {
  readonly sellerId: number;
  readonly id: number;
  readonly orderId: number | null;
  readonly rail: string;
  readonly reference: string;
  readonly state: string;
}

/** Payments nobody has told us about for a while: events get lost, so the rail is asked. */
export async function askAboutPayments(engine: Engine, sellerId: number | null, of: OfRails | null = null): Promise<Fired[]> {
  const rows = await dueAtRails(engine, "payments", sellerId, of);
  return Promise.all(
    rows.map(async ({ sellerId: seller, id, row }) => {
      const orderId = row["order_id"] === null ? null : Number(row["order_id"]);
      const payment = {
        sellerId: seller,
        id,
        orderId,
        rail: String(row["rail"]),
        reference: String(row["reference"]),
        state: String(row["state"]),
      };
      // A page that nobody acted on, of an order that takes no payment any more, is done with.
      const over =
        payment.state === "open" && orderId !== null && (await readOrder(engine.pool, seller, orderId))?.state !== "awaiting_payment";
      return {
        what: "payment asked about",
        seller,
        id,
        result: await askAboutPayment(engine, payment, over),
      };
    }),
  );
}

/**
 * Asks the rail about one payment and takes in what it says. With `closing` the checkout is about to end: a page that was opened and never
 * paid on counts as abandoned, so that the order can expire (money that comes after all is a receipt, and goes back).
 */
export async function askAboutPayment(engine: Engine, payment: OpenPayment, closing: boolean): Promise<string> {
  const rail = engine.rails.get(payment.rail);
  const ask = { paymentId: payment.id, orderId: payment.orderId };
  const told = byRail(payment.sellerId, payment.rail);
  let known: RailPayment;
  try {
    const connected = must(rail, `the rail ${payment.rail}, which is not connected`);
    known = await engine.turns.call(payment.rail, () => connected.lookUpPayment(payment.reference));
  } catch (error) {
    engine.log.warn({ payment: payment.id, error: error instanceof Error ? error.message : "" }, "the rail gave no answer about a payment");
    if (closing) await goOnWithout(engine, payment, "the rail gave no answer");
    else await engine.lanes.one(askLater({ ...byClock(payment.sellerId, "ask-payments"), ...ask }, 10 * 60_000));
    return "no answer";
  }
  for (const receipt of known.receipts) {
    await engine.lanes.one(
      receivePayment(told, {
        paymentId: payment.id,
        orderId: payment.orderId,
        rail: payment.rail,
        reference: payment.reference,
        railReference: receipt.railReference,
        amount: receipt.amount,
        currency: receipt.currency,
        fee: receipt.fee ?? 0n,
      }),
    );
  }
  if (known.receipts.length > 0) return "received";
  const said = known.status;
  if (said === "failed") await engine.lanes.one(movePayment({ ...told, ...ask }, "fail"));
  else if (said === "pending" && payment.state !== "pending") await engine.lanes.one(movePayment({ ...told, ...ask }, "pend"));
  else if (said === "abandoned" || (closing && (said === "open" || said === "unknown_reference")))
    await engine.lanes.one(movePayment({ ...told, ...ask }, "abandon"));
  else if (closing) await goOnWithout(engine, payment, "the rail says pending");
  else await engine.lanes.one(askLater({ ...byClock(payment.sellerId, "ask-payments"), ...ask }, 30 * 60_000));
  return said;
}

/** After the silence a setting allows, the clock goes on without the rail; where it is too early for that, the rail is asked again later. */
async function goOnWithout(engine: Engine, payment: OpenPayment, said: string): Promise<void> {
  const ask = { paymentId: payment.id, orderId: payment.orderId };
  const answer = await engine.lanes.one(movePayment({ ...byClock(payment.sellerId, "ask-payments"), ...ask }, "abandon", { said }));
  if (isRefusal(answer)) await engine.lanes.one(askLater({ ...byClock(payment.sellerId, "ask-payments"), ...ask }, 10 * 60_000));
}

const openPayments = {
  name: "open_payments_of_order",
  text: "SELECT id, rail, reference, state FROM payments WHERE seller_id = $1 AND order_id = $2 AND state IN ('open', 'pending')",
};
export const askPaymentsQueries = { openPayments };

/**
 * Asks the rail about every payment of an order that is not decided: because its checkout is to end (`closing`), or because its payer has
 * come back from the rail and looks.
 */
export async function askAboutOrder(engine: Engine, sellerId: number, orderId: number, closing: boolean): Promise<void> {
  const { rows } = await run(engine.pool, openPayments, [sellerId, orderId]);
  for (const row of rows) {
    const payment = {
      sellerId,
      id: Number(row["id"]),
      orderId,
      rail: String(row["rail"]),
      reference: String(row["reference"]),
      state: String(row["state"]),
    };
    await askAboutPayment(engine, payment, closing);
  }
}
