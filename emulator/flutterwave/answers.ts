import type { Answer, Wording } from "../core/rail-server.ts";
import { RailError } from "../core/rail-server.ts";

export function ok(message: string, data: object): Answer {
  return { status: 200, body: { status: "success", message, data } };
}

export function list(message: string, all: readonly object[], query: Readonly<Record<string, string>>): Answer {
  const page = Number(query["page"] ?? 1);
  const size = 20;
  if (!Number.isSafeInteger(page) || page < 1) throw flutterwaveNo("page must be a number from 1 on");
  const meta = { page_info: { total: all.length, current_page: page, total_pages: Math.ceil(all.length / size) } };
  return { status: 200, body: { status: "success", message, meta, data: all.slice((page - 1) * size, page * size) } };
}

export function flutterwaveNo(message: string, status = 400): RailError {
  return new RailError(status, { status: "error", message, data: null });
}

export function flutterwaveWording(secretKey: string): Wording {
  return {
    authorize(headers) {
      const given = headers["authorization"];
      if (given === undefined) throw flutterwaveNo("Authorization required", 401);
      if (given !== `Bearer ${secretKey}`) throw flutterwaveNo("Invalid authorization key", 401);
    },
    invalid: (field, problem) => flutterwaveNo(`${field} ${problem}`),
    notFound: (method, path) => flutterwaveNo(`Cannot ${method} ${path}`, 404),
    tooMany: () => flutterwaveNo("Too many requests", 429),
    broken: () => flutterwaveNo("An error occurred", 500),
  };
}
