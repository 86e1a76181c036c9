import type { Answered, JsonApi } from "../../net/json-call.ts";
import { NoAnswer } from "../rail.ts";
import type { RailMemory } from "../rail.ts";
import { Piece } from "../read.ts";

/** What the parts of the adapter share. */
export interface Paystack {
  readonly api: JsonApi;
  readonly memory: RailMemory;
  readonly clock: () => Date;
}

/** What Paystack wrote around its refusal. */
export interface Refused {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

/** The `data` of an answer, or how it was refused. */
export function dataOf(answered: Answered, what: string): { readonly data: Piece } | { readonly refused: Refused } {
  const body = new Piece(answered.body, what);
  if (answered.status < 300 && body.raw("status") === true) return { data: body.piece("data") };
  return {
    refused: { status: answered.status, code: body.textOr("code", ""), message: body.textOr("message", "no reason") },
  };
}

/** All pages of a list. One that does not end, or is refused, is {@link NoAnswer}: what it did not show must not be taken for absent. */
export async function everyPage(paystack: Paystack, path: string, what: string): Promise<Piece[]> {
  const all: Piece[] = [];
  for (let page = 1; page <= mostPages; page += 1) {
    const answered = await paystack.api.call("GET", `${path}${path.includes("?") ? "&" : "?"}perPage=100&page=${page}`);
    const body = new Piece(answered.body, what);
    if (answered.status >= 300) throw new NoAnswer(`Paystack did not list ${what}: ${body.textOr("message", "no reason")}`);
    const items = body.list("data");
    all.push(...items);
    if (items.length < 100) return all;
  }
  throw new NoAnswer(`Paystack lists more than ${mostPages} pages of ${what}`);
}

const mostPages = 500;
