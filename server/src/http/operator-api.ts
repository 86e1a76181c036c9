import { createHash } from "node:crypto";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { previewEnding } from "../actions/end-order.ts";
import { toJson } from "../db/table.ts";
import { findSession, operatorByEmail, operatorEmail, startSession } from "../db/sessions.ts";
import { later } from "../domain/deadlines.ts";
import { isRefusal, refusalCatalogue, refuse } from "../domain/refusals.ts";
import type { Refusal } from "../domain/refusals.ts";
import { allowedOrderActions } from "../domain/order-decide.ts";
import { nobodysPassword, passwordFits } from "../secrets/passwords.ts";
import { randomToken, tokenHash } from "../secrets/tokens.ts";
import type { App } from "./app-context.ts";
import type { Fields } from "./fields.ts";
import { fieldsOf, text, wholeNumber } from "./fields.ts";
import type { OperatorActor } from "./operator-acts.ts";
import { koboOrZero, operatorAct } from "./operator-acts.ts";
import { bookTime, overview, readForOperator } from "./operator-views.ts";
import { factsFrom } from "./order-views.ts";
import { sayWhen } from "./page-answers.ts";
import { reconciliationApiRoutes } from "./reconciliation-api.ts";
import { whyNotOut } from "./why.ts";

/** The operator over HTTP: sign in for a bearer token, look, preview, act. Amounts in kobo. */
export function operatorApiRoutes(server: FastifyInstance, app: App): void {
  server.post("/operator/api/session", { config: { rateLimit: { max: 10, timeWindow: 60_000 } } }, async (request, reply) => {
    const fields = await fieldsOf(request);
    const operator = await operatorByEmail(app.pool, text(fields, "email"));
    const fits = await passwordFits(text(fields, "password"), operator?.passwordHash ?? nobodysPassword);
    if (!fits || operator === undefined) return no(reply, refuse("wrong_password"));
    const token = randomToken();
    const at = app.now();
    const until = later(at, app.sessionLife);
    await startSession(app.pool, { hash: tokenHash(token).toString("hex"), kind: "operator", subjectId: operator.id, at, until });
    return yes(reply, { token, expires_at: until });
  });
  server.get("/operator/api/overview", async (request, reply) => {
    const operator = await operatorCalling(app, request);
    return operator === undefined ? no(reply, refuse("not_signed_in")) : yes(reply, await overview(app, request.query as Fields));
  });
  server.get<{ Params: { seller: string; id: string } }>("/operator/api/orders/:seller/:id", async (request, reply) => {
    const operator = await operatorCalling(app, request);
    if (operator === undefined) return no(reply, refuse("not_signed_in"));
    const read = await readForOperator(app, wholeNumber(request.params.seller) ?? -1, wholeNumber(request.params.id) ?? -1);
    if (read === undefined) return no(reply, refuse("not_yours", "There is no such order."));
    const now = await bookTime(app, read.order.sellerId);
    const allowed = allowedOrderActions(factsFrom(app, read, now, "operator", `operator:${operator.id}`));
    const { order, payments, disbursements, attempts, holds, offer, escrow, history } = read;
    return yes(reply, {
      order,
      escrow,
      payments,
      disbursements,
      attempts,
      holds,
      offer: offer ?? null,
      history,
      allowed_actions: allowed,
      why: whyNotOut(read, now),
    });
  });
  server.post<{ Params: { seller: string; id: string } }>("/operator/api/orders/:seller/:id/preview", async (request, reply) => {
    const operator = await operatorCalling(app, request);
    if (operator === undefined) return no(reply, refuse("not_signed_in"));
    const read = await readForOperator(app, wholeNumber(request.params.seller) ?? -1, wholeNumber(request.params.id) ?? -1);
    if (read === undefined) return no(reply, refuse("not_yours", "There is no such order."));
    const buyerGets = koboOrZero((await fieldsOf(request))["buyer_gets"], "buyer_gets");
    if (isRefusal(buyerGets)) return no(reply, buyerGets);
    if (buyerGets > read.order.amount) return no(reply, refuse("amount_out_of_range", undefined, { most: Number(read.order.amount) }));
    return yes(reply, previewEnding(read.order, { buyerGets }));
  });
  reconciliationApiRoutes(server, app, { operatorCalling, yes, no });
  server.post<{ Params: { action: string } }>("/operator/api/actions/:action", async (request, reply) => {
    const operator = await operatorCalling(app, request);
    if (operator === undefined) return no(reply, refuse("not_signed_in"));
    const fields = await fieldsOf(request);
    const key = idempotencyKey(request, fields);
    if (isRefusal(key)) return no(reply, key);
    const answer = await operatorAct(app, operator, request.params.action, fields, key);
    if (isRefusal(answer)) return no(reply, answer);
    if (answer.replayed) void reply.header("idempotency-replayed", "true");
    return yes(reply, answer.done);
  });
}

/** Raw or quoted, up to 255 printable characters; the same key with another body is refused by the engine. */
function idempotencyKey(request: FastifyRequest, fields: object): { key: string; fingerprint: string } | undefined | Refusal {
  const given = request.headers["idempotency-key"];
  if (given === undefined) return undefined;
  const key = String(given).replace(/^"(.*)"$/, "$1");
  if (!/^[\x21-\x7e]{1,255}$/.test(key)) return refuse("invalid", "The Idempotency-Key must be 1 to 255 printable characters.");
  const sorted = JSON.stringify(Object.entries(fields).toSorted(([a], [b]) => a.localeCompare(b)));
  return { key, fingerprint: createHash("sha256").update(`${request.url}\n${sorted}`).digest("hex") };
}

/** The operator whose bearer token came with the request; undefined: nobody is signed in. */
export async function operatorCalling(app: App, request: FastifyRequest): Promise<OperatorActor | undefined> {
  const token = /^Bearer (\S+)$/.exec(request.headers.authorization ?? "")?.[1];
  if (token === undefined) return undefined;
  const id = await findSession(app.pool, tokenHash(token).toString("hex"), "operator", app.now());
  const email = id === undefined ? undefined : await operatorEmail(app.pool, id);
  return id === undefined || email === undefined ? undefined : { id, email };
}

function yes(reply: FastifyReply, data: unknown): FastifyReply {
  return reply
    .type("application/json; charset=utf-8")
    .header("cache-control", "no-store")
    .send(toJson({ status: "success", data }));
}

function no(reply: FastifyReply, refusal: Refusal): FastifyReply {
  const { refused, detail, facts } = refusal;
  sayWhen(reply, refusal);
  return reply
    .code(refusalCatalogue[refused].status)
    .type("application/json; charset=utf-8")
    .send(toJson({ status: "error", message: detail, code: refused, facts: facts ?? {} }));
}
