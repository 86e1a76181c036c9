import { setTimeout as sleep } from "node:timers/promises";

/** What came back over HTTP, as far as the demo looks at it. */
export interface WireAnswer {
  readonly status: number;
  readonly location: string | null;
  readonly text: string;
  /** The body as JSON, or undefined where it is a page. */
  readonly json: Readonly<Record<string, unknown>> | undefined;
}

export type FormFields = Readonly<Record<string, string | number>>;

/** The demo cannot go on: the sandbox answered something else than it should. */
export class DemoFailed extends Error {
  override readonly name = "DemoFailed";
}

/** The sandbox as a shop, a buyer's browser and an operator's script reach it: plain HTTP, nothing else. */
export class Wire {
  readonly url: string;
  #bearer: string | undefined;

  constructor(url: string) {
    this.url = url;
  }

  /** Calls of the operator's API carry this token from now on. */
  signedIn(token: string): void {
    this.#bearer = token;
  }

  post(path: string, fields: FormFields): Promise<WireAnswer> {
    const body = new URLSearchParams(Object.entries(fields).map(([name, value]): [string, string] => [name, String(value)]));
    return this.#ask(path, { method: "POST", body });
  }

  get(path: string): Promise<WireAnswer> {
    return this.#ask(path, { method: "GET" });
  }

  async #ask(path: string, init: RequestInit): Promise<WireAnswer> {
    const bearer = path.startsWith("/operator/api/") && this.#bearer !== undefined ? { authorization: `Bearer ${this.#bearer}` } : {};
    for (let tries = 0; ; tries += 1) {
      const answer = await fetch(this.url + path, { ...init, redirect: "manual", headers: { ...bearer, accept: "application/json" } });
      const text = await answer.text();
      // A sandbox that is played often within a minute asks for patience.
      if (answer.status === 429 && tries < 5) {
        await sleep(Math.min(Number(answer.headers.get("retry-after") ?? "5"), 60) * 1_000);
        continue;
      }
      return { status: answer.status, location: answer.headers.get("location"), text, json: parse(text) };
    }
  }
}

function parse(text: string): Record<string, unknown> | undefined {
  if (!text.startsWith("{")) return undefined;
  const value: unknown = JSON.parse(text);
  return isObject(value) ? value : undefined;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The `data` of a successful answer; otherwise the demo ends with what was answered. */
export function dataOf(answer: WireAnswer, what: string): Record<string, unknown> {
  const data = answer.json?.["data"];
  if (answer.status !== 200 || !isObject(data)) throw new DemoFailed(`${what} was answered with ${answer.status}: ${said(answer)}`);
  return data;
}

/** The sentence of an answer, shortened. */
export function said(answer: WireAnswer): string {
  const message = answer.json?.["message"];
  return (
    typeof message === "string"
      ? message
      : answer.text
          .replaceAll(/<[^>]*>/g, " ")
          .replaceAll(/\s+/g, " ")
          .trim()
  ).slice(0, 600);
}

/** Asks again until there is an answer: jobs do their work a moment later. Undefined after ten seconds. */
export async function until<T>(look: () => Promise<T | undefined>): Promise<T | undefined> {
  const end = Date.now() + 10_000;
  for (;;) {
    const found = await look();
    if (found !== undefined || Date.now() > end) return found;
    await sleep(100);
  }
}
