import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { isRefusal, refuse } from "../domain/refusals.ts";
import type { Refusal } from "../domain/refusals.ts";
import type { App } from "./app-context.ts";
import type { Fields } from "./fields.ts";
import { fieldsOf, text, wholeNumber } from "./fields.ts";
import type { OperatorActor } from "./operator-acts.ts";
import { readReconciliation, readSettlementLines } from "./reconciliation-views.ts";

/** How the operator's API knows its caller and answers. */
interface Manner {
  operatorCalling(app: App, request: FastifyRequest): Promise<OperatorActor | undefined>;
  yes(reply: FastifyReply, data: unknown): FastifyReply;
  no(reply: FastifyReply, refusal: Refusal): FastifyReply;
}

/** Settlements over the operator's API: look, ask the rails, give lines or a file. Breaks are closed by the action `close_break`. */
export function reconciliationApiRoutes(server: FastifyInstance, app: App, { operatorCalling, yes, no }: Manner): void {
  const work = app.work.reconciliation;
  const told = (reply: FastifyReply, answer: readonly string[] | Refusal) =>
    isRefusal(answer) ? no(reply, answer) : yes(reply, { outcome: answer });
  server.get("/operator/api/reconciliation", async (request, reply) => {
    if ((await operatorCalling(app, request)) === undefined) return no(reply, refuse("not_signed_in"));
    return yes(reply, await readReconciliation(app, request.query as Fields));
  });
  server.get<{ Params: { rail: string; id: string } }>("/operator/api/settlements/:rail/:id", async (request, reply) => {
    if ((await operatorCalling(app, request)) === undefined) return no(reply, refuse("not_signed_in"));
    const after = wholeNumber(text(request.query as Fields, "after"));
    const read = await readSettlementLines(app, request.params.rail, request.params.id, after);
    return read === undefined ? no(reply, refuse("not_yours", "There is no such settlement.")) : yes(reply, read);
  });
  server.post("/operator/api/reconciliation", async (request, reply) => {
    if ((await operatorCalling(app, request)) === undefined) return no(reply, refuse("not_signed_in"));
    const fields = await fieldsOf(request);
    return told(reply, await work.ask({ rail: text(fields, "rail") || undefined, since: text(fields, "since") || undefined }));
  });
  server.post("/operator/api/settlements", { bodyLimit: mostBytes }, async (request, reply) => {
    if ((await operatorCalling(app, request)) === undefined) return no(reply, refuse("not_signed_in"));
    const fields = await fieldsOf(request);
    return told(reply, await work.lines(text(fields, "rail"), fields["lines"]));
  });
  void server.register(async (scope) => {
    scope.addContentTypeParser("text/csv", { parseAs: "string" }, (_request, body, done) => done(null, body));
    scope.post<{ Params: { rail: string } }>("/operator/api/settlements/:rail", { bodyLimit: mostBytes }, async (request, reply) => {
      if ((await operatorCalling(app, request)) === undefined) return no(reply, refuse("not_signed_in"));
      if (typeof request.body !== "string") return no(reply, refuse("invalid", "The body must be a file: content-type text/csv."));
      return told(reply, await work.file(request.params.rail, request.body));
    });
  });
}

/** A file of settlements may be larger than other bodies. */
export const mostBytes = 8 * 1024 * 1024;
