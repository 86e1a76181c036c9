import { Agent, request } from "undici";

/**
 * The other side was not reached, or said nothing that can be believed. It says nothing about the effect: what was asked for may have
 * happened.
 */
export class NoAnswer extends Error {
  override readonly name = "NoAnswer";
  /** Milliseconds for which it wants to be left alone, where it said that it is called too often. */
  readonly waitFor: number | undefined;
  /** It does not take our key: it goes on so until a person puts in another. */
  readonly keyRefused: boolean;

  constructor(message: string, waitFor?: number, keyRefused = false) {
    super(message);
    this.waitFor = waitFor;
    this.keyRefused = keyRefused;
  }
}

const refusal = "the key was refused";

/** The answer of one that refuses our key: status 401 or 403. */
export function keyRefused(what: string, status: number): NoAnswer {
  return new NoAnswer(`${what}: ${refusal} (status ${status})`, undefined, true);
}

/** Whether that is what a stored reason says. */
export const saysKeyRefused = (reason: string): boolean => reason.includes(refusal);

/** What a `Retry-After` header asks for, in milliseconds, as seconds or as a date; ten seconds where it is absent or cannot be read. */
export function waitAsked(header: unknown, now: Date): number {
  const usual = 10_000;
  if (typeof header !== "string") return usual;
  if (/^\d{1,6}$/.test(header.trim())) return Number(header) * 1000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? usual : Math.max(0, at - now.getTime());
}

/** A decision of the other side: done (2xx) or refused (4xx), with what it wrote. */
export interface Answered {
  readonly status: number;
  readonly body: unknown;
}

export interface JsonApi {
  call(method: "GET" | "POST" | "PUT", path: string, body?: object, headers?: Readonly<Record<string, string>>): Promise<Answered>;
  close(): Promise<void>;
}

export interface JsonApiSettings {
  /** Without a slash at its end. */
  readonly baseUrl: string;
  /** Sent with every call; the key among them. */
  readonly headers: Readonly<Record<string, string>>;
  /** Milliseconds for all of a call. */
  readonly timeout: number;
  /** How a body is written; JSON unless said otherwise. */
  readonly encode?: { readonly type: string; readonly write: (body: object) => string };
}

/** No more of an answer is read. */
const mostOfAnswer = 4 * 1024 * 1024;

/**
 * Calls the API of a provider whose address the operator has set. A time-out, a broken connection, a 5xx, 429, 401 or 403, a redirect and a
 * body that is not JSON are all {@link NoAnswer}: none of them decides whether money moved. Addresses and keys stay out of its message.
 */
export function jsonApi(settings: JsonApiSettings): JsonApi {
  const { baseUrl, timeout } = settings;
  const encode = settings.encode ?? { type: "application/json", write: JSON.stringify };
  const agent = new Agent({ connect: { timeout: Math.min(timeout, 10_000) }, keepAliveTimeout: 4_000, maxResponseSize: mostOfAnswer });
  return {
    async call(method, path, body, headers = {}) {
      const what = `${method} ${path.split("?")[0]}`;
      let status: number;
      let text: string;
      let retryAfter: unknown;
      try {
        const answer = await request(`${baseUrl}${path}`, {
          method,
          dispatcher: agent,
          signal: AbortSignal.timeout(timeout),
          headers: {
            accept: "application/json",
            ...settings.headers,
            ...headers,
            ...(body === undefined ? {} : { "content-type": encode.type }),
          },
          ...(body === undefined ? {} : { body: encode.write(body) }),
        });
        status = answer.statusCode;
        retryAfter = answer.headers["retry-after"];
        text = await answer.body.text();
      } catch (error) {
        throw new NoAnswer(`${what}: ${error instanceof Error ? error.name : "no connection"}`);
      }
      if (status === 429) throw new NoAnswer(`${what}: status 429`, waitAsked(retryAfter, new Date()));
      if (status >= 500 || status === 408) throw new NoAnswer(`${what}: status ${status}`);
      if (status === 401 || status === 403) throw keyRefused(what, status);
      if (status >= 300 && status < 400) throw new NoAnswer(`${what}: a redirect`);
      try {
        return { status, body: JSON.parse(text) as unknown };
      } catch {
        throw new NoAnswer(`${what}: status ${status} without JSON`);
      }
    },
    close: () => agent.close(),
  };
}
