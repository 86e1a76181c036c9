import { setTimeout as sleep } from "node:timers/promises";
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { fastify } from "fastify";
import type { Books } from "./books.ts";
import type { Chance } from "./chance.ts";
import type { Clock } from "./clock.ts";
import type { Fault, Faults, FaultSet } from "./faults.ts";
import { readForm } from "./form.ts";
import { readFaults, UnknownFault } from "./faults.ts";
import type { Webhooks } from "./webhooks.ts";

/** What every rail is made of. */
export interface Parts {
  readonly clock: Clock;
  readonly chance: Chance;
  readonly books: Books;
  readonly faults: Faults;
  readonly webhooks: Webhooks;
  /** The rail's own address, known once it listens. */
  readonly address: () => string;
  /** How long, on the emulator's clock, the rail takes for a step that it takes by itself. */
  readonly pace: number;
}

/** A request as a rail's functions see it: checked against its schema, with the faults it is to have. */
export interface Call {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly faults: FaultSet;
}

export interface Answer {
  readonly status: number;
  readonly body: object | string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A refusal in the rail's own words. */
export class RailError extends Error {
  override readonly name = "RailError";
  readonly status: number;
  readonly body: object;

  constructor(status: number, body: object) {
    super(`${status} ${JSON.stringify(body)}`);
    this.status = status;
    this.body = body;
  }
}

/** How a rail says that something general is wrong. */
export interface Wording {
  /** Throws a {@link RailError} where the request does not carry the rail's key. */
  authorize(headers: Call["headers"]): void;
  invalid(field: string, problem: string): RailError;
  notFound(method: string, path: string): RailError;
  tooMany(): RailError;
  broken(): RailError;
}

/** What a magic amount is read from, in the smallest unit, and a script's reference. */
export type About = (call: Omit<Call, "faults">) => { readonly amount?: bigint; readonly reference?: string };

export interface Route {
  readonly method: "GET" | "POST" | "PUT";
  readonly path: string;
  readonly body?: object;
  readonly query?: object;
  /** The payer's pages need no key. */
  readonly open?: boolean;
  readonly about?: About;
  readonly handle: (call: Call) => Answer | Promise<Answer>;
}

export interface Waits {
  /** Real milliseconds that an answer under `slow` takes. */
  readonly slow: number;
  /** Real milliseconds after which a connection that gets no answer is cut. */
  readonly hang: number;
}

/** One rail's HTTP server. Unknown fields are refused by name, so that an adapter that invents one is found out. */
export function buildRailServer(routes: readonly Route[], parts: Parts, wording: Wording, waits: Waits): FastifyInstance {
  const server = fastify({
    forceCloseConnections: true,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 300 },
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, allErrors: true, allowUnionTypes: true } },
  });
  const hanging = new Set<NodeJS.Timeout>();
  server.addHook("onClose", () => {
    for (const timer of hanging) clearTimeout(timer);
  });

  // A program that knows only JSON must still be able to post nothing at all.
  server.removeContentTypeParser("application/json");
  server.addContentTypeParser("application/json", { parseAs: "string" }, (_request, text, done) => {
    if (text === "") return done(null);
    try {
      done(null, JSON.parse(String(text)));
    } catch {
      done(wording.invalid("body", "is not JSON"));
    }
  });
  server.addContentTypeParser("application/x-www-form-urlencoded", { parseAs: "string" }, (_request, text, done) => {
    done(null, readForm(String(text)));
  });

  server.setErrorHandler<FastifyError>((error, _request, reply) => {
    const said = toRailError(error, wording);
    return reply.code(said.status).send(said.body);
  });
  server.setNotFoundHandler((request, reply) => {
    const said = wording.notFound(request.method, request.url.split("?")[0] ?? "");
    return reply.code(said.status).send(said.body);
  });

  /** Says nothing, until the other side gives up or the connection is cut. */
  const hang = (reply: FastifyReply): void => {
    void reply.hijack();
    const cut = setTimeout(() => {
      hanging.delete(cut);
      reply.raw.destroy();
    }, waits.hang);
    hanging.add(cut);
    reply.raw.once("close", () => {
      clearTimeout(cut);
      hanging.delete(cut);
    });
  };

  for (const route of routes) {
    const { method, path } = route;
    server.route({
      method,
      url: path,
      schema: { ...(route.body === undefined ? {} : { body: route.body }), querystring: route.query ?? true },
      onRequest: async (request) => {
        if (route.open !== true) wording.authorize(request.headers);
      },
      handler: async (request, reply) => {
        const faults = faultsOf(request, route, parts.faults);
        const has = (fault: Fault) => faults.has(fault);
        if (has("rate_limit")) throw wording.tooMany();
        if (has("error_500")) throw wording.broken();
        if (has("timeout_before")) return hang(reply);
        const answer = await route.handle({ ...plain(request), faults });
        if (has("timeout_after")) return hang(reply);
        if (has("slow")) await sleep(waits.slow, undefined, { ref: false });
        if (has("error_500_after")) throw wording.broken();
        return reply
          .code(answer.status)
          .headers(answer.headers ?? {})
          .send(answer.body);
      },
    });
  }
  return server;
}

function plain(request: FastifyRequest): Omit<Call, "faults"> {
  return {
    params: request.params as Record<string, string>,
    query: request.query as Record<string, string>,
    body: request.body,
    headers: request.headers,
  };
}

function faultsOf(request: FastifyRequest, route: Route, faults: Faults): FaultSet {
  const call = plain(request);
  const header = request.headers["x-emulator-fault"];
  const about = route.about?.(call);
  const operation = route.open === true ? "pay" : `${route.method} ${route.path}`;
  const found = faults.of({ operation, header: Array.isArray(header) ? header.join() : header, ...about });
  // The payer's page has no headers of its own.
  return route.open === true ? new Set([...found, ...readFaults(call.query["fault"])]) : found;
}

function toRailError(error: FastifyError | RailError | UnknownFault, wording: Wording): RailError {
  if (error instanceof RailError) return error;
  if (error instanceof UnknownFault) return wording.invalid("x-emulator-fault", error.message);
  if ("validation" in error && error.validation !== undefined) {
    const unknown = error.validation.find((one) => one.keyword === "additionalProperties");
    const first = unknown ?? error.validation[0];
    const inner = first?.params["additionalProperty"] ?? first?.params["missingProperty"];
    const place = (first?.instancePath ?? "").split("/").filter((part) => part !== "");
    const field = [...place, ...(typeof inner === "string" ? [inner] : [])].join(".");
    const problem =
      unknown !== undefined ? "is not allowed" : first?.keyword === "required" ? "is required" : (first?.message ?? "is wrong");
    return wording.invalid(field === "" ? "body" : field, problem);
  }
  const status = "statusCode" in error ? (error.statusCode ?? 500) : 500;
  // A fault of the emulator's own must be seen, not taken for one that was asked for.
  return status < 500
    ? wording.invalid("body", error.message)
    : new RailError(500, { emulator: "a fault of the emulator itself", error: String(error.stack) });
}
