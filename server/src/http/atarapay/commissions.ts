import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { assignProvider, setOperatorShare } from "../../actions/assign-provider.ts";
import { wireOperatorCommission, wireSellerCommission } from "../../atarapay/commission-object.ts";
import { fieldRequired, messages, noSuchProvider, sellerNotAssociated } from "../../atarapay/messages.ts";
import { readOrder, readOrderOfOperator } from "../../db/orders.ts";
import { readProvider } from "../../db/projects.ts";
import { sellerById } from "../../db/sellers.ts";
import { must } from "../../domain/fault.ts";
import { unpaidStates } from "../../domain/order-table.ts";
import type { Order } from "../../domain/order.ts";
import { isRefusal, refusalCatalogue } from "../../domain/refusals.ts";
import type { Refusal } from "../../domain/refusals.ts";
import { parsePercent } from "../../domain/split.ts";
import type { App } from "../app-context.ts";
import type { Fields } from "../fields.ts";
import { text, wholeNumber } from "../fields.ts";
import { failure, refused, success } from "./answers.ts";
import { byKey, enter } from "./caller.ts";
import { wireProviderOf } from "./wire-views.ts";

type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;

/** Both order commission calls: the business seller's, which names a provider, and the marketplace operator's. */
export function commissionRoutes(server: FastifyInstance, app: App): void {
  // The documents' prose says POST, their samples PUT.
  for (const method of ["POST", "PUT"] as const) {
    server.route({ method, url: "/api/serviceprovider/order/update", handler: sellersCommission(app) });
    server.route({ method, url: "/api/serviceprovider/marketplaceOrder/update", handler: operatorsCommission(app) });
  }
}

/** The documents write `commisson`, the plugin `commission`. Hundredths of a percent. */
function share(fields: Fields): number | Refusal | undefined {
  const given = text(fields, "commisson") === "" ? fields["commission"] : fields["commisson"];
  return given === undefined || given === "" ? undefined : parsePercent(given, "commisson");
}

function paid(order: Order | undefined): Order | undefined {
  return order === undefined || (unpaidStates as readonly string[]).includes(order.state) ? undefined : order;
}

function sellersCommission(app: App): Handler {
  return async (request, reply) => {
    const call = await enter(app, request, reply, []);
    if (call === undefined) return reply;
    const given = share(call.fields);
    if (given === undefined) return failure(reply, 422, fieldRequired("commisson"));
    if (isRefusal(given)) return refused(reply, given);
    const missing = ["sp_id", "order_id"].find((name) => text(call.fields, name) === "");
    if (missing !== undefined) return failure(reply, 422, fieldRequired(missing));
    const providerId = wholeNumber(text(call.fields, "sp_id"));
    const provider = providerId === undefined ? undefined : await readProvider(app.pool, call.seller.id, providerId);
    if (provider === undefined || provider.state === "removed") return failure(reply, 404, noSuchProvider(text(call.fields, "sp_id")));
    const orderId = wholeNumber(text(call.fields, "order_id"));
    const order = orderId === undefined ? undefined : paid(await readOrder(app.pool, call.seller.id, orderId));
    if (order === undefined) return failure(reply, 404, messages.noSuchOrder);
    const answer = await app.lanes.one(
      assignProvider({ ...byKey(call.seller), orderId: order.id }, { providerId: provider.id, share: given }),
    );
    if (isRefusal(answer))
      return refused(reply, answer, refusalCatalogue[answer.refused].status === 409 ? messages.alreadyProcessed : undefined);
    const at = app.now();
    const commission = { id: provider.id, orderId: order.id, share: given, createdAt: at, updatedAt: at };
    return success(reply, messages.commissionSet, wireSellerCommission(commission, wireProviderOf(provider)));
  };
}

function operatorsCommission(app: App): Handler {
  return async (request, reply) => {
    const call = await enter(app, request, reply, []);
    if (call === undefined) return reply;
    const given = share(call.fields);
    if (given === undefined) return failure(reply, 422, fieldRequired("commisson"));
    if (isRefusal(given)) return refused(reply, given);
    if (text(call.fields, "order_id") === "") return failure(reply, 422, fieldRequired("order_id"));
    const orderId = wholeNumber(text(call.fields, "order_id"));
    const order = orderId === undefined ? undefined : paid(await readOrderOfOperator(app.pool, call.seller.id, orderId));
    if (order === undefined) return failure(reply, 404, messages.noSuchOrder);
    const actor = { party: "seller", name: `marketplace_operator:${call.seller.id}` } as const;
    const ask = { ...byKey(call.seller), sellerId: order.sellerId, actor, orderId: order.id };
    const answer = await app.lanes.one(setOperatorShare(ask, { operatorId: call.seller.id, share: given }));
    if (isRefusal(answer)) {
      const sentence =
        answer.refused === "seller_not_associated"
          ? sellerNotAssociated(order.sellerId)
          : refusalCatalogue[answer.refused].status === 409
            ? messages.alreadyProcessed
            : undefined;
      return refused(reply, answer, sentence);
    }
    const seller = must(await sellerById(app.pool, order.sellerId), "the order's seller");
    const at = app.now();
    return success(
      reply,
      messages.commissionSet,
      wireOperatorCommission(
        { id: order.id, orderId: order.id, share: given, createdAt: at, updatedAt: at },
        {
          id: seller.id,
          isMarketplace: false,
          operatorId: call.seller.id,
          individual: seller.role === "individual",
          businessName: seller.businessName,
          businessEmail: seller.email,
          siteUrl: null,
          sandbox: app.mode === "sandbox",
          createdAt: seller.createdAt,
          updatedAt: seller.updatedAt,
        },
      ),
    );
  };
}
