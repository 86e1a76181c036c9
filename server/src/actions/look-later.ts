import type { Order } from "../domain/order.ts";
import { refuse } from "../domain/refusals.ts";
import type { Command } from "./command.ts";
import { command } from "./command.ts";
import type { OrderAsk } from "./order-step.ts";

/** The clock could do nothing now (a chargeback runs, the rail has not answered): it looks again at `at`, or never by itself. No step. */
export function lookLater(ask: OrderAsk, at: (now: Date, order: Order) => Date | null): Command {
  return command("order.look_later", ask, { orders: [ask.orderId] }, (book) => {
    const order = book.orders.get(ask.orderId);
    if (order === undefined) return refuse("not_yours");
    return () => {
      book.orders.change(order.id, { dueAt: at(book.now, order) });
      return { order: order.id };
    };
  });
}
