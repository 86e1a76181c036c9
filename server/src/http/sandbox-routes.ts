import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { toJson } from "../db/table.ts";
import { sellerByEmail, sellerById, sellerByKey } from "../db/sellers.ts";
import { parseDuration } from "../domain/duration.ts";
import { minor } from "../domain/money.ts";
import { isRefusal, refuse } from "../domain/refusals.ts";
import type { Refusal } from "../domain/refusals.ts";
import type { Seller } from "../domain/seller.ts";
import type { App, SandboxPorts } from "./app-context.ts";
import type { Fields } from "./fields.ts";
import { fieldsOf, text, wholeNumber } from "./fields.ts";
import { page, payerPage, refusedPage } from "./page-answers.ts";
import { sandboxPayPage } from "./pages/sandbox-pay-page.ts";
import { sandboxGonePage } from "./pages/sandbox-gone-page.ts";

const outcomes = ["success", "decline", "pending", "pending_then_success", "success_browser_gone", "abandon"] as const;

/** What only a sandbox has: the pretended rail's page, its controls for scripts, the mailbox and the clock. Not registered in live. */
export function sandboxRoutes(server: FastifyInstance, app: App, sandbox: SandboxPorts): void {
  payPages(server, app, sandbox);

  server.post<{ Params: { reference: string } }>("/sandbox/payments/:reference", async (request, reply) => {
    const { reference } = request.params;
    const fields = await fieldsOf(request);
    const played = await play(sandbox, reference, fields);
    if (isRefusal(played)) return refusedPage(app, request, reply, played);
    return reply.send({ status: "success", message: "played", data: { redirect: played.returnUrl } });
  });

  server.post<{ Params: { reference: string } }>("/sandbox/payments/:reference/dispute", async (request, reply) => {
    const { reference } = request.params;
    const fields = await fieldsOf(request);
    const amount = optionalAmount(fields, "amount");
    const fee = optionalAmount(fields, "fee");
    if (isRefusal(amount)) return refusedPage(app, request, reply, amount);
    if (isRefusal(fee)) return refusedPage(app, request, reply, fee);
    const step = text(fields, "step");
    const done =
      step === "open"
        ? await sandbox.rail.openDispute(reference, amount, text(fields, "takes_money") !== "no")
        : step === "win"
          ? await sandbox.rail.winDispute(reference)
          : step === "lose"
            ? await sandbox.rail.loseDispute(reference, amount, fee ?? 0n)
            : refuse("invalid", "The step field must be one of open, win, lose.", { field: "step" });
    return isRefusal(done) ? refusedPage(app, request, reply, done) : reply.send({ status: "success", message: step, data: done });
  });

  server.post<{ Params: { reference: string } }>("/sandbox/sends/:reference", async (request, reply) => {
    const fields = await fieldsOf(request);
    const how = (["succeed", "fail", "reverse"] as const).find((known) => known === text(fields, "outcome"));
    if (how === undefined)
      return refusedPage(app, request, reply, refuse("invalid", "The outcome field must be one of succeed, fail, reverse."));
    const done = await sandbox.rail.concludeSend(request.params.reference, how, text(fields, "fault") === "rail" ? "rail" : "payee");
    return isRefusal(done) ? refusedPage(app, request, reply, done) : reply.send({ status: "success", message: how, data: done });
  });

  server.post("/sandbox/unknown-money", async (request, reply) => {
    const fields = await fieldsOf(request);
    const amount = minor(fields["amount"]);
    if (isRefusal(amount)) return refusedPage(app, request, reply, amount);
    const done = await sandbox.rail.emitUnknown(text(fields, "reference"), amount, text(fields, "currency") || "NGN");
    return isRefusal(done) ? refusedPage(app, request, reply, done) : reply.send({ status: "success", message: "sent", data: done });
  });

  server.post("/sandbox/clock", (request, reply) => moveClock(app, sandbox, request, reply));

  server.get<{ Querystring: { to?: string } }>("/sandbox/mailbox", async (request, reply) => {
    const { to } = request.query;
    if (to === undefined || to === "")
      return refusedPage(app, request, reply, refuse("invalid", "Say whose letters: ?to=an address or a phone number."));
    return reply.send({ status: "success", message: "Mailbox", data: await sandbox.mailbox(to) });
  });

  server.get("/sandbox/verify", async (_request, reply) => {
    const report = { status: "success", message: "Books", data: await app.work.verifyBooks() };
    return reply.type("application/json; charset=utf-8").send(toJson(report));
  });
}

