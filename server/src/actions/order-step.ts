import type { OrderChange, Order } from "../domain/order.ts";
import { decideOrder } from "../domain/order-decide.ts";
import type { OrderRow } from "../domain/order-decide.ts";
import type { OrderInput } from "../domain/order-needs.ts";
import type { OrderAction } from "../domain/order-table.ts";
import type { Refusal } from "../domain/refusals.ts";
import { isRefusal, refuse } from "../domain/refusals.ts";
import type { Book } from "./book.ts";
import type { Ask, Command, Json, Refs, Result } from "./command.ts";
import { command } from "./command.ts";
import type { Writer } from "./writer.ts";

/** Who asks, of which order. A link names the state's version it was made for: the step is refused if the order has moved on since. */
export interface OrderAsk extends Ask {
  readonly orderId: number;
  readonly expectedVersion?: number | undefined;
}

/** The order a command is about, or the refusal that it is not of this seller. */
export function theOrder(book: Book, ask: OrderAsk): Order | Refusal {
  const order = book.orders.get(ask.orderId);
  if (order === undefined) return refuse("not_yours", `There is no order ${ask.orderId} for this seller.`);
  if (ask.expectedVersion !== undefined && ask.expectedVersion !== order.stateVersion) return refuse("link_ended");
  return order;
}

/** A step of an order: judged by its row's needs, then written by `effect`. */
export function orderStep(
  action: OrderAction,
  ask: OrderAsk,
  input: OrderInput,
  effect: (writer: Writer, order: Order, row: OrderRow) => Order,
  refs: Refs = {},
): Command {
  return command(`order.${action}`, ask, { ...refs, orders: [ask.orderId] }, (book) => {
    const order = theOrder(book, ask);
    if (isRefusal(order)) return order;
    const row = decideOrder(book.factsOf(order, ask.actor, input), action);
    if (isRefusal(row)) return row;
    return (writer) => summary(effect(writer, order, row));
  });
}

/** A step that moves no money. */
export function plainStep(
  action: OrderAction,
  ask: OrderAsk,
  input: OrderInput = {},
  change: (order: Order, now: Date) => OrderChange = () => ({}),
  note: Json = null,
): Command {
  return orderStep(action, ask, input, (writer, order, row) => writer.stepOrder(order, row, change(order, writer.now), note));
}

/** What a step of an order answers. */
export function summary(order: Order): Result {
  return { order: order.id, state: order.state, version: order.version, project: order.projectId };
}
