import { createServer } from "node:http";
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { KeyPair } from "../../src/atarapay/tokens.ts";

// A shop that is told of its orders. It reads what comes as real clients do: AtaraPay's shop plugin and a backend built from the documents.

/** Envelopes that clients act on; anything else is ignored. */
export const envelopes = [
  "Delivered",
  "Accepted",
  "Rejected",
  "Refunded",
  "Canceled",
  "Complete",
  "Pending II",
  "Dispute",
  "Disputed",
] as const;

export interface Received {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly at: number;
}

/** What a client understood, or why it ignored what came. */
export type Read =
  | { readonly envelope: string; readonly message: string; readonly token: string; readonly data: Readonly<Record<string, unknown>> }
  | { readonly ignored: string };

type Behaviour = (request: Received, response: ServerResponse) => void;

const answering =
  (status: number, text = "", headers: Readonly<Record<string, string>> = {}): Behaviour =>
  (_request, response) => {
    response.writeHead(status, headers).end(text);
  };

/** Begins no answer until the connection ends. */
const hanging: Behaviour = () => undefined;

export const behaviours = { answering, hanging } as const;

/** Listens on this machine; does as `behave` says, at first 200 with nothing in it, as the plugin answers whatever it did. */
export async function startReceiver() {
  const received: Received[] = [];
  let behave: Behaviour = answering(200);
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("end", () => {
      const one = { url: request.url ?? "", headers: request.headers, body: Buffer.concat(pieces).toString("utf8"), at: performance.now() };
      received.push(one);
      behave(one, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/notify`,
    port,
    received,
    behave: (as: Behaviour) => {
      behave = as;
    },
    close: () => {
      server.closeAllConnections();
      return new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

export type Receiver = Awaited<ReturnType<typeof startReceiver>>;

/**
 * As AtaraPay's shop plugin reads: PHP must leave the raw body alone, so the type may not be one of its forms; the body is then taken apart
 * by hand, line breaks inside values are lost, and `data` is JSON in a text.
 */
export function pluginReads(request: Pick<Received, "headers" | "body">, keys: KeyPair): Read {
  const type = request.headers["content-type"] ?? "";
  if (/^(multipart\/form-data|application\/x-www-form-urlencoded)/i.test(type)) return { ignored: "PHP read the body before the plugin" };
  const named = /boundary=(.*)$/.exec(type)?.[1];
  const boundary = named ?? /^-+(\S+)\r?\n/.exec(request.body)?.[1];
  if (boundary === undefined) return { ignored: "no boundary" };
  // The boundary goes into the pattern as it came.
  const blocks = request.body.split(new RegExp(`-+${boundary}`));
  const fields: Record<string, string> = {};
  for (const block of blocks.slice(0, -1)) {
    const found = /name="([^"]*)"[\r\n]+([^\r\n][\s\S]*)?\r$/.exec(block.replace(/\n$/, ""));
    if (found?.[1] !== undefined) fields[found[1]] = (found[2] ?? "").replaceAll(/[\r\n]/g, "");
  }
  if ("product" in fields) return { ignored: "taken for the redirect after a payment" };
  const { status = "", message = "", token = "", data } = fields;
  return data === undefined ? { ignored: "no data" } : judge({ envelope: status, message, token, dataText: data }, keys);
}

/** As a backend built from the documents reads: JSON whose `data` is an object. */
export function backendReads(request: Pick<Received, "headers" | "body">, keys: KeyPair): Read {
  if (request.headers["content-type"] !== "application/json") return { ignored: "not JSON by its type" };
  let body: unknown;
  try {
    body = JSON.parse(request.body);
  } catch {
    return { ignored: "not JSON" };
  }
  const { status, message, token, data, ...more } = body as Record<string, unknown>;
  if ("product" in more) return { ignored: "taken for the redirect after a payment" };
  if (typeof data !== "object" || data === null) return { ignored: "data is no object" };
  const dataText = request.body.slice(request.body.indexOf('"data":') + 7, -1);
  return judge({ envelope: String(status), message: String(message), token: String(token), dataText }, keys);
}

/** The token is made from the digits as they stand in the text: `1999.00` would make another one. */
function judge(came: { envelope: string; message: string; token: string; dataText: string }, keys: KeyPair): Read {
  const { envelope, message, token, dataText } = came;
  const data = JSON.parse(dataText) as Record<string, unknown>;
  const digits = /"amount_payed":([^,}]+)/.exec(dataText)?.[1] ?? "";
  const id = /^\{"id":([^,}]+)/.exec(dataText)?.[1] ?? "";
  const expected = Buffer.from(`${keys.publicKey}:${keys.privateKey}:${id}:${digits}`).toString("base64");
  if (token !== expected) return { ignored: "the token does not fit" };
  if (!(envelopes as readonly string[]).includes(envelope)) return { ignored: `unknown status ${envelope}` };
  if (typeof data["product_id"] !== "string") return { ignored: "product_id is no text" };
  return { envelope, message, token, data };
}
