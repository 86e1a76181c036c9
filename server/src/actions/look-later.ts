import type { Order } from "../domain/order.ts";
import type { OrderState } from "../domain/order-table.ts";
import { refuse } from "../domain/refusals.ts";
import type { Command } from "./command.ts";
import { command } from "./command.ts";
import type { OrderAsk } from "./order-step.ts";

/**
 * The clock could do nothing with an order that it saw in the state `seen` (a chargeback runs, the rail has not answered): it looks again at
 * `at`, or never by itself. No step. An order that has gone on meanwhile keeps the deadlines of the state it is in now.
 */
export function lookLater(ask: OrderAsk, seen: OrderState, at: (now: Date, order: Order) => Date | null): Command {
  return command("order.look_later", ask, { orders: [ask.orderId] }, (book) => {
    const order = book.orders.get(ask.orderId);
    if (order === undefined) return refuse("not_yours");
    if (order.state !== seen) return () => ({ order: order.id });
    return () => {
      book.orders.change(order.id, { dueAt: at(book.now, order) });
      return { order: order.id };
    };
  });
}
