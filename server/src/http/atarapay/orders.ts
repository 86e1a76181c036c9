import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { cancel } from "../../actions/cancel.ts";
import type { Command } from "../../actions/command.ts";
import { deliver } from "../../actions/deliver.ts";
import { fieldRequired, messages } from "../../atarapay/messages.ts";
import { readOrder, readOrderOfOperator, readOrderView } from "../../db/orders.ts";
import type { Order } from "../../domain/order.ts";
import { unpaidStates } from "../../domain/order-table.ts";
import { isRefusal } from "../../domain/refusals.ts";
import type { Refusal } from "../../domain/refusals.ts";
import { wireOrderOf } from "../../events/wire-order.ts";
import type { App } from "../app-context.ts";
import { text, wholeNumber } from "../fields.ts";
import { failure, refused, success } from "./answers.ts";
import type { Call } from "./caller.ts";
import { byKey, enter } from "./caller.ts";

const statuses = ["delivered", "cancelled", "buyer_cancel", "order"] as const;
type Status = (typeof statuses)[number];

/** The order endpoint: `status` says what to do. The live documents double the `/api`, so both paths are answered. */
export function orderRoutes(server: FastifyInstance, app: App): void {
  const handler = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const call = await enter(app, request, reply, ["order", "status"]);
    if (call === undefined) return reply;
    const status = statuses.find((known) => known === text(call.fields, "status"));
    if (status === undefined) return failure(reply, 422, messages.invalidStatus);
    const id = wholeNumber(text(call.fields, "order"));
    if (id === undefined) return failure(reply, 404, messages.noSuchOrder);
    if (status === "delivered") return markDelivered(app, call, id);
    const order = await findOrder(app, call, id, status);
    if (order === undefined) return failure(reply, 404, messages.noSuchOrder);
    if (status === "order") return success(reply, messages.orderFetched, wireOrderOf(await readOrderView(app.pool, order)));
    return cancelOrder(app, call, order, status);
  };
  server.post("/api/callback/order", handler);
  server.post("/api/api/callback/order", handler);
}

/** The seller's own order; a marketplace operator may read those of its sellers. Unpaid orders do not exist on the wire. */
async function findOrder(app: App, call: Call, id: number, status: Status): Promise<Order | undefined> {
  const own = await readOrder(app.pool, call.seller.id, id);
  const order = own ?? (status === "order" ? await readOrderOfOperator(app.pool, call.seller.id, id) : undefined);
  return order === undefined || (unpaidStates as readonly string[]).includes(order.state) ? undefined : order;
}

/** The step is tried at once; only where it is refused does it matter whether the order is there. */
async function markDelivered(app: App, call: Call, orderId: number): Promise<FastifyReply> {
  const { reply, fields } = call;
  const missing = async () => (await findOrder(app, call, orderId, "delivered")) === undefined;
  // Documented as required, but a real client sends it empty: then the buyer's own contact stands.
  if (!("phone_number" in fields)) {
    return (await missing()) ? failure(reply, 404, messages.noSuchOrder) : failure(reply, 422, fieldRequired("phone_number"));
  }
  const answer = await app.lanes.one(deliver({ ...byKey(call.seller), orderId }));
  if (isRefusal(answer)) {
    if (answer.refused === "too_busy") return refused(reply, answer);
    return (await missing()) ? failure(reply, 404, messages.noSuchOrder) : failure(reply, 409, messages.deliveredAlreadyProcessed);
  }
  return success(reply, messages.delivered, { phone: text(fields, "phone_number"), email: text(fields, "email"), order: String(orderId) });
}

async function cancelOrder(app: App, call: Call, order: Order, status: "cancelled" | "buyer_cancel"): Promise<FastifyReply> {
  const { reply } = call;
  const byBuyer = status === "buyer_cancel";
  const actor = byBuyer ? ({ party: "buyer", name: "seller_for_buyer" } as const) : ({ party: "seller", name: "key" } as const);
  const comment = text(call.fields, "comment");
  const command: Command = cancel({ ...byKey(call.seller), actor, orderId: order.id }, { comment: comment === "" ? undefined : comment });
  const answer = await app.lanes.one(command);
  if (isRefusal(answer)) return answer.refused === "too_busy" ? refused(reply, answer) : failure(reply, 409, cancelSentence(order, answer));
  const fresh = await readOrder(app.pool, order.sellerId, order.id);
  return success(reply, messages.cancelled, wireOrderOf(await readOrderView(app.pool, fresh ?? order)));
}

/** While a dispute runs, and after the free time under a replacement policy, the documents have a sentence of their own. */
function cancelSentence(order: Order, refusal: Refusal): string {
  const disputed = order.state === "contested" || order.state === "disputed";
  return disputed || refusal.refused === "refund_policy" ? messages.pastRefundTime : messages.alreadyProcessed;
}
