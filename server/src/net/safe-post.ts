import { lookup as systemLookup } from "node:dns";
import { isIP } from "node:net";
import type { LookupFunction, Socket } from "node:net";
import { Agent, buildConnector } from "undici";
import type { Dispatcher } from "undici";
import { isIn, isLoopback, isPublic } from "./addresses.ts";

/** What came of a POST. Any answer has a status; `answer` is the beginning of its body as text. */
export type Posted = { readonly status: number; readonly answer: string; readonly retryAfter: string | null } | { readonly error: string };

/** Posts to an address that a stranger chose. Never throws. */
export interface SafePost {
  post(url: string, headers: Readonly<Record<string, string>>, body: string, stop?: AbortSignal): Promise<Posted>;
  close(): Promise<void>;
}

export type Resolve = (name: string) => Promise<readonly string[]>;

export interface SafePostSettings {
  /** Networks that may be posted to though they are not public. */
  readonly allow: readonly string[];
  readonly httpsOnly: boolean;
  /** Milliseconds for connecting, for the head of the answer, and between two pieces of its body. */
  readonly timeout: number;
  /** Milliseconds for all of it. */
  readonly total: number;
  /** How names become addresses; the system's way unless a test says otherwise. */
  readonly resolve?: Resolve;
}

/** No more of an answer is read. */
const mostOfAnswer = 64 * 1024;

/** The address, or one of the addresses a name stands for, is not one to post to. */
class NotAllowed extends Error {}

/**
 * Which networks a server may post to beside the public internet: those the operator lists, and only while the server itself can be reached
 * from this machine alone. In live mode this machine itself is never one of them.
 */
export function allowedNetworks(listed: readonly string[], host: string, mode: "sandbox" | "live"): readonly string[] {
  if (!isLoopback(host)) return [];
  return mode === "sandbox" ? listed : listed.filter((network) => !isLoopback(network.split("/")[0] ?? ""));
}

/**
 * A POST that reaches only public addresses (and networks that are allowed by name), follows no redirect, waits for nothing long and reads
 * little. All addresses of a name must be allowed, when it is looked up, when it is connected to, and at the socket's other end.
 */
export function safePost(settings: SafePostSettings): SafePost {
  const { timeout, total, httpsOnly } = settings;
  const resolve = settings.resolve ?? resolveBySystem;
  const allowed = (address: string) => isPublic(address) || isIn(address, settings.allow);

  const check = async (name: string): Promise<readonly string[]> => {
    const literal = name.replace(/^\[(.*)\]$/, "$1");
    const addresses = isIP(literal) === 0 ? await resolve(name) : [literal];
    if (addresses.length === 0) throw new NotAllowed("the name has no address");
    if (!addresses.every(allowed)) throw new NotAllowed("the address is not public");
    return addresses;
  };

  // What is looked up here is what is connected to: between the two nothing can change.
  const lookup: LookupFunction = (name, options, done) => {
    check(name).then(
      (addresses) => {
        const all = addresses.map((address) => ({ address, family: isIP(address) }));
        if (options.all === true) done(null, all);
        else done(null, all[0]?.address ?? "", all[0]?.family ?? 4);
      },
      (error: unknown) => done(error instanceof Error ? error : new Error(String(error)), []),
    );
  };

  const connect = buildConnector({ timeout, allowH2: false, lookup, autoSelectFamily: true });
  const agent = new Agent({
    headersTimeout: timeout,
    bodyTimeout: timeout,
    keepAliveTimeout: 4_000,
    pipelining: 1,
    connect: (options, callback) => {
      // A literal address is never looked up.
      check(options.hostname).then(
        () =>
          connect(options, (...outcome) => {
            const [error, socket] = outcome;
            if (error !== null || reachedAllowed(socket)) return callback(...outcome);
            socket.destroy();
            return callback(new NotAllowed("the address is not public"), null);
          }),
        (error: unknown) => callback(error instanceof Error ? error : new Error(String(error)), null),
      );
    },
  });
  const reachedAllowed = (socket: Socket) => socket.remoteAddress !== undefined && allowed(socket.remoteAddress);

  const post = async (url: string, headers: Readonly<Record<string, string>>, body: string, stop?: AbortSignal): Promise<Posted> => {
    const late = AbortSignal.timeout(total);
    try {
      const to = addressToPost(url, httpsOnly);
      await within(check(to.hostname), late);
      const signal = stop === undefined ? late : AbortSignal.any([late, stop]);
      const answer = await agent.request({ origin: to.origin, path: `${to.pathname}${to.search}`, method: "POST", headers, body, signal });
      const { statusCode } = answer;
      const retryAfter = answer.headers["retry-after"];
      // Once there is a status the answer is known, whatever becomes of its body.
      const text = await beginning(answer.body);
      if (statusCode >= 300 && statusCode < 400) return { status: statusCode, answer: text, retryAfter: null };
      return { status: statusCode, answer: text, retryAfter: typeof retryAfter === "string" ? retryAfter : null };
    } catch (error) {
      return { error: late.aborted ? "no answer in time" : said(error) };
    }
  };
  return { post, close: () => agent.destroy() };
}

function addressToPost(url: string, httpsOnly: boolean): URL {
  if (!URL.canParse(url)) throw new NotAllowed("not an address");
  const to = new URL(url);
  if (to.protocol !== "https:" && (httpsOnly || to.protocol !== "http:")) throw new NotAllowed("only https addresses are posted to");
  if (to.username !== "" || to.password !== "") throw new NotAllowed("the address carries a password");
  return to;
}

function resolveBySystem(name: string): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    systemLookup(name, { all: true, verbatim: true }, (error, found) => {
      if (error === null) resolve(found.map(({ address }) => address));
      else reject(error);
    });
  });
}

/** A look-up cannot be called off, but it need not be waited for. */
async function within<T>(work: Promise<T>, late: AbortSignal): Promise<T> {
  work.catch(() => undefined);
  return Promise.race([
    work,
    new Promise<never>((_resolve, reject) => late.addEventListener("abort", () => reject(new Error("no answer in time")), { once: true })),
  ]);
}

async function beginning(body: Dispatcher.ResponseData["body"]): Promise<string> {
  const pieces: Buffer[] = [];
  let length = 0;
  try {
    for await (const piece of body) {
      const bytes = Buffer.from(piece as Uint8Array);
      pieces.push(bytes.subarray(0, mostOfAnswer - length));
      length += bytes.length;
      // Leaving the loop ends the connection.
      if (length >= mostOfAnswer) break;
    }
  } catch {
    // What came so far is enough.
  }
  return Buffer.concat(pieces).toString("utf8");
}

/** Only our own words and the system's codes: messages of others may hold parts of an address. */
function said(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof NotAllowed ? error.cause : error;
  if (cause instanceof NotAllowed) return cause.message;
  if (typeof cause === "object" && cause !== null && "code" in cause && typeof cause.code === "string") {
    return known[cause.code] ?? cause.code;
  }
  return cause instanceof Error ? cause.name : "unknown";
}

const known: Readonly<Record<string, string>> = {
  ECONNREFUSED: "the connection was refused",
  ECONNRESET: "the connection was broken off",
  ENOTFOUND: "the name is not known",
  EAI_AGAIN: "the name could not be looked up",
  UND_ERR_SOCKET: "the connection was broken off",
  UND_ERR_CONNECT_TIMEOUT: "no answer in time",
  UND_ERR_HEADERS_TIMEOUT: "no answer in time",
  UND_ERR_ABORTED: "stopped",
};
