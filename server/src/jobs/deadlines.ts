import { accept } from "../actions/accept.ts";
import type { Command } from "../actions/command.ts";
import { confirmReturn } from "../actions/confirm-return.ts";
import { escalate } from "../actions/contest.ts";
import { closeCheckout, expire } from "../actions/expire.ts";
import { liftHold } from "../actions/holds.ts";
import { lapse } from "../actions/lapse.ts";
import { lookLater } from "../actions/look-later.ts";
import { expireOffer } from "../actions/offer.ts";
import type { OrderAsk } from "../actions/order-step.ts";
import type { DueRow, OfRails } from "../db/due.ts";
import { readDue } from "../db/due.ts";
import { raiseAlarmAgain } from "../db/alarms.ts";
import { dueOf, later } from "../domain/deadlines.ts";
import type { OrderState } from "../domain/order-table.ts";
import { isRefusal } from "../domain/refusals.ts";
import { untilSomethingFires } from "./all-due.ts";
import { askAboutOrder } from "./ask-payments.ts";
import { dueAtRails } from "./due-at-rails.ts";
import type { Engine, Fired } from "./engine.ts";
import { byClock } from "./engine.ts";

/** Orders that are paid, or not at their checkout yet, and whose deadline has passed: the clock takes the step the table gives it. */
export async function actOnDeadlines(engine: Engine, sellerId: number | null): Promise<Fired[]> {
  return untilSomethingFires(
    () => readDue(engine.pool, "orders", engine.now(), sellerId, 64),
    (rows) => stepAll(engine, rows),
  );
}

/** Checkouts that are to end unpaid. Their rail is asked first, so they are another's work than everybody else's deadlines. */
export async function endCheckouts(engine: Engine, sellerId: number | null, of: OfRails | null = null): Promise<Fired[]> {
  return untilSomethingFires(
    () => dueAtRails(engine, "checkouts", sellerId, of),
    (rows) => stepAll(engine, rows),
  );
}

async function stepAll(engine: Engine, rows: readonly DueRow[]): Promise<Fired[]> {
  const fired = await Promise.all(
    rows.map(async ({ sellerId: seller, id, row }): Promise<Fired[]> => {
      const state = row["state"] as OrderState;
      const ask: OrderAsk = { ...byClock(seller, "deadlines"), orderId: id };
      if (state === "disputed") {
        await raiseAlarmAgain(engine.pool, {
          kind: "ruling_overdue",
          about: `order ${id}`,
          says: `The dispute over order ${id} waits for a ruling.`,
          at: engine.now(),
        });
        await engine.lanes.one(lookLater(ask, state, () => null));
        return [{ what: "alarm: ruling overdue", seller, id, order: id }];
      }
      if (state === "awaiting_payment") await askAboutOrder(engine, seller, id, true);
      const command = stepFor(state, Boolean(row["agreed_beforehand"]), ask);
      if (command === undefined) {
        // Nothing is due in such a state: left as it is, it would be read again and again, and keep others from being read.
        engine.log.error({ order: id, seller, state }, "an order was due although nothing happens by itself in its state");
        await engine.lanes.one(lookLater(ask, state, () => null));
        return [];
      }
      const answer = await engine.lanes.one(command);
      if (!isRefusal(answer)) return [{ what: command.action, seller, id, order: id, result: String(answer.done["state"]) }];
      // Refused although due: a chargeback runs or the rail is still deciding, so look again, but not at once. Somebody was faster: the
      // order has other deadlines now.
      const waits = ["chargeback_running", "payment_in_doubt"].includes(answer.refused);
      await engine.lanes.one(
        lookLater({ ...byClock(seller, "deadlines"), orderId: id }, state, (now, order) =>
          waits ? later(now, 10 * 60_000) : dueOf(order),
        ),
      );
      return [];
    }),
  );
  return fired.flat();
}

/** Which of two rows the clock takes in `delivered` the terms decide, so both are asked: silence accepts, or lets the order lapse. */
function stepFor(state: OrderState, agreedBeforehand: boolean, ask: OrderAsk): Command | undefined {
  switch (state) {
    case "proposed":
    case "agreed":
      return expire(ask);
    case "awaiting_payment":
      return agreedBeforehand ? closeCheckout(ask) : expire(ask);
    case "funded":
    case "redelivery":
      return lapse(ask);
    case "delivered":
      return acceptOrLapse(ask);
    case "rejected":
      return confirmReturn(ask);
    case "contested":
      return escalate(ask);
    default:
      return undefined;
  }
}

function acceptOrLapse(ask: OrderAsk): Command {
  const accepting = accept(ask);
  const lapsing = lapse(ask);
  return {
    ...lapsing,
    decide: (book) => {
      const accepted = accepting.decide(book);
      return isRefusal(accepted) && accepted.refused === "auto_acceptance_off" ? lapsing.decide(book) : accepted;
    },
  };
}

/** Offers nobody accepted, and holds whose time is over. */
export async function actOnOffersAndHolds(engine: Engine, sellerId: number | null): Promise<Fired[]> {
  const offers = await readDue(engine.pool, "offers", engine.now(), sellerId, 64);
  const holds = await readDue(engine.pool, "holds", engine.now(), sellerId, 64);
  const expired = offers.map(async ({ sellerId: seller, id, row }) => {
    const orderId = Number(row["order_id"]);
    await engine.lanes.one(expireOffer({ ...byClock(seller, "offers"), orderId }, { offerId: id }));
    return { what: "offer.expire", seller, id, order: orderId };
  });
  const lifted = holds.map(async ({ sellerId: seller, id, row }) => {
    await engine.lanes.one(liftHold(byClock(seller, "holds"), { holdId: id }));
    return { what: `hold.lift (${String(row["reason"])})`, seller, id };
  });
  return Promise.all([...expired, ...lifted]);
}
