import type { Answered, JsonApi } from "../../net/json-call.ts";
import { NoAnswer } from "../rail.ts";
import type { RailMemory } from "../rail.ts";
import { Piece } from "../read.ts";

/** What the parts of the adapter share. */
export interface Flutterwave {
  readonly api: JsonApi;
  readonly memory: RailMemory;
  readonly clock: () => Date;
}

/** What Flutterwave wrote around its refusal. */
export interface Refused {
  readonly status: number;
  readonly message: string;
}

/** The `data` of an answer, or how it was refused. */
export function dataOf(answered: Answered, what: string): { readonly data: Piece } | { readonly refused: Refused } {
  const body = new Piece(answered.body, what);
  if (answered.status < 300 && body.raw("status") === "success") return { data: body.piece("data") };
  return { refused: { status: answered.status, message: body.textOr("message", "no reason") } };
}

/** All pages of a list. One that does not end, or is refused, is {@link NoAnswer}: what it did not show must not be taken for absent. */
export async function everyPage(flutterwave: Flutterwave, path: string, what: string): Promise<Piece[]> {
  const all: Piece[] = [];
  for (let page = 1; page <= mostPages; page += 1) {
    const answered = await flutterwave.api.call("GET", `${path}${path.includes("?") ? "&" : "?"}page=${page}`);
    const body = new Piece(answered.body, what);
    if (answered.status >= 300) throw new NoAnswer(`Flutterwave did not list ${what}: ${body.textOr("message", "no reason")}`);
    const items = body.list("data");
    all.push(...items);
    if (items.length === 0 || page >= lastPage(body)) return all;
  }
  throw new NoAnswer(`Flutterwave lists more than ${mostPages} pages of ${what}`);
}

const mostPages = 500;

/** Without a count of pages the list ends with an empty one. */
function lastPage(body: Piece): number {
  const info = body.has("meta") && body.piece("meta").has("page_info") ? body.piece("meta").piece("page_info") : undefined;
  return info?.has("total_pages") === true ? Number(info.whole("total_pages")) : Number.POSITIVE_INFINITY;
}

/** A day as the filters of lists take it. */
export function dayOf(at: Date): string {
  return at.toISOString().slice(0, 10);
}
