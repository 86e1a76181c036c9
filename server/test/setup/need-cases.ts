import { randomUUID } from "node:crypto";
import { accept } from "../../src/actions/accept.ts";
import { agree, amend, openAgreedCheckout, propose } from "../../src/actions/agree.ts";
import { cancel } from "../../src/actions/cancel.ts";
import { openDispute } from "../../src/actions/charge-back.ts";
import type { Command } from "../../src/actions/command.ts";
import { confirmReturn } from "../../src/actions/confirm-return.ts";
import { contestReturn, contestSilence, escalate } from "../../src/actions/contest.ts";
import { expire } from "../../src/actions/expire.ts";
import { extendDeadlines } from "../../src/actions/extend-deadlines.ts";
import { lapse } from "../../src/actions/lapse.ts";
import { makeOffer } from "../../src/actions/offer.ts";
import type { OrderAsk } from "../../src/actions/order-step.ts";
import { movePayment } from "../../src/actions/payment-steps.ts";
import { receivePayment } from "../../src/actions/receive-payment.ts";
import { redeliver, replace } from "../../src/actions/redeliver.ts";
import { startSending } from "../../src/actions/send.ts";
import { agreeSplit, reopen, rule } from "../../src/actions/settle-dispute.ts";
import { must } from "../../src/domain/fault.ts";
import type { Party } from "../../src/domain/machine.ts";
import type { OrderNeed, OrderState } from "../../src/domain/order-table.ts";
import { openedPayment, paymentAsk, receiptOf, sendAsk } from "./ready-money.ts";
import { fallDue, proposal, reach } from "./states.ts";
import type { Change } from "./under-lock.ts";
import type { World } from "./world.ts";
import { details } from "./world.ts";
import { newTokenHash } from "./token-hash.ts";

/** A command, what it would be answered now, a change of the very fact its need looks at, and what it must be answered after that. */
export interface Case {
  readonly waiting: Command;
  readonly before: string;
  readonly change: Change;
  /** `done`, a refusal's code, or, with `look`, what the world looks like. */
  readonly after: string;
  readonly look?: () => Promise<string>;
}
export type MakeCase = (world: World) => Promise<Case>;

/** An outage that swallowed the last days is recorded: what fell into it moves. */
export function outage(world: World, id: number, hours = 1): Command {
  const from = new Date(Date.now() - hours * 3_600_000);
  return extendDeadlines(world.on("clock", id), { from, to: new Date(Date.now() + 60 * 86_400_000) });
}

/** The deadline is past, so the clock may act; then it is moved. */
function deadline(state: OrderState, make: (ask: OrderAsk) => Command): MakeCase {
  return async (world) => {
    const id = await reach(world, state);
    await fallDue(world, id);
    return { waiting: make(world.on("clock", id)), before: "done", change: outage(world, id), after: "too_early" };
  };
}

export async function offer(world: World, id: number, by: Party = "seller", kind: "split" | "redelivery" = "split"): Promise<number> {
  return Number((await world.done(makeOffer(world.on(by, id), { kind, buyerGets: 225_000n })))["offer"]);
}

/** The open offer is replaced by another of the same party. */
function replaced(kind: "split" | "redelivery", state: OrderState, make: (ask: OrderAsk, offerId: number) => Command): MakeCase {
  return async (world) => {
    const id = await reach(world, state);
    const waiting = make(world.on("buyer", id), await offer(world, id, "seller", kind));
    return { waiting, before: "done", change: makeOffer(world.on("seller", id), { kind, buyerGets: 1n }), after: "offer_not_open" };
  };
}

/** Paid in two parts, both of which fund the order. */
export async function paidInTwo(world: World): Promise<{ id: number; payments: readonly number[] }> {
  const opened = await openedPayment(world);
  await world.done(receivePayment(world.as("rail"), { ...receiptOf(opened), amount: 440_000n, fee: 0n }));
  const second = await world.done(receivePayment(world.as("rail"), { ...topUp(opened.orderId), amount: 10_000n }));
  return { id: opened.orderId, payments: [opened.paymentId, Number(second["payment"])] };
}

function topUp(orderId: number) {
  const reference = `top-${randomUUID()}`;
  return { ...receiptOf({ orderId, paymentId: 0, reference }), paymentId: null, amount: 10_000n, fee: 0n };
}

export const stateOf = (world: World, id: number) => async () => (await world.order(id)).state;

