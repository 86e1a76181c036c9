import type { FastifyInstance, FastifyReply, FastifyRequest, RouteShorthandOptions } from "fastify";
import { operatorByEmail, operatorEmail } from "../db/sessions.ts";
import { doneWords } from "./done-words.ts";
import { isRefusal, refuse } from "../domain/refusals.ts";
import { nobodysPassword, passwordFits } from "../secrets/passwords.ts";
import type { App } from "./app-context.ts";
import type { Fields } from "./fields.ts";
import { fieldsOf, text, wholeNumber } from "./fields.ts";
import { operatorApiRoutes } from "./operator-api.ts";
import type { OperatorActor } from "./operator-acts.ts";
import { operatorAct } from "./operator-acts.ts";
import { disputeView, overview, readForOperator } from "./operator-views.ts";
import { moneyPageRoutes, moneyUrl } from "./money-page-routes.ts";
import { majorOrZero } from "./order-steps.ts";
import { whoGets } from "./order-views.ts";
import { page, refusedPage } from "./page-answers.ts";
import { disputePage } from "./pages/dispute-page.ts";
import { loginPage } from "./pages/login-page.ts";
import { operatorPage } from "./pages/operator-page.ts";
import { reconciliationPageRoutes, reconciliationUrl } from "./reconciliation-page-routes.ts";
import type { SignedIn } from "./sessions.ts";
import { forged, signedInAs, signIn, signOut } from "./sessions.ts";

export interface Me {
  readonly operator: OperatorActor;
  readonly session: SignedIn;
}

export type Handle = (me: Me, request: FastifyRequest, reply: FastifyReply, fields: Fields) => Promise<FastifyReply>;

/** The operator's pages: what needs a hand, and one order with its dispute. */
export function operatorRoutes(server: FastifyInstance, app: App): void {
  server.get("/operator/login", async (_request, reply) => page(reply, login(app, "", null)));
  server.post("/operator/login", { config: { rateLimit: { max: 10, timeWindow: 60_000 } } }, async (request, reply) => {
    const fields = await fieldsOf(request);
    const email = text(fields, "email");
    const operator = await operatorByEmail(app.pool, email);
    const fits = await passwordFits(text(fields, "password"), operator?.passwordHash ?? nobodysPassword);
    if (!fits || operator === undefined) return page(reply.code(401), login(app, email, "E-mail and password do not match."));
    await signIn(app, reply, "operator", operator.id);
    return reply.redirect("/operator", 303);
  });
  const on = (method: "GET" | "POST", url: string, handle: Handle, more: Partial<RouteShorthandOptions> = {}) => {
    server.route({ ...more, method, url, handler: (request, reply) => enter(app, request, reply, handle) });
  };
  on("POST", "/operator/logout", async (_me, request, reply) => {
    await signOut(app, request, reply, "operator");
    return reply.redirect("/operator/login", 303);
  });
  on("GET", "/operator", (me, request, reply) => show(app, me, reply, {}, request.query as Fields));
  on("POST", "/operator", (me, _request, reply, fields) => actOnOverview(app, me, reply, fields));
  on("GET", "/operator/orders/:seller/:id", (me, request, reply) => showOrder(app, me, request, reply, {}));
  on("POST", "/operator/orders/:seller/:id", (me, request, reply, fields) => actOnOrder(app, me, request, reply, fields));
  reconciliationPageRoutes(app, on, (me) => frame(app, me, reconciliationUrl));
  moneyPageRoutes(app, on, (me) => frame(app, me, moneyUrl));
  operatorApiRoutes(server, app);
}

function login(app: App, email: string, error: string | null): string {
  return loginPage({ sandbox: app.mode === "sandbox", kind: "operator", actionUrl: "/operator/login", hidden: {}, email, error });
}

async function enter(app: App, request: FastifyRequest, reply: FastifyReply, handle: Handle): Promise<FastifyReply> {
  const session = await signedInAs(app, request, "operator");
  const email = session === undefined ? undefined : await operatorEmail(app.pool, session.subjectId);
  if (session === undefined || email === undefined) {
    return request.method === "GET" ? reply.redirect("/operator/login", 303) : refusedPage(app, request, reply, refuse("not_signed_in"));
  }
  const fields = request.method === "POST" ? await fieldsOf(request) : {};
  const wrong = request.method === "POST" ? forged(session, fields) : undefined;
  const me = { operator: { id: session.subjectId, email }, session };
  return wrong === undefined ? handle(me, request, reply, fields) : refusedPage(app, request, reply, wrong);
}

function frame(app: App, me: Me, current: string) {
  const hidden = { csrf: me.session.csrf };
  return {
    sandbox: app.mode === "sandbox",
    nav: [
      { href: "/operator", text: "Overview", current: current === "/operator" },
      { href: reconciliationUrl, text: "Reconciliation", current: current === reconciliationUrl },
      { href: moneyUrl, text: "Money", current: current === moneyUrl },
    ],
    signOut: { url: "/operator/logout", hidden },
  };
}

interface Tried {
  readonly done?: string;
  readonly tried?: string;
  readonly error?: { field: string; message: string };
  readonly typed?: Fields;
  readonly draft?: { amount: string; comment: string; buyerGets: bigint };
}

