import type { Answer, Wording } from "../core/rail-server.ts";
import { RailError } from "../core/rail-server.ts";

export function ok(body: object): Answer {
  return { status: 200, body };
}

/** A list as Stripe pages it, newest first, from `starting_after` on, which must be in it. */
export function list(
  url: string,
  all: readonly { readonly id: string }[],
  query: Readonly<Record<string, string>>,
  draw: (one: never) => object,
): Answer {
  const limit = Number(query["limit"] ?? 10);
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > 100) throw stripeNo("Invalid integer: limit", { param: "limit" });
  const newest = all.toReversed();
  const after = query["starting_after"];
  const from = after === undefined ? 0 : newest.findIndex((one) => one.id === after) + 1;
  if (after !== undefined && from === 0)
    throw stripeNo(`No such object: '${after}'`, { code: "resource_missing", param: "starting_after" });
  const page = newest.slice(from, from + limit);
  return ok({ object: "list", url, has_more: from + limit < newest.length, data: page.map((one) => draw(one as never)) });
}

/** Whether a request wants an object drawn whole that is otherwise named. */
export function expands(query: Readonly<Record<string, string | readonly string[]>>, what: string): boolean {
  return Object.entries(query).some(([name, value]) => name.startsWith("expand") && [value].flat().includes(what));
}

interface More {
  readonly code?: string;
  readonly param?: string;
  readonly status?: number;
  readonly type?: string;
}

export function stripeNo(message: string, { status = 400, type = "invalid_request_error", ...more }: More = {}): RailError {
  return new RailError(status, { error: { type, message, ...more } });
}

export function missing(kind: string, id: string | undefined): RailError {
  return stripeNo(`No such ${kind}: '${id}'`, { status: 404, code: "resource_missing", param: "id" });
}

export function stripeWording(secretKey: string): Wording {
  return {
    authorize(headers) {
      const given = headers["authorization"];
      if (given === undefined) throw stripeNo("You did not provide an API key.", { status: 401 });
      const basic = `Basic ${Buffer.from(`${secretKey}:`).toString("base64")}`;
      if (given !== `Bearer ${secretKey}` && given !== basic) throw stripeNo("Invalid API Key provided", { status: 401 });
    },
    invalid(field, problem) {
      const param = field.split(".").reduce((path, part, at) => (at === 0 ? part : `${path}[${part}]`), "");
      if (problem === "is not allowed") return stripeNo(`Received unknown parameter: ${param}`, { code: "parameter_unknown", param });
      if (problem === "is required") return stripeNo(`Missing required param: ${param}.`, { code: "parameter_missing", param });
      return stripeNo(`Invalid ${param}: ${problem}`, { param });
    },
    notFound: (method, path) => stripeNo(`Unrecognized request URL (${method}: ${path}).`, { status: 404 }),
    tooMany: () => stripeNo("Too many requests hit the API too quickly.", { status: 429, code: "rate_limit" }),
    broken: () => stripeNo("An unknown error occurred", { status: 500, type: "api_error" }),
  };
}