/** The page that stands for the bank or card company. */
function payPages(server: FastifyInstance, app: App, sandbox: SandboxPorts): void {
  const url = "/sandbox/rail/:reference";
  server.get<{ Params: { reference: string } }>(url, async (request, reply) => {
    const { reference } = request.params;
    const shown = await sandbox.rail.page(reference);
    if (shown === undefined) return refusedPage(app, request, reply, refuse("not_yours", "The sandbox rail knows no such payment."));
    return payerPage(reply, payPage(reference, shown, []));
  });
  server.post<{ Params: { reference: string } }>(url, async (request, reply) => {
    const { reference } = request.params;
    const played = await play(sandbox, reference, await fieldsOf(request));
    if (isRefusal(played)) {
      const shown = await sandbox.rail.page(reference);
      if (shown === undefined) return refusedPage(app, request, reply, played);
      return payerPage(
        reply.code(422),
        payPage(reference, shown, [{ field: String(played.facts?.["field"] ?? ""), message: played.detail }]),
      );
    }
    return played.returnUrl === null ? page(reply, sandboxGonePage()) : reply.redirect(played.returnUrl, 303);
  });
}

function payPage(
  reference: string,
  shown: { description: string; amount: bigint; currency: string },
  errors: { field: string; message: string }[],
): string {
  const { description, amount, currency } = shown;
  return sandboxPayPage({
    sandbox: true,
    payUrl: `/sandbox/rail/${reference}`,
    hidden: {},
    reference,
    shopName: description,
    amount,
    currency,
    errors,
  });
}

async function play(sandbox: SandboxPorts, reference: string, fields: Fields): Promise<{ readonly returnUrl: string | null } | Refusal> {
  const outcome = outcomes.find((known) => known === text(fields, "outcome"));
  if (outcome === undefined) return refuse("invalid", `The outcome field must be one of ${outcomes.join(", ")}.`, { field: "outcome" });
  const amount = optionalAmount(fields, "amount");
  if (isRefusal(amount)) return amount;
  const currency = text(fields, "currency");
  const options = {
    ...(amount === undefined ? {} : { amount }),
    ...(currency === "" ? {} : { currency: currency.toUpperCase() }),
    ...(text(fields, "card") === "refund_dead" ? { card: "refund_dead" as const } : {}),
  };
  if (text(fields, "again") === "yes") {
    const done = await sandbox.rail.payAgain(reference, options);
    return isRefusal(done) ? done : { returnUrl: null };
  }
  return sandbox.rail.play(reference, outcome, options);
}

function optionalAmount(fields: Fields, name: string): bigint | undefined | Refusal {
  return text(fields, name) === "" ? undefined : minor(fields[name], name);
}

async function moveClock(app: App, sandbox: SandboxPorts, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const fields = await fieldsOf(request);
  const seller = await findSeller(app, text(fields, "seller"));
  if (seller === undefined)
    return refusedPage(app, request, reply, refuse("not_yours", "Name the seller by number, e-mail address or public key."));
  const by = parseDuration(text(fields, "advance"));
  if (by === undefined)
    return refusedPage(
      app,
      request,
      reply,
      refuse("invalid", "The advance field must be a duration like P7D or PT36H.", { field: "advance" }),
    );
  if (by > 366 * 86_400_000)
    return refusedPage(app, request, reply, refuse("invalid", "At most a year at a time (P366D).", { field: "advance" }));
  const { now, fired } = await sandbox.advance(seller.id, by);
  return reply.send({ status: "success", message: "clock_advanced", data: { seller: seller.id, now: now.toISOString(), fired } });
}

async function findSeller(app: App, named: string): Promise<Seller | undefined> {
  const id = wholeNumber(named);
  if (id !== undefined) return id === 0 ? undefined : sellerById(app.pool, id);
  if (named.includes("@")) return sellerByEmail(app.pool, named);
  return named === "" ? undefined : (await sellerByKey(app.pool, named, app.now()))?.seller;
}
