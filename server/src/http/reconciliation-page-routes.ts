import type { FastifyReply, RouteShorthandOptions } from "fastify";
import type { Refusal } from "../domain/refusals.ts";
import { isRefusal, refuse } from "../domain/refusals.ts";
import type { App } from "./app-context.ts";
import { doneWords } from "./done-words.ts";
import type { Fields } from "./fields.ts";
import { takesFile, text, wholeNumber } from "./fields.ts";
import { operatorAct } from "./operator-acts.ts";
import type { Handle, Me } from "./operator-routes.ts";
import { page, refusedPage } from "./page-answers.ts";
import type { ReconciliationView } from "./pages/reconciliation-page.ts";
import { reconciliationPage, settlementPage } from "./pages/reconciliation-page.ts";
import type { SignedInView } from "./pages/seller-page.ts";
import { mostBytes } from "./reconciliation-api.ts";
import { readReconciliation, readSettlementLines } from "./reconciliation-views.ts";

export const reconciliationUrl = "/operator/reconciliation";

type On = (method: "GET" | "POST", url: string, handle: Handle, more?: Partial<RouteShorthandOptions>) => void;

/** The operator's page of settlements and breaks, and one settlement's lines. */
export function reconciliationPageRoutes(app: App, on: On, frameOf: (me: Me) => SignedInView): void {
  const show = async (
    me: Me,
    reply: FastifyReply,
    more: Partial<Pick<ReconciliationView, "done" | "errors" | "tried">>,
    from: Fields = {},
  ) => {
    const rows = await readReconciliation(app, from);
    const view = { ...frameOf(me), ...rows, now: app.now(), actionUrl: reconciliationUrl, hidden: { csrf: me.session.csrf } };
    const shown = { done: null, errors: [], tried: null, ...more };
    return page(shown.errors.length === 0 ? reply : reply.code(422), reconciliationPage({ ...view, ...shown }));
  };
  const failed = (me: Me, reply: FastifyReply, tried: string, refusal: Refusal) => {
    const field = typeof refusal.facts?.["field"] === "string" ? refusal.facts["field"] : "";
    return show(me, reply, { tried, errors: [{ field, message: refusal.detail }] });
  };
  on("GET", reconciliationUrl, (me, request, reply) => show(me, reply, {}, request.query as Fields));
  on("GET", `${reconciliationUrl}/:rail/:id`, async (me, request, reply) => {
    const { rail, id } = request.params as { rail: string; id: string };
    const read = await readSettlementLines(app, rail, id, wholeNumber(text(request.query as Fields, "after")));
    if (read === undefined) return refusedPage(app, request, reply, refuse("not_yours", "There is no such settlement."));
    return page(reply, settlementPage({ ...frameOf(me), rail, id, ...read }));
  });
  on("POST", reconciliationUrl, async (me, _request, reply, fields) => {
    const action = text(fields, "action");
    if (action === "run") {
      const answer = await app.work.reconciliation.ask({});
      return isRefusal(answer) ? failed(me, reply, "run", answer) : show(me, reply, { done: answer.join(" ") });
    }
    const answer = await operatorAct(app, me.operator, action, fields);
    if (!isRefusal(answer)) return show(me, reply, { done: doneWords(action) });
    const refusal = answer.refused === "reason_needed" ? { ...answer, facts: { field: "note" } } : answer;
    return failed(me, reply, `break-${text(fields, "break")}`, refusal);
  });
  const upload = { bodyLimit: mostBytes, config: takesFile };
  const takeFile: Handle = async (me, _request, reply, fields) => {
    const answer = await app.work.reconciliation.file(text(fields, "rail"), text(fields, "file"));
    return isRefusal(answer)
      ? failed(me, reply, "upload", answer.facts?.["field"] === "rail" ? answer : { ...answer, facts: { field: "file" } })
      : show(me, reply, { done: answer.join(" ") });
  };
  on("POST", `${reconciliationUrl}/file`, takeFile, upload);
}
