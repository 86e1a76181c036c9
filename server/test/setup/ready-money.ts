import { randomUUID } from "node:crypto";
import { giveBack, handOver, settlePayment } from "../../src/actions/book-steps.ts";
import { cancel } from "../../src/actions/cancel.ts";
import { loseDispute, openDispute, winDispute } from "../../src/actions/charge-back.ts";
import type { Command } from "../../src/actions/command.ts";
import { askLater, movePayment, openPayment } from "../../src/actions/payment-steps.ts";
import type { PaymentAsk } from "../../src/actions/payment-steps.ts";
import { receivePayment } from "../../src/actions/receive-payment.ts";
import { concludeAttempt, startSending } from "../../src/actions/send.ts";
import { giveRefundAccount, requeue, wake } from "../../src/actions/unpark.ts";
import type { Disbursement } from "../../src/domain/facts.ts";
import { must } from "../../src/domain/fault.ts";
import { account, reach } from "./states.ts";
import { paidTo, unknownMoney } from "./walk-money.ts";
import type { World } from "./world.ts";

/** The rail speaks of an order's first payment. */
export async function paymentAsk(world: World, orderId: number): Promise<PaymentAsk> {
  const [payment] = await world.paymentsOf(orderId);
  return { ...world.as("rail", "rail:sandbox"), paymentId: must(payment, "a payment").id, orderId };
}

/** An order that waits for a payment which was opened with us; the rail itself knows nothing of it. */
export async function openedPayment(world: World, order?: number): Promise<{ orderId: number; paymentId: number; reference: string }> {
  const orderId = order ?? (await world.checkout());
  const reference = `pay-${randomUUID()}`;
  const { email, phone } = world.contact;
  const { payment } = await world.done(openPayment(world.as("buyer", "checkout"), { orderId, reference, amount: 450_000n, email, phone }));
  return { orderId, paymentId: Number(payment), reference };
}

/** The rail's report that all of it came. */
export function receiptOf(opened: { orderId: number; paymentId: number; reference: string }) {
  const { orderId, paymentId, reference } = opened;
  return {
    rail: "sandbox",
    reference,
    railReference: `R-${reference}`,
    amount: 450_000n,
    currency: "NGN",
    fee: 16_750n,
    paymentId,
    orderId,
  };
}

export function sendAsk(world: World, one: Disbursement, party: "clock" | "operator" = "clock") {
  const { id: disbursementId, orderId, payeeKind, payeeId } = one;
  return { ...world.as(party), disbursementId, orderId, payeeKind, payeeId };
}

/** A payout that was sent, and whose outcome nobody has told yet. */
async function sending(world: World): Promise<{ orderId: number; attemptId: number }> {
  const orderId = await world.accepted();
  const [one] = await world.sends(orderId);
  const { attempt } = await world.done(startSending(sendAsk(world, must(one, "a payout")), { reference: `out-${randomUUID()}` }));
  return { orderId, attemptId: Number(attempt) };
}

async function paid(world: World, make: (ask: PaymentAsk) => Command): Promise<Command> {
  return make(await paymentAsk(world, await reach(world, "funded")));
}

/** Money in, money out, and what the rail tells of both. */
export const readyMoney: Readonly<Record<string, (world: World) => Promise<Command>>> = {
  openPayment: async (world) => {
    const { email, phone } = world.contact;
    const input = { orderId: await world.checkout(), reference: `pay-${randomUUID()}`, amount: 450_000n, email, phone };
    return openPayment(world.as("buyer", "checkout"), input);
  },
  movePayment: async (world) => movePayment({ ...world.as("rail"), ...(await openedPayment(world)) }, "pend", { method: "bank_transfer" }),
  askLater: async (world) => askLater({ ...world.as("clock"), ...(await openedPayment(world)) }, 60_000),
  receivePayment: async (world) => receivePayment(world.as("rail", "rail:sandbox"), receiptOf(await openedPayment(world))),
  settlePayment: (world) => paid(world, (ask) => settlePayment(ask, { amount: 433_250n })),
  openDispute: (world) => paid(world, (ask) => openDispute(ask, { amount: 450_000n, takenAtOnce: true })),
  winDispute: async (world) => {
    const ask = await paymentAsk(world, await reach(world, "funded"));
    await world.done(openDispute(ask, { amount: 450_000n, takenAtOnce: true }));
    return winDispute({ ...ask, id: randomUUID() }, { fee: 0n });
  },
  loseDispute: (world) => paid(world, (ask) => loseDispute(ask, { amount: 450_000n, fee: 150_000n })),
  handOver: async (world) =>
    handOver(
      { ...world.as("operator", "operator:1", 0), paymentId: (await unknownMoney(world)).paymentId, orderId: null },
      { sellerId: world.seller, orderId: 1 },
    ),
  giveBack: async (world) =>
    giveBack({ ...world.as("operator", "operator:1", 0), paymentId: (await unknownMoney(world)).paymentId, orderId: null }),
  startSending: async (world) => {
    const [one] = await world.sends(await world.accepted());
    return startSending(sendAsk(world, must(one, "a payout")), { reference: `out-${randomUUID()}` });
  },
  concludeAttempt: async (world) => {
    const { orderId, attemptId } = await sending(world);
    return concludeAttempt({ ...world.as("rail"), attemptId, orderIds: [orderId] }, { status: "succeeded", cost: 0n });
  },
  requeue: async (world) => {
    const { payout } = await paidTo(world, "0009");
    return requeue(sendAsk(world, await payout(), "operator"));
  },
  wake: async (world) => {
    const { payout } = await paidTo(world, "0009");
    return wake(sendAsk(world, await payout()));
  },
  giveRefundAccount: async (world) => {
    const id = await world.checkout();
    await world.pay(id, "success", { card: "refund_dead" });
    await world.done(cancel(world.on("buyer", id)));
    await world.due();
    return giveRefundAccount(world.on("buyer", id), { details: account("0015") });
  },
};
