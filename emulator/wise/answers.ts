import type { Wording } from "../core/rail-server.ts";
import { RailError } from "../core/rail-server.ts";

export function wiseNo(code: string, message: string, path = "", status = 422): RailError {
  return new RailError(status, { errors: [{ code, message, path, arguments: [] }] });
}

export function missing(what: string, id: string | undefined): RailError {
  return wiseNo(`${what}.not-found`, `No ${what} ${id}`, "", 404);
}

export function wiseWording(token: string): Wording {
  return {
    authorize(headers) {
      if (headers["authorization"] !== `Bearer ${token}`) {
        throw new RailError(401, { error: "invalid_token", error_description: "Invalid or missing token" });
      }
    },
    invalid: (field, problem) => wiseNo(problem === "is not allowed" ? "UNKNOWN_FIELD" : "NOT_VALID", `${field} ${problem}`, field),
    notFound: (method, path) => new RailError(404, { status: 404, error: "Not Found", message: `${method} ${path}`, path }),
    tooMany: () => wiseNo("too_many_requests", "Too many requests", "", 429),
    broken: () => new RailError(500, { status: 500, error: "Internal Server Error", message: "An error occurred" }),
  };
}
