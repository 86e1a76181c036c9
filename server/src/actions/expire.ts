import type { Order } from "../domain/order.ts";
import { orderMachine } from "../domain/order-table.ts";
import { must } from "../domain/fault.ts";
import type { Command } from "./command.ts";
import type { OrderAsk } from "./order-step.ts";
import { orderStep } from "./order-step.ts";
import { refundShortPayments } from "./receive-payment.ts";
import type { Writer } from "./writer.ts";

/** An order nobody paid, or agreed to, in time, or that a party gave up. Short money goes back. */
export function expire(ask: OrderAsk): Command {
  return orderStep("expire", ask, {}, (writer, order, row) => {
    const expired = writer.stepOrder(order, row);
    refundShortPayments(writer, order.id);
    return expired;
  });
}

/** The checkout of an order agreed beforehand ends unpaid: the agreement stands and can be paid later. */
export function closeCheckout(ask: OrderAsk): Command {
  return orderStep("close_checkout", ask, {}, (writer, order, row) => {
    const closed = writer.stepOrder(order, row);
    refundShortPayments(writer, order.id);
    return closed;
  });
}

/** Ends an unpaid order inside another command (a checkout that takes its slot, a project that closes); the caller has judged that it may. */
export function expireUnpaid(writer: Writer, order: Order): Order {
  const action = order.state === "awaiting_payment" && order.agreedBeforehand ? "close_checkout" : "expire";
  const party = writer.command.actor.party;
  const row = orderMachine.rows.find(
    (candidate) => candidate.action === action && candidate.from.includes(order.state) && candidate.by.includes(party),
  );
  const expired = writer.stepOrder(order, must(row, `a row to ${action}`));
  refundShortPayments(writer, order.id);
  return expired;
}
