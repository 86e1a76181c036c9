import { allowedActions, decide } from "./machine.ts";
import type { Row } from "./machine.ts";
import type { OrderFacts } from "./order-needs.ts";
import { orderNeeds } from "./order-needs.ts";
import type { OrderAction, OrderMove, OrderNeed, OrderState } from "./order-table.ts";
import { orderMachine } from "./order-table.ts";
import type { Refusal } from "./refusals.ts";

export type OrderRow = Row<OrderState, OrderAction, OrderNeed, OrderMove>;

/** Judges one step of an order against facts read under the lock: the row to take, or the refusal. */
export function decideOrder(facts: OrderFacts, action: OrderAction): OrderRow | Refusal {
  return decide(orderMachine, facts.order.state, action, facts.by, (need) => orderNeeds[need].judge(facts));
}

/** What a party may do with an order now. */
export function allowedOrderActions(facts: OrderFacts): OrderAction[] {
  return allowedActions(orderMachine, facts.order.state, facts.by, (need) => orderNeeds[need].judge({ ...facts, acting: false }));
}