async function show(app: App, me: Me, reply: FastifyReply, tried: Tried, from: Fields = {}): Promise<FastifyReply> {
  const view = await overview(app, from);
  const more = { done: tried.done ?? null, errors: tried.error === undefined ? [] : [tried.error], tried: tried.tried ?? null };
  return page(
    tried.error === undefined ? reply : reply.code(422),
    operatorPage({ ...frame(app, me, "/operator"), ...view, actionUrl: "/operator", hidden: { csrf: me.session.csrf }, ...more }),
  );
}

/** The page's forms name amounts in major units; the actions take kobo. */
function inKobo(fields: Fields, name: string): Fields {
  const typed = text(fields, name);
  if (typed === "") return fields;
  const amount = majorOrZero(typed, text(fields, "currency") || "NGN");
  return { ...fields, [name]: isRefusal(amount) ? typed : amount.toString() };
}

async function actOnOverview(app: App, me: Me, reply: FastifyReply, fields: Fields): Promise<FastifyReply> {
  const action = text(fields, "action");
  const answer = await operatorAct(app, me.operator, action, action === "write_off" ? inKobo(fields, "amount") : fields);
  if (!isRefusal(answer)) {
    // What a report is about is known only once it was handled; the house's book stands for it.
    const sellerId = action === "retry_report" ? 0 : wholeNumber(text(fields, "seller"));
    if (sellerId !== undefined) await app.work.settle(sellerId);
    return show(app, me, reply, { done: doneWords(action) });
  }
  const form =
    action === "match"
      ? `match-${text(fields, "payment")}`
      : action === "write_off"
        ? `write-off-${text(fields, "seller")}-${text(fields, "currency")}`
        : action;
  const field = typeof answer.facts?.["field"] === "string" ? answer.facts["field"] : "";
  return show(app, me, reply, { tried: form, error: { field, message: answer.detail } });
}

async function showOrder(app: App, me: Me, request: FastifyRequest, reply: FastifyReply, tried: Tried): Promise<FastifyReply> {
  const params = request.params as { seller: string; id: string };
  const read = await readForOperator(app, wholeNumber(params.seller) ?? -1, wholeNumber(params.id) ?? -1);
  if (read === undefined) return refusedPage(app, request, reply, refuse("not_yours", "There is no such order."));
  const view = await disputeView(app, read, frame(app, me, ""), me.session.csrf, me.operator.id);
  const { order } = read;
  const { draft } = tried;
  const above = app.settings.secondOperatorAbove;
  const shown =
    draft === undefined
      ? null
      : {
          amount: draft.amount,
          comment: draft.comment,
          gets: whoGets(order, { buyerGets: draft.buyerGets }),
          needsSecond: above > 0n && order.amount > above && view.proposal?.buyerGets !== draft.buyerGets,
        };
  const typed = Object.fromEntries(
    Object.entries(tried.typed ?? {}).flatMap(([name, value]) => (typeof value === "string" ? [[name, value]] : [])),
  );
  const more = {
    draft: shown,
    done: tried.done ?? null,
    tried: tried.tried ?? null,
    errors: tried.error === undefined ? [] : [tried.error],
    typed,
  };
  return page(tried.error === undefined ? reply : reply.code(422), disputePage({ ...view, ...more }));
}

async function actOnOrder(app: App, me: Me, request: FastifyRequest, reply: FastifyReply, fields: Fields): Promise<FastifyReply> {
  const params = request.params as { seller: string; id: string };
  const action = text(fields, "action");
  if (action === "back") return showOrder(app, me, request, reply, {});
  const typed = text(fields, "buyer_gets");
  const needsAmount = action === "preview_rule" || action === "rule";
  const buyerGets = needsAmount ? majorOrZero(typed, "NGN") : 0n;
  if (isRefusal(buyerGets))
    return showOrder(app, me, request, reply, {
      tried: "preview_rule",
      error: { field: "buyer_gets", message: buyerGets.detail },
      typed: fields,
    });
  if (action === "preview_rule") {
    const read = await readForOperator(app, wholeNumber(params.seller) ?? -1, wholeNumber(params.id) ?? -1);
    if (read !== undefined && buyerGets > read.order.amount) {
      return showOrder(app, me, request, reply, {
        tried: action,
        error: { field: "buyer_gets", message: "That is more than the buyer paid." },
        typed: fields,
      });
    }
    return showOrder(app, me, request, reply, { draft: { amount: typed, comment: text(fields, "comment"), buyerGets } });
  }
  const full = { ...fields, seller: params.seller, order: params.id, ...(needsAmount ? { buyer_gets: buyerGets.toString() } : {}) };
  const answer = await operatorAct(app, me.operator, action, full);
  if (isRefusal(answer))
    return showOrder(app, me, request, reply, { tried: action, error: { field: "", message: answer.detail }, typed: fields });
  await app.work.settle(wholeNumber(params.seller) ?? 0);
  const done =
    answer.done["proposal"] === undefined ? doneWords(action) : "Your ruling is kept as a proposal until a second operator rules the same.";
  return showOrder(app, me, request, reply, { done });
}
