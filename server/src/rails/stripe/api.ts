import http from "node:http";
import https from "node:https";
import { Stripe } from "stripe";
import { Fault } from "../../domain/fault.ts";
import { keyRefused, waitAsked } from "../../net/json-call.ts";
import { NoAnswer } from "../rail.ts";
import type { RailMemory } from "../rail.ts";
import { Piece } from "../read.ts";

/** What the parts of the adapter share. */
export interface StripeParts {
  readonly client: Stripe;
  readonly memory: RailMemory;
  readonly clock: () => Date;
}

/** Stripe's refusal: it has decided, and nothing was done. */
export interface Refused {
  readonly status: number;
  readonly code: string;
  readonly param: string;
  readonly message: string;
}

/** Stripe's own client, at that address. It repeats nothing by itself: only whoever asked knows what may be asked again. */
export function connect(secretKey: string, baseUrl: string, timeout: number): { readonly client: Stripe; close(): void } {
  const { protocol, hostname, port } = new URL(baseUrl);
  const secure = protocol === "https:";
  const agent = secure ? new https.Agent({ keepAlive: true }) : new http.Agent({ keepAlive: true });
  const client = new Stripe(secretKey, {
    protocol: secure ? "https" : "http",
    host: hostname,
    port: port === "" ? (secure ? 443 : 80) : Number(port),
    timeout,
    maxNetworkRetries: 0,
    telemetry: false,
    httpClient: onceOnly(agent),
  });
  return { client, close: () => agent.destroy() };
}

/** The package repeats a call whose connection was closed even with retries off; what it cannot recognize by its code it does not repeat. */
function onceOnly(agent: http.Agent): NonNullable<Stripe.StripeConfig["httpClient"]> {
  const node = Stripe.createNodeHttpClient(agent);
  return {
    getClientName: () => node.getClientName(),
    makeRequest: (...asked) =>
      node.makeRequest(...asked).catch((cause: unknown) => {
        throw new Error("no connection, or none that lasted", { cause });
      }),
  };
}

/**
 * What Stripe answered, or how it refused. Everything else (no connection, a time-out, 5xx, 409, 429, 401, 403, no JSON) is {@link NoAnswer}:
 * none of it decides whether money moved. A key that was used for something else is a bug of ours and a {@link Fault}.
 */
export async function answerTo(what: string, call: Promise<unknown>): Promise<{ readonly data: Piece } | { readonly refused: Refused }> {
  try {
    return { data: new Piece(await call, what) };
  } catch (error) {
    if (error instanceof Stripe.errors.StripeIdempotencyError) throw new Fault(`${what} was asked for as something else: ${error.message}`);
    if (error instanceof Stripe.errors.StripeInvalidRequestError || error instanceof Stripe.errors.StripeCardError)
      return {
        refused: { status: error.statusCode ?? 0, code: error.code ?? "", param: error.param ?? "", message: error.message },
      };
    if (error instanceof NoAnswer) throw error;
    if (!(error instanceof Stripe.errors.StripeError)) throw new NoAnswer(`${what}: ${error instanceof Error ? error.name : "no answer"}`);
    if (error.statusCode === 401 || error.statusCode === 403) throw keyRefused(what, error.statusCode);
    const waitFor = error.statusCode === 429 ? waitAsked(error.headers?.["retry-after"], new Date()) : undefined;
    throw new NoAnswer(`${what}: ${error.type}${error.statusCode === undefined ? "" : ` (status ${error.statusCode})`}`, waitFor);
  }
}

/** As {@link answerTo}, where a refusal tells nothing either. */
export async function dataOf(what: string, call: Promise<unknown>): Promise<Piece> {
  const answer = await answerTo(what, call);
  if ("data" in answer) return answer.data;
  throw new NoAnswer(`Stripe did not show ${what}: ${answer.refused.message}`);
}

/** Every object of a list, newest first, as long as it is wanted. A list that comes back to where it was would never end: {@link NoAnswer}. */
export async function* everyOne(what: string, list: (page: { limit: number; starting_after?: string }) => Promise<unknown>) {
  const been = new Set<string>();
  let after: string | undefined;
  for (;;) {
    const page = await dataOf(what, list({ limit: 100, ...(after === undefined ? {} : { starting_after: after }) }));
    const all = page.list("data");
    yield* all;
    after = all.at(-1)?.text("id");
    if (after === undefined || page.raw("has_more") !== true) return;
    if (been.has(after)) throw new NoAnswer(`${what} go round in circles: ${after} came twice`);
    been.add(after);
  }
}

/** Stripe's times are seconds. */
export function timeOf(piece: Piece, name: string): Date {
  return new Date(Number(piece.whole(name)) * 1000);
}
