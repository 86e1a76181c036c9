import type { FastifyInstance } from "fastify";
import { wireBanks } from "../../atarapay/banks.ts";
import { fieldRequired, messages } from "../../atarapay/messages.ts";
import type { App } from "../app-context.ts";
import { text } from "../fields.ts";
import { failure, success } from "./answers.ts";
import { enter } from "./caller.ts";

/** What shops load with every admin page: the bank list, and naira for one unit of their currency. */
export function bankAndRateRoutes(server: FastifyInstance, app: App): void {
  server.post("/api/external/getBanks", async (request, reply) => {
    const call = await enter(app, request, reply, []);
    return call === undefined ? reply : success(reply, messages.banks, wireBanks);
  });

  // Without a token, as the plugin asks. It reads `USDNGN` whatever the base is, so that is the only name the rate has.
  server.get<{ Querystring: Record<string, unknown> }>("/api/abokiExchangeRate", async (request, reply) => {
    const base = text(request.query, "base").toUpperCase();
    const currency = text(request.query, "currency").toUpperCase() || "NGN";
    if (base === "") return failure(reply, 422, fieldRequired("base"));
    if (currency !== "NGN") return failure(reply, 422, "The currency field must be NGN: rates are naira for one unit of the base.");
    const rate = base === "NGN" ? "1" : Object.hasOwn(app.settings.rates, base) ? app.settings.rates[base] : undefined;
    if (rate === undefined) return failure(reply, 404, `This installation has no rate for ${base.slice(0, 8)}.`);
    return success(reply, messages.exchangeRate, { USDNGN: Number(rate) });
  });
}
