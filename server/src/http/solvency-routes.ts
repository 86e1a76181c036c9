import type { FastifyInstance, FastifyReply } from "fastify";
import { newestStatement, solvencyKeys } from "../db/solvency.ts";
import { isRefusal, refusalCatalogue, refuse } from "../domain/refusals.ts";
import type { Refusal } from "../domain/refusals.ts";
import type { ReceiptFile } from "../proof/receipt-file.ts";
import { receiptFile } from "../proof/receipt-file.ts";
import type { App } from "./app-context.ts";
import { operatorCalling } from "./operator-api.ts";

/** Proof of solvency: the operator makes and downloads it; the public keys are everybody's. */
export function solvencyRoutes(server: FastifyInstance, app: App): void {
  server.get("/v1/solvency", { config: { rateLimit: { max: 30, timeWindow: 60_000 } } }, async (request, reply) => {
    if ((await operatorCalling(app, request)) === undefined) return refused(reply, refuse("not_signed_in"));
    const document = await app.work.proveSolvency();
    return isRefusal(document) ? refused(reply, document) : sendFile(reply, "solvency.json", document);
  });
  server.get("/v1/solvency/key", async (_request, reply) => {
    const keys = await solvencyKeys(app.pool);
    return reply.header("cache-control", "no-store").send({
      algorithm: "ed25519",
      keys: keys.map(({ publicKey, createdAt, retiredAt }) => ({ public_key: publicKey, created_at: createdAt, retired_at: retiredAt })),
    });
  });
}

/** The newest document with the receipts of the balances that `wanted` picks; a refusal where none was made yet. */
export async function receiptsFor(app: App, wanted: (holder: string, amount: bigint) => boolean): Promise<ReceiptFile | Refusal> {
  const newest = await newestStatement(app.pool);
  if (newest === undefined) return refuse("no_solvency_proof");
  return receiptFile(newest, wanted);
}

/** A file to keep, not a page to look at. */
export function sendFile(reply: FastifyReply, name: string, content: object): FastifyReply {
  return reply
    .type("application/json; charset=utf-8")
    .header("cache-control", "no-store")
    .header("content-disposition", `attachment; filename="${name}"`)
    .send(`${JSON.stringify(content, null, 2)}\n`);
}

function refused(reply: FastifyReply, { refused: code, detail }: Refusal): FastifyReply {
  return reply.code(refusalCatalogue[code].status).header("cache-control", "no-store").send({ status: "error", message: detail, code });
}
