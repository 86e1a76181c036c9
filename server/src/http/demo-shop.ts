import type { FastifyInstance } from "fastify";
import type { IncomingHttpHeaders } from "node:http";
import { hmacToken, securityToken } from "../atarapay/tokens.ts";
import type { KeyPair } from "../atarapay/tokens.ts";
import { webhookHeaders } from "../events/webhook-signature.ts";
import { sameSecret } from "../secrets/tokens.ts";

/** Where the demo's shop is told of its orders. */
export const demoShopPath = "/demo/shop/callback";

/** One notification as the demo's shop understood it. */
export interface Told {
  readonly at: Date;
  readonly webhookId: string;
  readonly order: number | null;
  readonly status: string;
  readonly token: boolean;
  readonly signature: boolean;
  /** It was told before: the shop answers as it did, and does nothing a second time. */
  readonly repeated: boolean;
  readonly does: string;
}

export interface DemoShop {
  /** Reads the bytes of a notification and says what a shop answers to them. */
  receive(headers: IncomingHttpHeaders, raw: string, at: Date): { readonly code: number; readonly answer: object };
  /** What was taken, newest first. */
  readonly taken: () => readonly Told[];
}

const deeds: Readonly<Record<string, string>> = {
  Delivered: "asks the customer to look at the delivery",
  Accepted: "marks the order as completed",
  Rejected: "puts the order on hold",
  Canceled: "cancels the order",
  Refunded: "marks the order as refunded",
  "Pending II": "waits for the second delivery",
  Dispute: "puts the order on hold",
  Disputed: "puts the order on hold until the operator has decided",
  Complete: "closes the order",
};

/**
 * A shop's own end of the notifications, as a shop would write it: it takes both formats, checks token and signature by the keys it has, and
 * believes nothing else. The last `most` are kept, in memory.
 */
export function demoShop(keys: KeyPair, most = 100): DemoShop {
  const taken: Told[] = [];
  return {
    taken: () => taken,
    receive: (headers, raw, at) => {
      const told = read(raw, String(headers["content-type"] ?? ""));
      if (told === undefined) return no(400, "This is no notification: status, token and data are looked for, as JSON or as multipart.");
      const { id, amount_payed: amount } = told.data;
      const token =
        sameSecret(told.token, securityToken(keys, id, BigInt(amount))) ||
        sameSecret(told.token, hmacToken(keys.privateKey, id, BigInt(amount), told.status));
      const signature = signed(keys.privateKey, headers, raw, at);
      if (!token) return no(401, "The token was not made with this shop’s keys; nothing was done.");
      if (!signature) return no(401, "The signature does not fit the body; nothing was done.");
      const webhookId = String(headers["webhook-id"]);
      const repeated = taken.some((one) => one.webhookId === webhookId);
      const does = deeds[told.status] ?? "notes it";
      taken.unshift({ at, webhookId, order: id, status: told.status, token, signature, repeated, does });
      taken.splice(most);
      return { code: 200, answer: { received: true, order: id, status: told.status, token: "fits", signature: "fits", shop: does } };
    },
  };
}

/** The shop's address. Its body stays as it came: a signature is over bytes, and the multipart format travels under JSON's name. */
export function demoShopRoutes(server: FastifyInstance, shop: DemoShop, now: () => Date): void {
  void server.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", { parseAs: "string" }, (_request, body, done) => done(null, body));
    scope.post(demoShopPath, { config: { rateLimit: false } }, (request, reply) => {
      const { code, answer } = shop.receive(request.headers, typeof request.body === "string" ? request.body : "", now());
      return reply.code(code).send(answer);
    });
  });
}

function no(code: number, reason: string) {
  return { code, answer: { received: false, reason } };
}

interface Notification {
  readonly status: string;
  readonly token: string;
  readonly data: { readonly id: number; readonly amount_payed: number };
}

function read(raw: string, type: string): Notification | undefined {
  const boundary = /boundary=([A-Za-z0-9]+)/.exec(type)?.[1];
  const found = boundary === undefined ? parsed(raw) : parts(raw, boundary);
  if (!isObject(found)) return undefined;
  const data = typeof found["data"] === "string" ? parsed(found["data"]) : found["data"];
  const { status, token } = found;
  if (typeof status !== "string" || typeof token !== "string" || !isObject(data)) return undefined;
  const { id, amount_payed: amount } = data;
  if (!Number.isSafeInteger(id) || !Number.isSafeInteger(amount)) return undefined;
  return { status, token, data: { id: Number(id), amount_payed: Number(amount) } };
}

/** The named parts of a multipart body: each has a head, an empty line and its value. */
function parts(raw: string, boundary: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const piece of raw.split(`--${boundary}`)) {
    const name = /name="(\w+)"/.exec(piece)?.[1];
    const start = piece.indexOf("\r\n\r\n");
    if (name !== undefined && start >= 0) found[name] = piece.slice(start + 4).replace(/\r\n$/, "");
  }
  return found;
}

function signed(privateKey: string, headers: IncomingHttpHeaders, raw: string, now: Date): boolean {
  const [id, timestamp, given] = ["webhook-id", "webhook-timestamp", "webhook-signature"].map((name) => String(headers[name] ?? ""));
  const sent = Number(timestamp) * 1000;
  if (id === undefined || given === undefined || !(Math.abs(now.getTime() - sent) <= 300_000)) return false;
  const expected = webhookHeaders([privateKey], id, new Date(sent), raw)["webhook-signature"];
  return given.split(" ").some((one) => sameSecret(one, expected));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
