import type { Answer, Wording } from "../core/rail-server.ts";
import { RailError } from "../core/rail-server.ts";
import { errorCodes, otherError } from "./from-memory.ts";

/** Paystack's envelope around everything that went well. */
export function ok(message: string, data: object, status = 200): Answer {
  return { status, body: { status: true, message, data } };
}

/** A page of a list, with Paystack's count beside it. `page` begins with 1. */
export function list(message: string, all: readonly object[], query: Readonly<Record<string, string>>): Answer {
  const perPage = positive(query["perPage"], 50, "perPage");
  const page = positive(query["page"], 1, "page");
  const data = all.slice((page - 1) * perPage, page * perPage);
  const meta = { total: all.length, skipped: (page - 1) * perPage, perPage, page, pageCount: Math.ceil(all.length / perPage) };
  return { status: 200, body: { status: true, message, data, meta } };
}

function positive(text: string | undefined, otherwise: number, name: string): number {
  if (text === undefined) return otherwise;
  if (!/^[1-9]\d{0,3}$/.test(text)) throw invalid(name, "must be a whole number from 1 on");
  return Number(text);
}

/** A refusal with one of Paystack's documented sentences. */
export function no(message: string, nextStep = "See the documentation of this endpoint."): RailError {
  const { status, code } = errorCodes[message] ?? otherError;
  const type = code === "insufficient_balance" ? "api_error" : "validation_error";
  return new RailError(status, { status: false, message, meta: { nextStep }, type, code });
}

function invalid(field: string, problem: string): RailError {
  return no(`${field} ${problem}`, `Look at the field ${field} of the request.`);
}

/** How Paystack answers what is wrong in general. */
export function paystackWording(secretKey: string): Wording {
  return {
    authorize(headers) {
      const given = headers["authorization"];
      if (given === undefined) throw no("No Authorization Header was found");
      const [, key] = /^Bearer (\S+)$/.exec(String(given)) ?? [];
      if (key === undefined) throw no("Format is Authorization Bearer [secret key]");
      if (key !== secretKey) throw no("Invalid key", "Ensure that you provide the correct authorization key for the request");
    },
    invalid,
    notFound: (method, path) => new RailError(404, { status: false, message: `Cannot ${method} ${path}` }),
    tooMany: () => no("Please wait a few minutes and try again."),
    broken: () => new RailError(500, { status: false, message: "An error occurred" }),
  };
}
