import { extended } from "../domain/deadlines.ts";
import type { Command } from "./command.ts";
import type { OrderAsk } from "./order-step.ts";
import { orderStep } from "./order-step.ts";

/** The installation was down from `from` to `to` (in the book's own time): deadlines that fell into it move by its length. */
export function extendDeadlines(ask: OrderAsk, outage: { readonly from: Date; readonly to: Date }): Command {
  return orderStep("extend_deadlines", ask, { outage: true }, (writer, order, row) =>
    writer.stepOrder(order, row, extended(order, outage.from, outage.to), { from: outage.from.toISOString(), to: outage.to.toISOString() }),
  );
}
