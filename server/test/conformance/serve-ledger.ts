import fastify from "fastify";
import type { Ledger, Leg, Post } from "./ledger.ts";

/** The kit's four endpoints over a ledger, on this machine alone. Answers the address. */
export async function serveLedger(ledger: Ledger, port: number): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const server = fastify({ bodyLimit: 1024 * 1024 });
  server.post("/_lck/reset", async () => {
    await ledger.reset();
    return {};
  });
  server.post("/_lck/post", async (request, reply) => {
    const post = readPost(request.body);
    if (post === undefined) return reply.code(400).send({ error: "idempotencyKey, transactionId and legs are needed" });
    return ledger.post(post);
  });
  server.get<{ Querystring: { account?: string; currency?: string } }>("/_lck/balance", async ({ query }) => ({
    subunits: await ledger.balance(query.account ?? "", query.currency ?? "USD"),
  }));
  server.get("/_lck/journal", () => ledger.journal());
  const url = await server.listen({ host: "127.0.0.1", port });
  return { url, stop: () => server.close() };
}

function readPost(body: unknown): Post | undefined {
  if (!isRecord(body)) return undefined;
  const { idempotencyKey, transactionId, allowOverdraft, legs } = body;
  if (typeof idempotencyKey !== "string" || typeof transactionId !== "string" || !Array.isArray(legs)) return undefined;
  const read = legs.map(readLeg);
  const whole = read.filter((leg) => leg !== undefined);
  if (whole.length !== read.length) return undefined;
  return { idempotencyKey, transactionId, allowOverdraft: allowOverdraft === true, legs: whole };
}

function readLeg(value: unknown): Leg | undefined {
  if (!isRecord(value)) return undefined;
  const { accountId, type, amountSubunits, currency } = value;
  if (typeof accountId !== "string" || typeof currency !== "string" || typeof amountSubunits !== "number") return undefined;
  return type === "DEBIT" || type === "CREDIT" ? { accountId, type, amountSubunits, currency } : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