export const orderCases: Partial<Record<OrderNeed, MakeCase>> = {
  not_own_version: async (world) => {
    const id = await proposal(world);
    const waiting = agree(world.on("buyer", id), { version: 1 });
    return { waiting, before: "done", change: amend(world.on("buyer", id), { productCost: 500_000n }), after: "own_version" };
  },
  slot_free: async (world) => {
    const projectId = await world.project();
    const opened = await openedPayment(world, await world.checkout({ projectId }));
    const input = { productCost: 400_000n, details, shopOrderId: "", contact: world.contact, projectId };
    const { order } = await world.done(propose(world.as("seller"), input));
    await world.done(agree(world.on("buyer", Number(order)), { version: 1 }));
    return {
      waiting: openAgreedCheckout(world.on("buyer", Number(order)), { tokenHash: newTokenHash() }),
      before: "done",
      change: receivePayment(world.as("rail"), receiptOf(opened)),
      after: "milestone_in_the_way",
    };
  },
  agree_by_past: deadline("proposed", (ask) => expire(ask)),
  pay_by_past: deadline("awaiting_payment", (ask) => expire(ask)),
  deliver_by_past: deadline("funded", (ask) => lapse(ask)),
  respond_by_past: deadline("delivered", (ask) => lapse(ask)),
  return_by_past: deadline("rejected", (ask) => confirmReturn(ask)),
  escalate_by_past: deadline("contested", (ask) => escalate(ask)),
  accept_by_past: async (world) => {
    await world.terms({ acceptAfterDays: 3 });
    const made = await deadline("delivered", (ask) => accept(ask))(world);
    await world.terms({ acceptAfterDays: null });
    return made;
  },
  before_return_by: async (world) => {
    const id = await reach(world, "rejected");
    await fallDue(world, id);
    return { waiting: contestReturn(world.on("seller", id)), before: "too_late", change: outage(world, id), after: "done" };
  },
  silence_window: async (world) => {
    const id = await reach(world, "delivered");
    await fallDue(world, id);
    await world.database.ownerPool.query("UPDATE orders SET delivered_at = delivered_at - interval '47 hours' WHERE id = $1", [id]);
    return { waiting: contestSilence(world.on("seller", id)), before: "too_late", change: outage(world, id), after: "done" };
  },
  refund_policy_or_in_time: async (world) => {
    await world.terms({ policy: "replacement", sla: 1 });
    const id = await reach(world, "funded");
    await world.terms({ policy: "refund", sla: null });
    await world.database.ownerPool.query("UPDATE orders SET free_cancel_until = clock_timestamp() - interval '1 minute' WHERE id = $1", [
      id,
    ]);
    return { waiting: cancel(world.on("buyer", id)), before: "refund_policy", change: outage(world, id), after: "done" };
  },
  no_payment_in_doubt: async (world) => {
    const opened = await openedPayment(world);
    return {
      waiting: expire(world.on("buyer", opened.orderId)),
      before: "payment_in_doubt",
      change: movePayment({ ...world.as("rail"), ...opened }, "fail"),
      after: "done",
    };
  },
  paid_exactly: async (world) => {
    const opened = await openedPayment(world);
    return {
      waiting: receivePayment(world.as("rail"), topUp(opened.orderId)),
      before: "done",
      change: receivePayment(world.as("rail"), { ...receiptOf(opened), amount: 440_000n }),
      after: "funded",
      look: stateOf(world, opened.orderId),
    };
  },
  no_chargeback: async (world) => {
    const id = await reach(world, "funded");
    await fallDue(world, id);
    const change = openDispute(await paymentAsk(world, id), { amount: 450_000n, takenAtOnce: true });
    return { waiting: lapse(world.on("clock", id)), before: "done", change, after: "chargeback_running" };
  },
  open_redelivery_offer: replaced("redelivery", "rejected", (ask, offerId) => redeliver(ask, { offerId })),
  open_split_offer: replaced("split", "disputed", (ask, offerId) => agreeSplit(ask, { offerId })),
  first_redelivery: async (world) => {
    await world.terms({ policy: "replacement" });
    const id = await reach(world, "rejected");
    await world.terms({ policy: "refund" });
    const change = { sql: "UPDATE orders SET redeliveries = 1 WHERE id = $1", values: [id] };
    return { waiting: replace(world.on("seller", id)), before: "done", change, after: "already_redelivered" };
  },
  second_operator: async (world) => {
    const id = await reach(world, "disputed");
    world.settings.secondOperatorAbove = 400_000n;
    const ruling = (name: string) => rule({ ...world.on("operator", id), actor: { party: "operator", name } }, { buyerGets: 1_000n });
    return { waiting: ruling("operator:2"), before: "done", change: ruling("operator:1"), after: "resolved", look: stateOf(world, id) };
  },
  was_ruled: async (world) => {
    const id = await reach(world, "resolved");
    const change = { sql: "UPDATE orders SET last_action = 'agree_split' WHERE id = $1", values: [id] };
    return { waiting: reopen(world.on("operator", id)), before: "done", change, after: "not_ruled" };
  },
  nothing_sent: async (world) => {
    const id = await reach(world, "resolved");
    const [payout] = await world.sends(id);
    const change = startSending(sendAsk(world, must(payout, "a payout")), { reference: `out-${randomUUID()}` });
    return { waiting: reopen(world.on("operator", id)), before: "done", change, after: "already_sent" };
  },
  slot_free_again: async (world) => {
    const projectId = await world.project();
    const [next, id] = [await reach(world, "funded"), await reach(world, "resolved", { projectId })];
    await world.database.ownerPool.query("UPDATE orders SET discharged_at = clock_timestamp() WHERE id = $1", [id]);
    const change = { sql: "UPDATE orders SET project_id = $2, position = 2 WHERE id = $1", values: [next, projectId] };
    return { waiting: reopen(world.on("operator", id)), before: "done", change, after: "next_milestone_started" };
  },
};
