import type { LightMyRequestResponse } from "fastify";

export type Encoding = "form" | "multipart" | "json";
export type Method = "POST" | "PUT" | "GET" | "DELETE";

/** An answer in the wire's shape. `data` is left open: each call has its own. */
export interface Answered {
  readonly status: number;
  readonly body: {
    readonly status: string;
    readonly message: string;
    readonly data?: unknown;
    readonly code?: string;
    readonly facts?: Readonly<Record<string, unknown>>;
  };
  readonly location: string | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
}

/** A page. */
export interface Page {
  readonly status: number;
  readonly text: string;
  readonly location: string | undefined;
  /** The cookie it sets, as a browser sends it back. */
  readonly cookie: string | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
}

const boundary = "------trancheTestBoundary7MA4";

/** A request's body and its type. Form values that are lists come as a field given more than once. */
export function fields(
  values: Readonly<Record<string, unknown>>,
  encoding: Encoding = "form",
): { payload: string; headers: Record<string, string> } {
  if (encoding === "json") return { payload: JSON.stringify(values), headers: { "content-type": "application/json" } };
  const pairs = Object.entries(values).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map((one): [string, string] => [name, plainText(one)]),
  );
  if (encoding === "form")
    return { payload: new URLSearchParams(pairs).toString(), headers: { "content-type": "application/x-www-form-urlencoded" } };
  const parts = pairs.map(([name, value]) => `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`);
  return { payload: `${parts.join("")}--${boundary}--\r\n`, headers: { "content-type": `multipart/form-data; boundary=${boundary}` } };
}

function plainText(value: unknown): string {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

export function readAnswer(response: LightMyRequestResponse): Answered {
  const text = response.body;
  const body = text.startsWith("{") ? (JSON.parse(text) as Answered["body"]) : { status: "page", message: text };
  return { status: response.statusCode, body, location: response.headers.location, headers: response.headers };
}

export function page(response: LightMyRequestResponse): Page {
  const set = response.headers["set-cookie"];
  const first = Array.isArray(set) ? set[0] : set;
  return {
    status: response.statusCode,
    text: response.body,
    location: response.headers.location,
    cookie: first?.split(";")[0],
    headers: response.headers,
  };
}

/** The text of a page as people read it: no tags, entities resolved, white space drawn together. */
export function words(html: string): string {
  const entities: Readonly<Record<string, string>> = { "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'", "&amp;": "&" };
  return html
    .replace(/<head>[\s\S]*?<\/head>/, "")
    .replace(/<[^>]*>/g, " ")
    .replace(/&(lt|gt|quot|#39|amp);/g, (entity) => entities[entity] ?? entity)
    .replace(/\s+/g, " ")
    .trim();
}
