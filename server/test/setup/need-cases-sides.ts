import { randomUUID } from "node:crypto";
import { accept } from "../../src/actions/accept.ts";
import { assignProvider } from "../../src/actions/assign-provider.ts";
import { giveBack, handOver } from "../../src/actions/book-steps.ts";
import { loseDispute } from "../../src/actions/charge-back.ts";
import { deliver } from "../../src/actions/deliver.ts";
import { liftHold, objectToCancellation, placeHold } from "../../src/actions/holds.ts";
import { expireOffer, makeOffer } from "../../src/actions/offer.ts";
import { movePayment } from "../../src/actions/payment-steps.ts";
import { closeProject } from "../../src/actions/projects.ts";
import { receivePayment } from "../../src/actions/receive-payment.ts";
import { concludeAttempt, startSending } from "../../src/actions/send.ts";
import { agreeSplit } from "../../src/actions/settle-dispute.ts";
import { requeue } from "../../src/actions/unpark.ts";
import type { Disbursement } from "../../src/domain/facts.ts";
import { must } from "../../src/domain/fault.ts";
import { offer, outage, paidInTwo, stateOf } from "./need-cases.ts";
import type { MakeCase } from "./need-cases.ts";
import { operator } from "./ready-commands.ts";
import { openedPayment, receiptOf, sendAsk } from "./ready-money.ts";
import { fallDue, provider, reach } from "./states.ts";
import { unknownMoney } from "./walk-money.ts";
import { cancelledForBuyer } from "./walk-sides.ts";
import type { World } from "./world.ts";

const sending = (world: World, one: Disbursement) => startSending(sendAsk(world, one), { reference: `out-${randomUUID()}` });

async function payoutOf(world: World, id: number): Promise<Disbursement> {
  return must((await world.sends(id))[0], "a payout");
}

/** A payout about to be sent, and something that forbids it. */
function stopped(change: (world: World, id: number) => Promise<{ sql: string; values: readonly unknown[] }>, becomes: string): MakeCase {
  return async (world) => {
    const id = await world.accepted();
    const waiting = sending(world, await payoutOf(world, id));
    return {
      waiting,
      before: "done",
      change: await change(world, id),
      after: becomes,
      look: async () => (await payoutOf(world, id)).state,
    };
  };
}

const noBank = async (world: World) => ({ sql: "UPDATE sellers SET bank = NULL WHERE id = $1", values: [world.seller] });

