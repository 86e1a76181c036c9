import multipart from "@fastify/multipart";
import rateLimit from "@fastify/rate-limit";
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest, FastifyServerOptions } from "fastify";
import { fastify, LogController } from "fastify";
import { refuse } from "../domain/refusals.ts";
import { parseAuthtoken } from "../atarapay/tokens.ts";
import type { App } from "./app-context.ts";
import { bankAndRateRoutes } from "./atarapay/banks-and-rates.ts";
import { commissionRoutes } from "./atarapay/commissions.ts";
import { orderRoutes } from "./atarapay/orders.ts";
import { projectRoutes } from "./atarapay/projects.ts";
import { providerRoutes } from "./atarapay/providers.ts";
import { demoRoutes } from "./demo-routes.ts";
import { acceptForms, BadBody } from "./fields.ts";
import { orderPageRoutes } from "./order-page-routes.ts";
import { operatorRoutes } from "./operator-routes.ts";
import { errorAnswer, pagePolicy, refusedPage } from "./page-answers.ts";
import { stylesheet } from "./pages/assets.ts";
import { checkoutRoutes } from "./pay/checkout-routes.ts";
import { inlineRoutes } from "./pay/inline-routes.ts";
import { railEventRoutes } from "./rail-events.ts";
import { sandboxRoutes } from "./sandbox-routes.ts";
import { sellerRoutes } from "./seller-routes.ts";
import { solvencyRoutes } from "./solvency-routes.ts";

export interface ServerSettings {
  readonly bodyLimit: number;
  readonly trustProxy: number;
  readonly perKey: number;
  readonly perAddress: number;
  readonly logger: FastifyServerOptions["loggerInstance"];
}

const pageHeaders = {
  "content-security-policy": pagePolicy("'self'"),
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "cross-origin-opener-policy": "same-origin",
  "permissions-policy": "camera=(), microphone=(), geolocation=()",
} as const;

/** The HTTP server with all routes. In a live installation nothing of the sandbox is registered at all. */
export async function buildServer(app: App, settings: ServerSettings): Promise<FastifyInstance> {
  const server: FastifyInstance = fastify({
    ...(settings.logger === undefined ? {} : { loggerInstance: settings.logger }),
    // Addresses carry link and checkout tokens, so requests are not logged by address.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: settings.bodyLimit,
    trustProxy: (_address: string, hop: number) => hop < settings.trustProxy,
    // A program that was given our address with a slash at its end, or puts one at the end of a path, means the same place.
    routerOptions: { maxParamLength: 200, ignoreTrailingSlash: true, ignoreDuplicateSlashes: true },
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false } },
    requestTimeout: 30_000,
    // An address that cannot be read never reaches the error handler below.
    frameworkErrors: (error, request, reply: FastifyReply) =>
      void errorAnswer(app, request, reply.headers(pageHeaders), error.statusCode ?? 400, error.message),
  });
  acceptForms(server);
  await server.register(multipart, { limits: { files: 0, fields: 100, fieldSize: settings.bodyLimit, parts: 100 } });
  await server.register(rateLimit, { global: true, max: settings.perAddress, timeWindow: 60_000 });
  limitKeys(server, settings.perKey);

  // No name of ours holds a NUL, and PostgreSQL takes none: such an address leads nowhere, whatever route it fits.
  server.addHook("onRequest", async (request, reply) => {
    if (request.url.includes("%00")) return refusedPage(app, request, reply, refuse("not_yours", "There is nothing at this address."));
  });
  server.addHook("onSend", async (_request, reply) => {
    for (const [name, value] of Object.entries(pageHeaders)) if (!reply.hasHeader(name)) void reply.header(name, value);
  });
  server.setErrorHandler<FastifyError>((error, request, reply) => {
    if (error instanceof BadBody) return refusedPage(app, request, reply, error.refusal);
    const status = error.statusCode ?? 500;
    if (status === 429) {
      return refusedPage(app, request, reply, refuse("too_many_requests"));
    }
    if (status >= 400 && status < 500) {
      const detail = status === 413 ? `The body is larger than the ${settings.bodyLimit} bytes taken here.` : error.message;
      return errorAnswer(app, request, reply, status, detail);
    }
    request.log.error({ error: error.message, stack: error.stack, route: request.routeOptions.url }, "a request failed");
    const message = `Something went wrong here, and nothing was changed by this request unless it says so elsewhere. Try again; if it stays, name request ${request.id}.`;
    return errorAnswer(app, request, reply, 500, message);
  });
  server.setNotFoundHandler((request, reply) => refusedPage(app, request, reply, refuse("not_yours", "There is nothing at this address.")));

  server.get(stylesheet.path, (_request, reply) =>
    reply.type(stylesheet.type).header("cache-control", "public, max-age=300").send(stylesheet.text),
  );
  // Browsers ask for one by themselves; there is none, and that is no error.
  server.get("/favicon.ico", (_request, reply) => reply.code(204).header("cache-control", "public, max-age=86400").send());
  server.get("/healthz", async (_request, reply) => {
    try {
      await app.pool.query("SELECT 1");
    } catch {
      return reply
        .code(503)
        .header("retry-after", "5")
        .send({ status: "error", message: "The database cannot be reached; it is tried again." });
    }
    return reply.send({ status: "ok", mode: app.mode });
  });
  projectRoutes(server, app);
  providerRoutes(server, app);
  commissionRoutes(server, app);
  bankAndRateRoutes(server, app);
  orderRoutes(server, app);
  checkoutRoutes(server, app);
  inlineRoutes(server, app);
  orderPageRoutes(server, app);
  sellerRoutes(server, app);
  operatorRoutes(server, app);
  solvencyRoutes(server, app);
  railEventRoutes(server, app);
  if (app.sandbox !== undefined) sandboxRoutes(server, app, app.sandbox);
  if (app.sandbox?.demo !== undefined) demoRoutes(server, app, app.sandbox, app.sandbox.demo);
  return server;
}

/** A limit per public key beside the one per address: a shop behind many addresses, or a stolen public key, is one caller. */
function limitKeys(server: FastifyInstance, most: number): void {
  const check = server.createRateLimit({ max: most, timeWindow: 60_000, keyGenerator: (request) => `key ${publicKeyOf(request)}` });
  server.addHook("preHandler", async (request) => {
    if (publicKeyOf(request) === "") return;
    const limit = await check(request);
    if (!limit.isAllowed && limit.isExceeded)
      throw new BadBody(refuse("too_many_requests", undefined, { retry_after: limit.ttlInSeconds }));
  });
}

function publicKeyOf(request: FastifyRequest): string {
  const bearer = /^Bearer ([A-Za-z0-9]{8,64})$/.exec(request.headers.authorization ?? "")?.[1] ?? "";
  const { body } = request;
  if (typeof body !== "object" || body === null) return bearer;
  const { authtoken, token } = body as Record<string, unknown>;
  if (typeof token === "string") return token.slice(0, 64);
  return typeof authtoken === "string" ? (parseAuthtoken(authtoken)?.publicKey.slice(0, 64) ?? "") : bearer;
}