/** The needs of payments, payouts, offers, holds, projects and books; and those of orders that other things decide. */
export const sideCases: Readonly<Record<string, MakeCase>> = {
  lost_part: async (world) => {
    const { id, payments } = await paidInTwo(world);
    const [first, second] = payments.map((paymentId) => ({ ...world.as("rail"), paymentId, orderId: id }));
    return {
      waiting: loseDispute(must(first, "a payment"), { amount: 440_000n, fee: 0n }),
      before: "done",
      change: loseDispute(must(second, "a payment"), { amount: 10_000n, fee: 0n }),
      // All of it is lost: the order is charged back, and with nothing to pay out it is over. Part of it would leave it funded.
      after: "completed",
      look: stateOf(world, id),
    };
  },
  all_concluded: async (world) => {
    const id = await reach(world, "funded");
    await world.done(assignProvider(world.on("seller", id), { providerId: await provider(world), share: 5_000 }));
    await world.done(deliver(world.on("seller", id)));
    await world.done(accept(world.on("buyer", id)));
    const [change, waiting] = await Promise.all(
      (await world.sends(id)).map(async (one) => {
        const { attempt } = await world.done(sending(world, one));
        return concludeAttempt({ ...world.as("rail"), attemptId: Number(attempt), orderIds: [id] }, { status: "succeeded", cost: 0n });
      }),
    );
    return {
      waiting: must(waiting, "two payouts"),
      before: "done",
      change: must(change, "a payout"),
      after: "completed",
      look: stateOf(world, id),
    };
  },
  no_hold: async (world) => {
    const id = await world.accepted();
    const waiting = sending(world, await payoutOf(world, id));
    const change = placeHold(operator(world), { orderId: id, note: "looking into it" });
    return { waiting, before: "done", change, after: "queued", look: async () => (await payoutOf(world, id)).state };
  },
  payee_ready: stopped(noBank, "parked"),
  waits_for_payee: stopped(noBank, "parked"),
  above_minimum: async (world) => {
    const [first, second] = [await world.delivered(), await world.delivered()];
    for (const id of [first, second]) await world.done(accept(world.on("buyer", id)));
    world.settings.minimumPayout = 500_000n;
    return {
      waiting: sending(world, await payoutOf(world, second)),
      before: "done",
      change: sending(world, await payoutOf(world, first)),
      after: "sending",
      look: async () => (await payoutOf(world, second)).state,
    };
  },
  obstacle_gone: async (world) => {
    world.settings.identityNeeded = true;
    const id = await world.accepted();
    await world.done(sending(world, await payoutOf(world, id)));
    const change = { sql: "UPDATE holds SET state = 'lifted' WHERE state = 'standing' AND reason = 'identity'", values: [] };
    return { waiting: requeue(sendAsk(world, await payoutOf(world, id), "operator")), before: "hold_standing", change, after: "done" };
  },
  rail_silent_too_long: async (world) => {
    const opened = await openedPayment(world);
    await fallDue(world, opened.orderId, 73 * 3_600_000);
    const waiting = movePayment({ ...world.as("clock"), ...opened }, "abandon");
    return { waiting, before: "done", change: outage(world, opened.orderId, 100), after: "too_early" };
  },
  unapplied_in_house: async (world) => {
    const { paymentId } = await unknownMoney(world);
    const ask = () => ({ ...operator(world, 0), paymentId, orderId: null });
    return { waiting: giveBack(ask()), before: "done", change: handOver(ask(), { sellerId: world.seller, orderId: 1 }), after: "not_now" };
  },
  order_takes_offers: async (world) => {
    const id = await reach(world, "delivered");
    const waiting = makeOffer(world.on("seller", id), { kind: "split", buyerGets: 1n });
    return { waiting, before: "done", change: accept(world.on("buyer", id)), after: "not_now" };
  },
  not_own_offer: async (world) => {
    const id = await reach(world, "disputed");
    const waiting = agreeSplit(world.on("buyer", id), { offerId: await offer(world, id) });
    return { waiting, before: "done", change: makeOffer(world.on("buyer", id), { kind: "split", buyerGets: 1n }), after: "own_offer" };
  },
  offer_life_past: async (world) => {
    const id = await reach(world, "disputed");
    const offerId = await offer(world, id);
    const change = { sql: "UPDATE offers SET expires_at = clock_timestamp() WHERE id = $1", values: [offerId] };
    return { waiting: expireOffer(world.on("clock", id), { offerId }), before: "too_early", change, after: "done" };
  },
  hold_time_past: async (world) => {
    const id = await cancelledForBuyer(world);
    const { id: holdId } = must((await world.holdsOf(id))[0], "a hold");
    const change = { sql: "UPDATE holds SET lifts_at = clock_timestamp() WHERE id = $1", values: [holdId] };
    return { waiting: liftHold(world.as("clock"), { holdId }), before: "too_early", change, after: "done" };
  },
  has_a_time: async (world) => {
    const id = await cancelledForBuyer(world);
    const objection = () => objectToCancellation(world.on("buyer", id));
    return { waiting: objection(), before: "done", change: objection(), after: "not_now" };
  },
  no_milestone_holds_money: async (world) => {
    const projectId = await world.project();
    const opened = await openedPayment(world, await world.checkout({ projectId }));
    const change = receivePayment(world.as("rail"), receiptOf(opened));
    return { waiting: closeProject(world.as("seller"), { projectId }), before: "done", change, after: "project_holds_money" };
  },
};
